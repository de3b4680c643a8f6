import astropy.units as u
import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY, attributes, check, describe


@pytest.mark.parametrize("quantity", VOCABULARY.values(), ids=lambda quantity: quantity.name)
def test_every_quantity_has_a_unit_astropy_parses_a_meaning_and_a_range(quantity):
    assert quantity.long_name
    assert quantity.low < quantity.high
    if quantity.unit not in ("text", "time", "flag", "id"):
        u.Unit(quantity.unit)


def test_seventeen_sharp_keywords():
    assert len(SHARP_KEYWORDS) == 17


def series(**variables):
    time = np.datetime64("2011-02-15", "ns") + np.arange(2) * np.timedelta64(1, "h")
    return describe(xr.Dataset({name: ("time", values) for name, values in variables.items()}, coords={"time": time}))


def test_described_dataset_passes():
    dataset = series(xrsb=[1e-6, np.nan])
    assert check(dataset, "here", {"xrsb": ("time",)}) is dataset
    assert dict(dataset["xrsb"].attrs) == attributes("xrsb")


def test_every_violation_is_reported_with_its_value():
    dataset = series(xrsb=[-1.0, 2e-6], brightness=[1.0, 2.0])
    dataset["time"].attrs = {"units": "s"}
    with pytest.raises(InputError, match="here") as caught:
        check(dataset, "here", ["xrsa"])
    texts = "\n".join(map(str, caught.value.problems))
    assert "xrsa: variable is missing" in texts
    assert "brightness: name is not in the vocabulary" in texts
    assert "1 values out of the valid range; got -1.0" in texts
    assert "time: attributes differ from the vocabulary; got {'units': 's'}" in texts


def test_wrong_dimensions_are_named():
    with pytest.raises(InputError, match=r"wrong dimensions; got \('time',\); wanted \('record',\)"):
        check(series(xrsb=[1e-6, 1e-6]), "here", {"xrsb": ("record",)})
