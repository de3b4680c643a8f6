import json

import numpy as np
import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetching.attempts import Absent
from sunproof.pipeline.ingest.fetching.jsoc import sharp_jobs
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.pipeline.ingest.fetching.server import Answer, fetch_config

KEYS = ["HARPNUM", "T_REC", "NOAA_AR", "NOAA_ARS", "LAT_FWT", "LON_FWT", "QUALITY", "CODEVER7"]


def answer(rows: int = 2, **changes) -> bytes:
    """JSOC's answer to op=rs_list: every value a text."""
    first = dict(
        zip(KEYS, ["377", "2011.02.15_00:00:00_TAI", "11158", "11158", "-20.1", "12.5", "0x00000000", "x"], strict=True)
    )
    keywords = {**first, **{name.upper(): "1.5" for name in SHARP_KEYWORDS}, "R_VALUE": "nan", **changes}
    values = [{"name": name, "values": [value] * rows} for name, value in keywords.items()]
    for column in values:
        if column["name"] == "T_REC":
            column["values"] = [f"2011.02.15_00:{12 * row:02}:00_TAI" for row in range(rows)]
    return json.dumps({"keywords": values, "count": rows, "status": 0, "runtime": 0.1}).encode()


def only_job(tmp_path, url, **changes):
    (job,) = sharp_jobs(fetch_config(tmp_path, url, start="2011-02-15", end="2011-02-16", **changes))
    return job


def test_a_query_is_a_day_in_tai_with_the_condition(tmp_path):
    job = only_job(tmp_path, "http://x/")
    assert job.url == "hmi.sharp_cea_720s[][2011.02.15_00:00:00_TAI/1d][? NOAA_NUM >= 1 ?]"
    assert job.path == "sharp/2011/20110215.csv"


def test_a_month_can_be_one_query(tmp_path):
    config = fetch_config(tmp_path, "http://x/", jsoc={"chunk": "month", "condition": ""})
    assert [job.url for job in sharp_jobs(config)] == ["hmi.sharp_cea_720s[][2015.03.01_00:00:00_TAI/31d]"]


def test_the_answer_is_saved_as_the_source_reads_it(server, tmp_path):
    server.says("/jsoc/jsoc_info?op=rs_list", answer())
    only_job(tmp_path, server.url).get(tmp_path / "a.csv")
    from sunproof.pipeline.sources.sharp import SOURCE

    dataset = SOURCE.read(tmp_path / "a.csv")
    assert dataset["harpnum"].values.tolist() == [377, 377]
    assert dataset["noaa_ar"].values.tolist() == [11158, 11158]
    assert float(dataset["totusjh"][0]) == 1.5
    assert np.isnan(dataset["r_value"]).all()
    # TAI was 34 s ahead of UTC in 2011 (IERS Bulletin C 36)
    assert dataset["time"].values[0] == np.datetime64("2011-02-14T23:59:26")


def test_a_status_is_quoted(server, tmp_path):
    server.says("/jsoc/jsoc_info", json.dumps({"status": 1, "error": "Invalid series hmi.sharq"}).encode())
    with pytest.raises(FetchError, match=r"JSOC refused the query; got 'Invalid series hmi.sharq \[status=1\]'"):
        only_job(tmp_path, server.url).get(tmp_path / "a.csv")


def test_no_records_is_absent(server, tmp_path):
    server.says("/jsoc/jsoc_info", json.dumps({"status": 0, "count": 0}).encode())
    with pytest.raises(Absent, match="no records"):
        only_job(tmp_path, server.url).get(tmp_path / "a.csv")


def test_an_unknown_keyword_is_named(server, tmp_path):
    server.says("/jsoc/jsoc_info", answer(TOTPOT="Invalid KeyLink"))
    with pytest.raises(FetchError, match=r"does not know keywords of the query; got \['TOTPOT'\]"):
        only_job(tmp_path, server.url).get(tmp_path / "a.csv")


def test_a_page_or_a_500_is_tried_again(server, tmp_path):
    server.says("/jsoc/jsoc_info", Answer(b"busy", 500), b"<html>maintenance</html>", answer())
    only_job(tmp_path, server.url).get(tmp_path / "a.csv")
    assert server.asked["/jsoc/jsoc_info"] == 3


def test_a_page_that_stays_is_quoted(server, tmp_path):
    server.says("/jsoc/jsoc_info", b"<html>maintenance</html>")
    with pytest.raises(FetchError, match=r"did not answer in JSON \(3 attempts\); got '<html>maintenance</html>'"):
        only_job(tmp_path, server.url).get(tmp_path / "a.csv")
