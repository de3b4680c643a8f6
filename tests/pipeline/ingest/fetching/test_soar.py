import json

import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetch import run
from sunproof.pipeline.ingest.fetching.soar import eui_jobs
from tests.pipeline.ingest.fetching.server import Answer, fetch_config
from tests.pipeline.ingest.fetching.test_export import image

MINUTES = ("00", "10", "12")
NAMES = [f"solo_L2_eui-fsi174-image_20220401T00{minute}45208_V01.fits" for minute in MINUTES]
TABLE = {
    "metadata": [{"name": "begin_time"}, {"name": "filename"}, {"name": "data_item_id"}],
    "data": [
        [f"2022-04-01T00:{minute}:45.208", name, name.removesuffix("_V01.fits")]
        for minute, name in zip(reversed(MINUTES), reversed(NAMES), strict=True)
    ],
}


def eui_config(tmp_path, url, **search):
    images = {"soar_url": url, "searches": {"eui": {"wavelengths": [174], **search}}}
    times = {"start": "2022-04-01", "end": "2022-04-01T01:00"}
    return fetch_config(tmp_path / "raw", url, products=["eui"], images=images, **times)


@pytest.fixture
def esa(server):
    """Solar Orbiter's archive on loopback: one table, three files."""
    server.says("descriptor='eui-fsi174-image' AND level='L2'", json.dumps(TABLE).encode())
    for name in NAMES:
        server.says(f"data_item_id={name.removesuffix('_V01.fits')}", image())
    return server


def test_images_arrive_one_a_slot_under_their_own_names(esa, tmp_path):
    run(eui_config(tmp_path, esa.url))
    found = sorted(path.name for path in (tmp_path / "raw/eui/2022/04/01").iterdir())
    assert found == [NAMES[0], NAMES[2]]


def test_a_busy_archive_is_asked_again(esa, tmp_path):
    table = "descriptor='eui-fsi174-image' AND level='L2'"
    esa.answers[table].insert(0, Answer(b"busy", 503))
    assert len(list(eui_jobs(eui_config(tmp_path, esa.url, cadence_seconds=0)))) == 3


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"metadata": [], "data": [[1]]}', b'{"metadata": [{"name": "a"}], "data": [[1]]}']
)
def test_another_form_of_answer_is_told(esa, tmp_path, answer):
    esa.says("descriptor='eui-fsi174-image' AND level='L2'", answer)
    with pytest.raises(FetchError, match="SOAR answered in another form"):
        list(eui_jobs(eui_config(tmp_path, esa.url)))
