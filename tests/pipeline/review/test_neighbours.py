import numpy as np
import pytest

from sunproof.pipeline.review import neighbours as module
from sunproof.pipeline.review.neighbours import neighbours
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts
from tests.pipeline.training.world import make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"))


def test_the_nearest_regions_are_found_each_once_with_what_they_did(world):
    found = neighbours({"evidence": {"usflux": "2e22", "area_acr": "200"}}, world.archive, world.samples)
    assert len({item.name for item in found}) == len(found) == 5
    distances = [item.distance for item in found]
    assert distances == sorted(distances)
    assert distances[0] < 0.2
    assert all(item.largest == "none" or item.largest[0] in "BCMX" or item.largest == "unknown" for item in found)


def test_they_come_from_the_training_block(world):
    samples = read_samples(world.samples)
    train = set(samples["harpnum"].values[texts(samples["block"]) == "train"].tolist())
    found = neighbours({"evidence": {"usflux": "2e22"}}, world.archive, world.samples, number=50)
    assert {int(item.name.split()[1].rstrip(",")) for item in found} <= train


def test_a_forecast_without_keywords_is_like_none(world):
    assert neighbours({"evidence": {"usflux": None}}, world.archive, world.samples) == []


def test_a_region_is_called_by_the_number_whose_summary_it_had(world, tmp_path, monkeypatch):
    samples = read_samples(world.samples)
    listed = [f"{number},{number + 500}" for number in samples["noaa_ar"].values]
    samples.assign(noaa_ars=("sample", np.array(listed, object))).to_netcdf(tmp_path / "samples.nc", engine="h5netcdf")
    true = module.evidence
    # as on a day on which each patch holds the second of its regions
    monkeypatch.setattr(
        module, "evidence", lambda *given: true(*given) | {"summary_region": given[1]["noaa_ar"].values + 500}
    )
    found = neighbours({"evidence": {"usflux": "2e22"}}, world.archive, tmp_path / "samples.nc")
    assert all(int(item.name.split("AR ")[1]) == 11499 + int(item.name.split()[1].rstrip(",")) for item in found)
    assert len(found) == 5
