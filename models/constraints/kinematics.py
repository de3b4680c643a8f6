"""How regions move, how far they are from disk centre, and how fast their flux and area change."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.summaries import several_regions
from sunproof.models.constraints.views import Floats, Probabilities, column, is_region
from sunproof.models.physics.geometry import cosine_of_view, rotation_rate, solar_tilt

__all__ = ["CHECKS"]

_SECONDS_A_DAY = 86400.0


def _view(batch: xr.Dataset) -> Floats:
    return cosine_of_view(
        column(batch, "latitude"), column(batch, "longitude"), solar_tilt(batch["data_cutoff"].values)
    )


def _rotation(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    latitude, longitude = column(batch, "latitude"), column(batch, "longitude")
    time = batch["position_time"].values
    known = is_region(batch) & ~np.isnat(time) & ~np.isnan(latitude + longitude)
    marks.blank(~is_region(batch), "the full disk does not rotate")
    marks.blank(~known, "position or its time is unknown")
    seconds = (time - np.datetime64("1990-01-01")) / np.timedelta64(1, "s")
    if "position_region" not in batch.variables:
        # The summary beside a patch of several regions is that of one of them, and not of the same one every day.
        several = several_regions(batch)
        marks.blank(several, "the patch holds several numbered regions, and its position is that of one of them")
        known &= ~several
    before = _earlier(_identifiers(batch), seconds, known, limits)
    marks.blank(before < 0, "no position of the same region one to three days earlier in the batch")
    days = (seconds - seconds[before]) / _SECONDS_A_DAY
    # Longitudes are Stonyhurst: a step across +-180 degrees is none.
    moved = (longitude - longitude[before] + 180) % 360 - 180
    residual = np.abs(moved / days - rotation_rate(latitude))
    marks.measure(residual, limits["review"])
    words = "the region moves against differential rotation by more than catalogued positions do"
    marks.offence(residual > limits["implausible"], Outcome.IMPLAUSIBLE, words, residual, limits["implausible"])
    marks.offence(residual > limits["review"], Outcome.REVIEW, words, residual, limits["review"])
    return marks.finding()


def _identifiers(batch: xr.Dataset) -> NDArray[np.int64]:
    """Return the number of what has the position; HARP numbers are shifted past the NOAA numbers, which come first."""
    # Where it is said whose position it is, that number decides: the patch's own, or that of the region listed.
    whose = "position_region" if "position_region" in batch.variables else "noaa_ar"
    noaa = np.nan_to_num(column(batch, whose), nan=-1.0).astype(np.int64)
    harp = np.nan_to_num(column(batch, "harpnum"), nan=-1.0).astype(np.int64)
    return np.where(noaa > 0, noaa, np.where(harp > 0, harp + 10**6, -1))


def _earlier(
    identifier: NDArray[np.int64], seconds: Floats, known: NDArray[np.bool_], limits: Limits
) -> NDArray[np.int64]:
    """Row of the latest position of the same region that is long enough ago, -1 where there is none recent enough."""
    rows = np.flatnonzero(known & (identifier > 0))
    order = rows[np.lexsort((seconds[rows], identifier[rows]))]
    # One sortable number a position: regions are further apart than any two times.
    key = identifier * 1e10 + np.nan_to_num(seconds)
    place = np.searchsorted(key[order], key - limits["shortest"] * _SECONDS_A_DAY, side="right") - 1
    found = np.full(len(identifier), -1)
    usable = known & (identifier > 0) & (place >= 0)
    found[usable] = order[place[usable]]
    # where nothing was found -1 is the last row, which is not usable
    same = identifier[found] == identifier
    recent = seconds - seconds[found] <= limits["longest"] * _SECONDS_A_DAY
    return np.where(usable & same & recent, found, -1)


def _foreshortening(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    mu = _view(batch)
    marks.blank(~is_region(batch), "the full disk has no position")
    marks.blank(np.isnan(mu), "the position of the region is unknown")
    marks.measure(mu, limits["full_weight"])
    view = Probabilities(batch)
    # the largest over windows: one that expects flares is enough
    lowest = view.values[:, 0].max(axis=1, initial=-np.inf)
    marks.offence(
        (mu < limits["no_vector"]) & (lowest < limits["least_probability"]),
        Outcome.REVIEW,
        "next to no flare expected because the region is near the limb: as many flares come from there as elsewhere",
        mu,
        limits["no_vector"],
    )
    marks.offence(
        mu < limits["full_weight"],
        Outcome.INFO,
        "more than 50 deg from disk centre: quantities from the vector field are degraded",
        mu,
        limits["full_weight"],
    )
    return marks.finding()


def _balance(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    imbalance = np.abs(column(batch, "flux_imbalance"))
    mu = _view(batch)
    marks.blank(np.isnan(imbalance), "the net flux of the patch is unknown")
    marks.blank(np.isnan(mu), "the position of the region is unknown")
    marks.blank(mu < limits["least_mu"], "more than 45 deg from disk centre, where patches seem unbalanced")
    marks.measure(imbalance, limits["review"])
    marks.offence(
        imbalance > limits["review"],
        Outcome.REVIEW,
        "the patch is far from balanced: it cuts the region, or holds half of it",
        imbalance,
        limits["review"],
    )
    marks.offence(
        imbalance > limits["energy_gate"],
        Outcome.INFO,
        "not balanced enough for a potential-field energy",
        imbalance,
        limits["energy_gate"],
    )
    return marks.finding()


def _emergence(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    rate = np.abs(column(batch, "usflux_rate"))
    mu = _view(batch)
    marks.blank(np.isnan(rate), "less than 3 h of unsigned flux")
    marks.blank(mu < limits["least_mu"], "more than 60 deg from disk centre, where the flux changes with the view")
    marks.measure(rate, limits["review"])
    words = "the unsigned flux changes faster than in"
    marks.offence(
        rate > limits["implausible"],
        Outcome.IMPLAUSIBLE,
        f"{words} any region on record by a factor of about 3",
        rate,
        limits["implausible"],
    )
    marks.offence(
        rate > limits["review"], Outcome.REVIEW, f"{words} nearly all regions on record", rate, limits["review"]
    )
    return marks.finding()


def _orbit(batch: xr.Dataset, limits: Limits) -> Finding:
    marks = Marks(batch.sizes["forecast"])
    rate, flux = np.abs(column(batch, "usflux_rate")), column(batch, "usflux")
    hours, mu = column(batch, "usflux_span"), _view(batch)
    marks.blank(np.isnan(rate), "less than 3 h of unsigned flux")
    marks.blank(np.isnan(flux), "the unsigned flux is unknown")
    marks.blank(~(hours >= limits["shortest"]), "the time over which the flux changed is unknown or below 3 h")
    marks.blank(mu < limits["least_mu"], "more than 60 deg from disk centre, where the flux changes with the view")
    # A straight line through one period of A sin leaves 12 A/(2 pi T); a shorter piece can follow the steepest slope.
    day = 24.0
    # fmax: below a day the second branch counts, but the first must not divide by zero
    steepest = np.where(hours >= day, 12 / (2 * np.pi * np.fmax(hours, day)), 2 * np.pi / day)
    noise = limits["amplitude"] * flux * steepest
    marks.measure(rate, noise)
    words = "the change of flux is not above the instrument's daily oscillation: no emergence or decay can be read off"
    # "not above": what is unknown shows no change either
    marks.offence(~(rate > noise), Outcome.INFO, words, rate, noise)
    return marks.finding()


_REGION = ("entity", "latitude", "longitude", "data_cutoff")

CHECKS = (
    Check(
        id="E2",
        name="differential rotation",
        statement="A region of one number moves across the disk with the surface.",
        equation="|dL/dt - (A + B sin^2 phi + C sin^4 phi - 0.9856)| <= 6 deg/d (IMPLAUSIBLE above 10)",
        unit="deg / d",
        reference="Howard et al. 1990, Sol. Phys. 130, 295: A, B, C = 2.894, -0.428, -0.370 microrad/s",
        reference_set="daily NOAA longitudes 1996-08-01 to 2018-12-16: residual median 0.83, 95 % 3.7, 99 % 6.1 "
        "deg/d; no GOES scale",
        reference_size=28246,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="Two positions of one region number (or of one patch) in the batch, one to three days apart, "
        "with their times; where it is not said which region has the position, a patch that holds one region alone.",
        requires=("entity", "latitude", "longitude", "position_time", "noaa_ar", "harpnum"),
        evaluate=_rotation,
    ),
    Check(
        id="E3",
        name="foreshortening",
        statement="A region near the limb keeps its probability, although its vector field is degraded.",
        equation="INFO where mu < 0.64; P >= 0.001 at the lowest class where mu < 0.34",
        unit="",
        reference="Conventional gates of 50 and 70 deg (Bobra and Couvidat 2015, ApJ 798, 135)",
        reference_set="NOAA region-days 1996-08-01 to 2018-12-16: 13.4 % beyond 70 deg carry 13.5 % of the M "
        "days and 18 % of the "
        "X days; operational GOES scale",
        reference_size=33516,
        ceiling=Outcome.REVIEW,
        prerequisites="A region at a known place, seen from Earth.",
        requires=("probability", *_REGION),
        evaluate=_foreshortening,
    ),
    Check(
        id="E5",
        name="flux balance",
        statement="The patch holds both polarities of the region.",
        equation="|sum Bz| / sum |Bz| <= 0.3 (INFO above 0.15)",
        unit="",
        reference="Solenoidal field; gates are conventions",
        reference_set="one record (HARP 377, 2011-02-15): 0.4 % in the mask, 1.3 % in the patch; no GOES scale",
        reference_size=1,
        ceiling=Outcome.REVIEW,
        prerequisites="Net flux of the patch; region within 45 deg of disk centre.",
        requires=(*_REGION, "flux_imbalance"),
        evaluate=_balance,
    ),
    Check(
        id="E6",
        name="flux change",
        statement="The unsigned flux changes no faster than regions are known to emerge or decay.",
        equation="|d USFLUX/dt| <= 1e21 Mx/h over at least 3 h (IMPLAUSIBLE above 3e21)",
        unit="Mx / h",
        reference="Norton et al. 2017, ApJ 842, 3 (mean 7.1e19 Mx/h at 5.9e21 Mx); Abramenko et al. 2017, Sol. "
        "Phys. 292, 48 "
        "(0.5-5e20); Sun and Norton 2017, Res. Notes AAS 1, 24 (AR 12673, among the fastest)",
        reference_set="emerging regions of those papers, 2010-2017; no GOES scale",
        reference_size=10,
        ceiling=Outcome.IMPLAUSIBLE,
        prerequisites="At least 3 h of unsigned flux with the 12 h and 24 h instrumental harmonics removed; "
        "within 60 deg of "
        "disk centre where the place is known.",
        requires=(*_REGION, "usflux_rate"),
        evaluate=_emergence,
    ),
    Check(
        id="E7",
        name="orbital oscillation",
        statement="The change of the unsigned flux exceeds what the spacecraft's orbit makes of a constant flux.",
        equation="|d USFLUX/dt| > A USFLUX 2 pi/24 h below a day, A USFLUX 12/(2 pi T) from T = 24 h on; A = 0.03",
        unit="Mx / h",
        reference="Kutsenko and Abramenko 2016, Sol. Phys. 291, 1613: oscillations of 12 h and 24 h; amplitude "
        "measured on this reference set: 24 h median 2.7 %, 95 % 8.5 %; 12 h median 1.1 %",
        reference_set="4 days in the middle of 859 HARPs above 1e21 Mx, 2010-05-01 to 2019-05-18; no GOES scale",
        reference_size=859,
        ceiling=Outcome.INFO,
        prerequisites="Change of the unsigned flux over a known time of at least 3 h; within 60 deg of disk centre "
        "where the place is known.",
        requires=(*_REGION, "usflux", "usflux_rate", "usflux_span"),
        evaluate=_orbit,
    ),
)
