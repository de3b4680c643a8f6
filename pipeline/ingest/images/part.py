"""A frame's part: one raw image, read, calibrated and registered, in a file keyed by everything it depends on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem, SunproofError
from sunproof.pipeline.ingest.images.coding import encode
from sunproof.pipeline.ingest.images.config import ImagesConfig
from sunproof.pipeline.ingest.parts import Refused, unchanged
from sunproof.pipeline.ingest.readers import Reader
from sunproof.pipeline.ingest.register import Grid, register
from sunproof.pipeline.ingest.scratch import read_bytes
from sunproof.pipeline.ingest.stale import pixel_digest
from sunproof.pipeline.receipts import canonical, digest_bytes, digest_file, digest_json, replacing
from sunproof.pipeline.sources.frames import Frame
from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["FramePart", "Recipe", "read_frame"]

_HEAD = "__head__"
# What pixels pass through besides the source's own modules: when one of them changes, parts are made anew.
_MODULES = (
    "fits_image.py", "fits_rice.py", "fits_sums.py", "area_average.py", "register.py", "stale.py",
    "images/coding.py", "images/part.py", "patches/part.py",
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """How the frames of one source become parts.

    Parameters
    ----------
    reader : Reader
        The source and the version of its code.
    images : ImagesConfig
        Grids and calibration.
    key : str
        Digest over everything a part depends on besides its raw file.
    """

    reader: Reader
    images: ImagesConfig
    key: str

    @classmethod
    def of(cls, reader: Reader, images: ImagesConfig) -> Recipe:
        """Bind a source to the configuration; calibration tables enter by content."""
        name = reader.name
        own = {"size", "half_width", "dtype"} | {key for key in ImagesConfig.model_fields if key.startswith(f"{name}_")}
        settings = {key: getattr(images, key) for key in sorted(own)}
        # by content: a table that was replaced under its name calibrates otherwise
        tables = {key: digest_file(value) if isinstance(value, Path) else value for key, value in settings.items()}
        grids = {
            group: product.model_dump(include={"size", "half_width"})
            for group, product in sorted(images.products.items())
            if group.startswith(name)
        }
        key = digest_json(
            {
                "reader": str(reader),
                # of the modules that pixels pass through: another version with the same ones makes the same parts
                "code": _code(),
                "settings": tables,
                "grids": grids,
                "reject": sorted(images.reject_bits[name]) if name in images.reject_bits else None,
            }
        )
        return cls(reader, images, key.removeprefix("sha256:")[:16])

    @property
    def settings(self) -> ImageSettings:
        """What the source's calibration is given."""
        reject = {source: frozenset(bits) for source, bits in self.images.reject_bits.items()}
        return ImageSettings(self.images.aia_pointing, self.images.aia_degradation, reject, self.images.eit_offset)


@cache
def _code() -> str:
    folder = Path(__file__).resolve().parent.parent
    return digest_bytes(b"\0".join((folder / name).read_bytes() for name in _MODULES))


@dataclass(frozen=True)
class FramePart:
    """One raw image, ready to take its place.

    Parameters
    ----------
    path, digest, size, reader : str, str, int, str
        The raw file, relative to the raw folder; its digest and bytes; source and version that read it.
    store : Path
        The part's own file (``.npz`` with the array ``image``, which a rejected frame lacks).
    group, quantity : str
        Archive group, and vocabulary name of the pixels.
    time : numpy.datetime64
        Time of observation, UTC.
    pixels : str
        Digest of the native pixels: a camera that shows the same noise twice is stuck.
    record : dict
        Values by vocabulary name that belong to the time.
    facts : dict
        For the receipt.
    """

    path: str
    digest: str
    size: int
    reader: str
    store: Path
    group: str
    quantity: str
    time: np.datetime64
    pixels: str
    record: dict[str, Any]
    facts: dict[str, Any]

    @property
    def rank(self) -> tuple[str, str]:
        """Which of two frames of the same time is believed: the higher rank, as for other files."""
        return str(self.facts.get("processed") or self.facts.get("DATE") or ""), self.path

    @property
    def rejected_for(self) -> str:
        """Names of the flags that make the frame unusable; empty for a good frame."""
        return str(self.record["reject_reason"])

    def image(self) -> NDArray[Any]:
        """Pixels on the product's grid, as they are stored."""
        with np.load(self.store, allow_pickle=False) as arrays:
            return np.asarray(arrays["image"])


def read_frame(recipe: Recipe, root: Path, path: Path, folder: Path) -> FramePart | Refused:
    """Read one raw image into its part, unless the part is there already.

    Parameters
    ----------
    recipe : Recipe
        The source, its grids and its calibration.
    root, path : Path
        The raw folder and the raw file.
    folder : Path
        Where parts lie.

    Returns
    -------
    FramePart or Refused
        `Refused` where the file is damaged, of the wrong kind, cannot be calibrated or has no place on the grid.
    """
    relative, digest = path.relative_to(root).as_posix(), ""
    try:
        before = path.stat()
        content = read_bytes(path)
        digest = digest_bytes(content)
        store = folder / recipe.reader.name / f"{digest.removeprefix('sha256:')}-{recipe.key}.npz"
        head = _head(store)
        if head is None:
            with unchanged(path, relative, store, before):
                head = _make(recipe, path, content, store)
    except SunproofError as error:
        return Refused(relative, digest, recipe.reader.name, error.problems)
    time, record = np.datetime64(str(head["time"]), "ns"), _revive(head["record"])
    names = (head["group"], head["quantity"], time, head["pixels"], record, head["facts"])
    return FramePart(relative, digest, len(content), str(recipe.reader), store, *names)


def _head(store: Path) -> dict[str, Any] | None:
    """Read what a part says of itself; None where there is none, or none that a power failure left whole."""
    try:
        with store.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return dict(json.loads(str(arrays[_HEAD])))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _make(recipe: Recipe, path: Path, content: memoryview, store: Path) -> dict[str, Any]:
    source: Any = recipe.reader.source
    frame: Frame = source.frame(path, recipe.settings, content, lend=True)
    if frame.projection != "helioprojective":
        todo = "Patches need a source that is keyed by region."
        raise InputError(Problem("no place on a full-disk grid", str(path), frame.projection, "helioprojective", todo))
    # the native pixels, before registration smooths the noise that tells two frames apart
    pixels = pixel_digest(frame)
    arrays: dict[str, Any] = {}
    # a rejected frame keeps its head, so that the archive can say why the slot is empty
    if frame.accepted:
        product = recipe.images.product(frame.group)
        frame = register(frame, Grid.full_disk(product.size or 0, product.half_width or 0.0))
        arrays["image"] = encode(frame.data, frame.quantity, recipe.images.dtype, str(path))
    head = {
        "group": frame.group,
        "quantity": frame.quantity,
        "time": str(frame.time.astype("datetime64[ns]")),
        "pixels": pixels,
        "record": _plain(frame.record()),
        "facts": dict(frame.facts),
    }
    text = canonical(head).decode()
    with replacing(store) as partial, partial.open("wb") as stream:
        np.savez(stream, **{_HEAD: np.array(text), **arrays})
    # as a restart would read it: a first run and a second give the same bytes
    return dict(json.loads(text))


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, np.datetime64) else value for name, value in record.items()}


def _revive(record: Mapping[str, Any]) -> dict[str, Any]:
    """Undo what JSON does to times and to missing numbers."""
    texts = {name: np.nan if value is None else value for name, value in record.items()}
    return {**texts, "t_tai": np.datetime64(str(texts["t_tai"]), "ns")}
