import io
import json
from functools import cache

import numpy as np
import pytest
import xarray as xr
from astropy.io import fits

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetch import run
from sunproof.pipeline.ingest.fetching.export import export_jobs
from sunproof.pipeline.samples.magnetograms import read_magnetogram, with_magnetograms
from sunproof.pipeline.sources import sharp_recomputed
from sunproof.pipeline.sources.hmi import SOURCE
from tests.pipeline.ingest.fetching.server import Answer, fetch_config
from tests.pipeline.sources.test_sharp_recomputed import SEGMENTS, example

RECORDS = [f"hmi.M_720s[2015.03.01_00:{minute:02}:00_TAI]" for minute in (0, 12, 24)]
LIST, REQUEST, STATUS = (
    "/jsoc/jsoc_info?op=rs_list",
    "/jsoc/jsoc_fetch?op=exp_request",
    "/jsoc/jsoc_fetch?op=exp_status",
)


@cache
def image() -> bytes:
    stream = io.BytesIO()
    fits.PrimaryHDU(np.arange(64, dtype=np.int16).reshape(8, 8)).writeto(stream, checksum=True)
    return stream.getvalue()


def listing(missing: tuple[int, ...] = ()) -> bytes:
    observed = ["MISSING" if number in missing else "2015.03.01_00:00:00_TAI" for number in range(3)]
    keywords = [
        {"name": "T_REC", "values": [record[11:-1] for record in RECORDS]},
        {"name": "T_OBS", "values": observed},
    ]
    recinfo = [{"name": record} for record in RECORDS]
    return json.dumps({"keywords": keywords, "recinfo": recinfo, "count": 3, "status": 0}).encode()


def pending(status: int = 2) -> bytes:
    return json.dumps(
        {"status": status, "requestid": "JSOC_1", "method": "url", "protocol": "fits", "wait": 0}
    ).encode()


def ready(*numbers: int) -> bytes:
    """JSOC's answer to a finished export of these records."""
    data = [{"record": f"{RECORDS[n]}{{magnetogram}}", "filename": f"hmi.M_720s.{n}.magnetogram.fits"} for n in numbers]
    answer = {"status": 0, "requestid": "JSOC_1", "method": "url", "protocol": "fits", "dir": "/SUM1/D1", "data": data}
    return json.dumps({**answer, "count": len(data)}).encode()


def offer(server) -> None:
    server.says(LIST, listing())
    server.says(REQUEST, pending())
    server.says(STATUS, pending(1), ready(0, 1, 2))
    for number in range(3):
        server.says(f"/SUM1/D1/hmi.M_720s.{number}.magnetogram.fits", image())


def config_of(tmp_path, url, **changes):
    series = {"series": "hmi.M_720s", "segments": ["magnetogram"]}
    images = {
        "email": "name@example.org",
        "download_url": url,
        "poll_seconds": 0,
        "exports": {"hmi": [series]},
        **changes.pop("images", {}),
    }
    return fetch_config(tmp_path / "raw", url, products=["hmi"], images=images, **changes)


def test_an_export_arrives_where_the_source_looks(server, tmp_path):
    offer(server)
    run(config_of(tmp_path, server.url))
    found = [path.relative_to(tmp_path / "raw").as_posix() for path in SOURCE.find(tmp_path / "raw")]
    assert found == [f"hmi/hmi.M_720s/hmi.M_720s.2015.03.01_00{m:02}00_TAI.magnetogram.fits" for m in (0, 12, 24)]
    assert server.asked[REQUEST] == 1
    assert server.asked[STATUS] == 2


def test_a_second_run_exports_nothing(server, tmp_path):
    offer(server)
    config = config_of(tmp_path, server.url)
    run(config)
    run(config)
    assert server.asked[REQUEST] == 1
    assert server.asked["/SUM1/D1/hmi.M_720s.1.magnetogram.fits"] == 1


def test_a_file_that_was_lost_is_exported_again(server, tmp_path):
    offer(server)
    config = config_of(tmp_path, server.url)
    run(config)
    lost = SOURCE.find(tmp_path / "raw")[1]
    lost.unlink()
    run(config)
    assert lost.read_bytes() == image()
    assert [server.asked[f"/SUM1/D1/hmi.M_720s.{n}.magnetogram.fits"] for n in range(3)] == [1, 2, 1]


def test_a_missing_record_is_listed_and_not_waited_for(server, tmp_path):
    offer(server)
    server.says(LIST, listing(missing=(1,)))
    server.says(STATUS, ready(0, 2))
    run(config_of(tmp_path, server.url))
    entries = json.loads((tmp_path / "raw/fetch.json").read_text())["files"]
    assert [entry["absent"].split(",")[0] for entry in entries.values() if "absent" in entry] == [
        "JSOC lists the record as MISSING"
    ]
    assert len(SOURCE.find(tmp_path / "raw")) == 2
    assert server.asked[REQUEST] == 1


def test_an_incomplete_export_is_requested_again(server, tmp_path):
    offer(server)
    server.says(STATUS, ready(0, 2), ready(0, 1, 2))
    run(config_of(tmp_path, server.url))
    assert len(SOURCE.find(tmp_path / "raw")) == 3
    assert server.asked[REQUEST] == 2


def test_an_export_that_stays_incomplete_names_a_record_and_keeps_the_rest(server, tmp_path):
    offer(server)
    server.says(STATUS, ready(0, 2))
    with pytest.raises(FetchError, match=r"incomplete \(3 attempts\); got '2 files, without .*00:12:00_TAI\]\{magnet"):
        run(config_of(tmp_path, server.url))
    assert len(SOURCE.find(tmp_path / "raw")) == 2


def test_a_refused_export_is_quoted_once(server, tmp_path):
    offer(server)
    server.says(REQUEST, json.dumps({"status": 4, "error": "series is not exportable"}).encode())
    with pytest.raises(FetchError, match=r"refused the export; got 'series is not exportable \[status=4\]'") as caught:
        run(config_of(tmp_path, server.url))
    assert len(caught.value.problems) == 1
    assert server.asked[REQUEST] == 1


def test_too_many_pending_requests_pass(server, tmp_path):
    offer(server)
    server.says(REQUEST, json.dumps({"status": 7, "error": "you have 3 pending requests"}).encode(), pending())
    run(config_of(tmp_path, server.url))
    assert server.asked[REQUEST] == 2


def test_an_export_that_does_not_end_is_given_up(server, tmp_path):
    offer(server)
    server.says(STATUS, pending(1))
    images = {"export_timeout_seconds": 0.1, "poll_seconds": 0.03}
    with pytest.raises(
        FetchError, match=r"did not finish the export; got 'status 1'; wanted ready after 0.1 s.*JSOC_1"
    ):
        run(config_of(tmp_path, server.url, images=images))


@pytest.mark.parametrize(
    "first",
    [Answer(b"busy", 500), b"<html>maintenance</html>", image()[:2880], Answer(image()[:4000], length=len(image()))],
    ids=["500", "web page", "cut, length as announced", "cut on the way"],
)
def test_what_arrives_damaged_is_fetched_again(server, tmp_path, first):
    offer(server)
    server.says("/SUM1/D1/hmi.M_720s.1.magnetogram.fits", first, image())
    run(config_of(tmp_path, server.url))
    assert SOURCE.find(tmp_path / "raw")[1].read_bytes() == image()


def test_pixels_that_contradict_their_checksum_are_refused(server, tmp_path):
    offer(server)
    damaged = bytearray(image())
    damaged[2880] ^= 1
    server.says("/SUM1/D1/hmi.M_720s.1.magnetogram.fits", bytes(damaged))
    with pytest.raises(FetchError, match=r"D1/.*1.magnetogram.fits: not readable as FITS \(3 .*Datasum verification"):
        run(config_of(tmp_path, server.url))
    assert len(SOURCE.find(tmp_path / "raw")) == 2


def test_a_page_that_stays_is_quoted(server, tmp_path):
    offer(server)
    server.says("/SUM1/D1/hmi.M_720s.1.magnetogram.fits", b"<html>maintenance</html>")
    with pytest.raises(FetchError, match=r"web page arrived instead .*got '<html>maintenance</html>'"):
        run(config_of(tmp_path, server.url))


def test_a_500_while_waiting_does_not_export_again(server, tmp_path):
    offer(server)
    server.says(STATUS, Answer(b"busy", 500), ready(0, 1, 2))
    run(config_of(tmp_path, server.url))
    assert server.asked[REQUEST] == 1


def test_exports_need_an_address(server, tmp_path):
    with pytest.raises(FetchError, match=r"images.email: JSOC exports need a registered address"):
        run(config_of(tmp_path, server.url, images={"email": ""}))


def test_an_interval_is_cut_into_few_exports_of_whole_days(server, tmp_path, monkeypatch):
    queries = []

    def note(config, query):
        queries.append(query)
        return {}

    monkeypatch.setattr("sunproof.pipeline.ingest.fetching.export._list", note)
    series = {"series": "s", "segments": ["image"], "keys_after": "[171]", "cadence": "12m", "scale": "UTC"}
    images = {"exports": {"hmi": [series]}, "ranges": 2}
    assert list(export_jobs(config_of(tmp_path, server.url, images=images, end="2015-03-06"), "hmi")) == []
    assert queries == ["s[2015.03.01_00:00:00_UTC/259200s@12m][171]", "s[2015.03.04_00:00:00_UTC/172800s@12m][171]"]


def offer_patch(server, folder):
    """One record of vector patches, all its segments, as JSOC lists and exports it."""
    record = "hmi.sharp_cea_720s[377][2011.02.15_00:00:00_TAI]"
    path = example(folder)
    keywords = [{"name": name, "values": ["2011.02.15_00:00:00_TAI"]} for name in ("T_REC", "T_OBS")]
    listed = {"keywords": keywords, "recinfo": [{"name": record}], "count": 1, "status": 0}
    server.says(LIST, json.dumps(listed).encode())
    files = {name: path.with_name(path.name.replace(".Br.", f".{name}.")) for name in SEGMENTS}
    data = [{"record": f"{record}{{{name}}}", "filename": file.name} for name, file in files.items()]
    done = {"status": 0, "requestid": "JSOC_1", "method": "url", "protocol": "fits", "dir": "/SUM1/D1", "data": data}
    server.says(REQUEST, pending())
    server.says(STATUS, json.dumps({**done, "count": len(data)}).encode())
    for file in files.values():
        server.says(f"/SUM1/D1/{file.name}", file.read_bytes())
    return path


def test_keywords_are_computed_from_fetched_patches(server, tmp_path):
    original = offer_patch(server, tmp_path / "there")
    images = {"email": "name@example.org", "download_url": server.url, "poll_seconds": 0}
    dates = {"start": "2011-02-15", "end": "2011-02-16"}
    run(fetch_config(tmp_path / "raw", server.url, products=["sharp_cea"], images=images, **dates))
    (path,) = sharp_recomputed.SOURCE.find(tmp_path / "raw")
    assert sharp_recomputed.SOURCE.read(path).identical(sharp_recomputed.SOURCE.read(original))
    # an audit finds them by their names
    cutoff = np.array(["2011-02-15T01"], "datetime64[ns]")
    forecasts = xr.Dataset({"harpnum": ("forecast", [377]), "data_cutoff": ("forecast", cutoff)})
    found = with_magnetograms(forecasts, tmp_path / "raw")
    assert found["magnetogram_reason"].values.tolist() == [""]
    assert found["recomputed_usflux"].item() == pytest.approx(read_magnetogram(original)["recomputed_usflux"])
