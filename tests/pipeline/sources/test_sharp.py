"""SHARP keyword series: parquet, CSV and saved query results."""

import json
import time

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest
import xarray as xr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.sharp import SOURCE, frame_to_dataset
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

from .examples import SHARP_HEADER, SHARP_ROWS, write


def csv(tmp_path, *rows, header=SHARP_HEADER):
    return write(tmp_path / "sharp" / "a.csv", header, *rows)


def query(**columns):
    """An answer of ``drms.Client.query``: objects, JSOC's texts where a value is missing."""
    own = {"HARPNUM": [377], "T_REC": ["2011.02.15_02:00:00_TAI"], "USFLUX": [2.7e22]}
    return pd.DataFrame({**own, **columns})


def test_record_has_vocabulary_names_and_utc(tmp_path):
    data = SOURCE.read(csv(tmp_path, *SHARP_ROWS))
    assert data.time.values[0] == np.datetime64("2011-02-15T01:59:26")
    assert data.t_tai.values[0] == np.datetime64("2011-02-15T02:00:00")
    assert data.usflux.values[0] == np.float32(2.71476e22)
    assert (data.noaa_ar.values[0], data.noaa_ars.values[0]) == (11158, "11158")
    np.testing.assert_allclose([data.latitude[0], data.longitude[0]], [-20.2, 12.8], rtol=1e-6)
    assert data.quality.values.tolist() == [0, 0x400]


def test_nan_card_of_r_value_is_missing_not_zero(tmp_path):
    values = SOURCE.read(csv(tmp_path, *SHARP_ROWS)).r_value.values
    np.testing.assert_array_equal(np.isnan(values), [False, True])


def test_keyword_that_the_file_lacks_is_missing_and_listed(tmp_path):
    data = SOURCE.read(csv(tmp_path, *SHARP_ROWS))
    assert np.isnan(data.meanshr).all()
    assert "meanshr" in data.attrs["absent"]
    assert "usflux" not in data.attrs["absent"]


@pytest.mark.parametrize("missing", ["MISSING", "nan", "-nan", "Invalid KeyLink", ""])
def test_every_spelling_of_missing_is_nan(missing):
    data = frame_to_dataset(query(TOTPOT=[missing], NOAA_AR=[missing], NOAA_ARS=[missing], LON_FWT=[missing]), "query")
    assert np.isnan(data.totpot.values[0])
    assert np.isnan(data.longitude.values[0])
    assert (data.noaa_ar.values[0], data.noaa_ars.values[0]) == (-1, "")


@pytest.mark.parametrize("none", [0, "0", -(2**31), "MISSING"])
def test_patch_without_region_has_number_minus_one(none):
    assert frame_to_dataset(query(NOAA_AR=[none]), "query").noaa_ar.values[0] == -1


@pytest.mark.parametrize(
    ("word", "quality"),
    [
        ("0x00000400", 0x400),
        ("1024", 1024),
        ("0x80000000", -(2**31)),
        (-(2**31), -(2**31)),
        ("MISSING", -1),
        (65536, 65536),
    ],
)
def test_quality_word_keeps_its_32_bits(word, quality):
    assert frame_to_dataset(query(QUALITY=[word]), "query").quality.values[0] == quality


def test_table_without_quality_has_unknown_quality():
    assert frame_to_dataset(query(), "query").quality.values[0] == -1


def test_unsorted_rows_are_sorted_and_repetitions_dropped(tmp_path):
    data = SOURCE.read(csv(tmp_path, SHARP_ROWS[1], SHARP_ROWS[0], SHARP_ROWS[1]))
    assert data.time.to_index().is_monotonic_increasing
    assert data.sizes["record"] == 2
    assert data.attrs["duplicates_dropped"] == 1


def test_conflicting_rows_are_named(tmp_path):
    with pytest.raises(
        InputError, match=r"harpnum=377, time=2011-02-15T01:59:26: two records .*'2.71476e\+22', '9e\+22'"
    ):
        SOURCE.read(csv(tmp_path, SHARP_ROWS[0], SHARP_ROWS[0].replace("2.71476e+22", "9e+22")))


def test_all_problems_of_a_file_are_told_together(tmp_path):
    rows = (SHARP_ROWS[0].replace("59.699", "steep"), SHARP_ROWS[1].replace("2.7e+22", "lots"))
    with pytest.raises(InputError) as caught:
        SOURCE.read(csv(tmp_path, *rows))
    told = [str(problem) for problem in caught.value.problems]
    assert any("record 1, column MEANGAM: not a number; got 'steep'" in text for text in told)
    assert any("record 2, column USFLUX: not a number; got 'lots'" in text for text in told)


def test_value_out_of_range_is_named(tmp_path):
    with pytest.raises(InputError, match=r"record 1 \(harpnum=377.*\), meangam: value out of its valid range; got 597"):
        SOURCE.read(csv(tmp_path, SHARP_ROWS[0].replace("59.699", "597")))


def test_number_too_large_to_keep_is_named(tmp_path):
    with pytest.raises(InputError, match=r"record 1 \(harpnum=377.*\), usflux: value out of its valid range; got inf"):
        SOURCE.read(csv(tmp_path, SHARP_ROWS[0].replace("e+22", "e+52"), SHARP_ROWS[1]))


@pytest.mark.parametrize("stamp", ["2011-02-15T02:00:00Z", "15.02.2011 02:00", "tomorrow"])
def test_time_stamp_that_is_not_tai_is_refused(stamp):
    with pytest.raises(InputError, match=f"record 1, column T_REC: not a TAI time; got '{stamp}'"):
        frame_to_dataset(query(T_REC=[stamp]), "query")


def test_record_without_time_is_refused():
    with pytest.raises(InputError, match="record 1, column T_REC: record without a time; got 'MISSING'"):
        frame_to_dataset(query(T_REC=["MISSING"]), "query")


def test_column_that_must_be_there_is_named():
    with pytest.raises(InputError, match=r"query: T_REC: column is missing; got \['HARPNUM', 'USFLUX'\]; wanted T_REC"):
        frame_to_dataset(query().drop(columns="T_REC"), "query")
    with pytest.raises(InputError, match="no SHARP keyword among the columns; got "):
        frame_to_dataset(query().drop(columns="USFLUX"), "query")


def test_units_row_is_checked_and_left_out(tmp_path):
    units = "-,-,-,-,deg,deg,-,Mx,Degrees,Ergs per cm,Mx"
    assert SOURCE.read(csv(tmp_path, units, *SHARP_ROWS)).sizes["record"] == 2
    with pytest.raises(InputError, match=r"column USFLUX: wrong unit; got 'Wb'; wanted Mx. Convert the column to Mx"):
        SOURCE.read(csv(tmp_path, units.replace("Mx,Deg", "Wb,Deg"), *SHARP_ROWS))


def parquet(tmp_path, unit, **metadata):
    frame = pd.DataFrame({"HARPNUM": [377], "T_REC": pd.to_datetime(["2011-02-15 02:00"]), "USFLUX": [2.7e22]})
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    field = table.schema.field("USFLUX").with_metadata({"units": unit})
    schema = table.schema.set(2, field).with_metadata({**table.schema.metadata, **metadata})
    pyarrow.parquet.write_table(table.cast(schema), tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def test_parquet_declares_units_and_simulation(tmp_path):
    data = SOURCE.read(parquet(tmp_path, "Mx", simulated="1"))
    assert data.attrs["simulated"] == 1
    assert data.time.values[0] == np.datetime64("2011-02-15T01:59:26")
    with pytest.raises(InputError, match=r"a.parquet: column USFLUX: wrong unit; got 'Wb'; wanted Mx"):
        SOURCE.read(parquet(tmp_path, "Wb"))


def test_index_of_a_saved_frame_is_read_as_its_columns(tmp_path):
    frame = pd.read_parquet(parquet(tmp_path, "Mx"))
    frame.set_index(["HARPNUM", "T_REC"]).to_parquet(tmp_path / "b.parquet")
    xr.testing.assert_identical(SOURCE.read(tmp_path / "b.parquet"), SOURCE.read(tmp_path / "a.parquet"))


def test_truncated_parquet_is_refused(tmp_path):
    path = parquet(tmp_path, "Mx")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"a.parquet: truncated or damaged parquet file; got .+. Download it again"):
        SOURCE.read(path)


@pytest.mark.parametrize("layout", ["columns", "records", "jsoc"])
def test_saved_query_reads_in_every_layout(tmp_path, layout):
    frame = query(R_VALUE=["nan"])
    path = tmp_path / "q.json"
    if layout == "jsoc":
        keywords = [{"name": name, "values": list(frame[name])} for name in frame]
        path.write_text(json.dumps({"keywords": keywords, "count": 1, "status": 0}))
    else:
        frame.to_json(path, orient=layout)
    assert SOURCE.read(path).identical(frame_to_dataset(frame, "query"))


@pytest.mark.parametrize("text", ["{", '{"status": 1, "error": "no series"}', '{"keywords": 3}'])
def test_json_that_is_no_query_result_is_refused(tmp_path, text):
    (tmp_path / "q.json").write_text(text)
    with pytest.raises(InputError, match=r"q.json: (not a saved query result|HARPNUM: column is missing); got "):
        SOURCE.read(tmp_path / "q.json")


def test_simulated_table_says_so(tmp_path):
    assert SOURCE.read(csv(tmp_path, SHARP_HEADER, *SHARP_ROWS, header="# simulated: 1")).attrs["simulated"] == 1
    assert "simulated" not in SOURCE.read(csv(tmp_path, *SHARP_ROWS)).attrs


@pytest.mark.data
def test_the_real_archive_reads_whole(data_root):
    begin = time.perf_counter()
    data = SOURCE.read(data_root / "sharp" / "sharp_harps_2010_2019_12min.parquet")
    assert time.perf_counter() - begin < 60
    assert data.sizes["record"] == 1_204_136
    assert np.unique(data.harpnum).size == 1332
    assert int(np.isnan(data.meanshr).sum()) == 4534
    assert set(SHARP_KEYWORDS) <= set(data.variables)
