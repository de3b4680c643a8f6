import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetching.xrs import xrs_jobs
from tests.pipeline.ingest.fetching.server import Answer, fetch_config


def listing(*names) -> bytes:
    return "\n".join(f'<a href="{name}">{name}</a>' for name in names).encode()


def name(day: str, version: str, satellite: int = 15) -> str:
    return f"sci_xrsf-l2-avg1m_g{satellite:02}_d{day}_v{version}.nc"


def test_the_newest_version_of_each_day_of_the_interval_is_chosen(server, tmp_path):
    names = [
        name("20150228", "1-0-0"),
        name("20150301", "1-0-0"),
        name("20150301", "1-10-0"),
        name("20150301", "1-9-0"),
    ]
    server.says("/xrs/goes15/xrsf-l2-avg1m_science/2015/03/", listing(*names, name("20150302", "1-0-0"), "readme.pdf"))
    (job,) = xrs_jobs(fetch_config(tmp_path, server.url))
    assert job.path == "goes_xrs/goes15/2015/sci_xrsf-l2-avg1m_g15_d20150301_v1-10-0.nc"
    assert job.url == f"{server.url}xrs/goes15/xrsf-l2-avg1m_science/2015/03/{name('20150301', '1-10-0')}"


def test_goes_16_lies_on_the_other_server(server, tmp_path):
    folder = "/goesr/goes16/l2/data/xrsf-l2-avg1m_science/2017/09/"
    server.says(folder, listing(name("20170906", "2-2-0", 16)))
    config = fetch_config(
        tmp_path,
        server.url,
        start="2017-09-06T12:00",
        end="2017-09-07",
        xrs={"base_url": f"{server.url}xrs/", "base_url_r": f"{server.url}goesr/", "satellites": [15, 16]},
    )
    assert [job.path for job in xrs_jobs(config)] == [f"goes_xrs/goes16/2017/{name('20170906', '2-2-0', 16)}"]


def test_the_file_must_be_netcdf(server, tmp_path):
    folder = "/xrs/goes15/xrsf-l2-avg1m_science/2015/03/"
    server.says(folder, listing(name("20150301", "1-0-0")))
    server.says(folder + name("20150301", "1-0-0"), b"<html>Forbidden")
    (job,) = xrs_jobs(fetch_config(tmp_path, server.url))
    with pytest.raises(FetchError, match=r"a web page arrived instead of the file .*; got '<html>Forbidden'"):
        job.get(tmp_path / "a.nc")


def test_a_listing_that_fails_is_an_error_not_a_month_without_data(server, tmp_path):
    server.says("/xrs/goes15/xrsf-l2-avg1m_science/2015/03/", Answer(b"", 500))
    with pytest.raises(FetchError, match=r"2015/03/: the server refused \(3 attempts\); got 'HTTP 500'"):
        list(xrs_jobs(fetch_config(tmp_path, server.url)))
