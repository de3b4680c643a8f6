from datetime import datetime

import numpy as np
import pytest

from sunproof.pipeline.errors import FetchError
from sunproof.pipeline.ingest.fetching.reports import event_jobs, events_to_csv, ngdc_jobs, srs_jobs
from tests.pipeline.ingest.fetching.server import fetch_config

DAY = datetime(2015, 3, 1)
# Laid out as SWPC's edited events; the last flares cross midnight, lack a region, and lack a maximum.
REPORT = """\
:Product: 20150301events.txt
:Created: 2015 Mar 04 0357 UT
:Date: 2015 03 01
# Missing data: ////
#Event    Begin    Max       End  Obs  Q  Type  Loc/Frq   Particulars       Reg#
#-------------------------------------------------------------------------------

4080       0158   0210      0232  G15  5   XRA  1-8A      C1.0    1.9E-03   2290
4080       0158   0159      0211  LEA  3   FLA  N19W66    SF                2290

4110 +     0504   0513      0521  G15  5   XRA  1-8A      C3.7    2.6E-03   2290
4110       0508   ////      0509  LEA  C   RSP  027-047   III/1             2290
4200      B2350   0005     A0010  G13  5   XRA  1-8A      M1.2    2.6E-03
4210       2355   ////      2358  G13  5   XRA  1-8A      B9.1
"""


def test_xray_flares_are_saved_as_the_source_reads_them(tmp_path):
    (tmp_path / "a.csv").write_text(events_to_csv(REPORT, DAY, "http://x"))
    from sunproof.pipeline.sources.flares_swpc import SOURCE

    flares = SOURCE.read(tmp_path / "a.csv")
    assert flares["goes_class"].values.tolist() == ["C1.0", "C3.7", "M1.2", "B9.1"]
    assert flares["noaa_ar"].values.tolist() == [12290, 12290, -1, -1]
    assert flares["satellite"].values.tolist() == [15, 15, 13, 13]
    assert flares["peak_time"].values[2] == np.datetime64("2015-03-02T00:05")
    assert flares["end_time"].values[2] == np.datetime64("2015-03-02T00:10")
    assert np.isnat(flares["peak_time"].values[3])
    assert (flares.attrs["coverage_start"], flares.attrs["coverage_end"]) == (
        "2015-03-01T00:00:00",
        "2015-03-02T00:00:00",
    )


def test_a_day_without_flares_is_still_covered(tmp_path):
    quiet = "\n".join(line for line in REPORT.splitlines() if "XRA" not in line)
    (tmp_path / "a.csv").write_text(events_to_csv(quiet, DAY, "http://x"))
    from sunproof.pipeline.sources.flares_swpc import SOURCE

    assert SOURCE.read(tmp_path / "a.csv").sizes["event"] == 0


def test_a_report_of_another_day_is_refused():
    with pytest.raises(
        FetchError, match="not the event report of this day; got ':Date: 2015 03 01'; wanted 2015 03 02"
    ):
        events_to_csv(REPORT, datetime(2015, 3, 2), "http://x")


def test_a_flare_that_cannot_be_read_is_quoted_with_its_line():
    with pytest.raises(
        FetchError, match=r"line 8: an X-ray flare that cannot be read; got '4080 .* XRA  1-8A      Q1\.0"
    ):
        events_to_csv(REPORT.replace("C1.0", "Q1.0"), DAY, "http://x")


def test_daily_and_yearly_reports_come_from_their_places(server, tmp_path):
    config = fetch_config(tmp_path, server.url, end="2015-03-03")
    assert [job.url.removeprefix(server.url) for job in srs_jobs(config)] == [
        "srs/2015/03/20150301SRS.txt",
        "srs/2015/03/20150302SRS.txt",
    ]
    assert [job.path for job in event_jobs(config)] == [
        "flares_swpc/2015/20150301.csv",
        "flares_swpc/2015/20150302.csv",
    ]
    (report,) = ngdc_jobs(config)
    assert report.url == f"{server.url}ngdc/goes-xrs-report_2015_modifiedreplacedmissingrows.txt"


def test_a_report_is_kept_as_delivered(server, tmp_path):
    server.says("/srs/2015/03/20150301SRS.txt", b":Product: 0301SRS.txt\r\n")
    (job,) = srs_jobs(fetch_config(tmp_path, server.url))
    job.get(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b":Product: 0301SRS.txt\r\n"
