"""What holds for every source of the folder, also for those that are added tomorrow."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.receipts import canonical
from sunproof.pipeline.registry import members
from sunproof.pipeline.sources.base import Source
from sunproof.pipeline.vocabulary import check, describe

from .examples import example_of

SOURCES = members("sunproof.pipeline.sources", "SOURCE")


@pytest.fixture(params=sorted(SOURCES))
def source(request):
    return SOURCES[request.param]


@pytest.fixture
def example(source, tmp_path):
    return example_of(source.name)(tmp_path)


def test_source_is_named_as_its_module(source):
    assert isinstance(source, Source)
    assert SOURCES[source.name] is source


def test_source_finds_its_file_and_no_others(source, example, tmp_path):
    (example.parent / f"{example.name}.receipt.json").write_text("{}")
    (example.parent / f".{example.name}.partial{example.suffix}").write_text("half")
    (example.parent / "fetch.json").write_text("{}")
    assert source.find(tmp_path) == [example]


def test_dataset_passes_the_vocabulary(source, example):
    dataset = source.read(example)
    assert dataset.sizes[source.layout.dim] > 0
    check(describe(dataset), str(example), dict.fromkeys(source.layout.keys, (source.layout.dim,)))


def test_records_are_sorted_and_unique(source, example):
    dataset = source.read(example)
    frame = pd.DataFrame({key: dataset[key].values for key in source.layout.keys})
    assert frame.equals(frame.sort_values(list(source.layout.keys)))
    assert not frame.duplicated().any()


def test_dataset_names_its_archive_group(source, example):
    group = source.read(example).attrs["group"]
    assert group == source.name or group.startswith(source.name.split("_")[0])


def test_reading_again_gives_the_same(source, example):
    assert source.read(example).identical(source.read(example))


def test_source_can_be_sent_to_another_process(source, example):
    copy = pickle.loads(pickle.dumps(source))
    assert copy.read(example).identical(source.read(example))


def test_facts_for_the_receipt_are_plain_json(source, example):
    facts = dict(source.read(example).attrs)
    assert set(json.loads(canonical(facts))) == set(facts)


def test_texts_are_plain_objects_and_times_are_nanoseconds(source, example):
    for name, variable in source.read(example).variables.items():
        assert variable.dtype.kind in "OfibM", name
        if variable.dtype.kind == "M":
            assert variable.dtype == np.dtype("datetime64[ns]"), name


def test_missing_file_is_named(source, tmp_path):
    with pytest.raises(InputError, match=r"gone.txt: no such file; got 'gone.txt'"):
        source.read(tmp_path / "gone.txt")


def test_empty_file_is_refused(source, example):
    example.write_bytes(b"")
    with pytest.raises(InputError, match="the file is empty; got '0 bytes'"):
        source.read(example)


def test_error_page_saved_as_data_is_refused(source, example):
    example.write_text("<!DOCTYPE html><html><title>403 Forbidden</title></html>")
    with pytest.raises(InputError, match="an HTML page, not data; got '<!DOCTYPE html>"):
        source.read(example)


def test_binary_rubbish_is_refused_in_words(source, example):
    example.write_bytes(bytes(range(128, 256)) * 20)
    with pytest.raises(InputError, match=example.name):
        source.read(example)
