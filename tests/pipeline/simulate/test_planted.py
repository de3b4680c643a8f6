from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.registry import pick
from sunproof.pipeline.simulate.config import FaultsConfig, TruthConfig
from sunproof.pipeline.simulate.instruments.sharp import INSTRUMENT
from sunproof.pipeline.simulate.planted import corrupt_records, foreign_table, planted_frames, planted_records
from sunproof.pipeline.simulate.scene import Scene
from sunproof.pipeline.simulate.truth import true_probabilities


@pytest.fixture(scope="module")
def table(scene, tmp_path_factory):
    path = tmp_path_factory.mktemp("planted") / "foreign.csv"
    truth = true_probabilities(scene, TruthConfig(interval_hours=12, members=1))
    names = foreign_table(truth, np.datetime64(scene.config.sun.start, "ns"), path)
    return names, path


def test_every_sixth_row_is_faulty_and_says_so(table):
    names, path = table
    frame = pd.read_csv(path, comment="#", keep_default_na=False)
    assert frame["planted"].tolist() == names
    assert [index for index, name in enumerate(names) if name] == list(range(5, len(names), 6))
    assert "# planted: see column planted" in path.read_text().splitlines()[:4]


def test_each_fault_is_what_it_says(table):
    frame = pd.read_csv(table[1], comment="#", keep_default_na=False)
    exchanged = frame[frame["planted"] == "M and X exchanged"]
    assert (exchanged["X72"] >= exchanged["M72"]).all()
    earlier = frame[frame["planted"] == "48 h and 24 h exchanged"]
    assert (earlier["C24"] >= earlier["C48"]).all()
    percent = frame[frame["planted"] == "percent taken for a fraction"]
    assert (percent["C72"] > 1.0).all()
    clean = frame[frame["planted"] == ""]
    assert (clean["C24"] >= clean["M24"]).all()
    assert (clean["M24"] >= clean["X24"]).all()
    assert clean[["C72", "X24"]].to_numpy().min() > 0.0
    assert clean[["C72", "X24"]].to_numpy().max() < 1.0


def test_no_date_means_no_fault(scene):
    frame = pd.DataFrame({"T_REC": ["2014.01.01_00:00:00_TAI"], "HARPNUM": [1], "ABSNJZH": [2.0]})
    assert corrupt_records(frame, FaultsConfig()).tolist() == [""]
    assert frame["ABSNJZH"].tolist() == [2.0]


def test_a_corrupted_patch_breaks_its_own_total_and_its_file_says_so(scene, tmp_path):
    faults = FaultsConfig(after=scene.config.sun.start + timedelta(days=3), patches=1)
    config = scene.config.model_copy(update={"faults": faults})
    INSTRUMENT.observe(Scene(config, scene.sun, scene.passages, scene.emission), tmp_path / "planted")
    INSTRUMENT.observe(scene, tmp_path / "clean")
    (fault,) = planted_records(tmp_path / "planted").to_dict("records")
    assert planted_records(tmp_path / "clean").empty
    planted, clean = (
        pd.concat(pd.read_csv(path, comment="#", na_values="MISSING") for path in sorted((tmp_path / part).iterdir()))
        for part in ("planted", "clean")
    )
    differs = (planted["ABSNJZH"] != clean["ABSNJZH"]) & clean["ABSNJZH"].notna()
    assert 20 <= differs.sum() <= 24
    assert set(planted["HARPNUM"][differs]) == {fault["harpnum"]}
    stamps = pd.to_datetime(planted["T_REC"][differs].str[:19], format="%Y.%m.%d_%H:%M:%S")
    assert fault["start"] < stamps.min()
    assert stamps.max() <= fault["end"]
    assert (planted["ABSNJZH"][differs] > planted["TOTUSJH"][differs]).mean() > 0.9
    pd.testing.assert_frame_equal(planted.drop(columns="ABSNJZH"), clean.drop(columns="ABSNJZH"))


def test_planted_frames_are_listed_by_the_instruments_that_planted_them(images_scene, tmp_path):
    for name in ("euvi", "hmi"):
        pick("sunproof.pipeline.simulate.instruments", "INSTRUMENT", name).observe(images_scene, tmp_path / name)
    assert planted_frames(tmp_path) == {
        "euvi/20140311_000030_n4euA.fts": "stale",
        "hmi/hmi.m_720s.20140310_120000_TAI.1.magnetogram.fits": "eclipse",
    }
