"""The clauses of docs/archive.md about patches."""

import json
import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.receipts import digest_bytes, digest_tree
from tests.pipeline.ingest.patches.build import write_patch

GROUP = "sharp_br"


def broken(archive: Path) -> set[str]:
    """Numbers of the clauses that the check reports."""
    return {re.search(r"clause (\d+\.\d)", str(problem)).group(1) for problem in check_archive(archive)}


def put(archive: Path, name: str, at: int, value) -> None:
    zarr.open_array(str(archive / GROUP / name), mode="r+")[at] = value


def test_a_made_archive_breaks_no_clause(made_patches):
    assert check_archive(made_patches) == []


@pytest.mark.parametrize("quantity", [None, "field_theta"])
def test_clause_10_1_a_group_says_what_its_pixels_are(copy, quantity):
    path = copy / GROUP / "zarr.json"
    content = json.loads(path.read_text())
    content["attributes"]["quantity"] = quantity
    path.write_text(json.dumps(content))
    assert "10.1" in broken(copy)


def test_clause_10_1_plain_xarray_opens_it(made_patches):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = xr.open_zarr(made_patches, group=GROUP)
    assert found.attrs["layout"] == "patches"
    assert found["field_radial"].dims == ("pixel",)
    assert found["harpnum"].dims == ("record",)


@pytest.mark.parametrize(("name", "at", "value"), [("patch_first", 1, 7), ("patch_rows", 0, 21)])
def test_clause_10_2_patches_follow_each_other(made_patches, copy, name, at, value):
    found = xr.open_zarr(made_patches, group=GROUP)
    sizes = found["patch_rows"].values * found["patch_columns"].values
    np.testing.assert_array_equal(found["patch_first"].values, np.cumsum(sizes) - sizes)
    put(copy, name, at, value)
    assert "10.2" in broken(copy)


def test_clause_10_3_the_digest_of_each_patch_is_noted(made_patches, copy):
    found = xr.open_zarr(made_patches, group=GROUP)
    first, end = found["patch_first"].values[:2]
    values = found["field_radial"].values[first:end].astype("<f4")
    assert found["pixel_digest"].values[0] == digest_bytes(values.tobytes())
    put(copy, "field_radial", 5, 1.0)
    assert broken(copy) == {"10.3"}


def test_clause_10_4_unusable_and_stale_patches_stay_outside(made_patches):
    # Of seven files of this component one is rejected by its quality and one repeats an earlier image.
    found = xr.open_zarr(made_patches, group=GROUP)
    assert found.sizes["record"] == 5
    assert len(found.attrs["receipts"]) == 5


def test_clause_8_2_patches_that_come_later_give_the_same_bytes(raw, made_patches, ingest_patches):
    aside = sorted((raw / "raw/sharp_cea").glob("*.377.20110215_000000_TAI.*"))
    for path in aside:
        shutil.move(path, raw / path.name)
    first = digest_tree(ingest_patches(raw))
    for path in aside:
        shutil.move(raw / path.name, path)
    assert digest_tree(ingest_patches(raw)) == digest_tree(made_patches) != first


def test_clause_7_1_a_patch_given_twice_stands_once(raw, ingest_patches):
    (path,) = (raw / "raw/sharp_cea").glob("*.377.20110215_000000_TAI.Br.fits")
    shutil.copy(path, path.with_name(f"copy.{path.name}"))
    found = xr.open_zarr(ingest_patches(raw), group=GROUP)
    assert (found.sizes["record"], found.attrs["duplicates"], found.attrs["conflicts"]) == (5, 1, 0)


def test_clause_7_2_of_two_that_differ_the_later_is_kept(raw, ingest_patches):
    path = write_patch(raw / "later", "Br", 377, 0, np.full((20, 31), 7.0, np.float32) + np.arange(31))
    path.rename(raw / "raw/sharp_cea" / f"z.{path.name}")
    found = xr.open_zarr(ingest_patches(raw), group=GROUP)
    assert (found.sizes["record"], found.attrs["conflicts"]) == (5, 1)
    assert found["field_radial"].values[1] == 8.0
