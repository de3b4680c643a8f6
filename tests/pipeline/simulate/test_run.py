import json

import pytest
import xarray as xr

from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.simulate.run import run


@pytest.fixture(scope="module")
def twice(small_config, tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) / "raw" for name in ("one", "same")]
    for folder in folders:
        run(small_config.model_copy(update={"output": folder}))
    return folders


def test_the_same_seed_gives_the_same_bytes(twice):
    assert digest_tree(twice[0]) == digest_tree(twice[1])


def test_truth_lies_beside_the_raw_folder_and_not_in_it(twice):
    assert not list(twice[0].rglob("truth*"))
    with xr.open_dataset(twice[0].parent / "raw_truth" / "truth.nc", engine="h5netcdf") as truth:
        assert truth.attrs["simulated"] == 1
        assert truth.sizes["forecast"] > 24


def test_the_receipt_tells_the_seed_and_the_digest(twice, small_config):
    receipt = json.loads((twice[0].parent / "raw.receipt.json").read_text())
    assert receipt["config"]["seed"] == small_config.seed
    assert receipt["digest"] == digest_tree(twice[0])
    assert receipt["simulated"] == 1


def test_running_again_replaces_the_folder_whole(twice, small_config):
    stray = twice[1] / "stray.txt"
    stray.write_text("left over")
    run(small_config.model_copy(update={"output": twice[1], "truth": None}))
    assert not stray.exists()
    assert digest_tree(twice[0]) == digest_tree(twice[1])


def test_a_folder_of_observations_is_never_replaced(tmp_path, small_config):
    kept = tmp_path / "raw" / "observed.fits"
    kept.parent.mkdir()
    kept.write_text("precious")
    with pytest.raises(ConfigError, match=r"no simulation wrote; got '.*raw'; wanted a new or a simulated folder"):
        run(small_config.model_copy(update={"output": kept.parent}))
    assert kept.read_text() == "precious"


def test_a_run_killed_before_its_receipt_can_be_repeated(tmp_path, small_config):
    config = small_config.model_copy(update={"output": tmp_path / "raw", "truth": None})
    run(config)
    before = digest_tree(tmp_path / "raw")
    (tmp_path / "raw.receipt.json").unlink()
    run(config)
    assert digest_tree(tmp_path / "raw") == before
