"""What the flare catalogues share."""

import numpy as np
import pytest

from sunproof.pipeline.sources.flares import Flares, to_dataset
from sunproof.pipeline.vocabulary import describe


def flares(*classes, **columns):
    start = np.datetime64("2011-02-15T00:00", "ns") + np.arange(len(classes)) * np.timedelta64(3600 * 10**9, "ns")
    own = {
        "start": start,
        "peak": start + np.timedelta64(600 * 10**9, "ns"),
        "end": start + np.timedelta64(1200 * 10**9, "ns"),
        "goes_class": np.array(classes, dtype=object),
        "noaa_ar": np.full(len(classes), 1158),
        "satellite": np.full(len(classes), 15, dtype=np.int32),
    }
    return Flares(**{**own, **columns})


def test_events_have_every_variable_of_a_catalogue():
    events = to_dataset(flares("C1.0", "X10"), "list", {})
    assert set(events.variables) == {
        "start_time", "peak_time", "end_time", "goes_class", "peak_flux", "goes_scale", "noaa_ar", "satellite",
        "latitude", "longitude", "fluence",
    }  # fmt: skip
    assert events.peak_flux.values.tolist() == [1e-6, 1e-3]
    assert events.noaa_ar.values.tolist() == [11158, 11158]


@pytest.mark.parametrize("empty", ["", "C", "A0.0", "B 0"])
def test_class_without_a_flux_is_left_out(empty):
    events = to_dataset(flares("C1.0", empty, extra={"latitude": np.array([1.0, 2.0])}), "list", {})
    assert events.latitude.values.tolist() == [1.0]
    assert events.attrs["without_class"] == 1


def test_flares_that_differ_in_region_are_two_flares():
    both = flares("C1.0", "C1.0", start=np.full(2, "2011-01-01", "M8[ns]"), peak=np.full(2, "2011-01-01", "M8[ns]"))
    both.noaa_ar[1] = 1160
    assert to_dataset(both, "list", {}).attrs["merged"] == 0


def test_event_keeps_its_vocabulary_units():
    assert describe(to_dataset(flares("C1.0"), "list", {})).peak_flux.attrs["units"] == "W m-2"
