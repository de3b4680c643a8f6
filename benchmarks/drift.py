"""Alarm rates of the drift monitor: planted gains of the magnetograph, and false alarms on a stationary replay.

    python benchmarks/drift.py HINDCASTS VALIDATION.nc [TEST.nc]

HINDCASTS is what benchmarks/hindcasts.py left: its folds before 2014 are the reference. VALIDATION.nc are forecasts of
the validation block (2014-01 to 2014-09), whose blocks are permuted for the false alarms, and whose keywords are scaled
for the drifts; TEST.nc, of the test block, is watched as it is. The last line printed is JSON: figure -> value, target,
ok.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import xarray as xr

from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.monitoring.config import DriftConfig
from sunproof.pipeline.monitoring.detector import Detector, permuted
from sunproof.pipeline.monitoring.drift import summarise
from sunproof.pipeline.monitoring.stream import make_stream, read_stream

GAINS = (0.95, 0.9, 0.8, 0.6)
REPLAYS = 20
REFERENCE_END = np.datetime64("2014-01-01", "ns")
# B -> gB: power of g of each keyword (Bobra et al. 2014, Table 3).
POWER = {"usflux": 1, "meangbt": 1, "meangbz": 1, "meangbh": 1, "totusjz": 1, "totusjh": 2, "totpot": 2, "meanpot": 2}


def gained(forecasts: xr.Dataset, gain: float) -> xr.Dataset:
    """Scale the keywords as a weaker field would; probabilities stay, so that the keywords alone must tell."""
    return forecasts.assign({name: forecasts[name] * gain**power for name, power in POWER.items() if name in forecasts})


def main(hindcasts: Path, validation: Path, test: Path | None) -> dict[str, dict[str, object]]:
    """Measure and print the tables."""
    config = DriftConfig(
        reference=tuple(sorted(hindcasts.glob("fold*/forecasts.nc"))), forecasts=(validation,), output="-"
    )
    reference = read_stream(config.reference)
    reference = reference.take(np.flatnonzero(reference.time < REFERENCE_END))
    forecasts = open_netcdf(validation)
    detector = Detector.fit(reference, config)
    watched = make_stream(forecasts)
    replays = [summarise(detector.watch(permuted(watched, config.block_days, seed)), config) for seed in range(REPLAYS)]
    false = float(np.mean([one["alarms_a_quarter"] for one in replays]))
    print(f"{len(reference)} forecasts of reference, {false:.2f} false alarms a quarter on the replay")
    print(f"{len(watched)} of validation, {detector.strange(watched)} of them not watched\n")
    print(f"| field | {' | '.join(f'{length} forecasts' for length in config.windows)} | quantities |")
    print("|---|" + "---|" * (len(config.windows) + 1))
    rates: dict[float, dict[int, float]] = {}
    for gain in (1.0, *GAINS):
        table = detector.watch(make_stream(gained(forecasts, gain)))
        # a window of which other things are known than of the reference is not watched, and can raise no alarm
        table = table[np.isfinite(table["score"])]
        alarmed = table.groupby(["length", "window"])["alarm"].any().groupby("length").mean()
        rates[gain] = alarmed.to_dict()
        most = table[table["alarm"]]["quantity"].value_counts().index[:3]
        print(
            f"| x {gain:g} | {' | '.join(f'{alarmed[length]:.2f}' for length in config.windows)} | {', '.join(most)} |"
        )
    if test:
        told = summarise(detector.watch(make_stream(open_netcdf(test))), config)
        print(f"\nTest block as it is: {told['alarms_a_quarter']:.2f} alarms a quarter; {json.dumps(told['lengths'])}")
    found = {"false_alarms_a_quarter": {"value": round(false, 3), "target": 1.0, "ok": false <= 1.0}}
    for gain, target in {0.9: 0.62, 0.8: 1.0, 0.6: 1.0}.items():
        value = rates[gain][168]
        found[f"gain_{gain:g}_window_168"] = {"value": round(value, 3), "target": target, "ok": value >= target}
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("hindcasts", type=Path, help="what benchmarks/hindcasts.py left")
    parser.add_argument("validation", type=Path, help="forecasts of the validation block")
    parser.add_argument("test", type=Path, nargs="?", help="forecasts of the test block, watched as they are")
    options = parser.parse_args()
    print(json.dumps(main(options.hindcasts, options.validation, options.test)))
