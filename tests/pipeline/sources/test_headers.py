import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.headers import facts_of, geometry_of, middle_of, number, time_of

PLAIN = {
    "NAXIS1": 64, "NAXIS2": 48, "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec",
    "CRPIX1": 30.5, "CRPIX2": 20.0, "CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT1": 2.0, "CDELT2": 2.0,
}  # fmt: skip


def header(**changes):
    return fits.Header({**PLAIN, **changes})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2011-02-15T00:00:01.34Z", "2011-02-15T00:00:01.340"),
        ("2011/02/15 00:00", "2011-02-15T00:00:00"),
        ("2011.02.15_01:59:60", "2011-02-15T02:00:00"),
        ("2019-04-03T09:32:33.340001", "2019-04-03T09:32:33.340001"),
    ],
)
def test_times_are_read_in_every_spelling(text, wanted):
    problems = ProblemList("a.fits")
    assert time_of(text, "T_OBS", problems) == np.datetime64(wanted, "ns")
    assert not problems


@pytest.mark.parametrize(
    ("text", "scale"),
    [("2011.02.15_02:00:00_TAI", "UTC"), ("2011-02-15T00:00:00Z", "TAI"), ("11-DEC-96", "UTC"), (None, "UTC"),
     ("2011-02-30T00:00:00", "UTC"), ("2011-02-15T25:00:00", "UTC"), ("MISSING", "TAI")],
)  # fmt: skip
def test_what_is_no_time_on_the_scale_is_a_problem(text, scale):
    problems = ProblemList("a.fits")
    assert np.isnat(time_of(text, "T_OBS", problems, scale))
    with pytest.raises(InputError, match=f"a.fits: T_OBS: no {scale} time"):
        problems.check()


@pytest.mark.parametrize("value", ["2.0", float("inf"), True, None])
def test_what_is_no_number_is_a_problem(value):
    problems = ProblemList("a.fits")
    cards = {} if value is None else {"EXPTIME": value if value != float("inf") else "inf"}
    assert np.isnan(number(fits.Header(cards), "EXPTIME", problems))
    with pytest.raises(InputError, match="EXPTIME: keyword is no number"):
        problems.check()


def test_default_stands_in_for_a_missing_number_only():
    problems = ProblemList("a.fits")
    assert number(fits.Header(), "CRVAL1", problems, 0.0) == 0.0
    assert not problems
    number(fits.Header({"CRVAL1": "x"}), "CRVAL1", problems, 0.0)
    with pytest.raises(InputError, match="CRVAL1: keyword is no number; got 'x'"):
        problems.check()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"CROTA2": 12.0},
        {"CROTA2": 179.9, "CDELT1": 0.5},
        {"PC1_1": 0.99, "PC1_2": -0.1, "PC2_1": 0.1, "PC2_2": 0.99},
        {"CUNIT1": "deg", "CUNIT2": "deg", "CDELT1": 5e-4, "CDELT2": 5e-4},
        {"CRVAL1": 15.0, "CRVAL2": -8.0},
    ],
)
def test_geometry_is_that_of_astropy(changes):
    problems = ProblemList("a.fits")
    geometry = geometry_of(header(**changes), problems)
    assert not problems
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CROTA2 is told to be deprecated
        wcs = WCS(header(**changes))
        for column, row in ((0, 0), (63, 0), (10, 47)):
            longitude, latitude = wcs.wcs_pix2world(column, row, 0)
            # Degrees of sky to the tangent plane; near the centre, where astropy wraps at 360.
            x, y = ((longitude + 180) % 360 - 180) * 3600, latitude * 3600
            mine = (
                geometry.xx * (column + 0.5) + geometry.xy * (row + 0.5) + geometry.x0,
                geometry.yx * (column + 0.5) + geometry.yy * (row + 0.5) + geometry.y0,
            )
            np.testing.assert_allclose(mine, (x, y), atol=1e-3)


def test_what_is_not_helioprojective_is_told_with_its_axis():
    problems = ProblemList("a.fits")
    geometry_of(header(CTYPE1="solar-x", CUNIT2=""), problems)
    with pytest.raises(InputError, match="CTYPE1: axis is not helioprojective; got 'solar-x'") as caught:
        problems.check()
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("cards", "wanted"),
    [
        ({"DATE-OBS": "2020-10-21T14:55:10", "DATE-AVG": "2020-10-21T14:55:13"}, "2020-10-21T14:55:13"),
        ({"DATE-BEG": "2020-10-21T14:55:10", "DATE-END": "2020-10-21T14:55:20"}, "2020-10-21T14:55:15"),
        ({"DATE-OBS": "2020-10-21T14:55:10"}, "2020-10-21T14:55:12"),
        ({"DATE_OBS": "2020-10-21T14:55:10"}, "2020-10-21T14:55:12"),
    ],
)
def test_time_is_the_middle_of_the_exposure(cards, wanted):
    assert middle_of(fits.Header(cards), 4.0, ProblemList("a.fits")) == np.datetime64(wanted)


def test_facts_leave_out_what_is_missing():
    assert facts_of(fits.Header({"A": 1, "B": None}), "A", "B", "C") == {"A": 1}
