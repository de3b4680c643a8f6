"""A made-up batch of forecasts with every piece of evidence that any check reads, for the benchmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.forecasting.contract import new_forecasts
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, describe

__all__ = ["full_batch"]

Array = NDArray[Any]
Variables = dict[str, tuple[tuple[str, ...], Any]]

_ROWS_A_SLOT = 10  # one full-disk row and nine regions
_CELLS, _WINDOW = ("forecast", "threshold", "window"), ("forecast", "window")


def full_batch(size: int, seed: int = 0) -> xr.Dataset:
    """Return a batch of ``size`` forecasts, three thresholds and windows, with all evidence."""
    rng = np.random.default_rng(seed)
    slot = np.arange(size) // _ROWS_A_SLOT
    time = np.datetime64("2011-01-01", "ns") + slot * np.timedelta64(1, "h")
    disk = np.arange(size) % _ROWS_A_SLOT == 0
    region = np.where(disk, -1, 11_000 + np.arange(size) % _ROWS_A_SLOT + 10 * (slot // 40))
    rate = 10 ** rng.uniform(-2, 0, size)
    columns = {
        "harpnum": region,
        "noaa_ar": region,
        **{name: values.astype(object) for name, values in _texts(rng, disk).items()},
        **_observed(rng, size),
        **_evidence(rng, size),
        **_times(time),
    }
    made = new_forecasts(
        {
            **{name: (("forecast",), values) for name, values in columns.items()},
            **_ahead(rng, size),
            **_cubes(rng, rate),
        },
        ("C1.0", "M1.0", "X1.0"),
        (24.0, 48.0, 72.0),
        {"classes": "cumulative", "windows": "nested", "goes_scale": "operational"},
        model="made up",
    )
    return describe(made.assign_coords(quantile=("quantile", [0.5])))


def _texts(rng: np.random.Generator, disk: Array) -> dict[str, Array]:
    size = len(disk)
    return {
        "entity": np.where(disk, "full_disk", "region"),
        "status": np.full(size, "ISSUED"),
        "status_reason": np.full(size, ""),
        "mcintosh": rng.choice(["AXX", "CSO", "DAO", "EKC", "FKC"], size),
        "hale": rng.choice(["ALPHA", "BETA", "BETA-GAMMA-DELTA"], size),
        "goes_class": rng.choice(["C1.0", "M2.5", "X1.0"], size),
        "transform": rng.choice(["", "time_shift", "longitude_shift", "superposition"], size),
    }


def _observed(rng: np.random.Generator, size: int) -> dict[str, Array]:
    """Give what archive and magnetograms tell of a row."""
    return {
        "latitude": rng.uniform(-40, 40, size),
        "longitude": rng.uniform(-80, 80, size),
        "srs_area": rng.uniform(10, 900, size),
        "area_change": rng.normal(0, 50, size),
        "flares_24h": rng.integers(0, 8, size).astype(float),
        "history_events": rng.integers(0, 60, size).astype(float),
        "input_age": rng.uniform(0, 5, size),
        "nan_fraction": rng.uniform(0, 0.4, size),
        "quality": np.zeros(size, np.int64),
        "satellite": np.full(size, 15),
        "peak_flux": np.full(size, 1e-6),
        "xrsa": 10 ** rng.uniform(-9, -5, size),
        "xrsb": 10 ** rng.uniform(-7, -4, size),
        "xrs_background": 10 ** rng.uniform(-7, -6, size),
        "flux_limit": np.full(size, 5e-3),
        "flux_imbalance": rng.uniform(0, 0.3, size),
        "usflux_rate": rng.normal(0, 1e20, size),
        "usflux_span": rng.uniform(2, 24, size),
        "patch_missing": np.zeros(size),
        "patch_span": np.full(size, 12.0),
        "potential_energy_regressed": 10 ** rng.uniform(31, 33, size),
        "virial_energy_low": np.full(size, 1.1e33),
        "virial_energy_high": np.full(size, 1.2e33),
        "net_force": rng.uniform(0, 0.2, size),
        "recomputed_cmask": np.full(size, 4e4),
        "cmask": np.full(size, 4e4),
        **{f"recomputed_{name}": 10 ** rng.uniform(0, 1, size) for name in SHARP_KEYWORDS if name != "r_value"},
        "other_latitude": rng.uniform(-40, 40, size),
        "other_longitude": rng.uniform(-80, 80, size),
        "other_observer_latitude": np.full(size, 3.0),
        "other_observer_longitude": np.full(size, 40.0),
        "other_observer_distance": np.full(size, 0.96),
        "pointing_verified": np.ones(size, np.int8),
        "potential_energy": 10 ** rng.uniform(31, 33, size),
        "free_energy": 10 ** rng.uniform(30, 32, size),
        "effective_field": 10 ** rng.uniform(1, 3, size),
        "r_value_computed": rng.uniform(2, 5, size),
    }


def _evidence(rng: np.random.Generator, size: int) -> dict[str, Array]:
    """Give what an audit finds out about a row and the model behind it."""
    return {
        "input_change": rng.uniform(0, 2, size),
        "attribution_error": rng.normal(0, 1e-4, size),
        "attribution_difference": rng.normal(0, 2, size),
        **{name: rng.uniform(0.5, 1, size) for name in ("method_agreement", "explanation_skill")},
        **{name: rng.uniform(0, 0.4, size) for name in ("twin_correlation", "null_skill")},
        **{name: rng.uniform(0, 1, size) for name in ("domain_physical", "domain_features")},
        **{
            name: rng.uniform(0, 1, size)
            for name in ("record_agreement", "record_continuity", "record_size", "record_field")
        },
        **{
            name: rng.uniform(0, 1, size)
            for name in ("domain_images", "image_placement", "patch_agreement", "vector_agreement", "vector_field")
        },
        **{name: rng.normal(0, 0.02, size) for name in ("xrs_listed_ratio", "xrs_satellite_ratio", "xrs_unlisted")},
        **{name: rng.integers(0, 2, size).astype(float) for name in ("image_copies", "xrs_frozen")},
        "explanation_parity": rng.uniform(0, 1e-4, size),
        **{name: np.full(size, 200.0) for name in ("model_flaring", "model_regions")},
        "model_gain_high": np.full(size, 0.05),
        **{name: np.full(size, 0.01) for name in ("model_shortcut", "model_shortcut_low")},
        **{name: np.zeros(size) for name in ("frozen_steps", "keyword_gaps")},
        "reproduction_error": rng.uniform(0, 1e-5, size),
        **{name: rng.normal(0, 1, size) for name in ("activity_effect", "activity_level")},
        **{f"map_{name}": rng.uniform(0.1, 1, size) for name in ("effect", "picture_effect")},
        **{f"map_{name}": rng.uniform(0, 5, size) for name in ("region_ratio", "line_ratio")},
        **{f"map_{name}": rng.uniform(0.5, 1, size) for name in ("region_rank", "line_rank", "deletion_rank", "skill")},
        **{
            f"map_{name}": rng.uniform(0, 0.04, size)
            for name in ("sky_effect", "null_skill", "line_rise", "background_effect")
        },
        "twin": np.maximum(np.arange(size) - 1, 0),
        **{name: 10 ** rng.uniform(0, 1, size) for name in SHARP_KEYWORDS},
    }


def _ahead(rng: np.random.Generator, size: int) -> Variables:
    """Give predictions beside flares, with their range in training and their error."""
    ahead = {
        "usflux": 10 ** rng.uniform(21, 23, size),
        "totpot": 10 ** rng.uniform(22, 24, size),
        "xrsb": 10 ** rng.uniform(-7, -6, size),
        "xrsb_peak": 10 ** rng.uniform(-6, -4, size),
    }
    ends = {"low": np.min, "high": np.max, "error": lambda _: 0.4}
    return {
        "lead": (("lead",), np.array([24.0])),
        **{f"predicted_{name}": (("forecast", "lead"), values[:, None]) for name, values in ahead.items()},
        **{
            f"predicted_{name}_{end}": (("lead",), [measure(values)])
            for name, values in ahead.items()
            for end, measure in ends.items()
        },
    }


def _times(time: Array) -> dict[str, Array]:
    minutes = np.timedelta64(1, "m")
    return {
        "issue_time": time,
        "data_cutoff": time,
        "window_start": time.astype("datetime64[D]").astype("datetime64[ns]"),
        **dict.fromkeys(("position_time", "other_time", "keyword_time", "magnetogram_time"), time),
        "srs_time": time - 300 * minutes,
        "temperature_peak_time": time - 30 * minutes,
        "peak_time": time - 28 * minutes,
        "emission_peak_time": time - 25 * minutes,
    }


def _cubes(rng: np.random.Generator, rate: Array) -> Variables:
    """Give all that is told of each threshold and window."""
    share = np.array([1.0, 0.1, 0.01])
    probability = -np.expm1(-rate[:, None, None] * share[:, None] * np.array([1.0, 1.8, 2.5]))
    return {
        "probability": (_CELLS, probability),
        "probability_wheatland": (_CELLS, probability * 0.8),
        "probability_regression": (_CELLS, probability * 0.9),
        "confidence_low": (_CELLS, probability * 0.8),
        "confidence_high": (_CELLS, np.minimum(probability * 1.2, 1)),
        "conformal_flare": (_CELLS, probability),
        "conformal_quiet": (_CELLS, 1 - probability),
        "base_rate": (("threshold", "window"), np.full((3, 3), 0.1)),
        "probability_without_region": (_CELLS, probability * 0.01),
        "probability_elsewhere": (_CELLS, probability),
        "probability_opposite": (_CELLS, probability),
        "probability_mirrored": (_CELLS, probability),
        "probability_turned": (_CELLS, probability),
        "field_response": (_CELLS, rng.normal(0.5, 0.3, probability.shape)),
        "probability_background": (_CELLS, np.full(probability.shape, 0.05)),
        "probability_quiet": (_WINDOW, 1 - probability[:, 0]),
        "rate": (_WINDOW, -np.log1p(-probability[:, 0])),
        "flux_quantile": ((*_WINDOW, "quantile"), 1e-6 * rate[:, None, None] * np.ones((len(rate), 3, 1))),
    }
