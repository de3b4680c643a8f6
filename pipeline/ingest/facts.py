"""Facts that all files of a group share, and that therefore stand on the group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sunproof.pipeline.errors import ArchiveError, ProblemList

__all__ = ["common_facts"]

# Notes about single files that mean nothing about a whole group.
_OF_ONE_FILE = {"processed", "coverage_start", "coverage_end", "DATE", "T_OBS", "T_REC"}


def common_facts(name: str, files: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Facts that all files of a group share; what differs stays in the files' receipts.

    Parameters
    ----------
    name : str
        The group.
    files : sequence of (str, mapping)
        Path and facts of every file; at least one.

    Raises
    ------
    ArchiveError
        If simulated and real files are mixed.
    """
    simulated = {path for path, facts in files if facts.get("simulated")}
    real = {path for path, _ in files} - simulated
    # mixed, the group would lose its mark, and a model would be trained on both Suns
    if simulated and real:
        problems = ProblemList(f"group {name}", ArchiveError)
        todo = "Keep them in different raw folders."
        problems.add(
            "simulated and real files are mixed", min(simulated), min(real), "only simulated, or only real", todo
        )
        problems.check()
    (_, first), *others = files
    return {
        key: value
        for key, value in sorted(first.items())
        # Numbers are counts of one file's defects; that all files have the same count says nothing about the group.
        if key not in _OF_ONE_FILE
        and (isinstance(value, str) or key == "simulated")
        and all(key in facts and facts[key] == value for _, facts in others)
    }
