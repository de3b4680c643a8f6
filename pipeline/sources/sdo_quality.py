"""QUALITY words of SDO: what each bit says.

AIA: Nightingale, AIA/SDO FITS keyword document (AIA02840), as listed by ``aiapy.util.check_quality_flag``.
HMI: JSOC, ``proj/lev1.5_hmi/Quality_Bits`` (level 1.5 observables).
"""

from __future__ import annotations

from sunproof.pipeline.sources.quality_bits import QualityBits

__all__ = ["AIA_QUALITY", "HMI_QUALITY", "HMI_VECTOR_QUALITY"]

AIA_QUALITY = QualityBits(
    names={
        0: "flatfield_missing",
        1: "orbit_missing",
        2: "ancillary_missing",
        3: "master_pointing_missing",
        4: "limb_fit_missing",
        8: "pixels_missing",
        9: "pixels_missing_1_percent",
        10: "pixels_missing_5_percent",
        11: "pixels_missing_25_percent",
        12: "not_science_pointing",
        13: "eclipse",
        14: "no_sun_presence",
        15: "safe_mode",
        16: "dark_image",
        17: "stabilisation_loop_open",
        18: "calibration_image",
        20: "focus_out_of_range",
        21: "register_flag",
        30: "near_real_time",
        31: "image_missing",
    },
    # Bit 30 is set in every near-real-time image: rejecting QUALITY != 0 would leave a forecaster without images.
    reject=frozenset({*range(9, 19), 20, 31}),
)

_HMI_NAMES = {
    5: "poor_quality",
    6: "focus_id_large",
    7: "coefficient_missing_7",
    8: "eclipse",
    9: "coefficient_missing_9",
    10: "no_cosmic_ray_list",
    11: "limb_fit_failed",
    12: "no_gap_fill",
    13: "no_temperature",
    14: "stabilisation_loop_open",
    15: "keywords_interpolated",
    16: "few_interpolants",
    31: "no_data",
}
_HMI_UNUSABLE = frozenset({5, 14, *range(16, 32)})

HMI_QUALITY = QualityBits(names=_HMI_NAMES, reject=_HMI_UNUSABLE | {8})
# The series from Stokes IQUV, SHARPs among them, write the eclipse into bit 9; the HARP code masks 0x80000200.
HMI_VECTOR_QUALITY = QualityBits(
    names={**_HMI_NAMES, 8: "coefficient_missing_8", 9: "eclipse"}, reject=_HMI_UNUSABLE | {9}
)
