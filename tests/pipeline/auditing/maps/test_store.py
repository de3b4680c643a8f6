import json
import re
import shutil

import numpy as np
import pytest
import xarray as xr

from sunproof.models.attribution.scenery import SCENERY
from sunproof.pipeline import receipts
from sunproof.pipeline.auditing import audit, parts
from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.chain import open_certificate, read_header, verify_chain
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.auditing.maps.store import read_maps
from sunproof.pipeline.auditing.maps.told import pixel_digest
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.vocabulary import attributes
from tests.pipeline.auditing.maps.world import GROUPS, settings


def test_maps_open_with_plain_xarray_and_know_their_coordinates(mapped):
    disk = xr.open_zarr(mapped / "maps.zarr", group="disk")
    patch = xr.open_zarr(mapped / "maps.zarr", group="patch")
    assert disk["attribution"].dims == patch["attribution"].dims == ("forecast", "lag", "channel", "y", "x")
    assert disk["attribution"].shape == (10, 2, 2, 16, 16)
    assert patch["channel_name"].values.tolist() == ["hmi_m", "aia_171", "mu"]
    assert patch["channel_unit"].values.tolist() == ["G", "DN s-1", "1"]
    assert disk["lag_hours"].values.tolist() == [0, 6]
    assert {"helioprojective_x", "time_observed", "certificate", "harpnum"} <= set(disk.coords)
    assert {"pixel_longitude", "pixel_latitude", "observer_distance"} <= set(patch.coords)
    for dataset in (disk, patch):
        for name in dataset.variables:
            held = {key: dataset[name].attrs[key] for key in attributes(str(name)) if key in dataset[name].attrs}
            assert held == attributes(str(name)), name
        assert dataset["part"].attrs["flag_meanings"].split() == [part.replace(" ", "_") for part in SCENERY]


def test_every_map_is_complete_and_lies_where_something_was_seen(mapped):
    table = read_maps(mapped / "maps.zarr", "forecasts").load()
    assert table["map_complete"].values.all()
    assert table["map_served"].values.all()
    for name in ("disk", "patch"):
        held = read_maps(mapped / "maps.zarr", name).load()
        assert (held["attribution"].values[~np.isfinite(held["observed"].values)] == 0).all()
        assert np.abs(held["attribution"].values).max() > 0
        # the groups of instruments have everything
        own = [str(group) in ("hmi", "aia", "view") for group in held["group_name"].values]
        whole = held["attribution"].values.sum(axis=(1, 2, 3, 4), dtype=float)
        np.testing.assert_allclose(held["group_attribution"].values[:, own].sum(axis=1), whole, atol=1e-6)


def test_the_region_is_found_in_the_patch_and_on_the_disk(mapped):
    patch = read_maps(mapped / "maps.zarr", "patch").load()
    part = patch["part"].values
    assert (part == SCENERY.index("inversion line")).any(axis=(1, 2)).all()
    field = np.abs(np.nan_to_num(patch["observed"].values[:, 0, 0])).reshape(len(part), -1)
    strongest = np.take_along_axis(part.reshape(len(part), -1), field.argmax(axis=1)[:, None], axis=1)
    assert np.isin(strongest, [SCENERY.index("region"), SCENERY.index("inversion line")]).all()
    disk = read_maps(mapped / "maps.zarr", "disk").load()
    x, y = disk["helioprojective_x"].values, disk["helioprojective_y"].values
    rows, columns = np.nonzero(disk["part"].values[0] == SCENERY.index("region"))
    # 15 degrees north, 20 west or up to a day's rotation before; seen from 3 north
    assert 60 < np.mean(x[columns]) < 400
    assert np.mean(y[rows]) == pytest.approx(200, abs=90)


def test_certificates_carry_the_digest_of_the_pixels(mapped):
    held = read_maps(mapped / "maps.zarr", "patch").load()
    number = int(held["certificate"].values[3])
    certificate = open_certificate(mapped / "certificates.jsonl", number)
    told = certificate["maps"]
    assert told["status"] == "mapped"
    assert told["modalities"]["patch"]["digest"] == pixel_digest(held["attribution"].values[3])
    assert set(told["modalities"]["disk"]["groups"]) >= {"region", "background", "aia", "hmi", "0 h before"}
    assert certificate["key"]["harpnum"] == held["harpnum"].values[3]
    assert read_header(mapped / "certificates.jsonl")["maps_digest"] == digest_tree(mapped / "maps.zarr")
    others = set(range(1, verify_chain(mapped / "certificates.jsonl").count + 1)) - set(held["certificate"].values)
    assert open_certificate(mapped / "certificates.jsonl", min(others))["maps"]["status"] == "not mapped"


def test_what_a_coarse_disk_does_not_tell_apart_has_a_reason_and_no_zeros(mapped):
    for number in read_maps(mapped / "maps.zarr", "disk")["certificate"].values.tolist():
        told = open_certificate(mapped / "certificates.jsonl", number)["maps"]["modalities"]
        for one in told.values():
            groups = {*SCENERY, *(name for name in one["groups"] if name not in SCENERY)}
            # every part has numbers or a reason, and none has both
            assert {*one["groups"]} | {*one["not_evaluable"]} == groups
            assert not {*one["groups"]} & {*one["not_evaluable"]}
        # 16 pixels across 2458 arcsec
        for part in ("other regions", "inversion line"):
            assert told["disk"]["not_evaluable"][part].startswith("pixels of 111 Mm average a region's field away")
        assert "inversion line" not in told["patch"]["not_evaluable"]


def test_evidence_of_maps_is_that_of_the_forecasts_with_maps(mapped):
    evidence = xr.load_dataset(mapped / "evidence.nc", engine="h5netcdf")
    rows = read_maps(mapped / "maps.zarr", "patch")["certificate"].values - 1
    seen = np.isfinite(evidence["map_effect"].values)
    assert np.flatnonzero(seen).tolist() == sorted(rows.tolist())
    for name in ("map_sky_share", "map_region_share", "map_region_null", "map_skill", "map_null_skill"):
        assert np.isfinite(evidence[name].values[seen]).all(), name


def bytes_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(looking, mapped, monkeypatch):
    for module in (audit, receipts):
        monkeypatch.setattr(module, "code_version", lambda: "0.1.0+committed")
    original, done = parts.keep, []

    def dying(kit, keys, kind, path):
        if kind == "map" and len(done) == 1:
            raise OSError("killed")
        done.extend([kind] * (kind == "map"))
        original(kit, keys, kind, path)

    monkeypatch.setattr(parts, "keep", dying)
    config = settings(looking, "killed")
    with pytest.raises(OSError, match="killed"):
        run(config)
    assert not (looking.root / "killed" / "maps.zarr").exists()
    monkeypatch.setattr(parts, "keep", lambda *given: done.append(given[2]) or original(*given))
    run(config)
    # ten maps are two parts, of which one was done
    assert done == ["map", "map"]
    assert bytes_of(looking.root / "killed" / "maps.zarr") == bytes_of(mapped / "maps.zarr")
    run(config)
    assert done == ["map", "map"]
    shutil.rmtree(looking.root / "killed" / "maps.zarr" / "patch")
    run(config)
    assert done[2:].count("map") == 2
    assert bytes_of(looking.root / "killed" / "maps.zarr") == bytes_of(mapped / "maps.zarr")


def test_maps_that_are_no_evidence_are_made_again_when_they_are_gone(looking, monkeypatch, tmp_path):
    for module in (audit, receipts):
        monkeypatch.setattr(module, "code_version", lambda: "0.1.0+committed")
    # no forecast is the model's: its maps are kept, and nothing of them enters the evidence
    forecasts = open_netcdf(looking.root / "forecasts.nc")
    forecasts["probability"] = forecasts["probability"] * 0.5
    forecasts.to_netcdf(tmp_path / "foreign.nc", engine="h5netcdf")
    config = settings(looking, "foreign", forecasts=str(tmp_path / "foreign.nc"), report={"pages": 0})
    run(config)
    folder = looking.root / "foreign"
    number = int(read_maps(folder / "maps.zarr", "patch")["certificate"].values[0])
    assert open_certificate(folder / "certificates.jsonl", number)["maps"]["status"] == "invalid"
    assert "map_effect" not in open_netcdf(folder / "evidence.nc")
    before, certificates = bytes_of(folder / "maps.zarr"), (folder / "certificates.jsonl").read_bytes()
    shutil.rmtree(folder / "maps.zarr")
    run(config)
    assert bytes_of(folder / "maps.zarr") == before
    assert (folder / "certificates.jsonl").read_bytes() == certificates


def test_workers_make_the_same_maps(looking, mapped):
    run(settings(looking, "workers", cluster={"kind": "threads", "workers": 2}, report={"pages": 0}))
    assert bytes_of(looking.root / "workers" / "maps.zarr") == bytes_of(mapped / "maps.zarr")


def test_maps_that_nobody_asked_for_are_not_made(looking, capsys):
    run(settings(looking, "none", maps={"most": 0}, report={"pages": 0}))
    folder = looking.root / "none"
    assert not (folder / "maps.zarr").exists()
    assert "maps" not in open_certificate(folder / "certificates.jsonl", 1)
    assert "maps of images" not in capsys.readouterr().out


def test_what_maps_cost_is_told(looking, capsys):
    run(settings(looking, "told", maps={"most": 2, "twins": 1, "probes": 2, "rolls": 2}, report={"pages": 0}))
    assert "maps of images" in capsys.readouterr().out
    receipt = json.loads((looking.root / "told" / "maps.zarr.receipt.json").read_bytes())
    assert receipt["digest"] == digest_tree(looking.root / "told" / "maps.zarr")


def test_maps_of_forecasts_that_the_bundle_did_not_make_are_no_evidence(looking):
    forecasts = xr.load_dataset(looking.root / "forecasts.nc", engine="h5netcdf", decode_timedelta=False)
    forecasts["probability"].values[:] *= 0.9
    forecasts.to_netcdf(looking.root / "foreign.nc", engine="h5netcdf")
    run(settings(looking, "foreign", forecasts=str(looking.root / "foreign.nc"), report={"pages": 0}))
    held = read_maps(looking.root / "foreign" / "maps.zarr", "forecasts").load()
    assert not held["map_served"].values.any()
    told = open_certificate(looking.root / "foreign" / "certificates.jsonl", int(held["certificate"].values[0]))["maps"]
    assert told["status"] == "invalid"
    assert "does not give the issued probability" in told["reason"]
    evidence = xr.load_dataset(looking.root / "foreign" / "evidence.nc", engine="h5netcdf")
    assert "map_effect" not in evidence or np.isnan(evidence["map_effect"].values).all()


@pytest.mark.parametrize("group", ["chromosphere", "patch"])
def test_maps_that_are_not_there_are_said_so(mapped, group, tmp_path):
    path = mapped / "maps.zarr" if group == "chromosphere" else tmp_path / "none.zarr"
    with pytest.raises(InputError, match=re.escape(f"{path}: {group}: no such maps")):
        read_maps(path, group)


def test_the_groups_of_the_archive_are_the_channels(mapped):
    assert read_maps(mapped / "maps.zarr", "disk")["channel_name"].values.tolist() == list(GROUPS)
