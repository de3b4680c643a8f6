"""GOES classes and fluxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.goes_class import class_to_flux, flux_to_class
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.vocabulary import THRESHOLDS


@pytest.mark.parametrize(
    ("text", "flux"),
    [
        ("A1.0", 1e-8),
        ("B9.9", 9.9e-7),
        ("C3.2", 3.2e-6),
        ("m1.5", 1.5e-5),
        ("X10", 1e-3),
        ("X 28.0", 2.8e-3),
        ("C0.9", 9e-7),
    ],
)
def test_class_has_the_flux_of_its_letter_and_number(text, flux):
    assert class_to_flux(text) == flux


def test_threshold_classes_equal_the_thresholds_exactly():
    assert dict(zip(THRESHOLDS, class_to_flux(list(THRESHOLDS)), strict=True)) == THRESHOLDS


def test_x10_is_larger_than_x2():
    small, large = class_to_flux(["X2.2", "X10.0"])
    assert large > small


def test_shape_is_kept():
    assert class_to_flux([["C1.0", "M1.0"], ["X1.0", "C1.0"]]).shape == (2, 2)


def test_no_classes_give_no_fluxes():
    assert class_to_flux([]).shape == (0,)


@pytest.mark.parametrize("garbage", ["", "Q1.0", "C", "1.5", "M1,5", "nan", "C1.0D"])
def test_garbage_is_refused_with_its_text(garbage):
    with pytest.raises(InputError, match=f"list.csv: not a GOES class; got '{garbage}'; wanted a letter"):
        class_to_flux(["C1.0", garbage], "list.csv")


@pytest.mark.parametrize(("text", "high"), [("C10.0", 10), ("M12", 10), ("A0.0", 10)])
def test_number_out_of_its_letters_range_is_refused(text, high):
    with pytest.raises(InputError, match=f"out of range; got '{text}'; wanted 0 < number < {high}"):
        class_to_flux(text)


def test_every_wrong_class_is_named():
    with pytest.raises(InputError) as caught:
        class_to_flux(["Z1", "C1.0", "Y2", "Z1"])
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("flux", "text"),
    [(1e-6, "C1.0"), (9.99e-6, "C9.9"), (1e-5, "M1.0"), (np.float32(1e-4), "X1.0"), (1.19e-3, "X11.9"), (4e-9, "A0.4")],
)
def test_flux_is_cut_to_its_class(flux, text):
    assert flux_to_class(flux).item() == text


def test_missing_flux_has_no_class():
    assert list(flux_to_class([np.nan, 2e-6])) == ["", "C2.0"]


@pytest.mark.parametrize("flux", [0.0, -1e-6, np.inf])
def test_flux_without_a_class_is_refused(flux):
    with pytest.raises(InputError, match=f"flux has no GOES class; got {flux}; wanted a positive number"):
        flux_to_class([1e-6, flux])


@given(letter=st.sampled_from("ABCMX"), tenths=st.integers(10, 99))
def test_class_survives_the_way_to_flux_and_back(letter, tenths):
    text = f"{letter}{tenths / 10:.1f}"
    assert flux_to_class(class_to_flux(text)).item() == text
    assert flux_to_class(np.float32(class_to_flux(text))).item() == text
