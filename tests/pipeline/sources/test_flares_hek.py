"""Flares of the Heliophysics Event Knowledgebase."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table
from astropy.time import Time

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.flares_hek import SOURCE, table_to_dataset

from .examples import HEK_HEADER, HEK_ROWS, write

COVERAGE = {"coverage_start": "2011-02-15T00:00:00", "coverage_end": "2011-02-16T00:00:00"}


def frame():
    return pd.read_csv(io.StringIO("\n".join([HEK_HEADER, *HEK_ROWS])))


def table():
    """As sunpy answers: times as Time, the rest as columns with masks."""
    result = Table.from_pandas(frame())
    for name in ("event_starttime", "event_peaktime", "event_endtime"):
        result[name] = Time([str(text) for text in result[name]], scale="utc")
    result["ar_noaanum"] = MaskedColumn([11158, 0], mask=[False, True])
    return result


def test_event_has_vocabulary_names(tmp_path):
    event = SOURCE.read(write(tmp_path / "hek.csv", HEK_HEADER, *HEK_ROWS)).isel(event=0)
    assert event.peak_time.values == np.datetime64("2011-02-15T01:56")
    assert (event.goes_class.item(), event.noaa_ar.item(), event.satellite.item()) == ("X2.2", 11158, -1)
    assert (event.latitude.item(), event.longitude.item()) == (-20, 12)
    assert event.goes_scale.item() == "operational"  # nothing else flew in 2011


def test_event_after_the_launch_of_goes_16_has_an_unknown_scale(tmp_path):
    row = HEK_ROWS[0].replace("2011-", "2022-")
    assert SOURCE.read(write(tmp_path / "hek.csv", HEK_HEADER, row)).goes_scale.values[0] == "unknown"


def test_region_zero_is_none(tmp_path):
    assert SOURCE.read(write(tmp_path / "hek.csv", HEK_HEADER, *HEK_ROWS)).noaa_ar.values.tolist() == [11158, -1]


@pytest.mark.parametrize("form", ["csv", "ecsv", "records.json", "columns.json", "hek.json"])
def test_saved_results_of_every_form_are_the_same(tmp_path, form):
    path = tmp_path / f"result.{form}"
    if form == "csv":
        frame().to_csv(path)
    elif form == "ecsv":
        table().write(path, format="ascii.ecsv")
    elif form == "hek.json":
        path.write_text(json.dumps({"result": frame().to_dict("records"), "overmax": False, **COVERAGE}))
    else:
        frame().to_json(path, orient=form.split(".")[0])
    assert SOURCE.read(path).identical(table_to_dataset(frame(), "search"))


def test_table_of_sunpy_reads_like_its_saved_form():
    assert table_to_dataset(table(), "search", COVERAGE).identical(table_to_dataset(frame(), "search", COVERAGE))


def test_events_of_other_methods_are_left_out_and_counted():
    both = pd.concat([frame(), frame().assign(frm_name="SSW Latest Events", ar_noaanum=0)], ignore_index=True)
    events = table_to_dataset(both, "search")
    assert events.sizes["event"] == 2
    assert events.attrs["other_methods"] == 2


def test_event_without_class_is_no_goes_flare():
    events = table_to_dataset(frame().assign(fl_goescls=["X2.2", ""]), "search")
    assert events.sizes["event"] == 1
    assert events.attrs["without_class"] == 1


def test_empty_search_keeps_its_interval():
    events = table_to_dataset(Table(), "search", COVERAGE)
    assert events.sizes["event"] == 0
    assert events.attrs["coverage_end"] == "2011-02-16T00:00:00"


def test_missing_column_is_named():
    with pytest.raises(InputError, match=r"search: fl_goescls: column is missing; got \['ar_noaanum', "):
        table_to_dataset(frame().drop(columns="fl_goescls"), "search")


def test_all_problems_are_told_together():
    wrong = frame().assign(event_peaktime=["15/02/2011", "soon"], hgs_x=["west", "0"])
    with pytest.raises(InputError, match="column hgs_x: not a number; got 'west'") as caught:
        table_to_dataset(wrong, "search")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(("name", "kind"), [("a.ecsv", "an ECSV table"), ("a.json", "a saved HEK result")])
def test_file_that_is_no_result_is_refused(tmp_path, name, kind):
    (tmp_path / name).write_text("{[")
    with pytest.raises(InputError, match=f"{name}: not {kind}; got "):
        SOURCE.read(tmp_path / name)
