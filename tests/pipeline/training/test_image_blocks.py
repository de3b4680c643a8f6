"""Images on their way to the model: lazily, in an order that shares them, the same in every run."""

import numpy as np
import pytest
import torch

from sunproof.models.normaliser import Normaliser
from sunproof.models.prepared import Prepared
from sunproof.pipeline.training.blocks import TensorBlock, loader
from sunproof.pipeline.training.prefetch import Prefetching


class Numbered:
    """The image of row r is its moment's number, three rows a moment."""

    names, shape, signed = ("aia_171",), (1, 1, 4, 4), (False,)

    def __init__(self, rows):
        self.share = np.arange(rows) // 3
        self.latest, self.found = np.zeros(rows, "datetime64[us]"), np.ones((rows, 1, 1), bool)
        self.read_rows = 0

    def read(self, rows):
        self.read_rows += len(rows)
        values = np.broadcast_to(self.share[rows, None, None, None, None], (len(rows), *self.shape)).astype(np.float32)
        return values, np.ones(values.shape, bool)


@pytest.fixture
def images():
    return Numbered(90)


@pytest.fixture
def block(images):
    rows = np.arange(30, 90)
    plain = {"scale": [0.0], "centre": [0.0], "spread": [10.0], "axis": -3}
    given = torch.arange(60.0)[:, None]
    prepared = Prepared({"region": (given, given >= 0)}, torch.ones(60))
    return TensorBlock(prepared, given[..., None], given, {"disk": images}, rows, Normaliser({"disk": plain}))


def test_every_row_meets_its_own_image(block):
    for prepared, events, _ in loader(block, 7, seed=3):
        values, _ = prepared.modalities["disk"]
        expected = torch.div(events[:, 0, 0] + 30, 3, rounding_mode="floor") / 10
        torch.testing.assert_close(values[prepared.index["disk"], 0, 0, 0, 0], expected.clamp(max=10))


def test_an_epoch_reads_each_image_about_once(block, images):
    assert sum(len(batch[1]) for batch in loader(block, 9, seed=0)) == 60
    # batches of whole moments: 20 images, none twice
    assert images.read_rows == 20


def test_the_order_is_that_of_seed_and_epoch(block):
    def order(seed, epoch):
        batches = loader(block, 7, seed)
        batches.sampler.set_epoch(epoch)
        return torch.cat([events[:, 0, 0] for _, events, _ in batches]).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert sorted(order(1, 1)) == list(range(60))


def test_only_images_ask_for_a_thread(block):
    assert isinstance(loader(block, 7), Prefetching)
    assert not isinstance(loader(TensorBlock(block.prepared, block.events, block.counts), 7), Prefetching)


def test_evaluation_takes_no_more_images_than_memory_has_room_for(block, monkeypatch):
    monkeypatch.setattr("sunproof.pipeline.training.blocks._MEMORY", 5 * 16 * 8)
    assert [len(events) for _, events, _ in loader(block, 4096)] == [8] * 7 + [4]


def test_images_left_raw_are_normalised_where_they_arrive(block):
    now = [prepared for prepared, _, _ in loader(block, 7, seed=2, readers=3)]
    later = [block.__class__(**{**vars(block), "deferred": True})[rows] for rows in loader(block, 7, seed=2).order]
    for done, (raw, _, _) in zip(now, later, strict=True):
        assert not done.pending
        assert set(raw.pending) == {"disk"}
        assert raw.modalities["disk"][0].max() > done.modalities["disk"][0].max()
        for ready in (raw.ready(), raw.to("cpu")[torch.arange(len(raw))].ready()):
            assert not ready.pending
            torch.testing.assert_close(ready.modalities["disk"], done.modalities["disk"])


def test_a_normaliser_is_copied_to_a_device_once(block):
    elsewhere = torch.device("meta")
    assert block.normaliser.on(torch.device("cpu")) is block.normaliser
    assert block.normaliser.on(elsewhere) is block.normaliser.on(elsewhere)
    assert block.normaliser.on(elsewhere).disk_scale.device == elsewhere
