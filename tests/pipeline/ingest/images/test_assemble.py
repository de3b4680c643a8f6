import json
from pathlib import Path

import pytest

from sunproof.pipeline.errors import ArchiveError, ConfigError
from sunproof.pipeline.ingest.archive import list_groups, open_group
from sunproof.pipeline.ingest.images.assemble import plan_images
from tests.pipeline.ingest.images.build import config_for, write_aia
from tests.pipeline.ingest.images.test_clock import frame


def test_the_inventory_counts_slots_and_reasons(made):
    groups = json.loads(Path(f"{made}.inventory.json").read_text())["groups"]
    assert groups["aia_171"]["slots"]["reasons"] == {"no file": 1, "rejected: eclipse": 1}
    assert (groups["aia_171"]["records"], groups["aia_171"]["unused"], groups["aia_171"]["duplicates"]) == (8, 2, 1)
    assert groups["aia_304"]["slots"]["filled"] == 1


def test_only_configured_groups_are_written(raw, ingest):
    archive = ingest(raw, images={"size": 32, "groups": ["aia_304"]})
    assert list_groups(archive) == ["aia_304"]


def test_a_product_may_have_its_own_grid_and_clock(raw, ingest):
    products = {"aia_304": {"size": 16, "cadence_seconds": 60}}
    archive = ingest(raw, images={"size": 32, "tolerance_seconds": 40, "products": products})
    group = open_group(archive, "aia_304")
    assert group["intensity"].shape[1:] == (16, 16)
    assert group.attrs["cadence_seconds"] == 60


def test_a_second_run_keeps_only_blocks_in_use(raw, ingest):
    archive = ingest(raw)
    write_aia(raw / "raw/aia/0003.fits", 720 * 3)
    ingest(raw)
    kept = list((raw / ".archive.zarr.parts/blocks/aia_171").iterdir())
    assert len(kept) == 2
    assert any(path.samefile(archive / "aia_171/intensity/c/0/0/0") for path in kept)


def test_two_sources_cannot_fill_one_group(tmp_path):
    frames = [frame(0), frame(720, reader="suvi@1")]
    with pytest.raises(ArchiveError, match=r"two sources fill one group; got \['aia@1', 'suvi@1'\]"):
        plan_images(config_for(tmp_path), frames)


def test_a_group_that_no_file_fills_is_named(raw, ingest):
    with pytest.raises(ConfigError, match=r"no file fills these groups; got \['aia_711'\]; wanted .*aia_171"):
        ingest(raw, images={"groups": ["aia_711"]})


def test_an_interval_without_a_frame_is_an_error(raw, ingest):
    with pytest.raises(ConfigError, match=r"no record lies in the interval.*images\.tolerance_seconds of a slot"):
        ingest(raw, start="2015-01-01", end="2015-01-02")
    assert not (raw / "archive.zarr").exists()


def test_an_interval_with_frames_has_all_its_slots(raw, ingest):
    group = open_group(ingest(raw, start="2011-02-14T23:48", end="2011-02-15T00:36"), "aia_171")
    assert group["missing_reason"].values.tolist() == ["no file", "", "", ""]
