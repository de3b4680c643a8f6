"""One table names every quantity once: identifier, unit, dimensions, valid range, long name.

Readers return these names and units; products carry exactly these attributes. Sources of the SHARP definitions:
Bobra et al. 2014, Sol. Phys. 289, 3549, Table 3, with the units the public reference code really computes
(gradients are per pixel although labelled per Mm).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sunproof.pipeline.errors import ProblemList

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SHARP_KEYWORDS", "THRESHOLDS", "VOCABULARY", "Quantity", "attributes", "check", "describe"]


@dataclass(frozen=True)
class Quantity:
    """A named quantity.

    Parameters
    ----------
    name : str
        Identifier, used for variables, columns and tensors alike.
    unit : str
        Unit that astropy can parse; empty for pure numbers; ``"text"``, ``"time"``, ``"flag"`` and ``"id"`` for what
        has none.
    long_name : str
        CF-style long name.
    low, high : float
        Valid range in ``unit``; values outside are a reader's error, not a physical judgement.
    dims : tuple of str
        Dimensions in order; empty where a quantity appears in tables of several kinds.
    """

    name: str
    unit: str
    long_name: str
    low: float = -math.inf
    high: float = math.inf
    dims: tuple[str, ...] = ()


# The 17 SHARP keywords of the space-weather HARP data, in the order every model input uses.
_SHARP = (
    Quantity("usflux", "Mx", "total unsigned flux", 0, 1e24),
    Quantity("meangam", "deg", "mean inclination angle from the radial direction", 0, 90),
    Quantity("meangbt", "G pix-1", "mean gradient of the total field", 0, 5000),
    Quantity("meangbz", "G pix-1", "mean gradient of the vertical field", 0, 5000),
    Quantity("meangbh", "G pix-1", "mean gradient of the horizontal field", 0, 5000),
    Quantity("meanjzd", "mA m-2", "mean vertical current density", -1e3, 1e3),
    Quantity("totusjz", "A", "total unsigned vertical current", 0, 1e16),
    Quantity("meanjzh", "G2 m-1", "mean current helicity", -10, 10),
    Quantity("totusjh", "G2 m-1", "total unsigned current helicity", 0, 1e6),
    Quantity("absnjzh", "G2 m-1", "absolute value of the net current helicity", 0, 1e6),
    # labelled A by the reference code; holds an extra factor cd^-2 (cd: pixel size in arcsec)
    Quantity("savncpp", "A", "sum of the absolute net current per polarity", 0, 1e16),
    Quantity("meanpot", "erg cm-3", "mean photospheric excess magnetic energy density", 0, 1e7),
    Quantity("totpot", "erg cm-1", "total photospheric magnetic energy density", 0, 1e27),
    Quantity("meanshr", "deg", "mean shear angle", 0, 180),
    Quantity("shrgt45", "%", "area with shear angle above 45 degrees", 0, 100),
    Quantity("r_value", "", "log10 of the unsigned flux near high-gradient polarity-inversion lines", 0, 10),
    Quantity("area_acr", "1e-06", "de-projected area of active pixels, millionths of the solar hemisphere", 0, 1e6),
)
SHARP_KEYWORDS: tuple[str, ...] = tuple(quantity.name for quantity in _SHARP)

# Event thresholds as peak flux in the 1-8 angstrom channel, W m-2, on whatever GOES scale a product declares.
THRESHOLDS: dict[str, float] = {"C1.0": 1e-6, "M1.0": 1e-5, "X1.0": 1e-4}

_TIMES = (
    Quantity("time", "time", "time of observation, UTC"),
    Quantity("t_tai", "time", "time stamp as written by the instrument, TAI"),
    Quantity("issue_time", "time", "time at which the forecast is issued, UTC"),
    Quantity("data_cutoff", "time", "latest time of any input, UTC"),
    Quantity("window_start", "time", "start of all forecast windows, UTC"),
    Quantity("start_time", "time", "flare start, UTC"),
    Quantity("peak_time", "time", "flare maximum, UTC"),
    Quantity("end_time", "time", "flare end, UTC"),
    Quantity("srs_time", "time", "issue time of the region summary, UTC"),
)
_PLACES = (
    Quantity("harpnum", "id", "HMI active region patch number; -1 for none", -1, 1e6),
    Quantity("noaa_ar", "id", "NOAA active region number, five digits; -1 for none", -1, 99999),
    Quantity("noaa_ars", "text", "all NOAA active regions in the patch, comma-separated"),
    Quantity("latitude", "deg", "Stonyhurst heliographic latitude", -90, 90),
    Quantity("longitude", "deg", "Stonyhurst heliographic longitude, west positive", -180, 180),
    Quantity("carrington_longitude", "deg", "Carrington longitude", 0, 360),
    Quantity("entity", "text", "what the forecast is for: region or full_disk"),
)
_XRS = (
    # noise after the subtracted background goes below zero: valid_min of NCEI's GOES 13-15 irradiances is -5e-7
    Quantity("xrsa", "W m-2", "solar X-ray flux 0.05-0.4 nm, science scale", -5e-7, 1),
    Quantity("xrsb", "W m-2", "solar X-ray flux 0.1-0.8 nm, science scale", -5e-7, 1),
    Quantity("xrsa_flag", "flag", "quality word of xrsa as delivered"),
    Quantity("xrsb_flag", "flag", "quality word of xrsb as delivered"),
    Quantity("xrsa_good", "flag", "xrsa usable after decoding its quality word"),
    Quantity("xrsb_good", "flag", "xrsb usable after decoding its quality word"),
    Quantity("satellite", "id", "GOES satellite number; -1 for unknown", -1, 99),
    Quantity("xrs_background", "W m-2", "background X-ray flux before the data cut-off, science scale", 0, 1),
    Quantity("xrs_listed_ratio", "", "log10 of X-ray flux at the listed peaks over the listed flux"),
    Quantity("xrs_satellite_ratio", "", "log10 of the X-ray fluxes of two satellites, in the worst quarter of the day"),
    Quantity("xrs_frozen", "min", "minutes in which the X-ray flux repeats itself at the end of the history", 0),
    Quantity("xrs_unlisted", "", "log10 of an hour's X-ray flux over background and listed flares"),
)
_FLARES = (
    Quantity("peak_flux", "W m-2", "largest 0.1-0.8 nm flux of the flare on the scale in goes_scale", 0, 1),
    Quantity("goes_class", "text", "GOES class as printed in the catalogue"),
    Quantity("goes_scale", "text", "scale of fluxes and classes: operational, science or unknown"),
    Quantity("fluence", "J m-2", "flux integrated from start to end", 0, 1e3),
)
_SRS = (
    Quantity("srs_area", "1e-06", "sunspot area, millionths of the solar hemisphere", 0, 1e4),
    Quantity("mcintosh", "text", "modified Zurich (McIntosh) class"),
    Quantity("hale", "text", "Mount Wilson magnetic class"),
    Quantity("spot_count", "", "number of visible sunspots", 0, 500),
    Quantity("longitude_extent", "deg", "longitudinal extent of the spot group", 0, 90),
    Quantity("srs_section", "text", "section of the region summary: I, IA or II"),
    Quantity("summary_region", "id", "NOAA region whose classes the summary gives, the patch's largest", -1, 99999),
    Quantity("summary_regions", "", "number of the patch's regions that the summary lists", 0, 50),
)
_FORECAST = (
    Quantity(
        "probability",
        "",
        "probability of at least one flare at or above the threshold in the window",
        0,
        1,
        ("forecast", "threshold", "window"),
    ),
    Quantity(
        "rate",
        "",
        "expected number of flares of class C1.0 or above in the window",
        0,
        math.inf,
        ("forecast", "window"),
    ),
    Quantity("size_index", "", "index alpha of the peak-flux distribution", 1, 5, ("forecast",)),
    Quantity("flux_limit", "W m-2", "largest peak flux that the region's magnetic energy allows", 0, 1, ("forecast",)),
    Quantity("energy_limit", "erg", "magnetic energy available to one flare", 0, 1e36, ("forecast",)),
    Quantity("threshold_flux", "W m-2", "peak flux of the threshold", 0, 1, ("threshold",)),
    Quantity("threshold", "text", "event threshold as GOES class"),
    Quantity("window", "h", "length of the forecast window from window_start", 0, 1000),
    Quantity("status", "text", "ISSUED, FALLBACK or NO_FORECAST", dims=("forecast",)),
    Quantity("status_reason", "text", "why there is no forecast, or a fallback", dims=("forecast",)),
    Quantity("model", "text", "what made the forecast"),
)
# What the referee was fitted to, of regions and of the full disk.
_REFEREE = (
    ("lowest", "least logit that the referee gives its training samples"),
    ("highest", "largest logit that the referee gives its training samples"),
    ("samples", "training samples of the referee"),
    ("events", "training samples of the referee with a flare"),
    ("flaring", "regions with a flare in the referee's training samples; of the full disk, days"),
)
# Forecasts of a region as it is not, beside those that checks ask for by name.
_OTHERWISE = (
    ("without_history", "with the region's flare history unknown"),
    ("without_line", "with R_VALUE 0"),
    ("opposite", "of the opposite field"),
    ("mirrored", "of the Sun reflected from north to south"),
    ("turned", "of the region turned by half a circle"),
    ("stale", "of a history one step late"),
    ("future", "of a history one step early"),
    ("without_keywords", "with the keywords unknown"),
    ("without_flares", "with the sequences of flares unknown"),
    ("without_summary", "with what is known of the region in numbers unknown"),
    ("without_xrs", "with the X-rays unknown"),
    ("without_disk", "with disk images unknown"),
    ("without_patch", "with the region's patch unknown"),
    ("without_vector", "with the vector magnetogram unknown"),
)
_EVIDENCE = (
    Quantity(
        "flares_24h", "", "flares of class C1.0 or above from the region in the 24 h before the data cut-off", 0, 500
    ),
    Quantity(
        "largest_24h",
        "W m-2",
        "largest peak flux from the region in the 24 h before the data cut-off; 0 after none",
        0,
        1,
    ),
    Quantity("history_events", "", "flares of class C1.0 or above in the recorded history of the region", 0, 1e5),
    Quantity(
        "probability_wheatland",
        "",
        "event-statistics probability (Wheatland 2004)",
        0,
        1,
        ("forecast", "threshold", "window"),
    ),
    Quantity(
        "probability_regression",
        "",
        "probability of the physics referee, a logistic regression on the same keywords",
        0,
        1,
        ("forecast", "threshold", "window"),
    ),
    Quantity(
        "regression_beyond",
        "",
        "logit of the referee's own regression above the largest, or below the least, of its training samples; else 0",
        dims=("forecast", "threshold", "window"),
    ),
    Quantity("regression_cause", "text", "input that takes the referee furthest beyond its training samples"),
    *(Quantity(f"regression_{name}", "", what, dims=("fitted", "threshold", "window")) for name, what in _REFEREE),
    Quantity(
        "probability_climatology",
        "",
        "climatological probability of the prior 120 days",
        0,
        1,
        ("forecast", "threshold", "window"),
    ),
    Quantity(
        "probability_persistence", "", "conditional persistence probability", 0, 1, ("forecast", "threshold", "window")
    ),
    Quantity("quality", "flag", "QUALITY word of the latest record; -1 where the source has none"),
    Quantity("nan_fraction", "", "fraction of missing values among the inputs of the history", 0, 1),
    Quantity("input_age", "h", "data cut-off minus time of the latest usable record", 0, 1e5),
    Quantity("probability_quiet", "", "probability of no flare at or above the lowest threshold in the window", 0, 1),
    Quantity("probability_daily", "", "probability in the part of the window after the previous window's end", 0, 1),
    Quantity("probability_low", "", "lower end of the issued interval of the probability", 0, 1),
    Quantity("probability_high", "", "upper end of the issued interval of the probability", 0, 1),
    Quantity("uncertainty", "", "issued uncertainty of the probability", 0, 1),
    Quantity("level", "id", "issued level: 1 low, 2 medium, 3 high; -1 for none", -1, 3),
    Quantity("probability_background", "", "probability of flares from no listed region, declared by the model", 0, 1),
    Quantity("quantile", "", "level of the quantiles of the peak flux", 0, 1),
    Quantity("flux_quantile", "W m-2", "quantiles of the largest peak flux in the window", 0, 1),
    Quantity("cycle_phase", "text", "phase of the solar cycle: minimum, rise_or_decline or maximum"),
    Quantity("area_change", "1e-06 d-1", "change of the sunspot area, millionths of the hemisphere a day", -1e4, 1e4),
    Quantity("behind_limb", "flag", "1 if the region is declared to be behind the limb at issue time"),
    Quantity("keyword_source", "text", "whose keywords these are: series, recomputed, or series with gaps recomputed"),
    Quantity("position_time", "time", "time at which the region's position was measured, UTC"),
    Quantity("position_region", "id", "NOAA region whose position is given; -1 where it is the patch's", -1, 99999),
    Quantity("potential_energy", "erg", "energy of the potential field of the region", 0, 1e36),
    Quantity("free_energy", "erg", "magnetic energy above that of the potential field, smallest over origins", 0, 1e36),
    Quantity("flux_imbalance", "", "net over unsigned flux of the patch", 0, 1),
    Quantity(
        "usflux_rate", "Mx h-1", "change of the unsigned flux over at least 3 h, daily harmonics removed", -1e24, 1e24
    ),
    Quantity("effective_field", "G", "effective connected magnetic field", 0, 1e5),
    Quantity("r_value_computed", "", "r_value computed from the magnetogram of the same time", 0, 10),
    Quantity("temperature_peak_time", "time", "time of the largest isothermal temperature of the flare, UTC"),
    Quantity("emission_peak_time", "time", "time of the largest emission measure of the flare, UTC"),
    Quantity("input_change", "", "largest change of an input since the previous issue, in units of its noise", 0, 1e9),
    Quantity("twin", "id", "row of the forecast from untransformed input; -1 for none"),
    Quantity("transform", "text", "what was done to the input: time_shift, longitude_shift or superposition"),
    Quantity("attribution_error", "", "sum of the attributions minus the difference of logits they explain"),
    Quantity("attribution_difference", "", "logit of the forecast minus that of the attribution's baseline"),
    Quantity("method_agreement", "", "Kendall's tau of two attributions to physical groups", -1.000001, 1.000001),
    Quantity("twin_correlation", "", "rank correlation of attributions with shuffled weights'", -1.000001, 1.000001),
    Quantity("explanation_skill", "", "normalised infidelity of no explanation, removed by this one", 0, 1.000001),
    Quantity("null_skill", "", "largest explanation skill of attributions made without the model", 0, 1.000001),
    Quantity("map_effect", "", "logit lost when all images go to the training median"),
    Quantity("map_picture_effect", "", "logit lost when the picture of the region goes to the training median"),
    Quantity("map_sky_share", "", "share of the images' absolute attributions off the disk", 0, 1.000001),
    Quantity("map_sky_effect", "", "absolute change of logit with the sky of other images, median", 0),
    Quantity("map_background_effect", "", "the same with the background of other images", 0),
    Quantity("map_line_rise", "", "change of logit with a weaker field by the inversion line, median of three"),
    Quantity("map_region_share", "", "share of the absolute attributions in the region", 0, 1.000001),
    Quantity("map_region_ratio", "", "that share over the region's share of the observed pixels", 0),
    Quantity("map_region_rank", "", "share of rolled copies of the region with a lower ratio", 0, 1),
    Quantity("map_region_null", "", "largest share in the region of maps that know nothing of the model", 0, 1.000001),
    Quantity("map_line_ratio", "", "share of attributions by the inversion line over its share of the pixels", 0),
    Quantity("map_line_rank", "", "share of rolled copies of the inversion line with a lower ratio", 0, 1),
    Quantity("map_deletion_drop", "", "logit lost without the pixels that speak most for the forecast"),
    Quantity("map_deletion_rank", "", "share of rolled copies of those pixels that cost less", 0, 1),
    Quantity("map_skill", "", "explanation skill of a map, for random blocks of the picture", 0, 1.000001),
    Quantity("map_null_skill", "", "largest such skill of maps that know nothing of the model", 0, 1.000001),
    Quantity("activity_effect", "", "logit lost when the region's field and flares go to the training median"),
    Quantity("activity_level", "", "mean of normalised r_value, totusjh and recent flares"),
    Quantity(
        "probability_without_region", "", "probability of a quiet region", 0, 1, ("forecast", "threshold", "window")
    ),
    Quantity(
        "probability_elsewhere", "", "probability at other place and age", 0, 1, ("forecast", "threshold", "window")
    ),
    *(
        Quantity(f"probability_{name}", "", f"probability {what}", 0, 1, ("forecast", "threshold", "window"))
        for name, what in _OTHERWISE
    ),
    Quantity("domain_physical", "", "share of training regions as unusual in their latest keywords", 0, 1),
    Quantity("domain_features", "", "share of training regions as unusual in the model's features", 0, 1),
    Quantity("confidence_low", "", "lower end of the Venn-Abers interval", 0, 1, ("forecast", "threshold", "window")),
    Quantity("confidence_high", "", "upper end of the Venn-Abers interval", 0, 1, ("forecast", "threshold", "window")),
    Quantity("conformal_flare", "", "conformal p-value of a flare", 0, 1, ("forecast", "threshold", "window")),
    Quantity("conformal_quiet", "", "conformal p-value of no flare", 0, 1, ("forecast", "threshold", "window")),
    Quantity("base_rate", "", "share of training samples of regions with a flare", 0, 1, ("threshold", "window")),
    Quantity("reproduction_error", "", "largest difference in logit of the forecast made again", 0, math.inf),
    Quantity("explanation_parity", "", "distance of the given explanation from the audit's own, over its length", 0),
    Quantity("record_agreement", "", "share of training regions whose records fit summary and flares no better", 0, 1),
    Quantity(
        "record_size", "", "share of training regions whose records would fit as much better, were they larger", 0, 1
    ),
    Quantity(
        "record_field", "", "share of training regions whose records would fit as much better at another gain", 0, 1
    ),
    Quantity("record_continuity", "", "share of training regions with as large a change between records", 0, 1),
    Quantity("domain_images", "", "share of training images as unusual, of the worst channel, times channels", 0, 1),
    Quantity("image_placement", "", "share of training moments at which regions were as badly in their place", 0, 1),
    Quantity("image_copies", "", "channels whose latest frame repeats one before it", 0, 1000),
    Quantity("patch_agreement", "", "share of training regions whose patch fits its records no better", 0, 1),
    Quantity("vector_agreement", "", "share of training regions whose vector patch fits its record no better", 0, 1),
    Quantity(
        "vector_field",
        "",
        "lower of the correlations of two horizontal components with the potential field's",
        -1.000001,
        1.000001,
    ),
    Quantity("model_gain", "", "Brier skill of the model minus the referee's on the golden set"),
    Quantity("model_gain_high", "", "upper end of its 95 % interval"),
    Quantity("model_flaring", "", "flaring regions of the golden set that the referee judges", 0, 1e6),
    Quantity("model_shortcut", "", "largest share of the golden set that place, time or gaps of others move", 0, 1),
    Quantity("model_shortcut_low", "", "lower end of its 95 % interval"),
    Quantity("model_regions", "", "regions of the golden set", 0, 1e6),
    Quantity("keyword_gaps", "", "share of records that lack the worst keyword although they have others", 0, 1),
    Quantity("frozen_steps", "", "steps at the end of the history that repeat the record before them", 0, 1e5),
    Quantity(
        "field_response", "", "least change of logit as the field grows", dims=("forecast", "threshold", "window")
    ),
)
# What is kept of a map of attributions (maps.zarr); pixels are those of the model's input.
_MAPS = (
    Quantity("attribution", "", "Integrated Gradients of the pixel, logit"),
    Quantity("twin_attribution", "", "the same of a model with shuffled weights, logit"),
    Quantity("baseline_distance", "", "distance of the pixel from the training median, in training spreads", 0),
    Quantity("observed", "", "what the model saw, in the unit of the channel"),
    Quantity("part", "flag", "part of the picture that the pixel belongs to"),
    Quantity("group_attribution", "", "sum of a group's attributions, logit", dims=("forecast", "group")),
    Quantity("group_ablation", "", "logit lost when a group goes to the training median", dims=("forecast", "group")),
    Quantity("group_size", "", "share of the picture's values in a group", 0, 1, ("forecast", "group")),
    Quantity("map_error", "", "sum of all attributions minus the difference of logits they explain"),
    Quantity("map_steps", "", "integration steps", 0, 1e4),
    Quantity("map_complete", "flag", "whether the attributions sum to what they explain"),
    Quantity("map_served", "flag", "whether the explained function gives the issued probability"),
    Quantity("certificate", "id", "number of the forecast's certificate", 1),
    Quantity("lag_hours", "h", "time before the data cut-off at which the Sun was looked at", 0),
    Quantity("channel_name", "text", "image group of the archive, or mu, the cosine of view"),
    Quantity("channel_unit", "text", "unit of what the model saw in a channel"),
    Quantity("channel_shown", "flag", "whether the channel shows the Sun from where the region is sought"),
    Quantity("group_name", "text", "part of the picture, instrument or lag"),
    Quantity("group_reason", "text", "why a group has no numbers; empty if it has", dims=("forecast", "group")),
    Quantity("helioprojective_x", "arcsec", "pixel's centre to solar west", dims=("x",)),
    Quantity("helioprojective_y", "arcsec", "pixel's centre to solar north", dims=("y",)),
    Quantity("pixel_longitude", "deg", "Stonyhurst longitude of the pixel's centre at the time of observation"),
    Quantity("pixel_latitude", "deg", "Stonyhurst latitude of the pixel's centre", -90, 90),
)
# What a model may predict beside flares: name, unit, meaning.
_PREDICTED = (
    ("usflux", "Mx", "total unsigned flux of the region"),
    ("totpot", "erg cm-1", "total photospheric magnetic energy density of the region"),
    ("xrsb", "W m-2", "median 0.1-0.8 nm flux of the hour before, whole disk, science scale"),
    ("xrsb_peak", "W m-2", "largest 0.1-0.8 nm flux until then, whole disk, science scale"),
)
_AHEAD = (
    Quantity("lead", "h", "time ahead of window_start", 0, 1000, ("lead",)),
    *(
        Quantity(f"predicted_{name}", unit, f"{what}, predicted", 0, dims=("forecast", "lead"))
        for name, unit, what in _PREDICTED
    ),
    *(
        Quantity(f"predicted_{name}_{end}", unit, f"{what}, {told} in training", 0, dims=("lead",))
        for name, unit, what in _PREDICTED
        for end, told in (("low", "least"), ("high", "largest"))
    ),
    *(
        Quantity(f"predicted_{name}_error", "dex", f"root mean square error on validation: {what}", 0, dims=("lead",))
        for name, _, what in _PREDICTED
    ),
)
# What a vector magnetogram says beside the keywords of its record, and what a second spacecraft says of the place.
_MAGNETOGRAM = (
    *(
        replace(quantity, name=f"recomputed_{quantity.name}", long_name=f"{quantity.long_name}, from the magnetogram")
        for quantity in _SHARP
        if quantity.name != "r_value"  # r_value_computed
    ),
    Quantity("cmask", "", "pixels that contribute to the keywords, as the record says", 0, 1e8),
    Quantity("recomputed_cmask", "", "pixels that contribute to the keywords, from the magnetogram", 0, 1e8),
    Quantity("meanshr_potential", "deg", "mean angle between the field and the potential field (by FFT)", 0, 180),
    Quantity(
        "totpot_potential", "erg cm-1", "energy density of the field less the potential field (by FFT), summed", 0, 1e27
    ),
    Quantity("virial_energy", "erg", "magnetic energy by the virial theorem, origin at the patch centre", -1e36, 1e36),
    Quantity("virial_energy_low", "erg", "least virial energy over origins inside the patch", -1e36, 1e36),
    Quantity("virial_energy_high", "erg", "largest virial energy over origins inside the patch", -1e36, 1e36),
    Quantity("net_force", "", "largest net Lorentz force component over the magnetic pressure force", 0, 10),
    Quantity("potential_energy_regressed", "erg", "potential-field energy as the model itself gives it", 0, 1e36),
    Quantity("inversion_line_length", "Mm", "length of the strong-gradient polarity-inversion lines", 0, 1e5),
    Quantity("inversion_line_area", "Mm2", "area of the strong-gradient polarity-inversion mask", 0, 1e7),
    Quantity("patch_missing", "", "fraction of the patch without a field value", 0, 1),
    Quantity("patch_span", "deg", "longer side of the patch on the Sun", 0, 360),
    Quantity("magnetogram_time", "time", "time of the magnetogram, UTC"),
    Quantity("keyword_time", "time", "time of the record that the keywords are from, UTC"),
    Quantity("magnetogram_series", "text", "processing of the magnetogram: definitive or nrt"),
    Quantity("keyword_series", "text", "processing of the record that the keywords are from: definitive or nrt"),
    Quantity("magnetogram_reason", "text", "why there is nothing from a magnetogram; empty where there is"),
    Quantity("usflux_span", "h", "time over which usflux_rate was measured", 0, 1e4),
    Quantity("other_time", "time", "time at which the other spacecraft saw the feature, UTC"),
    Quantity("other_latitude", "deg", "Stonyhurst latitude of the feature as the other spacecraft gives it", -90, 90),
    Quantity("other_longitude", "deg", "Stonyhurst longitude of it as the other spacecraft gives it", -180, 180),
    Quantity("other_observer_latitude", "deg", "Stonyhurst latitude of the other spacecraft", -90, 90),
    Quantity("other_observer_longitude", "deg", "Stonyhurst longitude of the other spacecraft", -180, 180),
    Quantity("other_observer_distance", "AU", "distance of the other spacecraft from the centre of the Sun", 0.01, 10),
    Quantity("position_error", "deg", "error of the feature's position in either view, on the Sun", 0, 90),
    Quantity("feature_height", "Mm", "height of the feature above the photosphere", 0, 2000),
    Quantity("second_view_reason", "text", "why no other spacecraft's place of the region is given; empty if it is"),
    Quantity("pointing_verified", "flag", "1 if roll and pointing of both spacecraft are verified"),
)
# What the checks say; `reason` indexes `reason_text`, and the texts along `check` are the check's own metadata.
_FINDINGS = (
    Quantity("outcome", "flag", "-1 not evaluable, 0 pass, 1 info, 2 review, 3 implausible, 4 invalid"),
    Quantity("value", "text", "what was measured, in the check's unit"),
    Quantity("limit", "text", "what it was held against, in the check's unit"),
    Quantity("reason", "id", "index into reason_text"),
    Quantity("reason_text", "text", "reason in words; empty for the first"),
    Quantity("reference_size", "id", "size of the reference set; 0 for arithmetic"),
    Quantity("check", "text", "identifier of the check"),
    Quantity("ceiling", "text", "gravest outcome that the check may give"),
    Quantity("check_name", "text", "short name of the check"),
    Quantity("check_statement", "text", "sentence that is true of every forecast that passes"),
    Quantity("check_equation", "text", "the statement as a formula"),
    Quantity("check_unit", "text", "unit of value and limit; empty for pure numbers"),
    Quantity("check_reference", "text", "source of the law and of the limit"),
    Quantity("check_reference_set", "text", "events behind the limit, with period and GOES scale"),
    Quantity("check_prerequisites", "text", "what must hold for the check to be evaluated"),
)
_LABELS = (
    Quantity(
        "event",
        "",
        "1 if a flare at or above the threshold peaked in the window, 0 if none did",
        0,
        1,
        ("sample", "threshold", "window"),
    ),
    Quantity(
        "flare_count", "", "flares of class C1.0 or above that peaked in the window", 0, 500, ("sample", "window")
    ),
    Quantity(
        "largest_flux",
        "W m-2",
        "largest peak flux in the window on the labels' scale; 0 after a window observed flareless",
        0,
        1,
        ("sample", "window"),
    ),
    Quantity("label_reason", "text", "why the label is missing; empty where it is not", dims=("sample", "window")),
    Quantity("coverage", "", "fraction of the window that was observed", 0, 1, ("sample", "window")),
    Quantity("block", "text", "part of the split: train, validation, test or none", dims=("sample",)),
    Quantity("block_reason", "text", "why the sample is in no block; empty where it is", dims=("sample",)),
    Quantity("receipt", "id", "index into the group's receipts: the file a record came from; -1 for none"),
)

# Images. `y` runs to solar north and `x` to solar west once registered; pixels as delivered until then.
_IMAGES = (
    Quantity("intensity", "DN s-1", "detector signal of a native pixel over exposure time", dims=("time", "y", "x")),
    Quantity("radiance", "W m-2 sr-1", "radiance in the band of the telescope", dims=("time", "y", "x")),
    Quantity("magnetic_field", "G", "line-of-sight magnetic field", -1e4, 1e4, ("time", "y", "x")),
    Quantity("continuum", "DN s-1", "continuum intensity on the instrument's own scale", dims=("time", "y", "x")),
    Quantity(
        "continuum_relative", "", "continuum intensity in arbitrary units of the instrument", dims=("time", "y", "x")
    ),
    Quantity("field_radial", "G", "radial magnetic field", -1e4, 1e4, ("time", "y", "x")),
    Quantity("field_theta", "G", "southward magnetic field", -1e4, 1e4, ("time", "y", "x")),
    Quantity("field_phi", "G", "westward magnetic field", -1e4, 1e4, ("time", "y", "x")),
    Quantity("exposure_time", "s", "exposure time; missing where the instrument gives none", 0, 1e5, ("time",)),
    Quantity("quality_flags", "text", "names of the flags set in the quality word or header, comma-separated"),
    Quantity("accepted", "flag", "1 if no rejecting flag is set"),
    Quantity("reject_reason", "text", "names of the rejecting flags, comma-separated; empty where accepted"),
    Quantity("observer_latitude", "deg", "Stonyhurst heliographic latitude of the observer", -90, 90, ("time",)),
    Quantity("observer_longitude", "deg", "Stonyhurst heliographic longitude of the observer", -180, 180, ("time",)),
    Quantity("observer_distance", "AU", "distance of the observer from the centre of the Sun", 0.01, 1.1, ("time",)),
    Quantity("apparent_radius", "arcsec", "apparent radius of the solar disk", 0, 90000, ("time",)),
    Quantity(
        "geometry",
        "",
        "coefficients xx, xy, x0, yx, yy, y0 from pixel edges to the projection plane",
        dims=("time", "coefficient"),
    ),
    Quantity("patch_rows", "id", "rows of the patch", 1, 1e5, ("record",)),
    Quantity("patch_columns", "id", "columns of the patch", 1, 1e5, ("record",)),
    Quantity("patch_first", "id", "position of the patch's first pixel along pixel", 0, dims=("record",)),
    Quantity("pixel_digest", "text", "SHA-256 of the patch's pixels, little-endian, row after row", dims=("record",)),
    Quantity("time_observed", "time", "time of observation of the frame in the slot, UTC", dims=("time",)),
    Quantity("time_offset", "s", "time of observation minus time of the slot", -1e9, 1e9, ("time",)),
    Quantity("missing_reason", "text", "why the slot holds no frame; empty where it holds one", dims=("time",)),
    Quantity("receipts", "text", "receipts of the raw files, one JSON text a file", dims=("file",)),
    Quantity("time_difference", "s", "time of the source image minus time of the view it was transformed to"),
    Quantity("esp_q", "W m-2", "EUV irradiance 0.1-7 nm, sum of the quadrant diodes", 0, 1),
    Quantity("esp_182", "W m-2", "EUV irradiance of the 18.2 nm channel", 0, 1),
    Quantity("esp_257", "W m-2", "EUV irradiance of the 25.7 nm channel", 0, 1),
    Quantity("esp_304", "W m-2", "EUV irradiance of the 30.4 nm channel", 0, 1),
    Quantity("esp_366", "W m-2", "EUV irradiance of the 36.6 nm channel", 0, 1),
)

# What other people's archives hold beyond our own: SDOML, SuryaBench, SWAN-SF. Features of the Lorentz force: Fisher et
# al. 2012, Sol. Phys. 277, 59, as computed for the SHARPs by Bobra & Couvidat 2015, ApJ 798, 135, Table 1.
_INTERCHANGE = (
    Quantity("totbsq", "G2", "sum of the squared field over the patch's pixels", 0, 1e14),
    Quantity("totfx", "dyn", "sum of the x component of the Lorentz force", -1e27, 1e27),
    Quantity("totfy", "dyn", "sum of the y component of the Lorentz force", -1e27, 1e27),
    Quantity("totfz", "dyn", "sum of the z component of the Lorentz force", -1e27, 1e27),
    Quantity("epsx", "", "x component of the Lorentz force over its total magnitude", -2, 2),
    Quantity("epsy", "", "y component of the Lorentz force over its total magnitude", -2, 2),
    Quantity("epsz", "", "z component of the Lorentz force over its total magnitude", -2, 2),
    Quantity("meanalp", "Mm-1", "mean characteristic twist parameter", -1e3, 1e3),
    Quantity("partition", "id", "part of the data set that its authors assigned; -1 for none", -1, 1000),
    Quantity("degradation", "", "degradation factor applied to the image, as its authors give it", 0, 1e3, ("time",)),
    Quantity("field_x", "G", "magnetic field along the image's x axis", dims=("time", "y", "x")),
    Quantity("field_y", "G", "magnetic field along the image's y axis", dims=("time", "y", "x")),
    Quantity("field_z", "G", "magnetic field out of the image", dims=("time", "y", "x")),
    Quantity("velocity", "m s-1", "line-of-sight velocity, away from the observer positive", dims=("time", "y", "x")),
    Quantity("line_irradiance", "W m-2", "irradiance in emission lines", 0, 1, ("time", "line")),
)

VOCABULARY: dict[str, Quantity] = {
    quantity.name: quantity
    for group in (
        _SHARP,
        _TIMES,
        _PLACES,
        _XRS,
        _FLARES,
        _SRS,
        _FORECAST,
        _EVIDENCE,
        _MAPS,
        _AHEAD,
        _MAGNETOGRAM,
        _FINDINGS,
        _LABELS,
        _IMAGES,
        _INTERCHANGE,
    )
    for quantity in group
}


def attributes(name: str) -> dict[str, str]:
    """Attributes that a variable of this name carries in every archive and product.

    Parameters
    ----------
    name : str
        Vocabulary identifier.

    Returns
    -------
    dict
        ``long_name``, and ``units`` where the quantity has a unit (times and texts have none).

    Raises
    ------
    KeyError
        If the vocabulary does not know the name.
    """
    quantity = VOCABULARY[name]
    if quantity.unit in ("text", "time", "flag", "id"):
        return {"long_name": quantity.long_name}
    return {"long_name": quantity.long_name, "units": quantity.unit or "1"}


def describe(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset with exactly the vocabulary's attributes on every variable and coordinate it knows."""
    described = dataset.copy()
    for name in described.variables:
        if name in VOCABULARY:
            described[name].attrs = attributes(str(name))
    return described


def check(dataset: xr.Dataset, where: str, required: Mapping[str, tuple[str, ...]] | Iterable[str] = ()) -> xr.Dataset:
    """Check a dataset at a stage's border: names, dimensions, attributes and valid ranges.

    Parameters
    ----------
    dataset : xarray.Dataset
        What crosses the border.
    where : str
        File or stage, for messages.
    required : iterable of str, or mapping of str to dims
        Variables that must be present, optionally with their dimensions.

    Returns
    -------
    xarray.Dataset
        The same dataset.

    Raises
    ------
    InputError
        With every violation found.
    """
    problems = ProblemList(where)
    wanted = required if isinstance(required, Mapping) else dict.fromkeys(required, ())
    for name, dims in wanted.items():
        if name not in dataset.variables:
            problems.add("variable is missing", name, sorted(map(str, dataset.variables)), name)
        elif dims and dataset[name].dims != dims:
            problems.add("wrong dimensions", name, dataset[name].dims, str(dims))
    for name in map(str, dataset.variables):
        _check_variable(dataset, name, problems)
    problems.check()
    return dataset


def _check_variable(dataset: xr.Dataset, name: str, problems: ProblemList) -> None:
    quantity = VOCABULARY.get(name)
    if quantity is None:
        if name not in dataset.dims:
            problems.add("name is not in the vocabulary", name, name, "an identifier of pipeline/vocabulary.py")
        return
    variable: Any = dataset.variables[name]  # not a DataArray, whose arithmetic aligns coordinates first
    if dict(variable.attrs) != attributes(name):
        problems.add("attributes differ from the vocabulary", name, dict(variable.attrs), str(attributes(name)))
    if (
        variable.dtype.kind not in "fiu"
        or not variable.size
        or not (math.isfinite(quantity.low) or math.isfinite(quantity.high))
    ):
        return
    # Plain arrays: this runs twice for every variable of every file, and labels are not needed here.
    values = variable.values
    outside = (values < quantity.low) | (values > quantity.high)
    if bool(outside.any()):
        worst = float(values[outside].max())
        problems.add(
            f"{int(outside.sum())} values out of the valid range",
            name,
            worst,
            f"{quantity.low:g} to {quantity.high:g} {quantity.unit}",
        )
