"""Units that a SHARP table may declare."""

import pytest

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.sharp_units import check_units


def check(**units):
    problems = ProblemList("a.csv")
    check_units(units, problems)
    problems.check()


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("USFLUX", "Mx"), ("MEANGAM", "Degrees"), ("MEANGBT", "Gauss/Mm"), ("MEANJZD", "mA/(m^2)"), ("TOTUSJZ", "A"),
        ("MEANJZH", "Gauss^2/m"), ("MEANPOT", "Ergs per cubic cm"), ("TOTPOT", "erg cm**-1"), ("SHRGT45", "Percent"),
        ("AREA_ACR", "mH"), ("R_VALUE", "Mx"), ("USFLUX", ""), ("CRVAL1", "furlong"),
    ],
)  # fmt: skip
def test_unit_as_jsoc_writes_it_passes(column, unit):
    check(**{column: unit})


@pytest.mark.parametrize(
    ("column", "unit", "wanted"),
    [("USFLUX", "Wb", "Mx"), ("MEANGAM", "rad", "deg"), ("TOTPOT", "J/m", "erg cm-1"), ("R_VALUE", "G", "no unit")],
)
def test_other_unit_is_refused_with_what_to_do(column, unit, wanted):
    with pytest.raises(InputError, match=f"column {column}: wrong unit; got '{unit}'; wanted {wanted}. Convert"):
        check(**{column: unit})


def test_every_wrong_unit_is_named():
    with pytest.raises(InputError) as caught:
        check(USFLUX="Wb", MEANGAM="rad")
    assert len(caught.value.problems) == 2
