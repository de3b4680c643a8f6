import json

import numpy as np
import xarray as xr

from sunproof.pipeline.simulate.pictures import picture_strip


def archive_with(folder, groups):
    """An archive in which the first slot of every group is empty."""
    for name, quantity in groups.items():
        pixels = np.random.default_rng(1).normal(50.0, 5.0, (2, 8, 8)).astype(np.float32)
        pixels[0] = np.nan
        dataset = xr.Dataset(
            {
                quantity: (("time", "y", "x"), pixels),
                "missing_reason": ("time", np.array(["no file", ""])),
                "time_observed": ("time", np.array(["NaT", "2014-03-10T00:00"], "datetime64[ns]")),
                "observer_longitude": ("time", np.array([np.nan, 153.2])),
            },
            coords={"time": np.array(["2014-03-09T12", "2014-03-10"], "datetime64[ns]")},
        )
        dataset.drop_encoding().to_zarr(folder / "a.zarr", group=name, zarr_format=2)
    known = {"srs": {}, **{name: {"slots": {"filled": 1}} for name in groups}}
    (folder / "a.zarr.inventory.json").write_text(json.dumps({"groups": known}))
    return folder / "a.zarr"


def test_one_picture_a_group_of_the_first_slot_that_is_filled(tmp_path):
    archive = archive_with(tmp_path, {"hmi_m": "magnetic_field", "euvi_a_195": "intensity"})
    assert picture_strip(archive, tmp_path / "strip.png") == ["hmi_m", "euvi_a_195"]
    assert (tmp_path / "strip.png").read_bytes().startswith(b"\x89PNG")


def test_an_archive_without_images_has_no_picture(tmp_path):
    archive = archive_with(tmp_path, {})
    assert picture_strip(archive, tmp_path / "strip.png") == []
    assert not (tmp_path / "strip.png").exists()
