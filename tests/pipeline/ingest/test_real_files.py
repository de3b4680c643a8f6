"""The real sources on real observations: read, merged, valid."""

import json
import shutil

import pytest
import xarray as xr

from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.ingest.run import run
from tests.pipeline.ingest.build import config_for


@pytest.mark.data
def test_catalogues_and_summaries_of_several_years_become_one_archive(tmp_path, data_root):
    catalogues = data_root / "catalogues"
    for source, pattern in (("flares_ngdc", "ngdc_xrs_reports/*201[13]*"), ("srs", "SRS_2010_2019/201[13]*.tar.gz")):
        (tmp_path / "raw" / source).mkdir(parents=True)
        for path in catalogues.glob(pattern):
            shutil.copy(path, tmp_path / "raw" / source)
    flares = sorted((tmp_path / "raw/flares_ngdc").iterdir())
    (tmp_path / "raw/flares_ngdc/cut.txt.gz").write_bytes(flares[0].read_bytes()[:5000])
    run(config_for(tmp_path))
    archive = tmp_path / "archive.zarr"
    assert check_archive(archive) == []
    (refused,) = json.loads((tmp_path / "archive.zarr.quarantine.json").read_text())
    assert refused["path"] == "flares_ngdc/cut.txt.gz"
    attrs = xr.open_zarr(archive, group="flares_ngdc").attrs
    # 2012 was not given: its absence must not read as a year without flares
    assert [stretch[0][:4] for stretch in attrs["coverage"]] == ["2011", "2013"]
    assert len(attrs["receipts"]) == 2
    # the number of lines of the two reports
    assert xr.open_zarr(archive, group="flares_ngdc").sizes["event"] > 3000
