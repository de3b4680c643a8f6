import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.verification.cases import make_cases, region_key


def test_cases_carry_labels_and_named_inputs(samples, inputs, names):
    cases = make_cases(samples, inputs, names)
    assert cases.shape == (720, 2, 2)
    assert cases.column("keywords", "usflux").shape == (720, 4)
    np.testing.assert_array_equal(cases.column("region", "flares_m_24h"), inputs["region"][:, 1])


def test_an_unknown_input_is_missing_not_zero(samples):
    assert np.isnan(make_cases(samples).column("region", "flares_c_24h")).all()


def test_recent_flares_of_the_disk_are_the_disks(samples, inputs, names):
    cases = make_cases(samples, inputs, names)
    disk = cases.entity == "full_disk"
    recent = cases.recent_flares("C1.0")
    np.testing.assert_array_equal(recent[disk], inputs["region"][disk, 2])
    np.testing.assert_array_equal(recent[~disk], inputs["region"][~disk, 0])


def test_picked_cases_keep_rows_together(samples, inputs, names):
    cases = make_cases(samples, inputs, names)
    picked = cases.pick(cases.region == 12)
    assert len(picked) == 240
    np.testing.assert_array_equal(picked.inputs["keywords"], inputs["keywords"][2::3])
    np.testing.assert_array_equal(picked.event, cases.event[2::3])


def test_regions_without_a_harp_are_told_apart_by_their_noaa_number(samples):
    samples["harpnum"][1:] = -1
    assert region_key(samples)[:3].tolist() == [-1, -11013, -11014]


def test_samples_without_labels_are_refused(samples):
    with pytest.raises(InputError, match=r"variables are missing; got \['event'\].*Run sunproof label"):
        make_cases(samples.drop_vars("event"))
