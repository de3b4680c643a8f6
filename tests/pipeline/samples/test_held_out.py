"""Held-out cases of the project (of the simulated Sun: HARP 3080, NOAA 12077) against small archives."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from sunproof.pipeline.errors import InputError, LeakError
from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.held_out import held_out_regions
from sunproof.pipeline.samples.labels import run
from sunproof.pipeline.samples.leaks import audit
from sunproof.pipeline.samples.writing import KEPT

CASES = Path(__file__).resolve().parents[3] / "cases"
SPLIT = {
    "train_end": "2014-01-01",
    "validation_start": "2014-01-01",
    "validation_end": "2014-10-01",
    "test_start": "2014-10-15",
}
# The case's own patch; one that shares its region; one in the validation block; others.
HARPS = {3080: "2013-02-03", 7: "2013-03-03", 8: "2013-02-03", 9: "2014-06-03", 10: "2014-12-03"}


@pytest.fixture
def labelled(make, tmp_path):
    stamps = [f"{day}T{hour:02d}:30" for day in HARPS.values() for hour in (5, 11, 17)]
    make.sharp([harp for harp in HARPS for _ in range(3)], stamps)
    make.harp_noaa([(3080, 12077), (7, 12077), (7, 12078), (9, 12078), (8, 11000), (10, 12079)])
    make.flares([("2013-02-03T08:00", 2e-6, 12077)])

    def labels(simulated=True, **changes):
        zarr.open_group(str(make.path / "sharp"), mode="r+").attrs["simulated"] = int(simulated)
        run(LabelConfig(archive=make.path, output=tmp_path / "samples.nc", split=SPLIT, full_disk=False, **changes))
        return xr.load_dataset(tmp_path / "samples.nc")

    return labels


def blocks(samples):
    return {harp: set(samples["block"].to_numpy()[samples["harpnum"].to_numpy() == harp]) for harp in HARPS}


def test_regions_of_held_out_cases_are_in_no_block_that_is_learnt_from(labelled):
    before, after = blocks(labelled()), labelled(held_out=CASES)
    assert before == {3080: {"train"}, 7: {"train"}, 8: {"train"}, 9: {"none"}, 10: {"test"}}
    assert blocks(after) == before | {3080: {"none"}, 7: {"none"}}
    reason = after["block_reason"].to_numpy()
    harp = after["harpnum"].to_numpy()
    assert set(reason[np.isin(harp, [3080, 7])]) == {KEPT}
    assert set(reason[harp == 9]) == {"in a gap, or its region is in another block"}
    assert set(reason[np.isin(harp, [8, 10])]) == {""}


def test_numbers_of_the_simulated_sun_are_nobodys_on_the_real_one(labelled):
    assert blocks(labelled(simulated=False, held_out=CASES))[3080] == {"train"}
    assert held_out_regions(CASES, simulated=False) == []


def test_the_leak_audit_names_the_case(labelled):
    cases = held_out_regions(CASES, simulated=True)
    assert [(one.harpnum, one.noaa_ars) for one in cases] == [(3080, (12077,))]
    with pytest.raises(LeakError, match=r"train, case \w{12}: held-out case learnt from.*HARP 3080"):
        audit(labelled(), held_out=cases)
    audit(labelled(held_out=CASES), held_out=cases)


def test_a_folder_that_is_not_there_is_not_taken_for_an_empty_one(labelled, tmp_path):
    with pytest.raises(InputError, match=r"no such folder of cases"):
        labelled(held_out=tmp_path / "none")
