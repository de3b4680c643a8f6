import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.swan_files import Slice
from sunproof.pipeline.interchange.swan_samples import make_samples


def piece(flare, partition=1, region=115, end="2010-08-06T18:24:00"):
    return Slice("x.csv", partition, flare[:1] in ("M", "X"), region, "2010-08-06T06:36:00", end, flare)


@pytest.mark.parametrize(
    ("flare", "event", "flux"),
    [
        ("", [0, 0, 0], 0),
        ("B9.9", [0, 0, 0], 9.9e-7),
        ("C1.0", [1, 0, 0], 1e-6),
        ("M1.0", [1, 1, 0], 1e-5),
        ("X10.2", [1, 1, 1], 1.02e-3),
    ],
)
def test_the_class_in_the_name_is_the_label(flare, event, flux):
    samples = make_samples([piece(flare)])
    assert samples["event"].values[0, :, 0].tolist() == event
    assert samples["largest_flux"].values.tolist() == [[flux]]
    assert samples["window"].values.tolist() == [24.0]
    assert np.isnan(samples["flare_count"].values).all()
    assert samples["label_reason"].values.tolist() == [["number of flares not given"]]


def test_a_sample_is_issued_at_the_last_record_in_utc():
    samples = make_samples([piece("M1.0")])
    for name in ("issue_time", "data_cutoff", "window_start"):
        assert str(samples[name].values[0]) == "2010-08-06T18:23:26.000000000"


def test_partitions_are_the_split():
    samples = make_samples([piece("", number, region=number) for number in (5, 4, 3, 2, 1)])
    assert dict(zip(samples["partition"].values.tolist(), samples["block"].values.tolist(), strict=True)) == {
        1: "train",
        2: "train",
        3: "validation",
        4: "test",
        5: "test",
    }


def test_samples_are_sorted_by_time_and_region():
    late = "2010-08-06T19:24:00"
    samples = make_samples([piece("", region=2, end=late), piece("", region=9), piece("", region=1, end=late)])
    assert samples["harpnum"].values.tolist() == [9, 1, 2]


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        ([piece("M1.0"), piece("")], r"two slices of one region end together; got 'x.csv'; wanted each slice once"),
        ([piece("", partition=6)], r"unknown partition; got 6; wanted one of \[1, 2, 3, 4, 5\]"),
    ],
)
def test_slices_that_cannot_be_samples_are_refused(slices, message):
    with pytest.raises(InputError, match=message):
        make_samples(slices)
