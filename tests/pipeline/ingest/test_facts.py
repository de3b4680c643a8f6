import pytest

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.facts import common_facts


def test_texts_that_all_files_share_are_common():
    files = [
        ("a", {"TELESCOP": "SDO/AIA", "level": 1, "code": "x", "DATE": "2011"}),
        ("b", {"TELESCOP": "SDO/AIA", "level": 1, "code": "y", "DATE": "2011"}),
    ]
    assert common_facts("aia_171", files) == {"TELESCOP": "SDO/AIA"}


def test_simulated_is_common_although_a_number():
    assert common_facts("g", [("a", {"simulated": 1}), ("b", {"simulated": 1})]) == {"simulated": 1}


def test_simulated_and_real_files_are_not_mixed():
    with pytest.raises(ArchiveError, match="group g: a: simulated and real files are mixed; got 'b'"):
        common_facts("g", [("a", {"simulated": 1}), ("b", {})])
