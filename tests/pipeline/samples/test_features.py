import astropy.units as u
import numpy as np
import pytest
import xarray as xr
from sunpy.sun.models import differential_rotation

from sunproof.pipeline.errors import ArchiveError, InputError
from sunproof.pipeline.samples.catalogue import load_catalogue
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.samples.reading import remembering
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

CONFIG = InputConfig(history_hours=4, step_hours=1)
CUTOFF = np.datetime64("2011-02-15T00:00", "ns")


def hours(*values):
    return [str(CUTOFF + np.timedelta64(round(value * 3600), "s")) for value in values]


def rows(*entries):
    """Rows of (HARP, NOAA number, hours from the usual cut-off); HARP and number -1 is the full disk."""
    harp, noaa, late = (np.array(column) for column in zip(*entries, strict=True))
    cutoff = np.array(hours(*late), "datetime64[ns]")
    entity = np.where((harp < 0) & (noaa < 0), "full_disk", "region").astype(object)
    columns = {"harpnum": harp, "noaa_ar": noaa, "data_cutoff": cutoff, "issue_time": cutoff, "entity": entity}
    return xr.Dataset({name: ("sample", values) for name, values in columns.items()})


def column(inputs, name, row=0):
    values, mask = inputs.modalities["region"]
    place = inputs.names["region"].index(name)
    return values[row, place] if mask[row, place] else np.nan


@pytest.fixture(scope="module")
def sun(make_once):
    return write_sun(make_once)


def write_sun(make, missing=None):
    """Two patches: 377 holds 11158, 378 holds two regions."""
    times = hours(-4, -3.5, -3, -1.5, -1.25, 0, 0.1)
    flux = np.array([1, 2, 3, 4, 5, 6, 7], np.float32) * 1e21
    make.sharp([377] * 7 + [378] * 2, [*times, *hours(-30, -0.5)], usflux=np.append(flux, [8e21, np.nan]))
    make.harp_noaa([(377, 11158), (378, 11160), (378, 11161)])
    make.flares(
        [(time, flux, noaa) for time, flux, noaa in zip(
            hours(-100, -30, -3, -2.5, -0.5, 0.2), [1e-5, 2e-6, 2e-6, 5e-5, 3e-7, 2e-4],
            [11158, 11158, 11158, 11160, 11158, 11158], strict=True)],
        missing=missing,
    )  # fmt: skip
    make.srs(
        [
            ("2011-02-13T00:30", 11158, "I", -20, 10, 400, "Eac", "Beta"),
            ("2011-02-14T00:30", 11158, "I", -20, 20, 600, "Ekc", "Beta-Gamma-Delta"),
            ("2011-02-15T00:30", 11158, "I", -20, 33, 700, "Fkc", "Beta-Gamma-Delta"),
            ("2011-02-14T00:30", 11160, "I", 5, -30, 50, "Cso", "Beta"),
            ("2011-02-14T00:30", 11161, "I", 6, -35, 80, "Hsx", "Alpha"),
            ("2011-02-14T00:30", 11162, "IA", 6, -35, np.nan, "", ""),
            ("2011-02-14T00:30", 11163, "II", 6, 35, np.nan, "", ""),
        ]
    )
    return make


def test_each_step_holds_its_latest_record(sun):
    values, mask = build(sun.path, rows((377, 11158, 0)), CONFIG).modalities["keywords"]
    assert values.shape == (1, 4, 17)
    assert (values[0, :, 0] / np.float32(1e21)).tolist() == pytest.approx([3, 0, 5, 6])
    assert mask[0, :, 0].tolist() == [True, False, True, True]


def test_a_missing_keyword_is_masked_alone(sun):
    _, mask = build(sun.path, rows((378, 11160, 0)), CONFIG).modalities["keywords"]
    assert mask[0, 3].tolist() == [False] + [True] * 16


def test_records_of_unusable_quality_are_not_read(make):
    make.sharp([1, 1], hours(-0.5, -0.25), quality=[0x8000, 0x10000], usflux=np.array([1e21, 2e21], np.float32))
    make.flares([])
    values, _ = build(make.path, rows((1, -1, 0)), CONFIG).modalities["keywords"]
    assert values[0, 3, 0] == np.float32(1e21)


def test_a_region_named_by_its_noaa_number_finds_its_patch(sun):
    inputs = build(sun.path, rows((377, 11158, 0), (-1, 11158, 0)), CONFIG)
    for values, mask in inputs.modalities.values():
        np.testing.assert_array_equal(values[0], values[1])
        np.testing.assert_array_equal(mask[0], mask[1])


def test_the_full_disk_has_only_the_disks_history(sun):
    inputs = build(sun.path, rows((-1, -1, 0)), CONFIG)
    assert not inputs.modalities["keywords"][1].any()
    assert inputs.modalities["history"][1][0, :, 0].tolist() == [False] * 4
    assert inputs.modalities["history"][0][0, :, 2].tolist() == [1, 1, 0, 0]


def test_flares_fall_into_the_step_of_their_peak(sun):
    values, mask = build(sun.path, rows((377, 11158, 0)), CONFIG).modalities["history"]
    assert values[0, :, 0].tolist() == [1, 0, 0, 0]
    assert values[0, 0, 1] == pytest.approx(np.log10(2e-6), rel=1e-6)
    assert mask[0, :, 1].tolist() == [True, False, False, True]
    assert values[0, 1, 3] == pytest.approx(np.log10(5e-5), rel=1e-6)


def test_steps_outside_the_catalogue_are_unknown(make):
    make.sharp([1], hours(-1)).flares([], coverage=(hours(-2)[0], hours(0)[0]))
    inputs = build(make.path, rows((1, -1, 0), (1, -1, 0.5)), CONFIG)
    assert inputs.modalities["history"][1][0, :, 0].tolist() == [False, False, True, True]
    assert np.isnan(column(inputs, "flares_c_6h"))
    assert np.isnan(column(inputs, "flare_index_6h", row=1))
    assert column(inputs, "flares_c_all") == 0


def test_x_ray_flux_is_the_median_of_good_records(make):
    sun = make.sharp([377], hours(-1))
    sun.xrs(hours(-0.9, -0.5, -0.2, 0.1), [1e-7, 1e-6, 1e-5, 1e-3], [1, 1, 1, 1])
    sun.xrs(hours(-3.5, -0.4), [1e-8, 1e-4], [1, 1], satellite=14)
    sun.xrs(hours(-2.5, -0.4), [1e-2, 1e-4], [0, 1], satellite=13)
    inputs = build(sun.path, rows((377, 11158, 0)), CONFIG.model_copy(update={"modalities": ("xrs",)}))
    values, mask = inputs.modalities["xrs"]
    assert mask[0, :, 1].tolist() == [True, False, False, True]
    assert values[0, [0, 3], 1].tolist() == pytest.approx([-8, -6])
    assert values[0, 3, 0] == pytest.approx(-7)
    assert inputs.latest["xrs"][0] == np.datetime64(hours(-0.2)[0])


def test_the_summary_is_the_last_one_issued_at_the_cutoff(sun):
    inputs = build(sun.path, rows((377, 11158, 0), (377, 11158, 0.5)), CONFIG)
    assert [column(inputs, "srs_area", row) for row in (0, 1)] == [600, 700]
    letters = [column(inputs, f"mcintosh_{name}") for name in ("z_e", "z_f", "p_k", "p_a", "c_c")]
    assert letters == [1, 0, 1, 0, 1]
    assert [column(inputs, f"hale_{name}") for name in ("beta", "gamma", "delta")] == [1, 1, 1]
    assert column(inputs, "srs_age") == pytest.approx(23.5)


def test_the_place_moves_with_the_suns_rotation(sun):
    longitude = column(build(sun.path, rows((377, 11158, 0)), CONFIG), "longitude")
    day = differential_rotation(1 * u.day, 20 * u.deg, model="howard", frame_time="synodic").to_value("deg")
    assert longitude == pytest.approx(20 + day * 23.5 / 24, abs=1e-3)


def test_the_patchs_own_place_comes_first(make):
    make.sharp([1], hours(-1), latitude=[11.0], longitude=[-22.0]).harp_noaa([(1, 11158)]).flares([])
    make.srs([("2011-02-14T00:30", 11158, "I", -20, 20, 600, "Ekc", "Beta")])
    inputs = build(make.path, rows((1, 11158, 0)), CONFIG)
    assert [column(inputs, name) for name in ("latitude", "longitude", "limb_distance")] == [11, -22, 68]


def test_a_patch_of_two_regions_sums_areas_and_takes_the_larger_ones_class(sun):
    inputs = build(sun.path, rows((378, 11160, 0)), CONFIG)
    names = ("srs_area", "spot_count", "mcintosh_z_h", "mcintosh_z_c", "hale_beta")
    assert [column(inputs, name) for name in names] == [130, 10, 1, 0, 0]


def test_a_plage_has_no_spots_and_no_class(sun):
    inputs = build(sun.path, rows((-1, 11162, 0)), CONFIG)
    assert [column(inputs, name) for name in ("srs_area", "spotless", "mcintosh_z_h", "hale_beta")] == [0, 1, 0, 0]


@pytest.mark.parametrize(("noaa", "late"), [(11163, 0), (11158, 60), (11199, 0)])
def test_no_summary_is_missing_not_zero(sun, noaa, late):
    inputs = build(sun.path, rows((-1, noaa, late)), CONFIG)
    assert all(np.isnan(column(inputs, name)) for name in ("srs_area", "mcintosh_z_a", "spotless", "longitude"))


def test_flare_scalars_of_a_region(sun):
    inputs = build(sun.path, rows((377, 11158, 0)), CONFIG)
    names = ("flares_c_6h", "flares_c_48h", "flares_c_all", "flares_m_24h", "flares_m_all", "flares_x_all")
    assert [column(inputs, name) for name in names] == [1, 2, 3, 0, 1, 0]
    assert column(inputs, "hours_since_c") == pytest.approx(3)
    assert column(inputs, "hours_since_m") == pytest.approx(100)
    index = sum(flux * np.exp(-age / 24) for flux, age in ((10, 100), (2, 30), (2, 3), (0.3, 0.5)))
    assert column(inputs, "flare_index_24h") == pytest.approx(np.log10(1 + index), rel=1e-5)
    assert column(inputs, "disk_flares_m_24h") == 1
    assert column(inputs, "disk_hours_since_m") == pytest.approx(2.5)


def holed(make_at, first, last):
    """Inputs of a region and the disk, with the list declared to lack some hours about the cut-off."""
    sun = write_sun(make_at(f"{first}.zarr"), missing=[hours(first, last)])
    return build(sun.path, rows((377, 11158, 0), (-1, -1, 0)), CONFIG)


def test_steps_in_a_declared_hole_are_unknown_not_quiet(make_at):
    mask = holed(make_at, -3, -1.5).modalities["history"][1]
    # steps end 3, 2, 1 and 0 hours before the cut-off; the hole begins where the first ends
    assert mask[0, :, 0].tolist() == [True, False, False, True]
    assert mask[1, :, 2].tolist() == [True, False, False, True]


def test_counts_that_reach_into_a_declared_hole_are_unknown(make_at):
    inputs = holed(make_at, -36, -24)
    assert np.isfinite([column(inputs, f"flares_c_{span}h") for span in (6, 12, 24)]).all()
    assert np.isnan([column(inputs, f"flares_m_{span}") for span in ("48h", "72h", "all")]).all()
    assert [np.isfinite(column(inputs, f"disk_flares_c_{span}h", 1)) for span in (24, 72, 648)] == [True, False, False]


def test_a_decaying_index_is_unknown_until_the_hole_has_faded(make_at):
    # 24 h after its end, and 30 h: one time scale of 6 h is gone to exp(-5) by then
    for end, spans in ((-24, ()), (-30, (6,)), (-5 * 24, (6, 24)), (-15 * 24, (6, 24, 72))):
        inputs = holed(make_at, end - 1, end)
        for prefix, row in (("", 0), ("disk_", 1)):
            known = [np.isfinite(column(inputs, f"{prefix}flare_index_{span}h", row)) for span in (6, 24, 72)]
            assert known == [span in spans for span in (6, 24, 72)]


def test_the_last_flare_is_known_if_no_hole_lies_after_it(make_at):
    # C2.0 three hours before the cut-off, M1.0 a hundred; the disk had M5.0 2.5 h before
    inputs = holed(make_at, -10, -5)
    assert column(inputs, "hours_since_c") == pytest.approx(3)
    assert np.isnan(column(inputs, "hours_since_m"))
    assert column(inputs, "disk_hours_since_m", 1) == pytest.approx(2.5)


def test_a_hole_after_a_passage_takes_nothing_from_a_region(make_at):
    whole = build(write_sun(make_at("whole.zarr")).path, rows((377, 11158, 0)), CONFIG)
    values, mask = holed(make_at, -16 * 24, -15 * 24).modalities["region"]
    own = [not name.startswith("disk_") for name in whole.names["region"]]
    for one, other in zip((values, mask), whole.modalities["region"], strict=True):
        np.testing.assert_array_equal(one[0, own], other[0, own])


def test_a_hole_that_only_later_flares_tell_changes_no_input(make_at):
    """What the list shows by then alone: a silence is found with the flares of the months after it."""
    time = np.arange("2010-10-01", "2011-07-01", dtype="datetime64[h]")
    time = time[(time <= CUTOFF - np.timedelta64(20, "D")) | (time > CUTOFF)]
    made = []
    for name, kept in (("whole.zarr", time), ("cut.zarr", time[time <= CUTOFF])):
        sun = write_sun(make_at(name)).flares([(hour, 2e-6, 11158) for hour in kept], name="flares_ngdc")
        catalogue = CONFIG.catalogue.model_copy(update={"name": "ngdc"})
        config = CONFIG.model_copy(update={"catalogue": catalogue})
        silent = load_catalogue(sun.path, catalogue, load_regions(sun.path)).silences
        made.append((len(silent), build(sun.path, rows((377, 11158, 0), (-1, -1, 0)), config)))
    (holes, whole), (none, cut) = made
    assert (holes, none) == (1, 0)
    for name in ("history", "region"):
        for one, other in zip(whole.modalities[name], cut.modalities[name], strict=True):
            np.testing.assert_array_equal(one, other)


def test_age_and_company_of_a_patch(sun):
    inputs = build(sun.path, rows((377, 11158, 0), (378, 11160, -5)), CONFIG)
    assert column(inputs, "region_age") == pytest.approx(4)
    assert [column(inputs, "patches", row) for row in (0, 1)] == [2, 0]


def test_nothing_after_the_cutoff_changes_anything(make, make_at):
    """The same archive, cut off at the cut-off, gives the same inputs."""
    sun = write_sun(make)
    sun.xrs(hours(-0.9, 0, 0.1), [1e-7, 1e-6, 1e-3], [1, 1, 1])
    cut = make_at("cut.zarr")
    keys = rows((377, 11158, 0), (378, 11160, 0), (-1, -1, 0), (-1, 11162, 0))
    for name, key in (("sharp", "time"), ("flares_swpc", "peak_time"), ("srs", "time"), ("goes15_xrs", "time")):
        group = xr.open_zarr(sun.path, group=name, consolidated=False).load()
        kept = group.isel({group[key].dims[0]: np.flatnonzero(group[key] <= CUTOFF)})
        kept.drop_encoding().to_zarr(cut.path, group=name, mode="a", consolidated=False)
    cut.harp_noaa([(377, 11158), (378, 11160), (378, 11161)])
    whole, part = build(sun.path, keys, CONFIG), build(cut.path, keys, CONFIG)
    for name in whole.modalities:
        for one, other in zip(whole.modalities[name], part.modalities[name], strict=True):
            np.testing.assert_array_equal(one, other)
        latest = whole.latest[name]
        assert (latest[~np.isnat(latest)] <= CUTOFF).all()


def test_modalities_can_be_chosen_and_then_need_only_their_groups(make):
    make.sharp([1], hours(-1))
    inputs = build(make.path, rows((1, -1, 0)), CONFIG.model_copy(update={"modalities": ("keywords", "xrs")}))
    assert list(inputs.modalities) == ["keywords", "xrs"]
    assert inputs.names["keywords"] == SHARP_KEYWORDS
    assert len(inputs) == 1


def test_a_missing_flare_list_is_an_error_not_a_quiet_sun(make):
    make.sharp([1], hours(-1))
    with pytest.raises(ArchiveError, match="group is missing; got 'flares_swpc'; wanted one of sharp"):
        build(make.path, rows((1, -1, 0)), CONFIG)


def test_keys_without_a_cutoff_are_refused(sun):
    keys = rows((377, 11158, 0))
    with pytest.raises(InputError, match="data_cutoff: variable is missing"):
        build(sun.path, keys.drop_vars("data_cutoff"), CONFIG)
    keys["data_cutoff"][0] = np.datetime64("NaT", "ns")
    with pytest.raises(InputError, match="without a data cut-off; got '1 rows, the first is row 0'"):
        build(sun.path, keys, CONFIG)


def test_no_archive_is_said_plainly(tmp_path):
    with pytest.raises(ArchiveError, match=r"nothing.zarr: no archive here; .*sunproof ingest"):
        build(tmp_path / "nothing.zarr", rows((1, -1, 0)), CONFIG)


def test_builds_that_share_a_memory_give_what_each_gives_alone(sun):
    memory, several = {}, [rows((377, 11158, 0)), rows((378, 11160, 0), (377, 11158, -1))]
    for wanted in (*several, *several):
        with remembering(memory):
            shared = build(sun.path, wanted, CONFIG)
        alone = build(sun.path, wanted, CONFIG)
        for name, (values, mask) in alone.modalities.items():
            np.testing.assert_array_equal(shared.modalities[name][0], values)
            np.testing.assert_array_equal(shared.modalities[name][1], mask)
    assert memory
