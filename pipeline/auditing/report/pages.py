"""Writes the report: a batch page, and a page for each forecast that deserves one."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from sunproof.pipeline.auditing.chain import open_certificates, read_header
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.maps.store import read_maps
from sunproof.pipeline.auditing.report.disk import centre_latitude, disk, places_of
from sunproof.pipeline.auditing.report.figures import number, percent, unit
from sunproof.pipeline.auditing.report.frames import latest_images, strip
from sunproof.pipeline.auditing.report.looks import looks
from sunproof.pipeline.auditing.report.overview import batch_page, rank
from sunproof.pipeline.auditing.report.story import forecast_page
from sunproof.pipeline.auditing.report.surroundings import Archive
from sunproof.pipeline.console import track
from sunproof.pipeline.receipts import replacing

__all__ = ["choose_pages", "write_report"]

_HERE = Path(__file__).parent
# Beside the words and colours, so that a verdict is told without either.
_SYMBOLS = {
    "ACCEPT": "✓", "REVIEW": "!", "REJECT": "✕", "NO_FORECAST": "–",
    "PASS": "✓", "INFO": "i", "IMPLAUSIBLE": "✕", "INVALID": "✕", "NOT_EVALUABLE": "?",
}  # fmt: skip


def write_report(
    folder: str | Path,
    certificates: str | Path,
    forecasts: xr.Dataset,
    findings: xr.Dataset,
    verdicts: xr.Dataset,
    config: AuditConfig,
    open_questions: str = "",
) -> None:
    """Write ``index.html`` and one ``forecast-<seq>.html`` a chosen forecast; every file needs nothing but itself.

    Parameters
    ----------
    folder : str or Path
        Replaced as a whole.
    certificates : str or Path
        The pages of forecasts are drawn from the certificates alone, and from the archive.
    forecasts, findings, verdicts : xarray.Dataset
        The batch.
    config : AuditConfig
        ``archive``, ``samples`` and ``report``.
    open_questions : str
        What could not be asked of the model (`sunproof.pipeline.auditing.examined.about_training`).
    """
    maps = Path(certificates).parent / "maps.zarr"
    chosen = choose_pages(forecasts, verdicts, config.report.pages, _mapped(maps))
    templates = _templates()
    archive = Archive(config.archive)
    header = read_header(certificates)
    with replacing(folder) as partial:
        partial.mkdir()
        # Numbers of certificates count from 1, rows from 0.
        records = open_certificates(certificates, set((chosen + 1).tolist()))
        for record in track(records, "pages"):
            around = archive.around(record["key"]["harpnum"], _regions(record), _cutoff(record))
            looked = looks(record, maps)
            page = forecast_page(record, around, _maps(record, forecasts, config.archive), looked)
            _write(partial / _page_name(record["seq"]), templates.get_template("forecast.html").render(page))
        links = {int(seq): _page_name(int(seq)) for seq in chosen + 1}
        overview = batch_page(header, forecasts, findings, verdicts, links, config) | {"open_questions": open_questions}
        _write(partial / "index.html", templates.get_template("batch.html").render(overview))


def choose_pages(
    forecasts: xr.Dataset, verdicts: xr.Dataset, limit: int, mapped: Collection[int] = ()
) -> NDArray[np.int64]:
    """Pick the forecasts that get a page: half for rejected ones, a quarter for review, the rest by probability.

    Parameters
    ----------
    forecasts, verdicts : xarray.Dataset
        The batch.
    limit : int
        At most so many.
    mapped : collection of int
        Places of forecasts with maps of where the model looks. Of each verdict at least one of them is taken.

    Returns
    -------
    ndarray of int, shape (at most limit,)
        Sorted places in the batch.
    """
    verdict = verdicts["verdict"].values
    ranked = rank(forecasts)
    chosen: list[int] = []
    for name, share in (("REJECT", limit // 2), ("REVIEW", limit // 4), ("NO_FORECAST", min(1, limit // 4))):
        chosen += _first(ranked[verdict[ranked] == name].tolist(), share, mapped)
    accepted = ranked[verdict[ranked] == "ACCEPT"]
    rest = [*accepted.tolist(), *(place for place in ranked.tolist() if verdict[place] != "ACCEPT")]
    chosen += _first([place for place in rest if place not in set(chosen)], limit - len(chosen), mapped)
    return np.sort(np.array(chosen, dtype=np.int64))


def _first(ranked: Sequence[int], share: int, mapped: Collection[int]) -> list[int]:
    """Take the first of equals; where none of them has maps, the last one makes room for the first that has."""
    taken, seen = list(ranked[:share]), [place for place in ranked if place in mapped]
    if taken and seen and not set(taken) & set(seen):
        taken[-1] = seen[0]
    return taken


def _mapped(maps: Path) -> set[int]:
    """Places of the forecasts that have maps; none where the audit made none."""
    if not maps.exists():
        return set()
    return set((read_maps(maps, "forecasts")["certificate"].values - 1).tolist())


def _page_name(seq: int) -> str:
    return f"forecast-{seq}.html"


def _maps(record: dict[str, Any], forecasts: xr.Dataset, archive: str) -> dict[str, str]:
    """Draw the disk with all regions of the issue time, and the last images of it."""
    places = places_of(forecasts, int(record["seq"]) - 1)
    facts, cutoff = record["facts"], _cutoff(record)
    middle = facts["thresholds"][len(facts["thresholds"]) // 2]
    images = latest_images(archive, cutoff) if archive and Path(archive).exists() else []
    picture = disk(places, centre_latitude(cutoff), middle, facts["windows"][0])
    return {"disk": picture, "frames": strip(images, places)}


def _regions(record: dict[str, Any]) -> set[int]:
    """All NOAA numbers of a slot."""
    listed = {int(text) for text in record["key"].get("noaa_ars", "").split(",") if text.strip().isdigit()}
    return (listed | {record["key"]["noaa_ar"]}) - {-1}


def _cutoff(record: dict[str, Any]) -> np.datetime64:
    return np.datetime64(record["times"]["data_cutoff"].removesuffix("Z"), "ns")


def _templates() -> Environment:
    environment = Environment(
        # an unknown name in a template is an error: a silent blank would look like missing evidence
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "number": number, "unit": unit, "decimal": _decimal}
    environment.globals |= {"symbols": _SYMBOLS, "css": (_HERE / "style.css").read_text(encoding="utf-8")}
    return environment


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def _decimal(value: float) -> str:
    return "-1" if math.isnan(value) else f"{value:.9g}"
