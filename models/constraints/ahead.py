"""What a model predicts beside flares is held against what is known of it, and against its own probabilities."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.cells import Worst
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Floats, Mask, Probabilities, column, is_region, logit, printed_share
from sunproof.models.physics.geometry import cosine_of_view, rotation_rate, solar_tilt

__all__ = ["CHECKS"]

_NAMES = ("usflux", "totpot", "xrsb", "xrsb_peak")
_X_RAYS = ("xrsb", "xrsb_peak")
# Of the logistic distribution, whose standard deviation is pi/sqrt(3) times its scale.
_LOGISTIC = np.pi / np.sqrt(3)
# The graver first: of a check's findings the gravest stays.
_BEYOND = (
    (Outcome.IMPLAUSIBLE, "implausible", "any region of the training years, by a margin"),
    (Outcome.REVIEW, "review", "nearly all regions of the training years"),
)


def _logs(batch: xr.Dataset, name: str) -> Floats:
    """Return log10 of a prediction, shape (forecast, lead); NaN throughout where the batch has none."""
    if f"predicted_{name}" not in batch.variables:
        return np.full((batch.sizes["forecast"], batch.sizes["lead"]), np.nan)
    values = np.asarray(batch[f"predicted_{name}"].transpose("forecast", "lead").values, np.float64)
    # what is not positive has no logarithm, and lies below every limit
    return np.asarray(np.where(np.isnan(values), np.nan, np.log10(np.maximum(values, 1e-99))))


def _along(batch: xr.Dataset, name: str) -> Floats:
    """Return a variable along lead, NaN where the batch has none."""
    if name not in batch.variables:
        return np.full(batch.sizes["lead"], np.nan)
    return np.asarray(batch[name].values, np.float64)


def _hours(batch: xr.Dataset, since: NDArray[np.datetime64]) -> Floats:
    """Hours from these moments to each lead, shape (forecast, lead)."""
    late = (batch["window_start"].values - since) / np.timedelta64(1, "h")
    return np.asarray(batch["lead"].values[None, :] + late[:, None], np.float64)


def _record_time(batch: xr.Dataset) -> NDArray[np.datetime64]:
    """Time of the keywords; where it is unknown the data cut-off, which is later and makes a change look faster."""
    cutoff = batch["data_cutoff"].values
    if "keyword_time" not in batch.variables:
        return np.asarray(cutoff)
    time = batch["keyword_time"].values
    return np.where(np.isnat(time), cutoff, time)


def _least_view(batch: xr.Dataset) -> Floats:
    """Smaller cosine of view of the cut-off and of each lead, when the region has moved on with the surface."""
    hours = _hours(batch, batch["data_cutoff"].values)
    latitude, longitude = (column(batch, name)[:, None] for name in ("latitude", "longitude"))
    tilt = solar_tilt(batch["data_cutoff"].values)[:, None]
    moved = longitude + rotation_rate(latitude) * hours / 24
    now, then = (cosine_of_view(latitude, place, tilt) for place in (longitude, moved))
    # a region that rotates towards the limb loses flux to the view alone
    return np.asarray(np.minimum(np.broadcast_to(now, then.shape), then))


def _none(values: Floats) -> Mask:
    """Tell which forecasts have not one number among these."""
    return np.asarray(np.isnan(values).all(axis=tuple(range(1, values.ndim))), bool)


def _flux_change(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    hours, flux = _hours(batch, _record_time(batch)), column(batch, "usflux")[:, None]
    rate = np.abs(10 ** _logs(batch, "usflux") - flux) / hours
    # a region that grows fast for an hour does not grow as fast for two days
    scale = (24 / hours) ** limits["power"]
    hidden = _least_view(batch) < limits["least_mu"]
    marks.blank(~is_region(batch), "the check is of regions, not of the full disk")
    marks.blank(_none(rate), "no prediction of the unsigned flux, or no flux to start from")
    worst = Worst(np.where(hidden, np.nan, rate / scale))
    # of what is predicted no lead is left: one that is near the centre and has no number is no answer either
    marks.blank(worst.empty, "more than 60 deg from disk centre, where the flux changes with the view")
    value, allowed = worst.pick(rate), worst.pick(scale)
    marks.measure(value, allowed * limits["review"])
    words = "the flux is predicted to change faster than in"
    for outcome, name, which in _BEYOND:
        beyond = worst.excess > limits[name]
        marks.offence(beyond, outcome, f"{words} {which}", value, allowed * limits[name])
    return marks.finding()


def _energy_and_flux(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    flux, energy = _logs(batch, "usflux"), _logs(batch, "totpot")
    line = limits["at_1e22"] + limits["slope"] * (flux - 22)
    apart = np.where(flux >= np.log10(limits["least_flux"]), energy - line, np.nan)
    marks.blank(_none(energy + flux), "no prediction of both flux and energy")
    marks.blank(_none(apart), "the flux is smaller than in regions of which the relation is known")
    worst = Worst(np.abs(apart))
    value = worst.pick(apart)
    marks.measure(value, limits["review"])
    words = "predicted energy and unsigned flux are further from each other than in"
    for outcome, name, which in _BEYOND:
        marks.offence(worst.excess > limits[name], outcome, f"{words} {which}", value, limits[name])
    return marks.finding()


def _x_ray_level(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    flux = 10 ** np.concatenate([_logs(batch, name) for name in _X_RAYS], axis=1)
    marks.blank(_none(flux), "no prediction of X-rays")
    low, high = Worst(-flux), Worst(flux)
    least, most = low.pick(flux), high.pick(flux)
    marks.measure(least, limits["floor"])
    for outcome, floor, words in (
        (Outcome.IMPLAUSIBLE, limits["implausible"], "far below"),
        (Outcome.REVIEW, limits["floor"], "below"),
    ):
        told = f"X-rays are predicted {words} the faintest day on record"
        marks.offence(least < floor, outcome, told, least, floor)
    told = "X-rays are predicted above the largest flare on record"
    marks.offence(most > limits["largest"], Outcome.IMPLAUSIBLE, told, most, limits["largest"])
    return marks.finding()


def _x_ray_order(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    order = np.argsort(batch["lead"].values)
    peak, level = (_logs(batch, name)[:, order] for name in ("xrsb_peak", "xrsb"))
    # against the largest of all shorter leads: many small falls, or one across a gap, are a large one
    fall = np.fmax.accumulate(peak, axis=1)[:, :-1] - peak[:, 1:]
    short = np.concatenate([level - peak, fall], axis=1)
    marks.blank(_none(short), "no largest X-ray flux beside another one that it contains")
    worst = Worst(short)
    marks.measure(worst.excess, limits["tolerance"])
    told = "the largest X-ray flux is predicted below the flux in its own interval"
    marks.offence(worst.excess > limits["tolerance"], Outcome.REVIEW, told, worst.excess, limits["tolerance"])
    return marks.finding()


def _x_rays_and_flares(batch: xr.Dataset, limits: Limits) -> Finding:
    marks, view = Marks(batch.sizes["forecast"]), Probabilities(batch)
    printed = printed_share(batch)
    leads = [float(hours) for hours in batch["lead"].values]
    shared = [hours for hours in view.windows if hours in leads] if view.nested else []
    unknown = "" if shared else "no lead is as long as a nested window"
    unknown = unknown if np.isfinite(printed).any() else "the batch does not declare its GOES scale"
    if view.cumulative is None or unknown:
        marks.blank(np.ones(len(view.values), bool), view.unknown if view.cumulative is None else unknown)
        return marks.finding()
    issued = logit(view.cumulative[:, :, [view.windows.index(hours) for hours in shared]])
    implied = _implied(batch, printed)[:, :, [leads.index(hours) for hours in shared]]
    most = limits["most"]
    # near 0 and 1 logits are far apart where probabilities are alike
    apart = np.clip(issued, -most, most) - np.clip(implied, -most, most)
    # other regions flare, too: the disk's X-rays may be brighter than one region makes them
    apart = np.where(is_region(batch)[:, None, None], np.maximum(apart, 0), apart)
    marks.blank(np.isnan(printed), "neither satellite nor time of issue says what the GOES scale was")
    marks.blank(_none(apart), "no prediction of the largest X-ray flux, or of its error")
    worst = Worst(np.abs(apart))
    value = worst.pick(apart)
    marks.measure(value, limits["logit"])
    for sign, told in (
        (1, "a flare is far more probable than the predicted X-rays are bright"),
        (-1, "X-rays are predicted that need a flare, and the flare is improbable"),
    ):
        marks.offence(
            (sign * value > 0) & (worst.excess > limits["logit"]), Outcome.REVIEW, told, value, sign * limits["logit"]
        )
    return marks.finding()


def _implied(batch: xr.Dataset, printed: Floats) -> Floats:
    """Logit of X-rays as bright as each class, shape (forecast, threshold, lead), from a prediction and its error."""
    # a class names what the satellite prints, the prediction a true flux
    needed = np.log10(np.asarray(batch["threshold_flux"].values, np.float64) / printed[:, None])
    error = _along(batch, "predicted_xrsb_peak_error")
    return np.asarray(_LOGISTIC * (_logs(batch, "xrsb_peak")[:, None, :] - needed[:, :, None]) / error)


def _range(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    beyond = []
    for name in _NAMES:
        low, high = (np.log10(_along(batch, f"predicted_{name}_{end}"))[None, :] for end in ("low", "high"))
        logs = _logs(batch, name)
        beyond.append(np.maximum(logs - high, low - logs))
    worst = Worst(np.concatenate(beyond, axis=1))
    marks.blank(worst.empty, "nothing is predicted beside flares, or its range in training is not said")
    marks.measure(worst.excess, limits["margin"])
    told = "a prediction beside flares lies outside everything that the model saw in training"
    marks.offence(worst.excess > limits["margin"], Outcome.REVIEW, told, worst.excess, limits["margin"])
    return marks.finding()


_PREDICTED = "A model with such predictions"

CHECKS = (
    Check(
        id="M1",
        name="predicted flux change",
        statement="The unsigned flux is predicted to change no faster than the flux of regions does.",
        equation="|F(t+h) - F(t)| / h <= 9e20 (24 h / h)^0.4 Mx/h (IMPLAUSIBLE above 3e21)",
        unit="Mx / h",
        reference="SHARP keyword series (Bobra et al. 2014, Sol. Phys. 289, 3549); measured on this reference set: "
        "99.9 % of changes in 6 to 72 h, scaled to 24 h, lie below 6.9e20 to 8.8e20, the largest is 2.5e21",
        reference_set="changes of USFLUX in 24 h, 625 HARPs within 60 deg at both ends, 2010-05-01 to 2013-12-31; "
        "no GOES scale",
        reference_size=13805,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=f"{_PREDICTED} of a region's unsigned flux, and the flux before the cut-off; within 60 deg of "
        "disk centre then and now where the place is known.",
        requires=("entity", "usflux", "lead", "window_start", "data_cutoff", "predicted_usflux"),
        evaluate=_flux_change,
    ),
    Check(
        id="M2",
        name="predicted energy and flux",
        statement="Energy and unsigned flux that are predicted for one time belong to one region.",
        equation="|log E - 22.96 - 1.34 (log F - 22)| <= 0.8 (IMPLAUSIBLE above 1.2), E in erg/cm, F in Mx",
        unit="dex",
        reference="SHARP keywords TOTPOT and USFLUX; line and scatter (0.29 dex) measured on this reference set, "
        "99.9 % within -0.79 and +0.80, the furthest 0.86",
        reference_set="region-times of 676 HARPs above 1e21 Mx, 2010-05-01 to 2013-12-31; no GOES scale",
        reference_size=19793,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=f"{_PREDICTED} of both, for the same lead; a flux of at least 1e21 Mx.",
        requires=("lead", "predicted_usflux", "predicted_totpot"),
        evaluate=_energy_and_flux,
    ),
    Check(
        id="M3",
        name="predicted X-ray level",
        statement="X-rays are predicted between the faintest day and the largest flare on record.",
        equation="1e-8 <= F <= 5e-3 W m-2 (IMPLAUSIBLE below 1e-9 or above 5e-3)",
        unit="W / m2",
        reference="Daily 1-8 angstrom background, least 1.0e-8 W m-2; largest flare SOL2003-11-04, 4.32e-3 "
        "(Hudson, Cliver et al. 2024, arXiv:2310.11457)",
        reference_set="days with a background, 1998-01-01 to 2013-12-31; operational GOES scale, on which fluxes are "
        "the smaller ones",
        reference_size=4820,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites=f"{_PREDICTED} of X-rays.",
        requires=("lead",),
        evaluate=_x_ray_level,
    ),
    Check(
        id="M4",
        name="predicted X-ray order",
        statement="The largest X-ray flux until some time is not predicted below what it is the largest of.",
        equation="max(log F(h), log Fmax(h')) - log Fmax(h) <= 0.1 for h' < h",
        unit="dex",
        reference="Definition of a maximum; the tolerance is a convention, for each number is estimated by itself",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=f"{_PREDICTED} of the largest flux for two leads, or beside the flux at one.",
        requires=("lead", "predicted_xrsb_peak"),
        evaluate=_x_ray_order,
    ),
    Check(
        id="M5",
        name="predicted X-rays and flares",
        statement="Flares are as probable as the predicted X-rays are bright.",
        equation="|logit P - pi/sqrt(3) (log Fmax - log F(class)) / s| <= 3, both within +-4.6; one side of regions",
        unit="",
        reference="Logistic errors of standard deviation s, the model's own on its validation block; limit as C4's",
        reference_set="the validation samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=f"{_PREDICTED} of the largest flux with its error, for a lead as long as a nested window; "
        "cumulative classes, a declared GOES scale.",
        requires=("probability", "entity", "lead", "predicted_xrsb_peak", "predicted_xrsb_peak_error"),
        evaluate=_x_rays_and_flares,
    ),
    Check(
        id="M6",
        name="predictions in range",
        statement="What is predicted beside flares lies where training had such values.",
        equation="log least - log Q <= 0, log Q - log largest <= 0",
        unit="dex",
        reference="Least and largest value of each quantity at its lead, in the training block of the model",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=f"{_PREDICTED}, and what they were in training.",
        requires=("lead",),
        evaluate=_range,
    ),
)
