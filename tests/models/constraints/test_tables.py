"""Reference tables: what they hold, how they are looked up, and that they are what the region-days say."""

import re

import numpy as np
import pandas as pd
import pytest

from sunproof.models.constraints.tables import base_rates, bin_keys, load_table, on_scale, smoothed_odds, wilson


@pytest.mark.parametrize(("flares", "size"), [(0, 22197), (1, 3058), (3, 962), (8, 573), (16, 16), (99, 16)])
def test_bins_of_the_history_are_found_by_their_largest_number(flares, size):
    rates = base_rates("history", bin_keys("history", np.array([float(flares)])), ["M1.0"], "operational")
    assert rates.size.tolist() == [size]


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        ("mcintosh", "AXX", (0.032, 0.002, 0.0)),
        ("mcintosh", "DKI", (0.594, 0.161, 0.036)),
        ("mcintosh", "FKC", (0.882, 0.411, 0.088)),
        ("hale", "ALPHA", (0.057, 0.005, 0.0003)),
        ("hale", "BETA-GAMMA-DELTA", (0.803, 0.376, 0.0734)),
        ("area", 1000, (0.80, 0.302, 0.061)),
        ("history", 8, (0.85, 0.360, 0.059)),
    ],
)
def test_tables_reproduce_published_frequencies(table, key, expected):
    days, *flares = load_table(table)["rows"][key]
    np.testing.assert_allclose(np.array(flares) / days, expected, atol=6e-3, rtol=2e-3)


@pytest.mark.parametrize("table", ["mcintosh", "hale", "area"])
def test_tables_count_every_region_day_once(table):
    rows = np.array(list(load_table(table)["rows"].values()))
    assert rows[:, 0].sum() == 33516
    assert rows[:, 3].sum() == 126
    assert (np.diff(rows, axis=1) <= 0).all()


def test_wilson_intervals_reproduce_published_ones():
    days, _, m_days, x_days = load_table("mcintosh")["rows"]["AXX"]
    low, high = wilson(m_days / days, days)
    assert (low.round(3), high.round(3)) == (0.001, 0.004)
    assert wilson(x_days / days, days)[0] == 0
    assert wilson(x_days / days, days)[1] == pytest.approx(0.0012, abs=1e-4)


def test_an_unknown_scale_allows_what_either_scale_allows():
    operational, science = (on_scale(0.1, "operational", name)[0] for name in ("operational", "science"))
    assert operational == pytest.approx(0.1)
    assert science == pytest.approx(1 - 0.9**1.415, rel=1e-3)
    assert on_scale(0.1, "operational", "unknown") == (operational, science)


@pytest.mark.data
def test_tables_are_what_the_region_days_say(data_root):
    days = pd.read_csv(data_root / "catalogues/hayesla_AR_flare_ml_23_24.csv.gz", index_col=0)
    flares = days[["C+", "M+", "X+"]].gt(0).astype(int)

    def counted(keys):
        return {key: [int((keys == key).sum()), *flares[keys == key].sum().tolist()] for key in keys.dropna().unique()}

    assert counted(days.McIntosh.str.upper()) == load_table("mcintosh")["rows"]
    assert counted(days.MAGTYPE.str.upper()) == load_table("hale")["rows"]
    area = pd.Series(bin_keys("area", days.AREA.to_numpy(float)), index=days.index)
    assert counted(area) == load_table("area")["rows"]
    days["day"] = pd.to_datetime(days["AR issue_date"]).dt.floor("D")
    before = days[["day", "noaa_ar", "C+"]].assign(day=days.day + pd.Timedelta(days=1))
    joined = days[["day", "noaa_ar"]].reset_index().merge(before, on=["day", "noaa_ar"]).set_index("index")
    history = pd.Series(bin_keys("history", joined["C+"].to_numpy(float)), index=joined.index)
    assert counted(history.reindex(days.index)) == load_table("history")["rows"]


def test_unknown_keys_and_classes_have_no_frequency():
    rates = base_rates("hale", np.array(["BETA", "?"]), ["M1.0", "M5.0"], "operational")
    assert rates.size.tolist() == [19206, 0]
    np.testing.assert_array_equal(np.isnan(rates.low), [[False, True], [True, True]])
    assert np.isnan(smoothed_odds("hale", np.array(["?"]), 20)).all()


def test_smoothing_pulls_a_rare_class_to_the_mean():
    mean = smoothed_odds("hale", np.array(["GAMMA"]), 1e9)[0]
    rare = smoothed_odds("hale", np.array(["GAMMA"]), 20)[0]
    common = smoothed_odds("hale", np.array(["BETA"]), 20)[0]
    np.testing.assert_allclose(1 / (1 + np.exp(-mean)), [0.188, 0.036, 0.0038], rtol=0.02)
    assert abs(rare[1] - mean[1]) < 1.5
    np.testing.assert_allclose(1 / (1 + np.exp(-common)), [0.164, 0.0211, 0.0011], rtol=0.02)


@pytest.mark.parametrize("name", ["area", "full_disk", "hale", "history", "mcintosh", "prior"])
def test_every_table_states_its_source_period_and_scale(name):
    table = load_table(name)
    assert "SWPC" in table["source"]
    assert re.search(r"(19|20)\d\d-\d\d-\d\d to (19|20)\d\d-\d\d-\d\d", table["period"])
    assert table["goes_scale"] in ("operational", "science")
