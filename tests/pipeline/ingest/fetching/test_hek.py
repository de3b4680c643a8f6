import json

import numpy as np
import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetching.hek import hek_jobs
from tests.pipeline.ingest.fetching.server import Answer, fetch_config

FLARE = {
    "event_starttime": "2015-03-01T01:58:00",
    "event_peaktime": "2015-03-01T02:10:00",
    "event_endtime": "2015-03-01T02:32:00",
    "fl_goescls": "C1.0",
    "ar_noaanum": 12290,
    "hgs_x": -66.0,
    "hgs_y": 19.0,
    "obs_observatory": "GOES",
    "frm_name": "SWPC",
    "event_type": "FL",
}


def page(*flares, more=False) -> bytes:
    return json.dumps({"result": list(flares), "overmax": more}).encode()


def read(path):
    from sunproof.pipeline.sources.flares_hek import SOURCE

    return SOURCE.read(path)


def test_all_pages_are_saved_as_the_source_reads_them(server, tmp_path):
    second = {
        **FLARE,
        "event_starttime": "2015-03-01T03:00:00",
        "event_peaktime": "2015-03-01T03:01:00",
        "ar_noaanum": 0,
    }
    server.says("/hek/her?", page(FLARE, more=True), page({**second, "event_endtime": "2015-03-01T03:05:00"}))
    (job,) = hek_jobs(fetch_config(tmp_path, server.url))
    job.get(tmp_path / "a.json")
    flares = read(tmp_path / "a.json")
    assert flares["goes_class"].values.tolist() == ["C1.0", "C1.0"]
    assert flares["noaa_ar"].values.tolist() == [12290, -1]
    assert flares["peak_time"].values[0] == np.datetime64("2015-03-01T02:10")
    assert (flares.attrs["coverage_start"], flares.attrs["coverage_end"]) == (
        "2015-03-01T00:00:00",
        "2015-04-01T00:00:00",
    )


def test_a_month_without_flares_is_still_covered(server, tmp_path):
    server.says("/hek/her?", page())
    (job,) = hek_jobs(fetch_config(tmp_path, server.url))
    job.get(tmp_path / "a.json")
    assert read(tmp_path / "a.json").sizes["event"] == 0


def test_the_query_asks_for_swpcs_flares_of_the_month(server, tmp_path):
    server.says("/hek/her?", page())
    asked = []
    answer = server.answer
    server.answer = lambda path: asked.append(path) or answer(path)
    (job,) = hek_jobs(fetch_config(tmp_path, server.url))
    job.get(tmp_path / "a.json")
    for term in (
        "event_type=fl",
        "param0=FRM_Name",
        "op0==",
        "value0=SWPC",
        "event_endtime=2015-04-01T00:00:00",
        "page=1",
    ):
        assert term in asked[0], asked


def test_a_failure_is_tried_again(server, tmp_path):
    server.says("/hek/her?", Answer(b"", 503), b"<html>", b"[]", page(FLARE))
    (job,) = hek_jobs(fetch_config(tmp_path, server.url, retries=3))
    job.get(tmp_path / "a.json")
    assert read(tmp_path / "a.json").sizes["event"] == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>down</html>", r"the server did not answer in JSON \(3 attempts\); got '<html>down</html>'"),
        (b'{"error": 7}', r"not an answer of HEK \(3 attempts\); got .*error.*; wanted result and overmax"),
    ],
)
def test_a_failure_that_stays_is_quoted(server, tmp_path, body, message):
    server.says("/hek/her?", body)
    (job,) = hek_jobs(fetch_config(tmp_path, server.url))
    with pytest.raises(FetchError, match=message):
        job.get(tmp_path / "a.json")
