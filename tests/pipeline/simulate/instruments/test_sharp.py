import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.simulate.instruments.sharp import INSTRUMENT
from sunproof.pipeline.sources.sharp import SOURCE
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS


@pytest.fixture(scope="module")
def folder(scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharp")
    INSTRUMENT.observe(scene, folder)
    return folder


def test_one_file_a_month_in_the_words_of_jsoc(folder):
    paths = sorted(folder.iterdir())
    assert [path.name for path in paths] == ["hmi.sharp_cea_720s.2014.03.csv", "hmi.sharp_cea_720s.2014.04.csv"]
    frame = pd.read_csv(paths[0], comment="#", dtype=str)
    assert frame["T_REC"].str.fullmatch(r"\d{4}\.\d\d\.\d\d_\d\d:00:00_TAI").all()
    assert set(frame["QUALITY"]) <= {"0x00000000", "0x00000400", "0x00010000"}
    assert {name.upper() for name in SHARP_KEYWORDS} < set(frame)


def test_the_reader_finds_the_patches_where_the_sun_has_them(scene, folder):
    passages, sun = scene.passages, scene.sun
    longest = int(np.argmax(passages.last - passages.first))
    found = SOURCE.read(folder / "hmi.sharp_cea_720s.2014.03.csv")
    found = found.isel(record=found["harpnum"].values == passages.harpnum[longest])
    assert found.sizes["record"] > 100
    row, part = passages.region[longest], slice(passages.first[longest], passages.last[longest])
    hours = (found["t_tai"].values - np.datetime64(sun.config.start, "ns")) / np.timedelta64(1, "h")
    longitude = np.interp(hours, sun.population.hours[row, part], sun.longitude[row, part])
    assert np.abs(found["longitude"].values - longitude).max() < 0.4
    assert float(found["noaa_ar"][0]) == passages.noaa_ar[longest]
    # TAI was ahead of UTC by 35 s in 2014.
    assert np.all(found["t_tai"].values - found["time"].values == np.timedelta64(35, "s"))


def test_records_are_missing_in_eclipses_and_some_lost_their_keywords(cycle_scene, tmp_path):
    INSTRUMENT.observe(cycle_scene, tmp_path)
    parts = [pd.read_csv(path, comment="#", dtype=str, keep_default_na=False) for path in sorted(tmp_path.iterdir())]
    frame = pd.concat(parts)
    missing, nan = frame["USFLUX"] == "MISSING", frame["MEANSHR"] == "nan"
    assert 0 < missing.mean() < nan.mean() < 0.005
    assert (frame.loc[missing, "QUALITY"] == "0x00010000").all()
    in_season = frame["T_REC"].str.contains(r"\.(?:03\.(?:1[4-9]|2\d)|09\.(?:1[89]|2\d))_07")
    assert in_season.sum() == 0
    expected = (cycle_scene.passages.last - cycle_scene.passages.first).sum()
    assert 0.95 * expected < len(frame) < 0.995 * expected
