import numpy as np
import pytest

from sunproof.pipeline.errors import InputError, LeakError
from sunproof.pipeline.interchange.surya_flares import check_inputs, read_flares
from sunproof.pipeline.vocabulary import check

HEADER = "max_goes_class,cumulative_index,label_max,label_cum"


@pytest.mark.parametrize("time", ["timestep", "timestamp"])
def test_classes_become_fluxes_so_that_x10_is_above_x2(tmp_path, time):
    rows = ["X2.0,1,1,1", "X10.0,1,1,1", "B8.3,0,0,0", "FQ,0,0,0", "A0.0,0,0,0", ",,,"]
    lines = [f"2011-01-01 {hour:02}:00:00,{row}" for hour, row in enumerate(rows)]
    (tmp_path / "flares.csv").write_text("\n".join([f"{time},{HEADER}", *lines]))
    dataset = read_flares(tmp_path / "flares.csv")
    np.testing.assert_allclose(dataset["largest_flux"].values, [2e-4, 1e-3, 8.3e-7, 0, 0, np.nan])
    assert int(np.nanargmax(dataset["largest_flux"].values)) == 1
    assert max("X2.0", "X10.0") == "X2.0"  # what sorting the texts would have said
    check(dataset, "test")


def test_a_class_that_is_none_is_named(tmp_path):
    (tmp_path / "flares.csv").write_text(f"timestep,{HEADER}\n2011-01-01 00:00:00,Q1.0,0,0,0\n")
    with pytest.raises(InputError, match=r"max_goes_class: not a GOES class; got 'Q1.0'"):
        read_flares(tmp_path / "flares.csv")


def test_a_table_without_labels_is_refused(tmp_path):
    (tmp_path / "flares.csv").write_text("timestep,flux\n2011-01-01 00:00:00,1e-6\n")
    with pytest.raises(InputError, match=r"column is missing; got \['flux', 'timestep'\]; wanted timestep"):
        read_flares(tmp_path / "flares.csv")


def test_the_labels_are_refused_as_inputs_under_any_derived_name():
    check_inputs(["aia171", "xrsb", "flares_24h"])
    with pytest.raises(LeakError, match=r"not an observation; got 'max_goes_class'") as caught:
        check_inputs(["aia171", "max_goes_class", "log_Cumulative_Index_lag1"])
    assert [problem.got for problem in caught.value.problems] == ["max_goes_class", "log_Cumulative_Index_lag1"]
