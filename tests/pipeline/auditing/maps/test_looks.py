"""What the page of a forecast shows of its maps."""

import re
import shutil

import numpy as np
import pytest
import xarray as xr
import zarr

from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.auditing.report.looks import looks
from sunproof.pipeline.review.screen import Screen


@pytest.fixture(scope="module")
def record(mapped):
    number = int(xr.open_zarr(mapped / "maps.zarr", group="patch")["certificate"].values[-1])
    return open_certificate(mapped / "certificates.jsonl", number)


def test_image_map_and_nulls_are_drawn_with_their_shares(mapped, record):
    page = looks(record, mapped / "maps.zarr")
    assert page["status"] == "mapped"
    assert [picture["name"] for picture in page["pictures"]] == ["patch", "disk"]
    svg = page["pictures"][0]["svg"]
    assert svg.count("<image") == 6
    assert 'role="img"' in svg
    label = re.search('aria-label="([^"]*)"', svg)[1]
    for words in ("HMI magnetogram of", "attribution", "region rolled", "shuffled weights", "distance from median"):
        assert words in label
    held = xr.open_zarr(mapped / "maps.zarr", group="patch").sel(forecast=-1).load()
    weight = np.abs(held["attribution"].values[:, :2]).sum(axis=(0, 1))
    share = weight[np.isin(held["part"].values, [2, 3])].sum() / weight.sum()
    assert f"attribution {100 * share:.0f} %" in label
    assert f"{float(record['evidence']['map_region_share']):.2f}" == f"{share:.2f}"


def test_only_the_excess_over_nulls_is_told_as_evidence(mapped, record):
    rows = {row["name"]: row for row in looks(record, mapped / "maps.zarr")["measures"]}
    own, null = (float(record["evidence"][name]) for name in ("map_region_share", "map_region_null"))
    assert rows["share of the map in the region"]["excess"] == pytest.approx(own - null)
    assert len(rows) == 4


def test_a_picture_that_hardly_moves_the_forecast_is_said_to_be_no_evidence(mapped, record):
    for effect, weak in (("0.0499", True), ("-0.3", False), (None, False)):
        evidence = record["evidence"] | {"map_picture_effect": effect}
        assert looks({**record, "evidence": evidence}, mapped / "maps.zarr")["weak"] is weak


def test_where_no_region_is_seen_no_share_is_told(mapped, record, tmp_path):
    store = tmp_path / "maps.zarr"
    shutil.copytree(mapped / "maps.zarr", store)
    zarr.open_group(str(store), mode="a")["patch"]["part"][-1] = 5
    svg = looks(record, store)["pictures"][0]["svg"]
    assert svg.count("no region in sight") == 4
    assert "none in region" not in svg


def test_every_group_stands_with_what_the_forecast_loses_without_it(mapped, record):
    groups = looks(record, mapped / "maps.zarr")["groups"]
    names = {row["name"] for row in groups}
    assert {"patch: region", "disk: aia", "disk: 6 h before", "patch: view"} <= names
    told = record["maps"]["modalities"]["disk"]["groups"]["aia"]
    assert next(row for row in groups if row["name"] == "disk: aia")["ablation"] == float(told[1])


def test_what_is_not_told_apart_stands_with_its_reason(mapped, record):
    silent = {row["name"]: row["reason"] for row in looks(record, mapped / "maps.zarr")["silent"]}
    assert silent["disk: other regions"].startswith("pixels of 111 Mm")
    pages = [path.read_text() for path in (mapped / "report").glob("forecast-*.html")]
    assert any("NOT EVALUABLE</span> disk: other regions: pixels of 111 Mm" in page for page in pages)
    # certificates of before tell no reasons
    old = {
        name: {k: v for k, v in one.items() if k != "not_evaluable"}
        for name, one in record["maps"]["modalities"].items()
    }
    before = {**record, "maps": record["maps"] | {"modalities": old}}
    assert looks(before, mapped / "maps.zarr")["silent"] == []


def test_a_map_that_is_not_the_certificates_is_not_shown(mapped, record, tmp_path):
    store = tmp_path / "maps.zarr"
    shutil.copytree(mapped / "maps.zarr", store)
    zarr.open_group(str(store), mode="a")["patch"]["attribution"][-1] = 1.0
    page = looks(record, store)
    assert page["status"] == "invalid"
    assert "the patch map is not the one in the certificate" in page["reason"]
    assert page["pictures"] == []


def test_without_maps_there_is_nothing_to_show(mapped, record, tmp_path):
    assert looks({**record, "maps": None}, mapped / "maps.zarr") is None
    assert looks(record, tmp_path / "gone.zarr")["reason"] == "the maps are not beside the certificates"
    other = {**record, "maps": {"status": "not mapped", "reason": "not among those asked for"}}
    assert looks(other, mapped / "maps.zarr")["status"] == "not mapped"


def test_the_page_has_the_panel(mapped):
    pages = [path.read_text() for path in (mapped / "report").glob("forecast-*.html")]
    shown = [page for page in pages if "looks-patch" in page or "Where the model looks in the patch" in page]
    assert shown
    assert "Only the excess over these nulls is evidence" in shown[0]


def test_a_reviewer_sees_it_after_the_first_answer(looking, mapped, record):
    screen = Screen(mapped / "certificates.jsonl", record["seq"], str(looking.archive))
    panel = screen.why()
    assert "only the excess over its nulls is evidence" in repr(panel)
    weak = abs(float(record["evidence"]["map_picture_effect"])) < 0.05
    assert ("too little for any" in repr(panel)) == weak
    assert "share of the map in the region" in repr(panel)
    shown = [picture for picture in panel.pictures if "Where the model looks" in picture]
    assert len(shown) == 2
    assert "var(--" not in shown[0]
    for part in (screen.header(), screen.inputs()):
        assert "share of the map" not in part.html
