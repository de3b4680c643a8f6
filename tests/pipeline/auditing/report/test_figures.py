import pytest

from sunproof.pipeline.auditing.report.figures import image_name, number, percent, power, unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "100 %"), (0.99999999, "> 99.99 %"), (0.9996, "99.96 %"), (0.5, "50 %"), (4e-5, "0.004 %"), (0, "0 %"),
        (2e-6, "0.0002 %"), (5e-36, "< 0.0001 %"),
        (float("nan"), "–"), (float("inf"), "inf"), (-0.1, "-10 %"), (1.2, "120 %"),
    ],
)  # fmt: skip
def test_certainty_is_told_from_what_is_nearly_so(value, text):
    assert percent(value) == text


def test_numbers_have_four_digits_and_large_ones_their_power():
    assert number(0.123456) == "0.1235"
    assert number(float("nan")) == "–"
    assert number(7.129e28) == "7.129 × 10²⁸"
    assert number(float("-inf")) == "-inf"
    assert power(2.34e29) == "2.3 × 10²⁹"
    assert power(9.99e-7) == "1.0 × 10⁻⁶"


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("aia_171", "AIA 171 Å"),
        ("hmi_m", "HMI magnetogram"),
        ("suvi16_195", "SUVI 16 195 Å"),
        ("euvi_a_195", "EUVI A 195 Å"),
        ("sdoml_hmi_bx", "SDOML HMI BX"),
    ],
)
def test_groups_of_images_have_the_names_observers_use(group, name):
    assert image_name(group) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("G2 m-1", "G² m⁻¹"),
        ("1e-06", "10⁻⁶"),
        ("1e-06 d-1", "10⁻⁶ d⁻¹"),
        ("Mx", "Mx"),
        ("G pix-1", "G pix⁻¹"),
        ("", ""),
    ],
)
def test_units_have_raised_exponents(text, shown):
    assert unit(text) == shown
