import gzip

import pytest

from sunproof.pipeline.ingest.fetch import run
from sunproof.pipeline.ingest.fetching.listings import esp_jobs, gong_jobs
from sunproof.pipeline.sources.gong import SOURCE as GONG
from tests.pipeline.ingest.fetching.server import Answer, fetch_config
from tests.pipeline.ingest.fetching.test_export import image

DAY = "/202501/lebqa250109/"


def gong_config(tmp_path, url, **search):
    images = {"gong_url": url, "searches": {"gong": search}}
    times = {"start": "2025-01-09", "end": "2025-01-09T01:00"}
    return fetch_config(tmp_path / "raw", url, products=["gong"], images=images, **times)


@pytest.fixture
def nso(server):
    """GONG's folders of one day, two of six sites, on loopback."""
    names = [f"lebqa250109t{clock}.fits.gz" for clock in ("0004", "0014", "0024", "0114")]
    server.says(DAY, "".join(f'<a href="{name}">{name}</a>' for name in names).encode())
    server.says("/202501/udbqa250109/", b'<a href="udbqa250109t0013.fits.gz">udbqa250109t0013.fits.gz</a>')
    for path in (*(DAY + name for name in names), "/202501/udbqa250109/udbqa250109t0013.fits.gz"):
        server.says(path, gzip.compress(image()))
    return server


def test_one_magnetogram_a_slot_from_whichever_site_looked_first(nso, tmp_path):
    run(gong_config(tmp_path, nso.url))
    found = [path.name for path in GONG.find(tmp_path / "raw")]
    assert found == ["lebqa250109t0004.fits.gz", "lebqa250109t0024.fits.gz", "udbqa250109t0013.fits.gz"]


def test_sites_can_be_chosen(nso, tmp_path):
    jobs = list(gong_jobs(gong_config(tmp_path, nso.url, sites=["le"], cadence_seconds=0)))
    assert [job.path[-12:-8] for job in jobs] == ["0004", "0014", "0024"]


def test_a_damaged_magnetogram_is_asked_for_again(nso, tmp_path):
    path = DAY + "lebqa250109t0004.fits.gz"
    nso.says(path, Answer(gzip.compress(image())[:-20]), Answer(gzip.compress(image())))
    run(gong_config(tmp_path, nso.url, sites=["le"]))
    assert nso.asked[path] == 2


def test_the_newest_light_curve_of_each_day_is_listed(server, tmp_path):
    versions = ("2011045_006.fit", "2011046_006.fit", "2011046_007.fit.gz", "2011048_007.fit.gz")
    names = [f"esp_L1_{version}" for version in versions]
    server.says("/2011/", "".join(f'<a href="{name}">{name}</a>' for name in names).encode())
    config = fetch_config(
        tmp_path / "raw", server.url, start="2011-02-15", end="2011-02-16", products=["eve_esp"], esp_url=server.url
    )
    assert [job.path for job in esp_jobs(config)] == ["eve_esp/2011/esp_L1_2011046_007.fit.gz"]


def test_the_list_of_harps_is_fetched_again_each_time(server, tmp_path):
    server.says("/harps.txt", b"HARPNUM NOAA_ARS\n377 11158\n", b"HARPNUM NOAA_ARS\n377 11158\n394 11166\n")
    config = fetch_config(
        tmp_path / "raw", server.url, products=["harp_noaa"], jsoc={"harp_url": f"{server.url}harps.txt"}
    )
    run(config)
    run(config)
    assert "394 11166" in (tmp_path / "raw/harp_noaa/all_harps_with_noaa_ars.txt").read_text()
