import numpy as np

from sunproof.models.attribution.scenery import SCENERY, scenery


def dipole(size=32):
    field, seen, mu = np.zeros((1, size, size)), np.ones((1, size, size), bool), np.ones((1, size, size))
    field[0, 12:20, 8:16], field[0, 12:20, 16:24] = 500, -500
    return field, seen, mu


def named(*given, **options):
    return np.array(SCENERY)[scenery(*given, **options)[0]]


def test_a_dipole_has_a_line_within_its_region_and_the_limb_comes_before_both():
    field, seen, mu = dipole()
    seen[0, :2] = False
    mu[0, 28:] = 0.3
    names = named(field, seen, mu, cell=7.5)
    assert names[15, 15] == "inversion line"
    assert names[15, 9] == "region"
    assert names[5, 5] == "background"
    assert names[0, 0] == "padding"
    assert names[30, 5] == "limb"


def test_the_band_is_15_mm_wide_and_at_least_a_pixel():
    field, seen, mu = dipole()
    for cell, wide in ((7.5, 2 + 2 * 3), (15.0, 2 + 2 * 2), (60.0, 2 + 2 * 2)):
        # the line itself is two pixels on both sides of the change of sign
        assert (named(field, seen, mu, cell=cell)[15] == "inversion line").sum() in (wide, wide - 2, wide + 2)
    fine = (named(field, seen, mu, cell=5.0) == "inversion line").sum()
    assert fine > (named(field, seen, mu, cell=15.0) == "inversion line").sum()


def test_strong_field_elsewhere_is_another_regions():
    field, seen, mu = dipole()
    near = np.zeros(field.shape, bool)
    near[0, :, :16] = True
    names = named(field, seen, mu, cell=15.0, near=near)
    assert names[15, 9] == "region"
    assert names[15, 22] == "other regions"


def test_without_a_field_the_region_is_where_it_may_be():
    _, seen, mu = dipole()
    near = np.zeros(seen.shape, bool)
    near[0, 10:14, 10:14] = True
    names = named(None, seen, mu, cell=50.0, near=near)
    assert (names == "region").sum() == 16
    assert set(np.unique(names)) == {"region", "background"}


def test_a_missing_field_is_no_field():
    field, seen, mu = dipole()
    field[:] = np.nan
    assert (named(field, seen, mu, cell=15.0) == "background").all()
