import numpy as np
import pytest

from sunproof.pipeline.auditing.config import AuditConfig, ForeignConfig
from sunproof.pipeline.auditing.loading import input_digests, load_batch, open_netcdf
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.receipts import digest_file
from tests.pipeline.auditing.batches import batch
from tests.pipeline.samples.conftest import Maker


def test_hours_stay_numbers_and_texts_stay_texts(tmp_path):
    batch(2).to_netcdf(tmp_path / "f.nc", engine="h5netcdf")
    loaded = load_batch(AuditConfig(forecasts=str(tmp_path / "f.nc")))
    assert loaded["window"].values.tolist() == [24.0, 48.0, 72.0]
    assert loaded["entity"].values.tolist() == ["region", "region"]


def test_every_input_has_its_digest(tmp_path):
    for name in ("f.nc", "s.nc"):
        (tmp_path / name).write_text(name)
    found = input_digests(AuditConfig(forecasts=str(tmp_path / "f.nc"), samples=str(tmp_path / "s.nc")))
    assert found == {"forecasts": digest_file(tmp_path / "f.nc"), "samples": digest_file(tmp_path / "s.nc")}


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such file"), (b"<html>not found</html>", "not readable as netCDF")]
)
def test_a_file_that_is_no_product_is_named(tmp_path, content, message):
    path = tmp_path / "f.nc"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"f.nc: {message}"):
        open_netcdf(path)


def test_a_foreign_table_gets_the_archives_evidence(tmp_path):
    times = np.datetime64("2014-10-19T18:00", "ns") + np.arange(6) * np.timedelta64(1, "h")
    maker = Maker(tmp_path / "archive.zarr").sharp([4698] * 6, times, usflux=np.full(6, 1e23, np.float32))
    maker.harp_noaa([(4698, 12192)]).flares([(np.datetime64("2014-10-19T20:00", "ns"), 2e-5, 12192)])
    (tmp_path / "theirs.csv").write_text("time,region,M\n2014-10-20,12192,40\n")
    table = ForeignConfig(
        classes="cumulative",
        windows="nested",
        goes_scale="operational",
        unit="percent",
        issue_time="time",
        noaa_ar="region",
        wide=[{"column": "M", "threshold": "M1.0", "window": 24}],
    )
    config = AuditConfig(forecasts=str(tmp_path / "theirs.csv"), table=table, archive=str(tmp_path / "archive.zarr"))
    loaded = load_batch(config)
    assert float(loaded["usflux"][0]) == pytest.approx(1e23)
    assert float(loaded["flares_24h"][0]) == 1
