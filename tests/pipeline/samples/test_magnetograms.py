"""Magnetogram patches as evidence: the right record, the right row, and a reason where there is none."""

import shutil

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.samples.magnetograms import read_magnetogram, with_magnetograms
from sunproof.pipeline.vocabulary import check
from tests.models.constraints.build import batch, cells
from tests.models.constraints.test_keywords import RECORD

TIME = np.datetime64("2011-02-15T01:59:26", "ns")  # 02:00:00 TAI
SEGMENTS = ("Br", "Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")


@pytest.fixture(scope="module")
def folder(data_root, tmp_path_factory):
    """The six segments of HARP 377, 2011-02-15 02:00 TAI."""
    place = tmp_path_factory.mktemp("patches")
    for segment in SEGMENTS:
        (source,) = (data_root / "vector_magnetograms" / "files").glob(f"*.{segment}.fits")
        shutil.copy(source, place / source.name)
    return place


@pytest.fixture(scope="module")
def evidence(folder):
    """Three forecasts: at once, seven hours later, and of another HARP."""
    times = np.array([TIME, TIME + np.timedelta64(7, "h"), TIME])
    made = batch([cells(0.9, 0.6, 0.2)] * 3, when=times, harpnum=[377, 377, 378])
    return with_magnetograms(made, folder)


def outcomes(made, name):
    return [Outcome(int(code)) for code in evaluate(made, all_checks([name])).outcome.values[0]]


@pytest.mark.data
def test_a_row_takes_the_latest_record_of_its_harp_and_says_why_it_has_none(evidence):
    assert evidence["magnetogram_time"].values[0] == TIME
    assert np.isnan(evidence["recomputed_usflux"].values).tolist() == [False, True, True]
    assert evidence["magnetogram_reason"].values.tolist() == [
        "",
        "no magnetogram of HARP 377 in the 6 h before the data cut-off",
        "no magnetogram of HARP 378 in the 6 h before the data cut-off",
    ]
    check(evidence, "evidence")


@pytest.mark.data
def test_the_header_of_a_real_record_is_that_of_its_magnetogram(evidence):
    for name in ("D1", "D2"):
        assert outcomes(evidence, name) == [Outcome.PASS, Outcome.NOT_EVALUABLE, Outcome.NOT_EVALUABLE]
    # The old header has no R_VALUE; the shear keyword is not that of a potential field.
    assert outcomes(evidence, "C1")[0] == Outcome.NOT_EVALUABLE
    assert outcomes(evidence, "D3")[0] == Outcome.INFO
    assert float(evidence["meanshr_potential"][0]) == pytest.approx(26.1, abs=0.1)


@pytest.mark.data
def test_energies_and_place_of_a_real_record(evidence):
    assert float(evidence["potential_energy"][0]) == pytest.approx(9.045e32, rel=5e-3)
    assert float(evidence["virial_energy"][0]) == pytest.approx(1.2586e33, rel=2e-3)
    assert np.isnan(evidence["free_energy"].values[0])
    assert float(evidence["longitude"][0]) == pytest.approx(13.2, abs=0.1)
    assert float(evidence["flux_imbalance"][0]) == pytest.approx(0.013, abs=1e-3)
    # The range over origins is wider than the energy itself: the virial theorem says nothing here.
    assert outcomes(evidence, "B3")[0] == outcomes(evidence, "B4")[0] == Outcome.NOT_EVALUABLE
    assert outcomes(evidence, "B5")[0] == Outcome.PASS


@pytest.mark.data
@pytest.mark.parametrize(("factor", "expected"), [(1.0, Outcome.PASS), (1.01, Outcome.INVALID)])
def test_keywords_of_the_batch_stay_and_a_changed_one_is_caught(folder, factor, expected):
    told = RECORD | {"usflux": RECORD["usflux"] * factor, "keyword_time": TIME}
    made = with_magnetograms(batch([cells(0.9, 0.6, 0.2)], when=TIME, harpnum=377, **told), folder)
    assert float(made["usflux"][0]) == told["usflux"]
    assert outcomes(made, "D2") == [expected]


@pytest.mark.data
def test_a_missing_segment_is_an_error_and_a_reason(folder, tmp_path):
    for path in folder.iterdir():
        if ".bitmap." not in path.name:
            shutil.copy(path, tmp_path / path.name)
    with pytest.raises(InputError, match=r"bitmap: segment is missing; got .*bitmap\.fits"):
        read_magnetogram(next(tmp_path.glob("*.Br.fits")))
    made = with_magnetograms(batch([cells(0.9, 0.6, 0.2)], when=TIME, harpnum=377), tmp_path)
    assert "segment is missing" in made["magnetogram_reason"].values[0]


def test_a_folder_without_patches_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no magnetogram patch; got True; wanted files like hmi\.sharp_cea_720s"):
        with_magnetograms(batch([cells(0.9, 0.6, 0.2)]), tmp_path)
