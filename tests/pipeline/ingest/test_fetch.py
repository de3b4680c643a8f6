import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.archive import list_groups
from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.ingest.fetch import run
from sunproof.pipeline.ingest.run import run as ingest
from tests.pipeline.ingest.build import config_for
from tests.pipeline.ingest.fetching.server import Answer, fetch_config, serving
from tests.pipeline.ingest.fetching.test_hek import FLARE
from tests.pipeline.ingest.fetching.test_hek import page as hek_page
from tests.pipeline.ingest.fetching.test_jsoc import answer as sharp_answer
from tests.pipeline.ingest.fetching.test_reports import REPORT

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def server():
    with serving() as archive:
        yield archive


def summary(day: int) -> bytes:
    return f":Product: 03{day:02}SRS.txt\n:Issued: 2015 Mar {day:02} 0030 UTC\n".encode()


def offer(server, days: int) -> None:
    for day in range(1, days + 1):
        server.says(f"/srs/2015/03/201503{day:02}SRS.txt", summary(day))


def test_a_second_run_asks_for_nothing(server, tmp_path):
    offer(server, 3)
    config = fetch_config(tmp_path / "raw", server.url, end="2015-03-04", products=["srs"])
    run(config)
    assert (tmp_path / "raw/srs/2015/20150302SRS.txt").read_bytes() == summary(2)
    asked = server.asked.copy()
    run(config)
    assert server.asked == asked


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    offer(server, 2)
    config = fetch_config(tmp_path / "raw", server.url, end="2015-03-03", products=["srs"])
    run(config)
    (tmp_path / "raw/srs/2015/20150302SRS.txt").write_bytes(b"cut")
    run(config)
    assert (tmp_path / "raw/srs/2015/20150302SRS.txt").read_bytes() == summary(2)
    assert server.asked["/srs/2015/03/20150301SRS.txt"] == 1


def test_a_failing_file_does_not_stop_the_others(server, tmp_path, capsys):
    offer(server, 3)
    server.says("/srs/2015/03/20150302SRS.txt", b"<html>Service unavailable</html>")
    config = fetch_config(tmp_path / "raw", server.url, end="2015-03-04", products=["srs"])
    with pytest.raises(FetchError, match=r"20150302SRS.txt: a web page arrived .*Service unavailable"):
        run(config)
    assert sorted(path.name for path in (tmp_path / "raw/srs/2015").iterdir()) == ["20150301SRS.txt", "20150303SRS.txt"]
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "srs" in line]
    assert row.split("│")[2:6] == [" 0             ", " 2       ", " 0                    ", " 1      "]


def test_days_the_source_lacks_are_noted_and_not_asked_again(server, tmp_path):
    offer(server, 1)
    config = fetch_config(tmp_path / "raw", server.url, end="2015-03-03", products=["srs"])
    run(config)
    run(config)
    assert server.asked["/srs/2015/03/20150302SRS.txt"] == 1
    entry = json.loads((tmp_path / "raw/fetch.json").read_text())["files"]["srs/2015/20150302SRS.txt"]
    assert entry["absent"] == "HTTP 404"


def test_an_interval_without_anything_is_an_error(server, tmp_path):
    config = fetch_config(tmp_path / "raw", server.url, products=["srs", "goes_xrs"])
    with pytest.raises(FetchError, match="the sources have nothing for this interval; got '2015-03-01 00:00:00 to"):
        run(config)


def test_a_product_whose_listing_fails_does_not_stop_the_others(server, tmp_path):
    offer(server, 1)
    server.says("/xrs/goes15/xrsf-l2-avg1m_science/2015/03/", Answer(b"", 500))
    with pytest.raises(FetchError, match="the server refused"):
        run(fetch_config(tmp_path / "raw", server.url, products=["goes_xrs", "srs"]))
    assert (tmp_path / "raw/srs/2015/20150301SRS.txt").exists()


def test_a_killed_run_goes_on_where_it_stopped(server, tmp_path):
    offer(server, 28)
    slow = server.answer

    def answer(path):
        time.sleep(0.05)
        return slow(path)

    server.answer = answer
    config = tmp_path / "fetch.yaml"
    raw = tmp_path / "raw"
    settings = fetch_config(raw, server.url, end="2015-03-29", products=["srs"], concurrency=2)
    config.write_text(settings.model_dump_json())
    command = [sys.executable, "-c", "import sys; from sunproof.pipeline.cli import main; sys.exit(main())"]
    child = subprocess.Popen(
        [*command, "fetch", str(config)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while len(list(raw.glob("srs/2015/2*.txt"))) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    arrived = json.loads((raw / "fetch.json").read_text())["files"]
    assert 4 <= len(arrived) < 28
    (raw / "srs/2015/.20150328SRS.txt.0.partial").write_bytes(b"half")
    server.asked.clear()
    run(settings)
    assert len(list(raw.glob("srs/2015/2*.txt"))) == 28
    assert not list(raw.rglob("*.partial"))
    assert not any(server.asked[f"/srs/2015/03/{Path(path).name}"] for path in arrived)


def test_the_command_ends_with_two_and_tells_every_failure(server, tmp_path, capsys):
    config = tmp_path / "fetch.yaml"
    server.says("/srs/2015/03/20150301SRS.txt", Answer(b"", 500))
    config.write_text(fetch_config(tmp_path / "raw", server.url, products=["srs"]).model_dump_json())
    assert main(["fetch", str(config)]) == 2
    assert "20150301SRS.txt: the server refused (3 attempts); got 'HTTP 500'" in capsys.readouterr().err


def test_what_was_fetched_is_ingested(server, tmp_path):
    from sunpy.data.test import get_test_filepath

    name = "sci_xrsf-l2-avg1m_g15_d20190102_v1-0-0.nc"
    folder = "/xrs/goes15/xrsf-l2-avg1m_science/2019/01/"
    with open(get_test_filepath("sci_xrsf-l2-avg1m_g15_d20190102_truncated.nc"), "rb") as stream:
        server.says(folder + name, stream.read())
    server.says(folder, f'<a href="{name}">{name}</a>'.encode())
    server.says("/jsoc/jsoc_info", sharp_answer())
    server.says("/hek/her?", hek_page(FLARE))
    server.says("/events/2019/01/20190102events.txt", REPORT.replace("2015 03 01", "2019 01 02").encode())
    server.says(
        "/srs/2019/01/20190102SRS.txt",
        b":Issued: 2019 Jan 02 0030 UTC\nI.  Regions with Sunspots.\nNone\nII. Due\nNone\n",
    )
    run(fetch_config(tmp_path / "raw", server.url, start="2019-01-02", end="2019-01-03"))
    ingest(config_for(tmp_path))
    archive = tmp_path / "archive.zarr"
    assert list_groups(archive) == ["flares_hek", "flares_swpc", "goes15_xrs", "sharp", "srs"]
    assert check_archive(archive) == []
    assert json.loads((tmp_path / "archive.zarr.quarantine.json").read_text()) == []
    assert json.loads((tmp_path / "archive.zarr.inventory.json").read_text())["unread"] == []
