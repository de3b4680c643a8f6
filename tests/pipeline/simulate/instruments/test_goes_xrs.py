import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.simulate.instruments.goes_xrs import INSTRUMENT
from sunproof.pipeline.simulate.scene import Scene
from sunproof.pipeline.sources.goes_xrs import SOURCE


@pytest.fixture(scope="module")
def paths(scene, tmp_path_factory):
    return INSTRUMENT.observe(scene, tmp_path_factory.mktemp("goes_xrs"))


def test_one_file_a_satellite_and_year(paths):
    names = [path.name for path in paths]
    assert names == ["sci_xrsf-l2-avg1m_g15_y2014_v1-0-0.nc", "sci_xrsf-l2-avg1m_g16_y2014_v2-2-0.nc"]


def test_or_one_a_day_as_for_every_satellite(scene, tmp_path):
    daily = scene.config.model_copy(update={"xrs_files": "day"})
    paths = INSTRUMENT.observe(Scene(daily, scene.sun, scene.passages, scene.emission), tmp_path)
    assert len(paths) == 2 * scene.config.sun.days
    assert paths[0].name == "sci_xrsf-l2-avg1m_g15_d20140310_v1-0-0.nc"
    with xr.open_dataset(paths[0], engine="h5netcdf") as dataset:
        assert dataset.sizes["time"] == 1440


@pytest.mark.parametrize("index", [0, 1])
def test_good_data_are_the_light_curve_within_the_calibration(scene, paths, index):
    found = SOURCE.read(paths[index])
    good = found["xrsb_good"].values
    ratio = found["xrsb"].values[good] / scene.emission.xrsb[good]
    assert 0.9 < good.mean() < 1.0
    assert np.abs(np.median(ratio) - 1.0) < 0.06
    assert np.quantile(np.abs(ratio / np.median(ratio) - 1.0), 0.99) < 0.03


def test_the_earth_hides_the_sun_at_the_satellites_midnight(paths):
    with xr.open_dataset(paths[0], engine="h5netcdf", mask_and_scale=False) as dataset:
        hidden = dataset["xrsb_flag"] == 18
        hours = dataset["time"].dt.hour.values[hidden.values]
        assert set(np.unique(hours)) <= {8, 9}
        assert np.all(dataset["xrsb_flux"].values[hidden.values] == -9999.0)
