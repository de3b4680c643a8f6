"""Quality words of GOES XRS: decoded by bit, with the meanings the file itself declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.errors import ProblemList

__all__ = ["UNKNOWN", "decode"]

# Stored where a sample has no quality word.
UNKNOWN = -1

# Meanings after which a flux is not the Sun's. Names as in the flag_meanings of NCEI's products: gxrs-l2-irrad
# (GOES 1-15), xrsf-l2-avg1m (GOES 13-15 and GOES-R) and xrsf-l2-flx1s (GOES-R).
_REJECTING = frozenset(
    {
        "bad_data", "unknown_bad_data", "missing_data", "data_quality_error", "L0_error", "invalid_mode",
        "calibration", "off_pointed", "off_point", "pointing_error", "saturated", "gain_state_change", "spike",
        "particle_spike", "temperature_recovery", "temperature_error",
        "eclipse", "eclipsed_by_earth", "eclipsed_by_moon", "eclipsed_by_unknown",
    }
)  # fmt: skip
# Electrons make up more than half of the signal (comments of xrsa_flag in GOES-R's avg1m): drowns the weak A, not B.
_REJECTING_A = frozenset({"e_contam_significant"})
# How the electrons were subtracted. GOES 13-15 averages carry "invalid" throughout, and are usable.
_HARMLESS = frozenset(
    {
        "good_data", "electron_correction_valid", "electron_correction_interp", "electron_correction_decay",
        "electron_correction_invalid", "e_correction_valid", "e_correction_interp", "e_correction_decay",
        "e_correction_invalid",
    }
)  # fmt: skip


def decode(
    words: npt.NDArray[Any], attributes: Mapping[str, Any], name: str, channel: str, problems: ProblemList
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Decode a column of quality words.

    Parameters
    ----------
    words : numpy.ndarray
        As stored in the file.
    attributes : mapping
        Of the variable: ``flag_meanings``, ``flag_masks``, ``flag_values`` (CF conventions, 3.5), ``_FillValue``.
    name : str
        Variable, for messages.
    channel : {"a", "b"}
        Electron contamination rejects samples of A only.
    problems : ProblemList
        Receives missing declarations and meanings that are not known here.

    Returns
    -------
    words : numpy.ndarray
        int32; -1 where there is none.
    usable : numpy.ndarray
        True where the word exists and none of its bits rejects the sample.
    """
    meanings = str(attributes.get("flag_meanings", "")).split()
    masks = np.atleast_1d(attributes.get("flag_masks", []))
    values = np.atleast_1d(attributes.get("flag_values", masks))
    if not meanings or not len(meanings) == len(masks) == len(values):
        got = {key: attributes.get(key) for key in ("flag_meanings", "flag_masks", "flag_values")}
        problems.add("quality word without declared meanings", f"variable {name}", got, "as many masks as meanings")
        return np.full(words.shape, UNKNOWN, dtype=np.int32), np.zeros(words.shape, dtype=bool)
    integers = words.astype(np.int64)
    absent = integers == int(np.ravel(attributes.get("_FillValue", -1))[0])
    usable = ~absent
    rejecting = _REJECTING | _REJECTING_A if channel == "a" else _REJECTING
    for meaning, mask, value in zip(meanings, masks, values, strict=True):
        if meaning in rejecting:
            usable &= (integers & int(mask)) != int(value)
        elif meaning not in _HARMLESS | _REJECTING_A:
            problems.add("unknown flag meaning", f"variable {name}", meaning, "a meaning of NCEI's products")
    return np.where(absent, UNKNOWN, integers).astype(np.int32), usable
