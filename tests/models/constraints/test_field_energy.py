"""B2, B3, B4 and which energy B5 takes: gates on every side."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask
from .planted import NEED_X, energy_patch, free, one, virial

NA = Outcome.NOT_EVALUABLE
GATES = [
    ({"entity": "full_disk"}, "full disk"),
    ({"latitude": np.nan}, "position"),
    ({"longitude": 55.0}, "50 deg"),
    ({"flux_imbalance": 0.16}, "balanced"),
    ({"patch_missing": 0.06}, "no field"),
    ({"patch_span": 31.0}, "flat Sun"),
    ({"patch_span": np.nan}, "patch_span of the patch is unknown"),
]


@pytest.mark.parametrize(("changes", "reason"), [*GATES, ({"net_force": 0.11}, "force-free")])
@pytest.mark.parametrize(("check", "make"), [("B3", virial), ("B4", free)])
def test_the_virial_theorem_is_not_applied_where_it_does_not_hold(check, make, changes, reason):
    outcomes, reasons = ask(check, make(0.2, **changes))
    assert outcomes == [NA]
    assert reason in reasons[0]


def test_a_virial_energy_that_depends_on_the_origin_says_nothing():
    made = virial(0.2, virial_energy_low=-NEED_X)
    assert ask("B3", made) == ([NA], ["the virial energy depends on the origin by more than the potential energy"])


def test_negative_free_energy_is_no_violation():
    outcomes, reasons = ask("B4", free(-0.9, virial_energy_low=0.99e32))
    assert outcomes == [NA]
    assert "below the potential energy" in reasons[0]


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.49, Outcome.IMPLAUSIBLE), (0.51, Outcome.PASS), (2.01, Outcome.IMPLAUSIBLE)]
)
def test_the_models_own_energy_is_right_within_a_factor_of_two(ratio, expected):
    patch = {"flux_imbalance": 0.0, "patch_missing": 0.0, "patch_span": 10.0, "potential_energy": 1e32}
    assert ask("B2", one(**patch, potential_energy_regressed=ratio * 1e32))[0] == [expected]
    assert ask("B2", one(**patch, potential_energy_regressed=np.nan))[0] == [NA]


@pytest.mark.parametrize(
    "gate", [{"flux_imbalance": 0.16}, {"patch_missing": 0.06}, {"patch_span": 31.0}, {"longitude": 55.0}]
)
def test_the_budget_says_which_energy_it_took(gate):
    poor = energy_patch(0.2, usflux=1e23)
    assert "by FFT of the magnetogram" in ask("B5", poor)[1][0]
    # A patch that is unfit gives way to the unsigned flux, here of a large region.
    assert ask("B5", energy_patch(0.2, usflux=1e23, **gate))[0] == [Outcome.PASS]
    outcomes, reasons = ask("B5", energy_patch(0.2, usflux=2e20, **gate))
    assert outcomes == [Outcome.IMPLAUSIBLE]
    assert "estimated from the unsigned flux" in reasons[0]
