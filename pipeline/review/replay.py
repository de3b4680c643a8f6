"""Cases judged again by the checks of today; what once agreed with the reviewer must still agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.review.cases import Case, agrees, judge_alone, read_cases

__all__ = ["Replayed", "leaks", "replay"]

# So much of a folder without a case is named that it is told from another.
_NAMED = 5


@dataclass(frozen=True)
class Replayed:
    """One case and what the checks say of it now."""

    case: Case
    verdict: str

    @property
    def state(self) -> str:
        """``agrees``, ``mended`` (it did not before), ``broken`` (it did before) or ``open`` (it never did)."""
        now, before = agrees(str(self.case.facts["expected"]), self.verdict), bool(self.case.facts["agreed"])
        return {(True, True): "agrees", (True, False): "mended", (False, True): "broken"}.get((now, before), "open")


def replay(folder: str | Path) -> list[Replayed]:
    """Judge every case again.

    Parameters
    ----------
    folder : str or Path
        Cases.

    Returns
    -------
    list of Replayed
        In order of the digests.

    Raises
    ------
    InputError
        If a case is not what its name says, or there is none.
    """
    cases = read_cases(folder)
    if not cases:
        # nothing that was judged would be told as nothing that is broken
        todo = (
            "Name the folder that holds the cases, not one of them; decisions become cases by `sunproof review cases`."
        )
        held = sorted(place.name for place in Path(folder).iterdir())[:_NAMED]
        raise InputError(Problem("no case to judge", str(folder), held, "folders with a case.json", todo))
    return [Replayed(case, judge_alone(case.certificate)) for case in cases]


def leaks(folder: str | Path, samples: str | Path) -> list[Problem]:
    """Find held-out cases whose region is in the training or validation block of a samples file, at whatever time.

    Parameters
    ----------
    folder : str or Path
        Cases.
    samples : str or Path
        What a model is, or was, trained on. Cases of the simulated Sun are not looked for on the real one.
    """
    # imported here: judging cases again needs no samples
    from sunproof.pipeline.samples.dataset import read_samples
    from sunproof.pipeline.samples.held_out import LEARNT, held_out_regions, held_out_rows
    from sunproof.pipeline.samples.reading import texts

    rows = read_samples(Path(samples))
    held_out = held_out_regions(folder, bool(rows.attrs.get("simulated", 0)))
    theirs, block = held_out_rows(rows, held_out), texts(rows["block"])
    todo = "Label again with `held_out` set to the folder of cases."
    return [
        Problem(f"a held-out case is in the {name} block", f"{samples}", case, "a region kept out", todo)
        for number, case in enumerate(held_out)
        for name in LEARNT
        if (theirs[:, number] & (block == name)).any()
    ]
