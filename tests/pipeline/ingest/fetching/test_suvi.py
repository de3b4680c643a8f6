import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetch import run
from sunproof.pipeline.ingest.fetching.suvi import suvi_jobs
from tests.pipeline.ingest.fetching.server import Answer, fetch_config
from tests.pipeline.ingest.fetching.test_export import image

DAY = "/goes16/l2/data/suvi-l2-ci171/2020/07/10/"
NAMES = [
    f"dr_suvi-l2-ci171_g16_s20200710T00{minute:02}00Z_e20200710T00{minute + 4:02}00Z_v1-0-1.fits"
    for minute in (0, 4, 12)
]


@pytest.fixture
def noaa(server):
    """NOAA's folder of one day on loopback."""
    server.says(DAY, "".join(f'<a href="{name}">{name}</a>' for name in NAMES).encode())
    for name in NAMES:
        server.says(DAY + name, image())
    return server


def suvi_config(tmp_path, url, **search):
    images = {"suvi_url": url, "searches": {"suvi": {"wavelengths": [171], **search}}}
    times = {"start": "2020-07-10", "end": "2020-07-10T01:00"}
    return fetch_config(tmp_path / "raw", url, products=["suvi"], images=images, **times)


def test_suvi_arrives_one_file_a_slot(noaa, tmp_path):
    run(suvi_config(tmp_path, noaa.url))
    found = sorted(path.name for path in (tmp_path / "raw/suvi/goes16/2020/07/10").iterdir())
    assert found == [NAMES[0], NAMES[2]]


def test_without_a_cadence_every_file_is_listed(noaa, tmp_path):
    jobs = list(suvi_jobs(suvi_config(tmp_path, noaa.url, cadence_seconds=0)))
    assert [job.path for job in jobs] == [f"suvi/goes16/2020/07/10/{name}" for name in NAMES]


def test_a_busy_listing_and_a_busy_file_are_asked_again(noaa, tmp_path):
    noaa.answers[DAY].insert(0, Answer(b"busy", 503))
    noaa.answers[DAY + NAMES[0]].insert(0, Answer(b"busy", 500))
    run(suvi_config(tmp_path, noaa.url))
    assert (tmp_path / "raw/suvi/goes16/2020/07/10" / NAMES[0]).read_bytes() == image()


def test_a_page_in_place_of_an_image_is_quoted(noaa, tmp_path):
    noaa.says(DAY + NAMES[0], b"<html>maintenance</html>")
    with pytest.raises(FetchError, match=r"web page arrived instead .*got '<html>maintenance</html>'"):
        run(suvi_config(tmp_path, noaa.url))
    assert (tmp_path / "raw/suvi/goes16/2020/07/10" / NAMES[2]).is_file()


def test_level_1b_is_named_by_the_day_of_the_year(server, tmp_path):
    folder = "/goes16/l1b/suvi-l1b-he304/2020/07/10/"
    name = "OR_SUVI-L1b-He304_G16_s20201920000123_e20201920000133_c20201920000320.fits.gz"
    server.says(folder, f'<a href="{name}">{name}</a>'.encode())
    (job,) = suvi_jobs(suvi_config(tmp_path, server.url, wavelengths=[304], level="1b"))
    assert job.url == server.url + folder[1:] + name
