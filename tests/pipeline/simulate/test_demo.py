"""The shipped demo, made small: every stage runs once, and the planted faults are found."""

import json
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from sunproof.pipeline.config import load_config
from sunproof.pipeline.simulate.config import DemoConfig
from sunproof.pipeline.simulate.demo import run
from sunproof.pipeline.simulate.planted import planted_frames

SHIPPED = Path(__file__).resolve().parents[3] / "configs" / "demo.yaml"
SMALL = (
    "sun.days=150",
    "sun.regions_per_day=0.4",
    "cadence_hours=24",
    "max_epochs=1",
    "images={days: null, cadence_hours: 24, size: 128, aia: [171, 193]}",
    "cluster={kind: threads, workers: 1}",
)


IMAGES = ("aia_171", "aia_193", "hmi_m", "suvi16_171", "suvi16_195", "euvi_a_195", "euvi_b_195")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    run(load_config(DemoConfig, SHIPPED, (*SMALL, f"output={folder}")))
    return folder


def test_everything_it_wrote_says_that_it_is_simulated(demo):
    for name in ("samples.nc", "forecasts.nc", "raw_truth/truth.nc"):
        with xr.open_dataset(demo / name, engine="h5netcdf", decode_timedelta=False) as dataset:
            assert dataset.attrs["simulated"] == 1, name
    for group in ("sharp", "goes15_xrs", "goes13_xrs", "flares_swpc", "srs", "harp_noaa", *IMAGES):
        with xr.open_zarr(demo / "archive.zarr", group=group, decode_timedelta=False) as dataset:
            assert dataset.attrs["simulated"] == 1, group
    for audit in ("audit", "planted/audit"):
        assert "SIMULATED" in (demo / audit / "report" / "index.html").read_text(encoding="utf-8")
    assert "Simulated data" in (demo / "scores" / "scores.md").read_text(encoding="utf-8")


def test_forecasts_from_corrupted_records_are_rejected_for_the_identity_they_break(demo):
    table = pd.read_csv(demo / "audit" / "verdicts.csv", keep_default_na=False)
    rejected = table[table["verdict"] == "REJECT"]
    assert len(rejected) >= 1
    assert rejected["codes"].str.contains("D4").all()
    assert rejected["why"].str.contains("ABSNJZH").all()


def test_the_fictitious_service_is_rejected_where_a_fault_was_planted_and_nowhere_else(demo):
    planted = pd.read_csv(demo / "planted" / "foreign.csv", comment="#", keep_default_na=False)["planted"]
    verdicts = pd.read_csv(demo / "planted" / "audit" / "verdicts.csv", keep_default_na=False)["verdict"]
    assert ((planted != "") == (verdicts == "REJECT")).all()
    assert (planted != "").sum() >= 3


def test_the_truth_entered_nothing_but_the_fictitious_service(demo):
    receipts = [path for path in demo.rglob("*.receipt.json") if "planted" not in path.parts]
    assert receipts
    assert not any("raw_truth" in path.read_text(encoding="utf-8") for path in receipts)


def test_images_of_seven_channels_stand_in_their_slots_and_empty_slots_say_why(demo):
    groups = json.loads((demo / "archive.zarr.inventory.json").read_text(encoding="utf-8"))["groups"]
    slots = {name: groups[name]["slots"] for name in IMAGES}
    assert all(found["count"] == found["filled"] + sum(found["reasons"].values()) for found in slots.values())
    assert slots["aia_171"]["reasons"]["rejected: eclipse"] == 1
    assert slots["euvi_a_195"]["reasons"]["stale"] == 1
    assert (demo / "images.png").read_bytes().startswith(b"\x89PNG")


def test_every_planted_frame_is_set_aside(demo):
    frames = planted_frames(demo / "raw")
    assert sorted(frames.values()) == ["copy", "eclipse", "eclipse", "eclipse", "stale", "truncated"]
    aside = (demo / "archive.zarr.quarantine.json").read_text(encoding="utf-8")
    assert all(path in aside for path in frames)
