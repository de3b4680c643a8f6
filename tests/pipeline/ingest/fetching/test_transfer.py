import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetching.attempts import Absent
from sunproof.pipeline.ingest.fetching.transfer import download, page
from tests.pipeline.ingest.fetching.server import Answer, fetch_config

NETCDF = b"\x89HDF\r\n\x1a\n" + bytes(3000)
HTML = b"\n<!DOCTYPE HTML PUBLIC>\n<title>403 Forbidden</title>\n"


def test_a_file_arrives_as_it_is(server, tmp_path):
    server.says("/a.nc", NETCDF)
    download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")
    assert (tmp_path / "a.nc").read_bytes() == NETCDF


@pytest.mark.parametrize(
    ("kind", "body"),
    [("netcdf", b"CDF\x02" + bytes(9)), ("fits", b"SIMPLE  =                    T"), ("text", b":Product: x\n")],
)
def test_kinds_are_known_by_their_first_bytes(server, tmp_path, kind, body):
    server.says("/a", body)
    download(fetch_config(tmp_path, server.url), f"{server.url}a", tmp_path / "a", kind)
    assert (tmp_path / "a").read_bytes() == body
    other = "netcdf" if kind != "netcdf" else "fits"
    with pytest.raises(FetchError, match=f"the file is of another kind.*wanted a {other} file"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a", tmp_path / "b", other)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_refusal_is_tried_again(server, tmp_path, status):
    server.says("/a.nc", Answer(b"busy", status), Answer(b"busy", status), NETCDF)
    download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")
    assert server.asked["/a.nc"] == 3


def test_a_lasting_refusal_is_reported_with_its_status(server, tmp_path):
    server.says("/a.nc", Answer(b"busy", 500))
    with pytest.raises(FetchError, match=r"a\.nc: the server refused \(3 attempts\); got 'HTTP 500'"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")


def test_a_wrong_request_is_not_repeated(server, tmp_path):
    server.says("/a.nc", Answer(b"no", 400))
    with pytest.raises(FetchError, match="the server refused; got 'HTTP 400'"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")
    assert server.asked["/a.nc"] == 1


def test_a_truncated_body_is_fetched_again(server, tmp_path):
    server.says("/a.nc", Answer(NETCDF[:1000], length=len(NETCDF)), NETCDF)
    download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")
    assert (tmp_path / "a.nc").read_bytes() == NETCDF


def test_a_body_that_stays_truncated_is_an_error(server, tmp_path):
    server.says("/a.nc", Answer(NETCDF[:1000], length=len(NETCDF)))
    with pytest.raises(FetchError, match=r"the transfer failed \(3 attempts\); got .*1000 bytes read"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")


def test_a_web_page_saved_as_data_is_refused_with_its_first_line(server, tmp_path):
    server.says("/a.fits", HTML)
    with pytest.raises(FetchError, match=r"a web page arrived .*; got '<!DOCTYPE HTML PUBLIC>'; wanted a"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.fits", tmp_path / "a.fits", "fits")


def test_another_kind_of_file_is_refused(server, tmp_path):
    server.says("/a.nc", b"SIMPLE  =                    T")
    with pytest.raises(FetchError, match=r"the file is of another kind; got b'SIMPLE  = .*; wanted a netcdf file"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.nc", tmp_path / "a.nc", "netcdf")
    assert server.asked["/a.nc"] == 1


def test_bytes_that_are_no_text_are_refused(server, tmp_path):
    server.says("/a.txt", b"\x1f\x8b\x00\x00")
    with pytest.raises(FetchError, match="the file is not text; got b'"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.txt", tmp_path / "a.txt", "text")


def test_an_empty_file_is_refused(server, tmp_path):
    server.says("/a.txt", b"")
    with pytest.raises(FetchError, match=r"an empty file arrived .*; got '0 bytes'"):
        download(fetch_config(tmp_path, server.url), f"{server.url}a.txt", tmp_path / "a.txt", "text")


def test_a_missing_page_is_absent_not_an_error(server, tmp_path):
    with pytest.raises(Absent, match="HTTP 404"):
        page(fetch_config(tmp_path, server.url), f"{server.url}nothing/")
    assert server.asked["/nothing/"] == 1


def test_a_server_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FetchError, match=r"the transfer failed \(3 attempts\); got 'ConnectionError: .*refused"):
        page(fetch_config(tmp_path, "http://127.0.0.1:9/"), "http://127.0.0.1:9/x")
