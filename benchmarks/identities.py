"""How often the identities among SHARP keywords (check D4) are broken: by the real archive, and by our own code.

    SUNPROOF_DATA=... python benchmarks/identities.py

Writes docs/identities.md. The last line printed is JSON: figure -> value, target, ok.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.constraints.keywords import identity_ratios
from sunproof.models.constraints.limits import load_limits
from sunproof.models.physics.sharp_keywords import PatchGeometry, sharp_keywords
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

_PAGE = Path(__file__).parents[1] / "docs" / "identities.md"
_ROWS = 1_204_136
# Rows at a time; ten columns of ratios of all rows at once would take a gigabyte.
_CHUNK = 100_000
_PATCHES = 300
_SCALE = PatchGeometry(0.03, 6.96e8, 971.671936, 1.4774622050341e11)


def records(table: pd.DataFrame) -> xr.Dataset:
    """Give rows of keywords the shape that a check reads: nothing but keywords and their time matters to D4."""
    columns = {name: ("forecast", table[name.upper()].to_numpy(float)) for name in SHARP_KEYWORDS}
    status = ("forecast", np.full(len(table), "ISSUED", object))
    time = ("forecast", table.T_REC.to_numpy("datetime64[ns]"))
    attrs = {"classes": "unknown", "windows": "unknown", "goes_scale": "unknown"}
    return xr.Dataset({**columns, "data_cutoff": time, "status": status}, attrs=attrs)


def own_records(seed: int = 0) -> pd.DataFrame:
    """Return our keywords of random smooth fields, a quarter of whose pixels lie outside the mask."""
    rng = np.random.default_rng(seed)
    white = rng.normal(size=(3, _PATCHES, 40, 60)) * 10 ** rng.uniform(0.5, 2.5, (_PATCHES, 1, 1))
    br, bt, bp = sum(np.roll(white, (i, j), (-2, -1)) for i in range(-2, 3) for j in range(-2, 3))
    mask = np.where(rng.random(br.shape) < 0.25, 0.0, 90.0)
    found = sharp_keywords(br, bt, bp, mask, np.full(br.shape, 34.0), _SCALE, blos=br)
    table = pd.DataFrame({name.upper(): found[name] for name in SHARP_KEYWORDS})
    return table.assign(T_REC=np.datetime64("2011-02-15T02:00", "ns"))


class Tally:
    """Counts of broken relations over any number of chunks."""

    def __init__(self) -> None:
        self.rows, self.outcomes = 0, np.zeros(6, int)
        self.judged: dict[str, int] = {}
        self.above: dict[str, int] = {}
        self.broken: dict[str, int] = {}
        self.largest: dict[str, float] = {}
        self.unscaled, self.smallest = 0, 0.0

    def add(self, table: pd.DataFrame) -> None:
        """Count one chunk."""
        limits, batch = load_limits().of("D4"), records(table)
        self.rows += len(table)
        codes = evaluate(batch, all_checks(["D4"])).outcome.values[0]
        self.outcomes += np.bincount(codes.astype(int) + 1, minlength=6)
        pixels = table.TOTPOT.to_numpy(float) / (table.MEANPOT.to_numpy(float) * _SCALE.area)
        with np.errstate(divide="ignore", invalid="ignore"):
            for name, ratio in identity_ratios(batch, limits).items():
                known = ratio[~np.isnan(ratio)]
                self.smallest = max(self.smallest, float(pixels[ratio > 1].max(initial=0.0)))
                for counts, number in (
                    (self.judged, known.size),
                    (self.above, int((known > 1).sum())),
                    (self.broken, int((known > 1 + limits["rounding"]).sum())),
                ):
                    counts[name] = counts.get(name, 0) + number
                self.largest[name] = max(self.largest.get(name, 0.0), float(known.max(initial=0.0)))
        self.unscaled += int((table.SAVNCPP > table.TOTUSJZ).sum())

    def rows_of_table(self) -> list[str]:
        """Lines of the page's table."""
        counts = (self.judged, self.above, self.broken)
        return [
            "| "
            + " | ".join([name.replace("|", r"\|"), *(f"{count[name]:,}" for count in counts), f"{largest:.5f}"])
            + " |"
            for name, largest in self.largest.items()
        ]


def page(real: Tally, own: Tally) -> str:
    """Return the page as Markdown."""
    invalid, review = int(real.outcomes[Outcome.INVALID + 1]), int(real.outcomes[Outcome.REVIEW + 1])
    missing = int(real.outcomes[0])
    head = [
        "| relation broken | judged | ratio above 1 | above 1 + rounding | largest ratio |",
        "|---|---|---|---|---|",
    ]
    limits = load_limits()
    return "\n".join(
        [
            "# Identities among SHARP keywords",
            "",
            "Written by `python benchmarks/identities.py`. Check D4 on every record of the 12-minute SHARP series",
            f"2010-05-01 to 2019-05-18 ({real.rows:,} records of 1332 HARPs), limits version {limits.version}.",
            "",
            f"INVALID: **{invalid:,}**. REVIEW: {review:,} (mean |Bz| over at least 1000 active pixels outside 250 to",
            f"800 G: a statement about the field, not an identity). NOT_EVALUABLE: {missing:,} (no keywords).",
            "",
            *head,
            *real.rows_of_table(),
            "",
            f"What lies between 1 and 1 + rounding are patches of at most {real.smallest:.0f} active pixels: the net",
            "is the unsigned sum there (one sign of the current, or one a polarity); rounding decides which is larger.",
            "The tolerance of the first relation is three per cent, because MEANJZH leaves out pixels beside gaps that",
            "TOTPOT counts, plus half a printed step of MEANJZH and ABSNJZH.",
            "",
            f"SAVNCPP exceeds TOTUSJZ in {real.unscaled:,} records. That is no violation: as the public reference code",
            "computes it, SAVNCPP carries a factor cd^-2 (cd: pixel size in arcsec, about 0.5), and with that factor",
            "taken out the relation holds in every record.",
            "",
            "## Our own code",
            "",
            f"`models/physics/sharp_keywords.py` on {own.rows} random fields, a quarter of their pixels masked out.",
            f"INVALID: **{int(own.outcomes[Outcome.INVALID + 1])}**.",
            "",
            *head,
            *own.rows_of_table(),
            "",
        ]
    )


def main() -> None:
    """Count, write the page, print one line of JSON."""
    path = Path(os.environ["SUNPROOF_DATA"]) / "sharp/sharp_harps_2010_2019_12min.parquet"
    table = pd.read_parquet(path, columns=["T_REC", *(name.upper() for name in SHARP_KEYWORDS)])
    real, own = Tally(), Tally()
    for start in range(0, len(table), _CHUNK):
        real.add(table.iloc[start : start + _CHUNK])
    own.add(own_records())
    _PAGE.write_text(page(real, own), encoding="utf-8")
    values = {
        "rows": (real.rows, _ROWS),
        "invalid_real_records": (int(real.outcomes[Outcome.INVALID + 1]), 0),
        "invalid_own_records": (int(own.outcomes[Outcome.INVALID + 1]), 0),
    }
    print(json.dumps({k: {"value": v, "target": t, "ok": v == t} for k, (v, t) in values.items()}))


if __name__ == "__main__":
    main()
