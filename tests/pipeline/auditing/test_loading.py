import numpy as np
import pytest

from sunproof.pipeline.auditing.config import AuditConfig, ForeignConfig
from sunproof.pipeline.auditing.loading import input_digests, load_batch, open_netcdf
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.receipts import digest_file
from tests.pipeline.auditing.archives import write_archive, write_simulated
from tests.pipeline.auditing.batches import batch
from tests.pipeline.samples.conftest import Maker

TABLE = ForeignConfig(
    classes="cumulative",
    windows="nested",
    goes_scale="operational",
    unit="percent",
    issue_time="time",
    noaa_ar="region",
    wide=[{"column": "M", "threshold": "M1.0", "window": 24}],
)


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
    config = AuditConfig(forecasts=str(tmp_path / "theirs.csv"), table=TABLE, archive=str(tmp_path / "archive.zarr"))
    loaded = load_batch(config)
    assert float(loaded["usflux"][0]) == pytest.approx(1e23)
    assert float(loaded["flares_24h"][0]) == 1


def test_a_foreign_table_gets_what_an_archive_without_records_knows(tmp_path):
    Maker(tmp_path / "archive.zarr").flares([(np.datetime64("2014-10-19T20:00", "ns"), 2e-5, 12192)])
    (tmp_path / "theirs.csv").write_text("time,region,M\n2014-10-20,12192,40\n")
    config = AuditConfig(forecasts=str(tmp_path / "theirs.csv"), table=TABLE, archive=str(tmp_path / "archive.zarr"))
    loaded = load_batch(config)
    assert float(loaded["flares_24h"][0]) == 1
    assert np.isnan(loaded["usflux"]).all()


def test_forecasts_are_not_judged_by_an_archive_of_another_sun(tmp_path):
    for made, seen in ((0, 1), (1, 0)):
        path, archive = str(tmp_path / f"f{made}.nc"), str(write_archive(tmp_path / f"a{seen}.zarr", simulated=seen))
        batch(2).assign_attrs(simulated=made).to_netcdf(path, engine="h5netcdf")
        told = {path: ("real", "simulated")[made], archive: ("real", "simulated")[seen]}
        with pytest.raises(InputError) as error:
            load_batch(AuditConfig(forecasts=path, archive=archive))
        assert f"forecasts and archive of the real and a simulated Sun; got {told}; wanted one Sun" in str(error.value)


def test_a_table_judged_by_a_simulated_archive_is_marked(tmp_path):
    (tmp_path / "theirs.csv").write_text("time,region,M\n2014-10-20,12192,40\n")
    forecasts, archive = str(tmp_path / "theirs.csv"), str(write_simulated(tmp_path / "archive.zarr"))
    assert load_batch(AuditConfig(forecasts=forecasts, table=TABLE)).attrs["simulated"] == 0
    assert load_batch(AuditConfig(forecasts=forecasts, table=TABLE, archive=archive)).attrs["simulated"] == 1


def test_a_table_that_says_it_is_simulated_is_not_judged_by_the_real_sun(tmp_path):
    (tmp_path / "theirs.csv").write_text("# simulated: 1\ntime,region,M\n2014-10-20,12192,40\n")
    archive = str(write_archive(tmp_path / "archive.zarr"))
    with pytest.raises(InputError, match=r"theirs\.csv': 'simulated', .*'real'\}; wanted one Sun"):
        load_batch(AuditConfig(forecasts=str(tmp_path / "theirs.csv"), table=TABLE, archive=archive))
