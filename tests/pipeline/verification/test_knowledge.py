import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.verification.baselines.persistence import BASELINE as PERSISTENCE
from sunproof.pipeline.verification.knowledge import event_statistics, load_cases
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS


def write(path, name, dim, columns, **attributes):
    data = {key: (dim, values) for key, values in columns.items()}
    xr.Dataset(data, attrs=attributes).to_zarr(path, group=name, mode="a", zarr_format=3, consolidated=False)


@pytest.fixture
def archive(tmp_path):
    """Two HARPs with hourly records, of which the first flares every six hours."""
    path = tmp_path / "archive.zarr"
    time = np.datetime64("2013-01-01T00:00", "ns") + np.arange(240) * np.timedelta64(1, "h")
    columns = {"harpnum": np.repeat([11, 12], 240), "time": np.tile(time, 2)}
    columns |= {name: np.full(480, 5, np.float32) for name in SHARP_KEYWORDS}
    columns |= {"quality": np.zeros(480, np.int64), "noaa_ar": np.repeat([11011, 11012], 240)}
    columns |= {"latitude": np.zeros(480), "longitude": np.zeros(480)}
    write(path, "sharp", "record", columns)
    write(path, "harp_noaa", "record", {"harpnum": np.array([11, 12]), "noaa_ar": np.array([11011, 11012])})
    peak = time[3::6]
    events = {
        "start_time": peak - np.timedelta64(5, "m"),
        "peak_time": peak,
        "peak_flux": np.full(len(peak), 3e-6),
        "goes_scale": np.full(len(peak), "operational", dtype=object),
        "goes_class": np.full(len(peak), "C3.0", dtype=object),
        "satellite": np.full(len(peak), 15),
        "noaa_ar": np.full(len(peak), 11011),
    }
    write(path, "flares_swpc", "event", events, coverage_start="2012-01-01", coverage_end="2014-01-01")
    return path


@pytest.fixture
def slots():
    issue = pd.date_range("2013-01-05", periods=3, freq="D").to_numpy()
    return xr.Dataset(
        {
            "harpnum": ("sample", np.tile([-1, 11, 12], 3)),
            "noaa_ar": ("sample", np.tile([-1, 11011, 11012], 3)),
            "noaa_ars": ("sample", np.tile(["", "11011", "11012"], 3).astype(object)),
            "entity": ("sample", np.tile(["full_disk", "region", "region"], 3).astype(object)),
            "issue_time": ("sample", np.repeat(issue, 3)),
            "data_cutoff": ("sample", np.repeat(issue, 3)),
            "block": ("sample", np.full(9, "test", dtype=object)),
            "event": (("sample", "threshold", "window"), np.zeros((9, 2, 1), np.float32)),
        },
        coords={"threshold": np.array(["C1.0", "M1.0"], dtype=object), "window": [24.0]},
    )


def test_a_flare_counts_for_its_harp_and_for_the_disk(archive, slots):
    found = event_statistics(archive, slots, InputConfig())
    assert found.shape == (9, 2, 1)
    disk, active, quiet = found[6:, 0, 0]
    assert disk > 0.9
    assert active > 0.9
    assert quiet < 0.3
    assert (found[:, 1] < found[:, 0]).all()


def test_cases_hold_the_inputs_with_nan_where_masked(archive, slots):
    cases = load_cases(slots, archive, InputConfig())
    assert (cases.inputs["keywords"][1] == 5).all()
    assert np.isnan(cases.inputs["keywords"][0]).all()
    assert cases.recent_flares("C1.0").tolist() == [4, 4, 0] * 3
    assert cases.recent_flares("M1.0").tolist() == [0, 0, 0] * 3


def test_without_an_archive_nothing_but_labels_is_known(slots):
    assert load_cases(slots, None, InputConfig()).inputs == {}


def declared(archive, **attributes):
    events = xr.open_zarr(archive, group="flares_swpc", consolidated=False).load()
    path = archive.with_name("declared.zarr")
    shutil.copytree(archive, path)
    shutil.rmtree(path / "flares_swpc")
    write(path, "flares_swpc", "event", {name: events[name].to_numpy() for name in events}, **attributes)
    return path


def test_where_the_list_is_declared_to_lack_flares_baselines_give_nothing(archive, slots):
    coverage = {"coverage_start": "2012-01-01", "coverage_end": "2014-01-01"}
    path = declared(archive, **coverage, missing=[["2013-01-05", "2013-01-06"]])
    # issued on the 5th, 6th and 7th
    cases = load_cases(slots, path, InputConfig())
    np.testing.assert_array_equal(cases.recent_flares("C1.0"), [4, 4, 0, *[np.nan] * 3, 4, 4, 0])
    unknown = np.isnan(cases.inputs["probability_wheatland"][:, 0, 0])
    assert unknown.tolist() == [False] * 3 + [True] * 6
    history = replace(cases, block=np.full(9, "train"))
    persistence = PERSISTENCE.fit(history).predict(cases)[:, 0, 0]
    assert np.isnan(persistence).tolist() == [False] * 3 + [True] * 3 + [False] * 3


def test_past_the_end_of_the_list_event_statistics_say_nothing(archive, slots):
    path = declared(archive, coverage_start="2012-01-01", coverage_end="2013-01-06")
    found = event_statistics(path, slots, InputConfig())
    assert np.isnan(found[:, 0, 0]).tolist() == [False] * 6 + [True] * 3
    np.testing.assert_array_equal(found[:6], event_statistics(archive, slots, InputConfig())[:6])
