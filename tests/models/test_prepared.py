import numpy as np
import pytest
import torch

from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser
from sunproof.models.prepared import prepare
from sunproof.pipeline.errors import InputError
from tests.models import imaging
from tests.models.toy import architecture, inputs, rows


def prepared(given):
    return prepare(given, fit_normaliser(inputs(200)), architecture())


def test_the_energy_limit_is_that_of_the_latest_observed_flux():
    values, mask = np.full((1, 6, 3), 1e21, np.float32), np.ones((1, 6, 3), bool)
    values[0, 3, 0], mask[0, 4:, 0] = 1.13e22, False
    found = prepared({"keywords": (values, mask)})
    assert float(found.limit) == pytest.approx(2.857e-3, rel=1e-3)


def test_without_keywords_only_the_ceiling_limits():
    assert (prepared({"region": inputs(4)["region"]}).limit == 5e-3).all()


def test_all_wrong_inputs_are_told_together():
    given = rows(inputs(5), slice(None))
    given["xrs"] = (given["xrs"][0][:, :3], given["xrs"][1][:, :3])
    given["images"] = given.pop("region")
    with pytest.raises(InputError, match=r"(?s)xrs: wrong shape; got 'values \(5, 3, 2\).*images: unknown modality"):
        prepared(given)


def test_no_input_at_all_is_refused():
    with pytest.raises(InputError, match=r"no modality given; got \[\]; wanted at least one of keywords, xrs, region"):
        prepared({})


def test_what_is_lost_stands_in_on_the_device_of_what_is_there():
    """The meta device has no numbers, and refuses as any other does to mix with another device's."""
    model = imaging.ensemble().to("meta")
    known = imaging.inputs(3)
    given = {name: tuple(torch.as_tensor(part).to("meta") for part in known[name]) for name in ("xrs", "patch")}
    found = model.prepare(given)
    parts = [part for pair in found.modalities.values() for part in pair]
    assert {part.device.type for part in (*parts, *found.index.values(), found.limit)} == {"meta"}


def test_keywords_that_are_shared_and_tell_no_flux_set_no_limit():
    tree = architecture()
    for block in tree["modalities"].values():
        block["features"] = ["area_acr" if name == "usflux" else name for name in block["features"]]
        block["wide"] = []
    model = Ensemble(tree, fit_normaliser(inputs(100)), [Network(tree)]).eval()
    given = inputs(2)
    given["keywords"] = (*inputs(5)["keywords"], np.array([4, 3]))
    assert (model.prepare(given).limit == 5e-3).all()
