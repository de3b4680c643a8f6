"""Columns of a batch into canonical JSON lines, one a row: keys are sorted once, rows are formatted in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import rfc8785
from numpy.typing import NDArray

__all__ = ["Encoded", "lines_of"]

# RFC 8785 escapes both control characters in every text, so that they can mark numbers and gaps without a mix-up.
_NUMBER, _GAP = "\x00", "\x01"
# Rows formatted at once: a hundred columns of Python objects stay below 100 MB.
_CHUNK = 4096


class Encoded(list[str]):
    """One canonical JSON text a row, put into the line as it is."""


def lines_of(tree: Mapping[str, Any], size: int, precision: int = 9, exact: str = "") -> Iterator[str]:
    r"""Format rows as RFC 8785 canonical JSON objects.

    Floats become decimal strings of ``precision`` digits and NaN becomes null, because canonical JSON knows no decimal
    places and no NaN. Times become ISO 8601 with Z, in seconds.

    Parameters
    ----------
    tree : mapping
        Nested mappings with ASCII keys. Leaves are arrays of shape (size, ...) of numbers, times or texts; `Encoded`;
        lists of such leaves, which become arrays; or None, a gap for `str.replace` of ``"\x01"`` by the caller.
    size : int
        Number of rows.
    precision : int
        Significant digits; 9 hold any float32.
    exact : str
        A key whose floats are written to the last bit: a probability near 1 loses its distance from 1 in 9 digits.

    Yields
    ------
    str
        One line a row, without a line end.
    """
    columns: list[Any] = []
    template = _template(tree, columns, f'"{_NUMBER}%.{precision}g"', exact)
    for start in range(0, size, _CHUNK):
        rows = zip(*(_values(column, slice(start, start + _CHUNK)) for column in columns), strict=True)
        for row in rows:
            yield (template % row).replace(f'"{_NUMBER}nan"', "null").replace(_NUMBER, "")


def _template(node: Any, columns: list[Any], number: str, exact: str) -> str:
    """Write the template of a node and append its columns in the order of the template."""
    if isinstance(node, Mapping):
        formats = {key: f'"{_NUMBER}%r"' if key == exact else number for key in node}
        # Sorting by code points equals RFC 8785's UTF-16 order for ASCII keys.
        parts = (f"{_key(key)}:{_template(node[key], columns, formats[key], exact)}" for key in sorted(node))
        return "{" + ",".join(parts) + "}"
    if node is None:
        return _GAP
    if isinstance(node, list) and not isinstance(node, Encoded):
        return "[" + ",".join(_template(item, columns, number, exact) for item in node) + "]"
    return _leaf(node, columns, number)


def _leaf(node: Any, columns: list[Any], number: str) -> str:
    if not isinstance(node, Encoded) and node.ndim > 1:
        # transposed, each column is one contiguous block
        return "[" + ",".join(_leaf(part, columns, number) for part in np.moveaxis(node, 1, 0)) + "]"
    columns.append(node)
    if isinstance(node, Encoded) or node.dtype.kind in "OUM":
        return "%s"
    return "%d" if node.dtype.kind in "iu" else number


def _key(key: str) -> str:
    return str(rfc8785.dumps(key).decode()).replace("%", "%%")


def _values(column: Any, rows: slice) -> list[Any]:
    if isinstance(column, Encoded):
        return column[rows]
    part: NDArray[Any] = column[rows]
    if part.dtype.kind == "M":
        return [f'"{text}Z"' if text != "NaT" else "null" for text in np.datetime_as_string(part, unit="s").tolist()]
    if part.dtype.kind in "OU":
        texts = part.tolist()
        encoded = {text: rfc8785.dumps(text).decode() for text in set(texts)}
        return [encoded[text] for text in texts]
    return list(part.tolist())
