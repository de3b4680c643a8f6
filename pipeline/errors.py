"""The errors a user may meet: what, where, wanted, got, what to do; all problems of one file together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = [
    "ArchiveError",
    "ConfigError",
    "FetchError",
    "InputError",
    "LeakError",
    "Problem",
    "ProblemList",
    "Stopped",
    "SunproofError",
]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, told completely.

    Parameters
    ----------
    what : str
        The problem in one clause, e.g. ``"unknown key"``.
    where : str
        The place: ``"file.csv, row 12, column T_REC"`` or ``"configs/train.yaml: trainer.max_epoch"``.
    got : object, optional
        The offending value.
    wanted : str, optional
        What would have been right.
    todo : str, optional
        What the reader can do about it.
    """

    what: str
    where: str
    got: object = None
    wanted: str = ""
    todo: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        if self.got is not None:
            text += f"; got {self.got!r}"
        if self.wanted:
            text += f"; wanted {self.wanted}"
        return f"{text}. {self.todo}" if self.todo else text


class SunproofError(Exception):
    """Base of all errors a user can cause and mend; the command line ends with exit code 2.

    Parameters
    ----------
    problems : Problem or sequence of Problem
        Everything that is wrong with one file or one request, together.
    """

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[SunproofError], tuple[tuple[Problem, ...]]]:
        # Dask sends errors between processes; the default would rebuild them from the joined text.
        return type(self), (self.problems,)


class ConfigError(SunproofError):
    """A configuration that cannot be run as written."""


class InputError(SunproofError):
    """A file whose content is not what its kind promises; ingestion sets it aside and goes on."""


class FetchError(SunproofError):
    """A download that did not arrive, or arrived as something else."""


class ArchiveError(SunproofError):
    """An archive that breaks its own specification, or lacks what a step needs."""


class LeakError(SunproofError):
    """Information that crosses from the test side of a split to the training side."""


class Stopped(Exception):
    """A command that was asked by a signal to end, and did so with its state kept.

    Parameters
    ----------
    text : str
        For a person.
    code : int
        Exit code of the process: 128 + signal.
    """

    def __init__(self, text: str, code: int) -> None:
        self.code = code
        super().__init__(text)

    def __reduce__(self) -> tuple[type[Stopped], tuple[str, int]]:
        # As above: rebuilt from its text alone it would come without its code.
        return type(self), (str(self), self.code)


class ProblemList:
    """Collects problems while a file is read, and raises them all at once.

    Parameters
    ----------
    where : str
        Prefix of every place, usually the path.
    error : type of SunproofError
        What to raise.
    """

    def __init__(self, where: str, error: type[SunproofError] = InputError) -> None:
        self.where = where
        self.error = error
        self.problems: list[Problem] = []

    def add(self, what: str, place: str = "", got: object = None, wanted: str = "", todo: str = "") -> None:
        """Note one problem; ``place`` is within the file."""
        where = f"{self.where}: {place}" if place else self.where
        self.problems.append(Problem(what, where, got, wanted, todo))

    def check(self) -> None:
        """Raise if anything was noted.

        Raises
        ------
        SunproofError
            Of the type given at construction, with every problem.
        """
        if self.problems:
            raise self.error(self.problems)

    def __bool__(self) -> bool:
        return bool(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)


@contextmanager
def problems_of(where: str, error: type[SunproofError] = InputError) -> Iterator[ProblemList]:
    """Give a `ProblemList` that raises at the end of the block if anything was noted."""
    problems = ProblemList(where, error)
    yield problems
    problems.check()
