"""The images behind forecasts, held against those of the training block."""

import shutil

import numpy as np
import pytest
import zarr

from sunproof.models import gallery
from sunproof.pipeline.auditing.images import draw_images, look_at_images
from sunproof.pipeline.auditing.kit import inputs_of, watched
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.images import portraits
from sunproof.pipeline.samples.reading import remembering, texts
from tests.pipeline.auditing.maps.world import IMAGES
from tests.pipeline.training.world import INPUTS

SEES = INPUTS.model_copy(update=IMAGES)


@pytest.fixture(scope="module", autouse=True)
def _few_moments():
    # the small world has some 200 moments; what one in 500 is cannot be told from them, and is not asked here
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "_FEWEST_MOMENTS", 100)
        yield


@pytest.fixture(scope="module")
def seen(looking):
    samples = read_samples(looking.samples)
    rows = samples.isel(sample=np.flatnonzero((texts(samples["block"]) == "train") & (samples["harpnum"] > 0)))
    return draw_images(str(looking.archive), rows, SEES, inputs_of(str(looking.archive), rows, watched(SEES)), seed=0)


@pytest.fixture(scope="module")
def forecasts(looking):
    made = open_netcdf(looking.root / "forecasts.nc")
    return made.isel(forecast=np.flatnonzero(made["entity"].values == "region"))


def look(seen, archive, keys):
    records = inputs_of(str(archive), keys, watched(SEES)).modalities["keywords"]
    return look_at_images(seen, str(archive), keys, (SEES, inputs_of(str(archive), keys, SEES)), records)


def test_images_of_the_same_sun_are_usual_and_no_copies(seen, looking, forecasts):
    found = look(seen, looking.archive, forecasts)
    assert all(values.shape == (forecasts.sizes["forecast"],) for values in found.values())
    assert np.nanmedian(found["domain_images"]) > 0.1
    # where there is no frame at all, nothing is told of it
    missing = np.isnan(found["domain_images"])
    assert 0 < missing.sum() < len(missing) / 2
    assert (found["image_copies"][~missing] == 0).all()


def test_another_gain_is_unusual_and_a_frame_served_twice_is_a_copy(seen, looking, forecasts, tmp_path):
    archive = shutil.copytree(looking.archive, tmp_path / "archive.zarr")
    pixels = zarr.open_group(str(archive), mode="r+")["aia_171"]["intensity"]
    frames = 5 * pixels[:]
    frames[1:] = frames[:1]
    pixels[:] = frames
    found = look(seen, archive, forecasts)
    known = np.isfinite(found["domain_images"])
    assert (found["domain_images"][known] < 0.02).all()
    assert (found["image_copies"][known] == 1).all()


def test_parts_that_share_a_memory_look_at_each_frame_once(seen, looking, forecasts, monkeypatch):
    made, portrait = [], portraits.Portraits._portrait
    monkeypatch.setattr(
        portraits.Portraits,
        "_portrait",
        lambda self, frames, slot: made.append((frames.name, slot)) or portrait(self, frames, slot),
    )
    alone = look(seen, looking.archive, forecasts)
    made.clear()
    size = forecasts.sizes["forecast"]
    with remembering({}):
        # regions of one moment in two parts
        parts = [look(seen, looking.archive, forecasts.isel(forecast=slice(first, None, 2))) for first in (0, 1)]
    assert len(made) == len(set(made))
    for name, values in alone.items():
        both = np.full(size, np.nan)
        both[0::2], both[1::2] = (part[name] for part in parts)
        np.testing.assert_array_equal(both, values)
