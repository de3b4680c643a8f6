import json
import shutil

import numpy as np
import pytest

from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.chain import open_certificates
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.recompute import recompute, show
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.training.train import run as train
from tests.pipeline.training.world import make_world


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A tiny world, a tiny model, its forecasts, and their audit with explanations."""
    world = make_world(tmp_path_factory.mktemp("world"))
    train(world.train())
    paths = {"archive": world.archive, "bundle": world.root / "bundle", "samples": world.samples}
    forecast(ForecastConfig(output=world.root / "forecasts.nc", blocks=("test",), **paths))
    texts = {name: str(path) for name, path in paths.items()}
    explained = {"top": 3, "grave": 2, "sampled": 2}
    forecasts, output = str(world.root / "forecasts.nc"), str(world.root / "audit")
    run(AuditConfig(forecasts=forecasts, output=output, explain=explained, report={"pages": 1}, **texts))
    return world


@pytest.fixture(scope="module")
def certificates(audited):
    path = audited.root / "audit" / "certificates.jsonl"
    count = json.loads(path.read_bytes().splitlines()[0])["count"]
    return open_certificates(path, range(1, count + 1))


def first(certificates, entity):
    return next(item for item in certificates if item["key"]["entity"] == entity and item["status"] == "ISSUED")


def test_a_forecast_is_made_again_from_its_certificate(audited, certificates):
    for certificate in [item for item in certificates if item["attribution"]["status"] == "explained"]:
        again = recompute(certificate, audited.archive, audited.root / "bundle")
        issued = np.array(certificate["probability"])
        np.testing.assert_allclose(np.log(again / (1 - again)), np.log(issued / (1 - issued)), atol=1e-5)


def test_chosen_forecasts_are_explained_by_the_function_that_was_served(certificates):
    told = [item["attribution"] for item in certificates if item["attribution"]["status"] != "not explained"]
    assert len(told) == 7
    for attribution in told:
        assert attribution["status"] == "explained", attribution["reason"]
        difference = float(attribution["logit"]) - float(attribution["baseline_logit"])
        assert sum(map(float, attribution["modalities"].values())) == pytest.approx(difference, abs=2e-3)


def test_the_command_agrees_and_says_by_how_much(audited, certificates, capsys):
    seq = str(first(certificates, "region")["seq"])
    path = str(audited.root / "audit" / "certificates.jsonl")
    assert show(path, seq, str(audited.archive), str(audited.root / "bundle")) == 0
    assert f"certificate {seq}: largest difference" in capsys.readouterr().err


def test_another_model_is_refused_with_both_digests(audited, certificates, tmp_path):
    other = tmp_path / "bundle"
    shutil.copytree(audited.root / "bundle", other)
    (other / "card.md").write_text("another")
    with pytest.raises(InputError, match=r"bundle: not what the forecast was made from; got 'sha256:.*wanted sha256:"):
        recompute(first(certificates, "region"), audited.archive, other)


def test_a_full_disk_row_is_not_one_run_of_the_model(audited, certificates):
    with pytest.raises(InputError, match=r"only a region's issued forecast.*got 'full_disk, ISSUED'"):
        recompute(first(certificates, "full_disk"), audited.archive, audited.root / "bundle")


def test_a_number_that_is_none_is_refused(audited):
    with pytest.raises(InputError, match=r"not the number of a certificate; got 'first'"):
        show("certificates.jsonl", "first", str(audited.archive), str(audited.root / "bundle"))
