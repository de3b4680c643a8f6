import numpy as np
import pytest

from sunproof.pipeline.verification.baselines.climatology import PriorClimatology
from sunproof.pipeline.verification.cases import make_cases


def test_the_frequency_is_that_of_windows_closed_in_the_prior_days(samples):
    cases = make_cases(samples)
    found = PriorClimatology(days=30).fit(cases).predict(cases)
    now, row = cases.issue_time[300], 301
    rows = (cases.entity == "region") & (cases.issue_time + np.timedelta64(24, "h") <= now)
    rows &= cases.issue_time + np.timedelta64(24, "h") > now - np.timedelta64(30, "D")
    event = cases.event[rows, 0, 0]
    known = np.isfinite(event)
    assert found[row, 0, 0] == pytest.approx((event[known].sum() + 0.5) / (known.sum() + 1))


def test_nothing_that_is_still_open_at_issue_is_known(samples):
    cases = make_cases(samples)
    before = PriorClimatology().fit(cases).predict(cases)[300]
    later = samples.copy(deep=True)
    # the 48 h windows of the last three slots before row 300 have not closed when it is issued
    later["event"][291:] = 1
    changed = PriorClimatology().fit(make_cases(later)).predict(cases)[300]
    np.testing.assert_array_equal(before[:, 1], changed[:, 1])


def test_what_closed_after_the_data_cutoff_is_not_known_either(samples):
    def told(of):
        return PriorClimatology().fit(make_cases(of)).predict(make_cases(of))[300]

    late = samples.copy(deep=True)
    late["data_cutoff"] = late["issue_time"] - np.timedelta64(48, "h")
    changed = late.copy(deep=True)
    # row 300 may know what closed two days before its issue: of 24 h windows those of three days before
    known = late["issue_time"].to_numpy() + np.timedelta64(24, "h") <= late["data_cutoff"].to_numpy()[300]
    assert not known[290:].any()
    changed["event"][np.flatnonzero(~known), :, 0] = 1
    np.testing.assert_array_equal(told(late)[:, 0], told(changed)[:, 0])
    assert (told(samples)[:, 0] != told(late)[:, 0]).any()


def test_before_any_window_closed_there_is_no_climatology(samples):
    cases = make_cases(samples)
    found = PriorClimatology().fit(cases).predict(cases)
    assert np.isnan(found[:6]).all()
    assert np.isfinite(found[12:]).all()


def test_an_unfitted_climatology_knows_nothing(samples):
    assert np.isnan(PriorClimatology().predict(make_cases(samples))).all()
