import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunproof.models.physics.potential_field import potential_energy, potential_field
from sunproof.models.physics.sharp_keywords import PatchGeometry, reference_kernel_field, sharp_keywords
from sunproof.models.physics.virial import virial_energy

SCALE = PatchGeometry(0.03, 6.96e8, 971.671936, 1.4774622050341e11)
SIGNED = {"meanjzd", "meanjzh", "meanalp"}


@pytest.fixture(scope="module")
def record(data_root):
    """HARP 377 (NOAA 11158), 2011-02-15 02:00 TAI: fields and header."""
    from astropy.io import fits

    folder = data_root / "vector_magnetograms" / "files"
    fields = {}
    for path in folder.glob("*.fits"):
        with fits.open(path) as hdus:
            fields[path.name.split(".")[-2]] = hdus[-1].data.astype(float)
            if path.name.endswith(".Br.fits"):
                header = hdus[-1].header.copy()
    return fields, header


@pytest.fixture(scope="module")
def keywords(record):
    fields, header = record
    scale = PatchGeometry(header["CDELT1"], header["RSUN_REF"], header["RSUN_OBS"], header["DSUN_OBS"])
    segments = [fields[name] for name in ("Br", "Bt", "Bp", "conf_disambig", "bitmap")]
    return sharp_keywords(*segments, scale, blos=fields["magnetogram"])


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        *[
            (name, 1e-4)
            for name in ("CMASK", "USFLUX", "MEANGAM", "MEANJZD", "TOTUSJZ", "MEANALP", "MEANJZH", "TOTUSJH")
        ],
        *[(name, 1e-4) for name in ("ABSNJZH", "SAVNCPP", "MEANPOT", "TOTPOT", "MEANSHR", "SHRGT45")],
        *[(name, 5e-4) for name in ("MEANGBT", "MEANGBZ", "MEANGBH")],
        ("AREA_ACR", 0.01),
    ],
)
def test_header_of_a_real_record_is_reproduced(record, keywords, name, tolerance):
    assert keywords[name.lower()] == pytest.approx(float(record[1][name]), rel=tolerance)


@pytest.mark.data
def test_r_value_of_a_real_record_lies_within_the_spread_of_its_definitions(keywords):
    # The header of this old record has no R_VALUE; the archive's later keyword for the day is 4.82.
    assert keywords["r_value"] == pytest.approx(4.82, abs=0.25)


@pytest.mark.data
def test_energies_of_a_real_record(record):
    fields, _ = record
    pixel = 100 * SCALE.metres
    assert potential_energy(fields["Br"], pixel, pad=3) == pytest.approx(9.045e32, rel=5e-3)
    virial = virial_energy(fields["Bp"], -fields["Bt"], fields["Br"], pixel)
    assert virial.energy == pytest.approx(1.2586e33, rel=2e-3)
    assert virial.net_force == pytest.approx(0.068, abs=1e-3)
    assert virial.lowest < 0 < virial.highest


@pytest.mark.data
def test_true_potential_field_gives_less_shear_than_the_reference_kernel(record):
    fields, _ = record
    segments = [fields[name] for name in ("Br", "Bt", "Bp", "conf_disambig", "bitmap")]
    true = sharp_keywords(*segments, SCALE, potential="potential field")
    assert true["meanshr"] == pytest.approx(26.1, abs=0.1)
    assert true["shrgt45"] == pytest.approx(18.1, abs=0.2)
    assert true["totpot"] == pytest.approx(6.27e23, rel=0.01)


def patch(seed, shape=(24, 30)):
    """A smooth random vector field with strong pixels everywhere, so that masks do not depend on it."""
    rng = np.random.default_rng(seed)
    white = rng.normal(size=(3, *shape))
    smooth = sum(np.roll(white, (i, j), (1, 2)) for i in range(-2, 3) for j in range(-2, 3))
    return 200 * smooth


def compute(b, **options):
    everywhere = np.full(b.shape[1:], 90.0), np.full(b.shape[1:], 34.0)
    return sharp_keywords(b[2], -b[1], b[0], *everywhere, SCALE, blos=b[2], **options)


def assert_same(found, wanted, names, rel=1e-9):
    for name in names:
        assert found[name] == pytest.approx(float(wanted[name]), rel=rel), name


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_turning_the_field_over_flips_the_current_and_nothing_else(seed):
    b = patch(seed)
    one, other = compute(b), compute(-b)
    assert_same(other, one, set(one) - {"meanjzd"})
    assert other["meanjzd"] == pytest.approx(-one["meanjzd"])


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_half_a_turn_changes_nothing_the_true_potential_field_sees(seed):
    b = patch(seed)
    turned = np.stack([-b[0], -b[1], b[2]])[:, ::-1, ::-1]
    one, other = compute(b, potential="potential field"), compute(turned, potential="potential field")
    # The potential field's padding and R's sampling grid are anchored at a corner, which a half-turn moves.
    assert_same(other, one, set(one) - {"r_value"}, rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_mirror_image_flips_the_handedness_only(seed):
    b = patch(seed)
    mirrored = np.stack([b[0], -b[1], -b[2]])[:, :, ::-1]
    one, other = compute(b, potential="potential field"), compute(mirrored, potential="potential field")
    assert_same(other, one, set(one) - SIGNED - {"r_value"}, rel=1e-7)
    for name in ("meanalp", "meanjzh"):
        assert other[name] == pytest.approx(-one[name], rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(1.0, 3.0))
def test_a_stronger_field_scales_every_keyword_by_its_power(seed, factor):
    b = patch(seed)
    one, other = compute(b), compute(factor * b)
    assert_same(other, one, {"meanalp", "meanshr", "shrgt45"}, rel=1e-6)
    for name, power in {"usflux": 1, "totusjz": 1, "meangbz": 1, "totusjh": 2, "absnjzh": 2, "totpot": 2}.items():
        assert other[name] == pytest.approx(one[name] * factor**power, rel=1e-9), name


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_identities_between_keywords_hold(seed):
    found = compute(patch(seed))
    assert found["totpot"] == pytest.approx(found["meanpot"] * 22 * 28 * SCALE.area)
    assert found["absnjzh"] <= found["totusjh"]
    assert found["savncpp"] * SCALE.arcsec**2 <= found["totusjz"] * (1 + 1e-9)
    below = 45 * found["shrgt45"] / 100
    assert below <= found["meanshr"] <= 45 + 135 * found["shrgt45"] / 100


def test_a_batch_gives_what_each_patch_gives():
    many = np.stack([patch(seed) for seed in range(3)], axis=1)
    mask = np.full(many.shape[1:], 90.0), np.full(many.shape[1:], 34.0)
    together = sharp_keywords(many[2], -many[1], many[0], *mask, SCALE, blos=many[2])
    for index in range(3):
        assert_same({name: values[index] for name, values in together.items()}, compute(many[:, index]), together)


def test_missing_pixels_are_left_out_not_counted_as_zero():
    b = patch(5)
    holed = b.copy()
    holed[:, 10, 10] = np.nan
    found = compute(holed)
    assert found["cmask"] == compute(b)["cmask"] - 1
    assert all(np.isfinite(value) for value in found.values())


def test_a_patch_without_active_pixels_has_no_means():
    b = patch(5)
    nothing = np.zeros(b.shape[1:])
    found = sharp_keywords(b[2], -b[1], b[0], nothing, nothing, SCALE)
    assert np.isnan(found["meangam"])
    assert found["usflux"] == 0


def test_reference_kernel_is_close_to_the_negative_gradient():
    bz = patch(1, (60, 80))[2]
    bx, _ = reference_kernel_field(bz)
    gradient = -(bz[1:-1, 2:] - bz[1:-1, :-2]) / 2
    assert np.corrcoef(bx[1:-1, 1:-1].ravel(), gradient.ravel())[0, 1] > 0.99
    assert np.corrcoef(potential_field(bz)[0][1:-1, 1:-1].ravel(), gradient.ravel())[0, 1] < 0.9


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_tensors_stay_on_their_device_and_keep_their_type(kind):
    b = torch.from_numpy(patch(2)).to(kind)
    everywhere = (torch.full(b.shape[1:], number, dtype=kind) for number in (90.0, 34.0))
    found = sharp_keywords(b[2], -b[1], b[0], *everywhere, SCALE, blos=b[2])
    assert {value.dtype for value in found.values()} == {kind}
    assert {value.device for value in found.values()} == {b.device}
