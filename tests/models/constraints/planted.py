"""One planted violation a check: a batch on either side of its limit, and one whose prerequisite is missing.

``make(t)`` builds a batch that keeps the limit for t < 0 and breaks it for t > 0, by |t| of it; ``make(-0.1, **blank)``
is not evaluable. A check without a case here fails a test.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.physics.energy import bolometric_energy
from sunproof.models.physics.geometry import rotation_rate, solar_tilt, sun_distance

from .build import batch
from .test_keywords import RECORD

NAN = np.nan
WHEN = np.datetime64("2014-06-01T00:00", "ns")
MINUTE = np.timedelta64(1, "m")
DISK = {"latitude": 10.0, "longitude": 20.0}
PATCH = {"flux_imbalance": 0.01, "patch_missing": 0.0, "patch_span": 20.0, "potential_energy": 1e32}
SUMMARY = {"srs_time": WHEN, "flares_24h": NAN}
# Energy that an M1.0 or X1.0 flare takes at least, scatter allowed for.
NEED_X = float(bolometric_energy(1e-4)) * 10**-0.5


class Case(NamedTuple):
    """How a check is made to fail."""

    make: Callable[..., xr.Dataset]
    outside: Outcome
    inside: Outcome = Outcome.PASS
    blank: dict[str, Any] = {"status": "NO_FORECAST"}  # noqa: RUF012  (read only)
    row: int = -1


def one(c=0.5, m=0.1, x=0.01, **evidence):
    """One forecast of one window."""
    return batch([[[c], [m], [x]]], windows=(24.0,), **{**DISK, **evidence})


def one_m(m, **evidence):
    return batch(np.reshape(m, (-1, 1, 1)), thresholds=("M1.0",), windows=(24.0,), **{**DISK, **evidence})


def expit(value):
    return 1 / (1 + np.exp(-value))


def logit(p):
    return np.log(p / (1 - p))


def edge(check, made):
    """Limit that a check gives for a batch of one, and the value it measures."""
    found = evaluate(made, all_checks([check]))
    return float(found.limit[0, -1]), float(found.value[0, -1])


def beyond(check, build, start=0.9999):
    """Cases of checks that hold a probability against a table: so many logits above the table's upper edge."""

    def make(t, **changes):
        limit, _ = edge(check, build(start))
        return build(float(expit(logit(limit) + t)), **changes)

    return make


def median(flux, c=0.9, m=0.6, x=0.1, **evidence):
    quantiles = (("forecast", "window", "quantile"), [[[flux]]])
    return one(c, m, x, flux_quantile=quantiles, quantile=(("quantile",), np.array([0.5])), **evidence)


def seen(name, limit, **beside):
    """Cases of maps whose picture moves the forecast: the measure lies under its limit by |t| of it."""

    def make(t, **changes):
        told = {"map_picture_effect": -0.3, f"map_{name}": limit * (1 - t)}
        return one(**told | {f"map_{key}": value for key, value in beside.items()} | changes)

    return make


def another(name, limit):
    """Cases of answers of another Sun, which differ from the forecast by the limit and |t| of it."""

    def make(t, there=0.05, **changes):
        return one_m(0.05, **cube(name, there + limit * (1 + t)), **changes)

    return make


def prior(t, **changes):
    known = {"mcintosh": "DAO", "hale": "BETA", "srs_area": 100.0, "srs_time": WHEN, "flares_24h": 0.0, **changes}
    _, value = edge("C9", one_m(0.9, **{**known, **{k: v for k, v in changes.items() if k not in known}}))
    start = 0.9 if np.isfinite(value) else 0.5
    moved = logit(start) - (value if np.isfinite(value) else 0) + 5 * (1 + t)
    return one_m(expit(moved), **known)


def rotation(t, **changes):
    moved = float(rotation_rate(15.0)) + 10 * (1 + t)
    times = np.array([WHEN, WHEN + np.timedelta64(1, "D")])
    values = {"latitude": 15.0, "longitude": [0.0, moved], "position_time": times, "when": times, **changes}
    return one_m([0.1, 0.1], **values)


def recomputed(t, name="recomputed_usflux", error=1e-3, **changes):
    known = {f"recomputed_{key}": value for key, value in RECORD.items() if key != "r_value"}
    times = {"keyword_time": WHEN, "magnetogram_time": WHEN, "recomputed_cmask": 45703.0, "cmask": 45703.0}
    values = {**RECORD, **known, **times}
    return one(**{**values, name: values[name] * (1 + error * (1 + t)), **changes})


def two_views(t, **changes):
    place = {"latitude": 0.0, "longitude": 0.0, "other_latitude": 0.0, "other_longitude": 2.0 * (1 + t)}
    observer = {"other_observer_latitude": 0.0, "other_observer_longitude": 0.0}
    observer["other_observer_distance"] = float(sun_distance(WHEN))
    sure = {"pointing_verified": 1, "position_error": 2.0, "feature_height": 0.0}
    return one(**{**place, **observer, **sure, "position_time": WHEN, "other_time": WHEN, **changes})


def limb(t, **changes):
    angle = np.arccos(-0.1 * (1 + t) / np.cos(np.deg2rad(solar_tilt(WHEN))))
    return one(**{"latitude": 0.0, "longitude": float(np.rad2deg(angle)), **changes})


def martingale(t, targets=100, **changes):
    """Fixed targets; from 0.3 to 0.3 + d the movement exceeds the gain by 0.4 d."""
    step = 0.004 * (1 + t) + 0.01 * np.resize([1, -1], targets)
    values = np.stack([np.full(targets, 0.3), 0.3 + step], axis=1).ravel()
    start = np.repeat(WHEN + np.arange(targets) * np.timedelta64(1, "D"), 2)
    when = start - np.resize([120, 60], 2 * targets) * MINUTE
    return one_m(values, when=when, start=start, **changes)


def jump(t, **changes):
    when = np.array([WHEN, WHEN + 60 * MINUTE])
    return one_m(
        [0.2, expit(logit(0.2) + 0.5 * (1 + t))], when=when, **{"input_change": 0.0, "flares_24h": 0.0, **changes}
    )


def twin(transform, limit):
    def make(t, **changes):
        moved = expit(logit(0.2) + limit * (1 + t))
        return one_m([0.2, moved], **{"twin": [-1, 0], "transform": ["", transform], **changes})

    return make


def cube(name, value):
    return {name: (("forecast", "threshold", "window"), [[[value]]])}


def full_and_region(t, entity=("full_disk", "region"), **changes):
    return one_m([0.3 * (1 - 0.3 * t), 0.3], entity=list(entity), **changes)


def energy_patch(t, **changes):
    return one(x=0.9, m=0.95, c=0.99, **{**PATCH, **changes, "potential_energy": NEED_X / (1 + t)})


def virial(t, **changes):
    high = NEED_X / (1 + t)
    values = {"virial_energy_high": high, "virial_energy_low": 0.99 * high, "net_force": 0.05}
    return one(c=0.99, m=0.95, x=0.9, **{**PATCH, "potential_energy": 0.9 * high, **values, **changes})


def free(t, **changes):
    high = 1e32 * (1 + 0.75 * (1 + t))
    values = {"virial_energy_high": high, "virial_energy_low": high - 5e30, "net_force": 0.05}
    return one(**{**PATCH, **values, **changes})


def magnitude(t, **changes):
    flux = np.sqrt(8 * np.pi * 1e10 * NEED_X / 0.1 / (1 + t))
    return one(c=0.99, m=0.95, x=0.9, **{"usflux": flux, "totpot": 1e24, "meanpot": 1e4, **changes})


def envelope(t, **changes):
    flux = 1.13e22 * (10**-0.5 / (1 + t)) ** (2 / 3)
    return one(c=0.99, m=0.95, x=0.9, **{"usflux": flux, **changes})


def ratio(t, m=0.3, **changes):
    return one(c=1 - (1 - m) ** 5, m=m, x=1 - (1 - m) ** (0.4 * (1 + t)), **changes)


def peaks(t, **changes):
    hot = WHEN + (300 * (1 + t) * 1e9 * np.timedelta64(1, "ns")).astype("timedelta64[ns]")
    return one(**{"temperature_peak_time": hot, "peak_time": WHEN, "emission_peak_time": WHEN, **changes})


def orbit(t, **changes):
    noise = 0.03 * 1e22 * 2 * np.pi / 24
    return one(**{"usflux": 1e22, "usflux_span": 12.0, "usflux_rate": noise * (1 - t), **changes})


def bins(t, classes="exclusive", **changes):
    quiet = (("forecast", "window"), [[0.59 + 1e-3 * (1 + t)]])
    return one(0.3, 0.1, 0.01, probability_quiet=quiet, attrs={"classes": classes}, **changes)


def counts(t, rate=0.3, **changes):
    value = rate * (1 + t) if t > 0 else -np.expm1(-0.3) * (1 + t)
    return one(value, 0.01, 0.001, rate=(("forecast", "window"), [[rate]]), **changes)


def base_rate(check, **known):
    return beyond(check, lambda m, **changes: one_m(m, **{**SUMMARY, **known, **changes}))


def climatology(m, **changes):
    return one_m(m, **{"entity": "full_disk", **changes})


def predicted(t=0, lead=24.0, **changes):
    """One forecast with predictions; what ``predicted_*`` says of all forecasts lies along the lead alone."""
    ends = ("_low", "_high", "_error")
    named = {
        name: (("lead",), [value]) if name.endswith(ends) else (("forecast", "lead"), [[value]])
        for name, value in changes.items()
        if name.startswith("predicted_")
    }
    return one(**{**changes, **named, "lead": (("lead",), np.array([lead]))})


def bright(t, **changes):
    """Full disk with C1.0 as a coin, and X-rays that are 3 (1 + t) logits above the class."""
    flux = 1e-6 / 0.7 * 10 ** (0.4 * 3 * (1 + t) * np.sqrt(3) / np.pi)
    values = {"predicted_xrsb_peak": flux, "predicted_xrsb_peak_error": 0.4, "entity": "full_disk", **changes}
    return predicted(**values).isel(threshold=[0])


REGION = {"blank": {"entity": "full_disk"}}
UNKNOWN = {"blank": {"attrs": {"classes": "unknown"}}}
R, IMP, X, INFO = Outcome.REVIEW, Outcome.IMPLAUSIBLE, Outcome.INVALID, Outcome.INFO

PLANTED: dict[str, Case] = {
    "A1": Case(lambda t, **k: one(c=1 + t, m=0.1, **k), X),
    "A2": Case(lambda t, **k: one(0.4, 0.4 * (1 + t), 0.01, **k), X, **UNKNOWN),
    "A3": Case(
        lambda t, **k: batch([[[0.6, 0.6 * (1 - 0.4 * t)]]], thresholds=("M1.0",), windows=(24.0, 48.0), **k),
        X,
        blank={"attrs": {"windows": "disjoint"}},
    ),
    "A4": Case(full_and_region, X, blank={"entity": ("full_disk", "full_disk")}, row=0),
    "A5": Case(counts, X, blank={"rate": NAN}),
    "A6": Case(lambda t, flux=2e-5, **k: median(flux, m=0.5 * (1 - t), **k), X, blank={"flux": NAN}),
    "A7": Case(bins, X, blank={"classes": "cumulative"}),
    "A8": Case(beyond("A8", climatology), R, blank={"entity": "region"}),
    "B2": Case(
        lambda t, **k: one(**{**PATCH, "potential_energy_regressed": 2e32 * (1 + t), **k}),
        IMP,
        blank={"flux_imbalance": 0.16},
    ),
    "B3": Case(virial, R, blank={"net_force": 0.11}),
    "B4": Case(free, R, inside=INFO, blank={"virial_energy_low": 0.9e32}),
    "B5": Case(energy_patch, IMP, inside=R, **REGION),
    "B6": Case(magnitude, INFO, blank={"meanpot": NAN}),
    "B7": Case(
        lambda t, flux=5e-3, **k: median(flux * (1 + t), attrs={"goes_scale": "science"}, **k), IMP, blank={"flux": NAN}
    ),
    "B8": Case(envelope, R, blank={"longitude": 65.0}),
    "B9": Case(
        lambda t, **k: one(**{"totpot": 1e23 * (1 + 0.1 * (1 + t)), "totpot_potential": 1e23, **k}),
        INFO,
        blank={"totpot": NAN},
    ),
    "C1": Case(
        lambda t, **k: one(**{"r_value": 4.0, "r_value_computed": 4 + 0.25 * (1 + t), **k}), R, blank={"r_value": 0.0}
    ),
    "C2": Case(lambda t, **k: one(m=0.5, **{"r_value": 2.8 * (1 - t), **k}), R, blank={"longitude": 65.0}),
    "C3": Case(lambda t, **k: one(m=0.5, **{"effective_field": 200 * (1 - t), **k}), R, blank={"latitude": NAN}),
    "C4": Case(base_rate("C4", mcintosh="DAO"), R, blank={"mcintosh": ""}),
    "C5": Case(base_rate("C5", hale="BETA"), R, blank={"hale": ""}),
    "C6": Case(base_rate("C6", srs_area=40.0), R, blank={"srs_area": NAN}),
    "C7": Case(lambda t, **k: one(m=0.01 * (1 - t), **{"flares_24h": 6.0, **k}), R, blank={"flares_24h": NAN}),
    "C8": Case(lambda t, **k: one(m=0.5, **{"usflux": 3.1e21 * (1 - t), "totusjh": 300.0, **k}), R, **REGION),
    "C9": Case(prior, R, blank={"noaa_ar": -1}),
    "D1": Case(lambda t, **k: recomputed(t, "recomputed_cmask", **k), X, blank={"keyword_time": WHEN - 12 * MINUTE}),
    "D2": Case(recomputed, X, blank={"magnetogram_series": "nrt", "keyword_series": "definitive"}),
    "D3": Case(
        lambda t, **k: one(**{"meanshr": 30 + 5 * (1 + t), "meanshr_potential": 30.0, **k}),
        INFO,
        blank={"meanshr": NAN},
    ),
    "D4": Case(lambda t, **k: one(**{**RECORD, "meangam": 90.09 * (1 + t), **k}), X, blank=dict.fromkeys(RECORD, NAN)),
    "D5": Case(lambda t, **k: one(**{"keyword_gaps": 0.1 * (1 + t), **k}), R, blank={"keyword_gaps": NAN}),
    "E1": Case(limb, IMP, inside=R, blank={"latitude": NAN}),
    "E2": Case(rotation, IMP, inside=R, blank={"noaa_ar": [11158, 11159]}),
    "E3": Case(
        lambda t, **k: one(1e-3 * (1 - t), 1e-5, 1e-6, **{"longitude": 75.0, **k}),
        R,
        inside=INFO,
        blank={"latitude": NAN},
    ),
    "E4": Case(two_views, R, blank={"pointing_verified": 0}),
    "E5": Case(lambda t, **k: one(**{"flux_imbalance": 0.3 * (1 + t), **k}), R, inside=INFO, blank={"longitude": 50.0}),
    "E6": Case(lambda t, **k: one(**{"usflux_rate": 3e21 * (1 + t), **k}), IMP, inside=R, blank={"usflux_rate": NAN}),
    "E7": Case(orbit, INFO, blank={"usflux_span": 2.0}),
    "E8": Case(lambda t, **k: one(**{"input_age": 6 * (1 + t), **k}), R, blank={"input_age": NAN}),
    "E9": Case(lambda t, **k: one(**{"image_placement": 0.002 * (1 - t), **k}), R, blank={"image_placement": NAN}),
    "F1": Case(lambda t, **k: one(satellite=16 if t > 0 else 15, **k), X, blank={"attrs": {"goes_scale": "unknown"}}),
    "F2": Case(
        lambda t, **k: one(**{"goes_class": "M1.0", "peak_flux": 1e-5 * (1 + 0.05 * (1 + t)), **k}),
        X,
        blank={"goes_class": ""},
    ),
    "F3": Case(
        lambda t, **k: one(**{"xrsb": 1e-5, "xrsa": 0.6e-5 * (1 + t / 3), **k}), IMP, inside=R, blank={"xrsb": 1e-8}
    ),
    "F4": Case(peaks, R, blank={"peak_time": np.datetime64("NaT", "ns")}),
    "F5": Case(
        lambda t, **k: one(c=0.9, **{"entity": "full_disk", "xrs_background": 3e-6 / 0.7 * (1 + t), **k}),
        R,
        blank={"xrs_background": NAN},
    ),
    "F6": Case(lambda t, **k: one(**{"xrs_listed_ratio": -0.1 * (1 + t), **k}), R, blank={"xrs_listed_ratio": NAN}),
    "F7": Case(
        lambda t, **k: one(**{"xrs_satellite_ratio": 0.05 * (1 + t), **k}), R, blank={"xrs_satellite_ratio": NAN}
    ),
    "F8": Case(lambda t, **k: one(**{"xrs_frozen": 30 * (1 + t), **k}), R, blank={"xrs_frozen": NAN}),
    "F9": Case(lambda t, **k: one(**{"xrs_unlisted": 0.3 * (1 + t), **k}), R, blank={"xrs_unlisted": NAN}),
    "G1": Case(ratio, R, blank={"m": 0.004}),
    "G3": Case(
        lambda t, **k: one_m(
            expit(logit(0.1) + 5 * (1 + t)), **{**cube("probability_wheatland", 0.1), "history_events": 20.0, **k}
        ),
        R,
        blank={"history_events": 9.0},
    ),
    "G5": Case(martingale, R, blank={"targets": 99}),
    "G6": Case(jump, R, blank={"input_change": NAN}),
    "H1": Case(
        lambda t, **k: one(**{"map_effect": 0.3, "map_sky_effect": 0.05 * (1 + t), **k}),
        R,
        blank={"map_sky_effect": NAN},
    ),
    "H2": Case(seen("region_ratio", 1.0, region_rank=0.01), R, blank={"map_picture_effect": 0.04}),
    "H3": Case(seen("line_ratio", 1.0, line_rank=0.01), INFO, blank={"map_line_ratio": NAN}),
    "H4": Case(
        lambda t, **k: one(**{"attribution_difference": 1.0, "attribution_error": 0.01 * (1 + t), **k}),
        R,
        blank={"attribution_error": NAN},
    ),
    "H5": Case(lambda t, **k: one(**{"twin_correlation": 0.5 * (1 + t), **k}), R, blank={"twin_correlation": NAN}),
    "H6": Case(
        lambda t, **k: one(**{"null_skill": 0.1, "explanation_skill": 0.2 * (1 - t), **k}),
        R,
        blank={"explanation_skill": NAN},
    ),
    "H7": Case(
        lambda t, **k: one(**{"activity_level": 1.0, "activity_effect": -0.5 * (1 + t), **k}),
        INFO,
        blank={"activity_effect": NAN},
    ),
    "H8": Case(seen("deletion_rank", 0.95), R, blank={"map_picture_effect": -0.04}),
    "H9": Case(lambda t, **k: one(**{"method_agreement": 0.5 * (1 - t), **k}), R, blank={"method_agreement": NAN}),
    "H10": Case(
        lambda t, **k: one(**{"explanation_parity": 0.05 * (1 + t), **k}), R, blank={"explanation_parity": NAN}
    ),
    "H11": Case(
        lambda t, **k: one(**{"map_picture_effect": 0.3, "map_skill": 0.8 - t, "map_null_skill": 0.8, **k}),
        INFO,
        blank={"map_skill": NAN},
    ),
    "I4": Case(
        lambda t, response=-1.0, **k: one_m(0.2, **cube("field_response", response * (1 + t)), **k),
        R,
        blank={"response": NAN},
    ),
    "I5": Case(
        lambda t, left=0.05, **k: one_m(0.2, **cube("probability_without_region", left * (1 + t / 2)), **k),
        IMP,
        inside=R,
        blank={"left": NAN},
    ),
    "I7": Case(twin("time_shift", 1.0), IMP, inside=R, blank={"twin": [-1, -1]}),
    "I8": Case(twin("longitude_shift", 0.2), R, blank={"twin": [-1, -1]}),
    "I9": Case(twin("superposition", 0.1), R, blank={"transform": ["", "time_shift"]}),
    "I10": Case(
        lambda t, there=0.3, **k: one_m(0.3, **cube("probability_elsewhere", there + 0.1 * (1 + t)), **k),
        R,
        blank={"there": NAN},
    ),
    "I1": Case(another("probability_opposite", 0.5), R, inside=INFO, blank={"there": NAN}),
    "I2": Case(another("probability_turned", 0.1), INFO, blank={"there": NAN}),
    "I3": Case(another("probability_mirrored", 0.6), R, inside=INFO, blank={"there": NAN}),
    "I6": Case(lambda t, **k: one(**{"map_line_rise": 0.1 * (1 + t), **k}), INFO, blank={"map_line_rise": NAN}),
    "I11": Case(
        lambda t, **k: one(**{"map_background_effect": 0.5 * (1 + t), **k}), INFO, blank={"map_background_effect": NAN}
    ),
    "J1": Case(lambda t, **k: one(**{"domain_physical": 0.01 * (1 - t), **k}), R, blank={"domain_physical": NAN}),
    "J2": Case(lambda t, **k: one(**{"domain_features": 0.01 * (1 - t), **k}), INFO, blank={"domain_features": NAN}),
    "J3": Case(lambda t, **k: one(**{"frozen_steps": 2.0 if t > 0 else 1.0, **k}), R, blank={"frozen_steps": NAN}),
    "J4": Case(lambda t, **k: one(**{"record_agreement": 0.02 * (1 - t), **k}), R, blank={"record_agreement": NAN}),
    "J5": Case(lambda t, **k: one(**{"record_continuity": 0.0075 * (1 - t), **k}), R, blank={"record_continuity": NAN}),
    "J9": Case(lambda t, **k: one(**{"record_size": 0.01 * (1 - t), **k}), R, blank={"record_size": NAN}),
    "J10": Case(lambda t, **k: one(**{"record_field": 0.01 * (1 - t), **k}), R, blank={"record_field": NAN}),
    "J6": Case(lambda t, **k: one(**{"domain_images": 0.002 * (1 - t), **k}), R, blank={"domain_images": NAN}),
    "J7": Case(lambda t, **k: one(**{"image_copies": 1.0 if t > 0 else 0.0, **k}), R, blank={"image_copies": NAN}),
    "J11": Case(lambda t, **k: one(**{"vector_agreement": 0.01 * (1 - t), **k}), R, blank={"vector_agreement": NAN}),
    "D6": Case(lambda t, **k: one(**{"vector_field": -t, **k}), R, blank={"vector_field": NAN}),
    "J8": Case(lambda t, **k: one(**{"patch_agreement": 0.01 * (1 - t), **k}), R, blank={"patch_agreement": NAN}),
    "K1": Case(
        lambda t, there=0.2, **k: one_m(0.8, **cube("probability_regression", there + 0.05 - 0.55 * t), **k),
        R,
        blank={"there": NAN},
    ),
    "K2": Case(
        lambda t, low=0.1, **k: one_m(
            0.1, **cube("confidence_low", low), **cube("confidence_high", low + 0.1 * (1 + t)), **k
        ),
        INFO,
        blank={"low": NAN},
    ),
    "K3": Case(
        lambda t, rate=0.2, **k: one(
            0.36 if t > 0 else 0.02, 0.02, base_rate=(("threshold", "window"), [[rate], [rate / 7], [rate / 99]]), **k
        ),
        R,
        blank={"rate": NAN},
    ),
    "K4": Case(
        lambda t, flare=0.1, **k: one_m(
            0.1, **cube("conformal_flare", flare * (1 + t)), **cube("conformal_quiet", 0.9 * flare / flare), **k
        ),
        INFO,
        blank={"flare": NAN},
    ),
    "K5": Case(lambda t, **k: one(**{"reproduction_error": 1e-4 * (1 + t), **k}), R, blank={"reproduction_error": NAN}),
    "L1": Case(
        lambda t, **k: one(**{"model_gain_high": -0.05 * (1 + t), "model_flaring": 10.0, **k}),
        IMP,
        inside=R,
        blank={"model_flaring": 9.0},
    ),
    "L2": Case(
        lambda t, **k: one(**{"model_shortcut": 0.3 * (1 + t), "model_shortcut_low": 0.15, "model_regions": 15.0, **k}),
        IMP,
        inside=R,
        blank={"model_regions": 14.0},
    ),
    "M1": Case(
        lambda t, **k: predicted(**{"usflux": 1e22, "predicted_usflux": 1e22 + 24 * 3e21 * (1 + t), **k}),
        IMP,
        inside=R,
        blank={"longitude": 75.0},
    ),
    "M2": Case(
        lambda t, **k: predicted(**{"predicted_usflux": 1e22, "predicted_totpot": 10 ** (22.96 + 0.8 + 0.3 * t), **k}),
        R,
        blank={"predicted_usflux": 1e20},
    ),
    "M3": Case(
        lambda t, **k: predicted(**{"predicted_xrsb": 1e-9 * (1 - t), **k}),
        IMP,
        inside=R,
        blank={"predicted_xrsb": NAN},
    ),
    "M4": Case(
        lambda t, **k: predicted(**{"predicted_xrsb": 1e-6, "predicted_xrsb_peak": 1e-6 / 10 ** (0.1 * (1 + t)), **k}),
        R,
        blank={"predicted_xrsb": NAN},
    ),
    "M5": Case(bright, R, blank={"predicted_xrsb_peak_error": NAN}),
    "M6": Case(
        lambda t, **k: predicted(
            **{"predicted_totpot": 1e24 * (1 + t), "predicted_totpot_low": 1e21, "predicted_totpot_high": 1e24, **k}
        ),
        R,
        blank={"predicted_totpot": NAN},
    ),
}
