"""Satellite and scale of an XRS file."""

import pytest

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.xrs_scale import processing_of, satellite_of


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (("g16", "sci_xrsf-l2-avg1m_g16_d20210101_v2-1-0"), 16),
        ((" ", " ", "sci_gxrs-l2-irrad_g08_d19960101_v0-0-0"), 8),
        (("GOES 15 ",), 15),
        (("GOES-9",), 9),
    ],
)
def test_satellite_is_found_in_any_of_the_names(names, number):
    assert satellite_of(names, ProblemList("a.nc")) == number


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("", "flux"), "no satellite named; got .'flux'"),
        (("g15", "sci_g16_d1"), "names of several satellites; got .'g15'"),
    ],
)
def test_satellite_that_cannot_be_told_is_a_problem(names, message):
    problems = ProblemList("a.nc")
    assert satellite_of(names, problems) == -1
    with pytest.raises(InputError, match=message):
        problems.check()


@pytest.mark.parametrize(
    ("declared", "known", "satellite", "processing"),
    [
        ("science", "operational", 15, "science"),  # what the file says outright wins
        ("", "science", 15, "science"),
        ("", "operational", 13, "operational"),
        ("", "", 16, "operational"),  # on which nothing depends from GOES-16 on
    ],
)
def test_declaration_comes_before_provenance(declared, known, satellite, processing):
    problems = ProblemList("a.nc")
    assert processing_of(declared, known, satellite, problems) == processing
    assert not problems


@pytest.mark.parametrize("satellite", [8, 15])
def test_old_satellite_without_provenance_is_a_problem(satellite):
    problems = ProblemList("a.nc")
    processing_of("", "", satellite, problems)
    with pytest.raises(InputError, match=f"those of GOES-{satellite} differ by 0.7; got 'nothing'"):
        problems.check()
