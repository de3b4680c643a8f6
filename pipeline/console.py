"""What a person sees while a command runs: progress bars and tables, through rich, on the error stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

__all__ = ["progress", "say", "show_table", "silence", "track"]

# Results that another program may read go to files; the terminal is for people: all but tables goes to stderr.
# Plain text in a notebook, too: there rich would write into widgets, which no cell can capture.
_err = Console(stderr=True, force_jupyter=False)
_out = Console(force_jupyter=False)

T = TypeVar("T")


def say(text: str, bold: str = "") -> None:
    """Print one line for a person, as it is; ``bold`` stands before it in bold type."""
    # Texts hold what files, models and reviewers call themselves: read as markup, "[/x]" is an error and "[x]" is gone.
    # rich would colour numbers, too, and break paths that people copy.
    _err.print(Text.assemble((bold, "bold"), text), highlight=False, soft_wrap=True)


def silence() -> None:
    """Show nothing any more: of several processes that do the same, one speaks."""
    _err.quiet = _out.quiet = True


def progress() -> Progress:
    """Make a progress display; use it as a context manager."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=_err,
    )


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Iterate with a progress bar."""
    with progress() as bars:
        yield from bars.track(items, description=description, total=total)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on standard output; cells are printed as they are, and whole however narrow the terminal."""
    table = Table(title=Text(title, "table.title"), title_justify="left")
    for column in columns:
        # cut with an ellipsis, a digest in a log could not be compared any more
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    _out.print(table)
