from datetime import datetime

import numpy as np
import pytest

from sunproof.pipeline.simulate.config import SatelliteConfig
from sunproof.pipeline.simulate.instruments.flares_swpc import INSTRUMENT, goes_class
from sunproof.pipeline.simulate.scene import Scene
from sunproof.pipeline.sources.flares_swpc import SOURCE


@pytest.mark.parametrize(
    ("flux", "text"),
    [
        (1e-8, "A1.0"),
        (9.99e-8, "A9.9"),
        (1e-7, "B1.0"),
        (1e-6, "C1.0"),
        (9.99e-6, "C9.9"),
        (1e-5, "M1.0"),
        (1.47e-3, "X14.7"),
    ],
)
def test_classes_are_cut_not_rounded(flux, text):
    assert goes_class(np.array([flux])).tolist() == [text]


@pytest.fixture(scope="module")
def listed(cycle_scene, tmp_path_factory):
    (path,) = INSTRUMENT.observe(cycle_scene, tmp_path_factory.mktemp("flares"))
    return path, SOURCE.read(path)


def test_both_spellings_of_times_stand_in_one_list(listed):
    lines = [line for line in listed[0].read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == ",start_time,peak_time,end_time,label,noaa_ar,obs,cls"
    assert lines[1].split(",")[1][4] == "-"
    assert lines[-1].split(",")[1][4] == "/"
    assert np.all(listed[1]["start_time"] <= listed[1]["peak_time"])
    assert np.all(listed[1]["peak_time"] <= listed[1]["end_time"])


def test_the_list_covers_the_whole_run(listed):
    assert listed[1].attrs["coverage_start"] == "2013-07-01T00:00:00"
    assert listed[1].attrs["coverage_end"] == "2014-12-23T00:00:00"


def test_classes_are_on_the_operational_scale_of_goes_15(cycle_scene, listed):
    table, emission = listed[1], cycle_scene.emission
    minute = ((table["peak_time"].values - np.datetime64("2013-07-01")) / np.timedelta64(1, "m")).astype(int)
    assert set(table["goes_scale"].values) == {"operational"}
    ratio = table["peak_flux"].values / emission.xrsb[minute]
    assert ratio.min() > 0.7 * 0.90
    assert ratio.max() <= 0.7 * (1 + 1e-6)


@pytest.mark.parametrize(("letter", "share", "tolerance"), [("B", 0.25, 0.12), ("C", 0.118, 0.06), ("M", 0.048, 0.05)])
def test_regions_are_missing_as_often_as_in_the_real_list(listed, letter, share, tolerance):
    table = listed[1]
    chosen = np.array([text.startswith(letter) for text in table["goes_class"].values])
    assert (table["noaa_ar"].values[chosen] == -1).mean() == pytest.approx(share, abs=tolerance)


def test_small_flares_drown_in_the_decay_of_large_ones(cycle_scene, listed):
    assert listed[1].sizes["event"] < 0.8 * len(cycle_scene.emission.seen)


def test_a_list_without_a_satellites_scale_is_true_flux(scene, tmp_path):
    new = (SatelliteConfig(number=16, primary_from=datetime(2010, 1, 1)),)
    config = scene.config.model_copy(update={"satellites": new})
    (path,) = INSTRUMENT.observe(Scene(config, scene.sun, scene.passages, scene.emission), tmp_path)
    assert "goes_scale" not in path.read_text().split("start_time")[0]
    assert ",G16," in path.read_text()
