"""Numbers and names as a page shows them; the certificate holds all digits."""

from __future__ import annotations

import math
import re

__all__ = ["image_name", "number", "percent", "power", "raised", "unit"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Beyond these shares digits tell nothing but that it is neither nothing nor certainty.
_LEAST, _MOST = 1e-4, 99.99
_KINDS = {"m": "magnetogram", "ic": "continuum", "v": "velocity"}


def percent(value: float) -> str:
    """Write a probability in per cent: enough digits to tell 99.96 % from certainty, and 0.004 % from nothing."""
    share = 100 * value
    if not math.isfinite(share):
        return "–" if math.isnan(share) else str(value)
    if 0 < share < _LEAST:
        return f"< {_LEAST:.4f} %"
    if _MOST < share < 100:
        return f"> {_MOST} %"
    return f"{share:.2g} %" if share < 1 else f"{share:.0f} %" if share <= 99 else f"{share:.4g} %"


def number(value: float) -> str:
    """Write a number with four digits, a missing one as a dash, a large or small one with its power of ten."""
    digits, _, exponent = f"{value:.4g}".partition("e")
    return "–" if math.isnan(value) else f"{digits} × 10{raised(int(exponent))}" if exponent else digits


def raised(exponent: int) -> str:
    """Write an exponent in raised digits."""
    return str(exponent).translate(_RAISED)


def power(value: float) -> str:
    """Write a positive number with its power of ten, e.g. ``2.3 × 10²⁹``."""
    digits, _, exponent = f"{value:.1e}".partition("e")
    return f"{digits} × 10{raised(int(exponent))}"


def unit(text: str) -> str:
    """Write a unit of the vocabulary with raised exponents: ``G2 m-1`` is G² m⁻¹, ``1e-06`` is 10⁻⁶."""
    text = re.sub(r"^1e(-?\d+)", lambda power: "10" + raised(int(power[1])), text)
    return re.sub(r"(?<=[A-Za-z])-?\d+", lambda power: raised(int(power[0])), text)


def image_name(group: str) -> str:
    """Name an archive's group of images as an observer does: ``suvi16_195`` is SUVI 16, 195 Å."""
    *words, last = group.split("_")
    instrument = re.sub(r"(?<=[a-z])(?=\d)", " ", " ".join(words)).upper()
    kind = f"{last} Å" if last.isdigit() else _KINDS.get(last, last.upper())
    return f"{instrument} {kind}".strip()
