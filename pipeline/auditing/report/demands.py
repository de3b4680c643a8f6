"""What the Sun would have to do for a forecast to be right: flare rates and energies, beside what is there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sunproof.models.physics.energy import bolometric_energy, potential_energy_proxy
from sunproof.models.physics.goes_class import flux_to_class
from sunproof.pipeline.auditing.report.figures import percent, power
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["demands", "energies"]

# Scatter of flare energies at one peak flux (0.36 dex, SWPC fluences of 1996-2018) and of the potential-field energy
# estimated from the total unsigned flux alone (one anchor region).
_FLARE_SCATTER, _REGION_SCATTER = 0.36, 0.5
# 5-95 % of a normal distribution
_RANGE = 1.645
# A probability below one per cent demands nothing that is worth a sentence.
_WORTH = 0.01
# From here on three digits would round to certainty.
_NEAR = 0.9995

Range = tuple[float, float, float]


def energies(certificate: dict[str, Any]) -> tuple[dict[str, Range], Range | None]:
    """Energy that one flare of each class radiates, and the energy of the region's field.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.

    Returns
    -------
    needed : dict
        Threshold -> (5 %, median, 95 %), erg.
    available : tuple of float or None
        (low, estimate, high), erg; None without a total unsigned flux, as on full-disk rows.
    """
    thresholds = certificate["facts"]["thresholds"]
    flares = bolometric_energy(np.array([THRESHOLDS[name] for name in thresholds]))
    spreads = [_spread(float(energy), _RANGE * _FLARE_SCATTER) for energy in flares]
    needed = dict(zip(thresholds, spreads, strict=True))
    usflux = certificate["evidence"].get("usflux")
    # Written so that NaN counts as unknown, too.
    if usflux is None or not float(usflux) > 0:
        return needed, None
    region = float(potential_energy_proxy(np.array([float(usflux)]))[0])
    return needed, _spread(region, _REGION_SCATTER)


def _spread(middle: float, decades: float) -> Range:
    return middle / 10**decades, middle, middle * 10**decades


def demands(certificate: dict[str, Any]) -> list[str]:
    """Tell the flare rates that the probabilities imply, and the energy of the largest class they take seriously.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.

    Returns
    -------
    list of str
        Sentences for a physicist; at least one.
    """
    found = [*_rates(certificate), *_expected(certificate), *_energy(certificate)]
    return found or ["Every probability is below 1 %: the forecast demands nothing unusual."]


def _rates(certificate: dict[str, Any]) -> list[str]:
    facts, window = certificate["facts"], certificate["facts"]["windows"][0]
    climatology = certificate["baselines"].get("climatology")
    sentences = []
    for row, threshold in enumerate(facts["thresholds"]):
        probability = certificate["probability"][row][0]
        # Certainty would be an infinite rate.
        if not _WORTH <= probability < 1:
            continue
        rate = f"{_rate(probability, window):.2g} such flares a day"
        share = f"{100 * probability:.3g} %" if probability < _NEAR else percent(probability)
        text = f"{share} for {threshold} in {window:g} h is a mean of {rate}"
        if climatology is not None and 0 < climatology[row][0] < 1:
            text += f"; climatology has {_rate(climatology[row][0], window):.2g}"
        sentences.append(text + ".")
    if sentences and certificate["evidence"].get("flares_24h") is not None:
        count = float(certificate["evidence"]["flares_24h"])
        flares = "1 flare" if count == 1 else f"{count:.0f} flares"
        sentences.append(f"The 24 h before had {flares} of class C1.0 or above{_largest(certificate)}.")
    return sentences


def _expected(certificate: dict[str, Any]) -> list[str]:
    """Name the flare that counts as predicted: what the checks of energy and size hold against the region."""
    facts = certificate["facts"]
    # Of exclusive classes and disjoint windows no single number says that a flare is more probable than not.
    if facts["forecasts"]["classes"] != "cumulative" or facts["forecasts"]["windows"] != "nested":
        return []
    for name, row in reversed(list(zip(facts["thresholds"], certificate["probability"], strict=True))):
        for window, value in zip(facts["windows"], row, strict=True):
            if 0.5 < value <= 1:
                likely = f"a flare of {name} or above is more probable than not ({percent(value)})"
                return [f"Within {window:g} h {likely}; that flare counts as predicted."]
    return []


def _rate(probability: float, window: float) -> float:
    """Mean number a day of events at random whose probability in the window is this."""
    return -math.log1p(-probability) * 24 / window


def _largest(certificate: dict[str, Any]) -> str:
    flux = certificate["evidence"].get("largest_24h")
    return f", the largest {flux_to_class(np.array([float(flux)]))[0]}" if flux is not None and float(flux) > 0 else ""


def _energy(certificate: dict[str, Any]) -> list[str]:
    needed, available = energies(certificate)
    if available is None:
        return ["No total unsigned flux is known for this slot, so its energy cannot be held against the flares'."]
    serious = [
        name
        for name, row in zip(certificate["facts"]["thresholds"], certificate["probability"], strict=True)
        if row[0] >= _WORTH
    ]
    if not serious:
        return []
    # Thresholds ascend: the last is the largest class that is taken seriously.
    name, need, have = serious[-1], needed[serious[-1]][1], available[1]
    times = f"{need / have:.2g}" if need < 10 * have else f"{need / have:,.0f}"
    share = f"{100 * need / have:.2g} % of" if need < have else f"{times} times"
    # 7 +- 3 % of the potential energy dissipated in 173 M and X flares: Aschwanden 2019, ApJ 885, 49
    sentences = [
        f"One {name} flare radiates about {power(need)} erg: {share} the {power(have)} erg that the region's "
        "potential field holds. Measured flares of class M and X dissipated 7 ± 3 % of theirs."
    ]
    limit = certificate["evidence"].get("flux_limit")
    if limit is not None:
        largest = flux_to_class(np.array([float(limit)]))[0]
        sentences.append(f"The model itself allows nothing larger than {largest} here.")
    return sentences
