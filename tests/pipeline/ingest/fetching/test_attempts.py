import pytest

from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.fetching import attempts
from sunproof.pipeline.ingest.fetching.attempts import Transient, patiently, server_errors
from tests.pipeline.ingest.fetching.server import fetch_config


@pytest.fixture
def waits(monkeypatch):
    waited = []
    monkeypatch.setattr(attempts.time, "sleep", waited.append)
    return waited


def failing(wait=0.0):
    def attempt():
        raise Transient(Problem("busy", "here", 1, "2"), wait)

    return attempt


def test_waits_double_and_end(tmp_path, waits):
    config = fetch_config(tmp_path, "http://x/", retries=3, backoff_seconds=2)
    with pytest.raises(FetchError, match=r"here: busy \(4 attempts\); got 1; wanted 2. Run the same command again"):
        patiently(config, failing())
    assert waits == [2, 4, 8]


@pytest.mark.parametrize(("asked", "waited"), [(30, 30), (1e6, 300)])
def test_a_server_that_asks_for_time_gets_it_within_reason(tmp_path, waits, asked, waited):
    config = fetch_config(tmp_path, "http://x/", retries=1, backoff_seconds=2)
    with pytest.raises(FetchError, match="busy"):
        patiently(config, failing(asked))
    assert waits == [waited]


def test_no_retries_is_one_attempt(tmp_path, waits):
    with pytest.raises(FetchError, match=r"\(1 attempts\)"):
        patiently(fetch_config(tmp_path, "http://x/", retries=0), failing())
    assert waits == []


def test_a_page_instead_of_json_is_quoted():
    import json

    with pytest.raises(Transient, match="did not answer in JSON; got '<html>Maintenance</html>'"), server_errors("u"):
        json.loads("\n<html>Maintenance</html>\n")
