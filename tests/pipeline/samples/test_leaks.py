"""Every kind of leak is planted once into clean samples, and must be found."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import InputError, LeakError
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.samples.leaks import audit, training_digest

STARTS = {"train": "2013-01-01", "validation": "2014-02-01", "test": "2015-01-01"}
EACH = 40


@pytest.fixture
def samples():
    """Forty regions a block, a sample each, a day apart; every other one flares."""
    size = 3 * EACH
    harp = np.arange(1, size + 1)
    issue = np.concatenate([np.datetime64(start, "ns") + np.arange(EACH) * np.timedelta64(1, "D")
                            for start in STARTS.values()])  # fmt: skip
    columns = {
        "entity": np.full(size, "region", object),
        "harpnum": harp,
        "noaa_ar": harp + 11_000,
        "noaa_ars": (harp + 11_000).astype(str).astype(object),
        "issue_time": issue,
        "data_cutoff": issue.copy(),
        "window_start": issue.copy(),
        "block": np.repeat(np.array([*STARTS], object), EACH),
    }
    dataset = xr.Dataset({name: ("sample", values) for name, values in columns.items()}, attrs={"history_hours": 24})
    event = np.broadcast_to((harp % 2).astype(np.float32)[:, None, None], (size, 1, 2))
    dataset["event"] = (("sample", "threshold", "window"), event.copy())
    return dataset.assign_coords(threshold=np.array(["C1.0"], object), window=[24.0, 48.0])


@pytest.fixture
def inputs(samples):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(samples.sizes["sample"], 3, 2)).astype(np.float32)
    latest = samples["data_cutoff"].to_numpy().astype("datetime64[us]")
    return Inputs({"keywords": (values, values < 9)}, {"keywords": ("usflux", "totusjh")}, {"keywords": latest})


def test_clean_samples_pass_and_the_table_says_what_was_looked_at(samples, inputs, capsys):
    audit(samples, inputs, training_digest(samples))
    printed = capsys.readouterr().out
    assert "normaliser fitted on other rows" in printed
    assert "label derivable from a column" in printed


def test_a_patch_in_two_blocks_is_found(samples):
    samples["harpnum"][EACH] = 1
    with pytest.raises(LeakError, match=r"train and validation: region on both sides; got '1 HARPs, e.g. \[1\]'"):
        audit(samples)


def test_a_region_number_in_two_blocks_is_found(samples):
    samples["noaa_ars"][2 * EACH] = "12999,11001"
    with pytest.raises(LeakError, match=r"train and test: .*1 NOAA regions, e.g. \['11001'\]"):
        audit(samples)


def test_a_label_window_that_reaches_into_another_blocks_inputs_is_found(samples):
    close = np.datetime64("2013-02-09", "ns") + np.timedelta64(71, "h")
    for name in ("issue_time", "data_cutoff", "window_start"):
        samples[name][EACH] = close
    with pytest.raises(LeakError, match=r"validation against train: label window.*1 samples, issued 2013-02-11T23:00"):
        audit(samples)


def test_samples_just_far_enough_apart_pass(samples):
    far = np.datetime64("2013-02-09", "ns") + np.timedelta64(72, "h")
    for name in ("issue_time", "data_cutoff", "window_start"):
        samples[name][EACH] = far
    assert audit(samples) is None


def test_what_is_learnt_from_beyond_the_longest_window_needs_a_wider_gap(samples):
    far = np.datetime64("2013-02-09", "ns") + np.timedelta64(72, "h")
    for name in ("issue_time", "data_cutoff", "window_start"):
        samples[name][EACH] = far
    assert audit(samples, ahead_hours=48) is None
    with pytest.raises(LeakError, match=r"validation against train: label window.*wanted 24 h of history and 49 h"):
        audit(samples, ahead_hours=49)


def test_a_random_split_is_found(samples):
    samples["block"] = ("sample", np.random.default_rng(0).permutation(samples["block"].to_numpy()))
    with pytest.raises(LeakError, match="label window reaches into another block"):
        audit(samples)


def test_the_full_disk_must_wait_a_rotation(samples):
    samples["entity"][[EACH - 1, EACH]] = "full_disk"
    for name in ("issue_time", "data_cutoff", "window_start"):
        samples[name][EACH] = np.datetime64("2013-02-09", "ns") + np.timedelta64(26, "D")
    with pytest.raises(LeakError, match="wanted full-disk samples 27 days apart"):
        audit(samples)


def test_a_normaliser_fitted_on_other_rows_is_found(samples):
    other = training_digest(samples.assign(block=("sample", np.full(samples.sizes["sample"], "train", object))))
    with pytest.raises(LeakError, match=f"normaliser: normaliser fitted on other rows; got '{other}'; wanted sha256"):
        audit(samples, normaliser_digest=other)


def test_the_digest_depends_on_every_key(samples):
    digests = {training_digest(samples)}
    for name, value in (("harpnum", 999), ("noaa_ar", 7), ("entity", "full_disk")):
        changed = samples.copy(deep=True)
        changed[name][0] = value
        digests.add(training_digest(changed))
    later = samples.assign(issue_time=samples["issue_time"] + np.timedelta64(1, "h"))
    assert len(digests | {training_digest(later)}) == 5


def test_a_repeated_key_is_found(samples):
    doubled = xr.concat([samples, samples.isel(sample=[0])], "sample", data_vars="minimal")
    with pytest.raises(LeakError, match=r"2 rows share a key, e.g. region, 1, 11001, 2013-01-01"):
        audit(doubled)


def test_a_record_copied_into_another_block_is_found(samples, inputs):
    inputs.modalities["keywords"][0][EACH] = inputs.modalities["keywords"][0][0]
    with pytest.raises(LeakError, match="train and validation: record twice; got '1 identical keyword histories'"):
        audit(samples, inputs)


def test_constant_histories_are_not_taken_for_copies(samples, inputs):
    inputs.modalities["keywords"][0][[0, EACH]] = 0
    assert audit(samples, inputs) is None
    inputs.modalities["keywords"][0][[0, EACH], 0] = 1
    with pytest.raises(LeakError, match="record twice; got '1 identical keyword histories'"):
        audit(samples, inputs)


def test_an_input_from_the_future_is_found(samples, inputs):
    inputs.latest["keywords"][3] += np.timedelta64(1, "s")
    with pytest.raises(LeakError, match=r"inputs keywords: value from the future; got '1 rows, e.g. row 3: 2013-01-04"):
        audit(samples, inputs)


def test_rows_without_any_input_have_no_future(samples, inputs):
    inputs.latest["keywords"][3] = np.datetime64("NaT", "us")
    assert audit(samples, inputs) is None


@pytest.mark.parametrize("later", ["issue_time", "window_start"])
def test_a_cutoff_after_the_forecast_is_found(samples, later):
    samples[later][5] = samples["data_cutoff"][5] - np.timedelta64(1, "m")
    with pytest.raises(LeakError, match=f"1 rows, the first is row 5'; wanted data_cutoff not later than {later}"):
        audit(samples)


def test_the_label_among_the_columns_is_found(samples, inputs):
    inputs.modalities["keywords"][0][:, 1, 1] = 5 - 3 * samples["event"].to_numpy()[:, 0, 0]
    with pytest.raises(LeakError, match=r"keywords values, step 1, totusjh: .*AUC 0.0000 for C1.0 in 24 h"):
        audit(samples, inputs)


def test_a_pattern_of_missing_values_that_tells_the_label_is_found(samples, inputs):
    values, mask = inputs.modalities["keywords"]
    mask = mask.copy()
    mask[:, 0, 0] = samples["event"].to_numpy()[:, 0, 0] == 1
    planted = replace(inputs, modalities={"keywords": (values, mask)})
    with pytest.raises(LeakError, match=r"keywords mask, step 0, usflux: .*AUC 1.0000"):
        audit(samples, planted)


def test_all_leaks_are_told_together(samples, inputs):
    samples["harpnum"][EACH] = 1
    inputs.latest["keywords"][3] += np.timedelta64(1, "s")
    with pytest.raises(LeakError, match=r"(?s)region on both sides.*value from the future") as raised:
        audit(samples, inputs, "sha256:0")
    assert len(raised.value.problems) == 3


def test_inputs_of_other_samples_are_refused(samples, inputs):
    with pytest.raises(InputError, match="got '120 inputs for 119 samples'"):
        audit(samples.isel(sample=slice(1, None)), inputs)


class Stacks:
    """Images whose mean is what a test says; one frame a row."""

    names, shape, signed = ("aia_171",), (1, 1, 4, 4), (False,)

    def __init__(self, means, found=True):
        self.means, self.share = np.asarray(means, np.float32), np.arange(len(means))
        self.found = np.broadcast_to(np.asarray(found).reshape(-1, 1, 1), (len(means), 1, 1))
        self.latest = np.zeros(len(means), "datetime64[us]")
        self.asked = set()

    def read(self, rows):
        self.asked |= {*rows.tolist()}
        values = np.broadcast_to(self.means[rows, None, None, None, None], (len(rows), *self.shape))
        return values, np.broadcast_to(self.found[rows][..., None, None], values.shape)


def with_images(inputs, stacks, latest=None):
    latest = inputs.latest["keywords"] if latest is None else latest
    names, times = {**inputs.names, "disk": stacks.names}, {**inputs.latest, "disk": latest}
    return replace(inputs, names=names, latest=times, lazy={"disk": stacks})


def test_clean_images_pass_and_were_looked_at(samples, inputs):
    stacks = Stacks(np.random.default_rng(2).random(3 * EACH))
    assert audit(samples, with_images(inputs, stacks)) is None
    assert stacks.asked == {*range(3 * EACH)}


def test_an_image_from_after_the_cutoff_is_found(samples, inputs):
    late = inputs.latest["keywords"].copy()
    late[5] += np.timedelta64(1, "m")
    with pytest.raises(LeakError, match=r"inputs disk: value from the future; got '1 rows, e.g. row 5"):
        audit(samples, with_images(inputs, Stacks(np.ones(3 * EACH)), late))


@pytest.mark.parametrize(
    ("part", "where"), [("mean", "disk mean, step 0, aia_171"), ("mask", "disk mask, step 0, aia_171")]
)
def test_images_that_give_the_label_away_are_found(samples, inputs, part, where):
    label = samples["event"].to_numpy()[:, 0, 0]
    stacks = Stacks(label) if part == "mean" else Stacks(np.ones(len(label)), label == 1)
    with pytest.raises(LeakError, match=f"{where}: label derivable from a column"):
        audit(samples, with_images(inputs, stacks))
