"""HARPs and their NOAA regions."""

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.harp_noaa import SOURCE

from .examples import write


def test_harp_with_two_regions_has_two_records(tmp_path):
    pairs = SOURCE.read(write(tmp_path / "a.txt", "HARPNUM NOAA_ARS", "13299 14100,14101", "1 11067", ""))
    assert list(zip(pairs.harpnum.values.tolist(), pairs.noaa_ar.values.tolist(), strict=True)) == [
        (1, 11067),
        (13299, 14100),
        (13299, 14101),
    ]


@pytest.mark.parametrize("line", ["377", "377 1158", "377 11158;11160", "x 11158"])
def test_line_that_is_no_pair_is_named(tmp_path, line):
    with pytest.raises(InputError, match=f"line 2: not a HARP and its regions; got '{line}'; wanted like: 13299"):
        SOURCE.read(write(tmp_path / "a.txt", "1 11067", line))


def test_simulated_list_says_so(tmp_path):
    assert SOURCE.read(write(tmp_path / "a.txt", "# simulated: 1", "1 11067")).attrs["simulated"] == 1


@pytest.mark.data
def test_the_real_list_reads_whole(data_root):
    pairs = SOURCE.read(data_root / "catalogues" / "HARP_Mapping_to_13306.txt")
    assert pairs.sizes["record"] == 3136
    assert 11158 in pairs.noaa_ar.values[pairs.harpnum.values == 377]
