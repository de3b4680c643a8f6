import warnings

import numpy as np
import pytest

from sunproof.pipeline.simulate.instruments.srs import INSTRUMENT, Group, mcintosh_class
from sunproof.pipeline.sources.srs import SOURCE


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (Group(10, 1, "a", 1), "Axx"),
        (Group(10, 4, "b", 3), "Bxo"),
        (Group(80, 2, "a", 1), "Hsx"),
        (Group(200, 3, "a", 1), "Hhx"),
        (Group(40, 5, "b", 6), "Cso"),
        (Group(100, 7, "b", 9), "Dso"),
        (Group(300, 9, "bg", 30), "Dki"),
        (Group(900, 14, "bgd", 60), "Ekc"),
        (Group(1800, 18, "bd", 70), "Fkc"),
    ],
)
def test_mcintosh_classes_follow_area_extent_and_mixture(group, name):
    assert mcintosh_class(group) == name


@pytest.fixture(scope="module")
def paths(scene, tmp_path_factory):
    return INSTRUMENT.observe(scene, tmp_path_factory.mktemp("srs"))


def test_one_summary_a_day(scene, paths):
    assert [path.name for path in paths[:2]] == ["20140310SRS.txt", "20140311SRS.txt"]
    assert len(paths) == scene.config.sun.days


def test_regions_stand_where_the_sun_has_them(scene, paths):
    passages, population = scene.passages, scene.sun.population
    found = SOURCE.read(paths[12])
    spotted = found.where(found["srs_section"] == "I", drop=True)
    assert spotted.sizes["record"] > 2
    for number, latitude, longitude in zip(
        spotted["noaa_ar"].values, spotted["latitude"].values, spotted["longitude"].values, strict=True
    ):
        index = int(np.flatnonzero(passages.noaa_ar == number)[0])
        row = passages.region[index]
        true = population.longitudes(np.full((len(population.latitude), 1), 12 * 24.0))[row, 0]
        assert abs(latitude - population.latitude[row]) <= 0.5
        assert abs(longitude - true) <= 0.5


def test_a_number_in_the_summary_belongs_to_a_patch(scene, paths):
    known = set(scene.passages.noaa_ar[scene.passages.noaa_ar > 0].tolist())
    for path in paths:
        found = SOURCE.read(path)
        assert set(found["noaa_ar"].values.astype(int).tolist()) <= known


def test_sunpy_reads_the_summaries_too(paths):
    from sunpy.io.special.srs import read_srs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = read_srs(paths[12])
    assert {"Number", "Mag Type", "Z"} <= set(table.colnames)
    assert len(table) > 2
