import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from sunproof.models.constraints.base import Outcome
from sunproof.models.foreign import ForeignModel
from sunproof.pipeline.auditing.audit import run as audit
from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.samples.config import InputConfig, VectorConfig
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import WrapConfig
from sunproof.pipeline.training.wrap import run as wrap
from tests.pipeline.training.nets.tiny import Tiny
from tests.pipeline.training.world import World, make_world

EXAMPLE = (("python", "nets.py"), ("yaml", "wrap.yaml"))
NETS = Path(__file__).parent / "nets/tiny.py"
INPUTS = InputConfig(modalities=("keywords", "region"), history_hours=24, step_hours=6)


def settings(world: World, **changes):
    paths = {"archive": world.archive, "samples": world.samples, "weights": world.root / "tiny.pt"}
    return WrapConfig(
        **{"module": f"{NETS}:Tiny", "name": "tiny", "inputs": INPUTS, "output": world.root / "tiny"} | paths | changes
    )


def teach(net: Tiny, world: World):
    """Train as its makers would have: with their own loop, on arrays."""
    data = SampleData(world.archive, world.samples, INPUTS)
    data.setup()
    rows = data.rows("train").numpy()
    keywords, (region, mask) = data.inputs.modalities["keywords"][0][rows], data.inputs.modalities["region"]
    given = {"keywords": keywords, "region": region[rows], "region_mask": mask[rows]}
    tensors = {name: torch.from_numpy(values) for name, values in given.items()}
    events = torch.from_numpy(data.samples["event"].to_numpy()[rows].astype(np.float32))
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    losses = []
    for _ in range(150):
        optimiser.zero_grad()
        logit, known = net(**tensors), torch.isfinite(events)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logit[known], events[known])
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = make_world(tmp_path_factory.mktemp("world"))
    torch.manual_seed(0)
    net = Tiny()
    losses = teach(net, made)
    assert losses[-1] < 0.8 * losses[0]
    torch.save(net.state_dict(), made.root / "tiny.pt")
    return made


@pytest.fixture(scope="module")
def audited(world):
    """The whole way of a foreign model: wrapped by the command line, forecasts, audit."""
    config = world.root / "wrap.yaml"
    config.write_text(yaml.safe_dump(settings(world).model_dump(mode="json")))
    assert main(["wrap", str(config)]) == 0
    paths = {"archive": world.archive, "bundle": world.root / "tiny"}
    forecast(ForecastConfig(output=world.root / "f.nc", samples=world.samples, blocks=("test",), **paths))
    asked = {"probes": 20, "twins": 3, "fillings": 3, "above": 0.02, "most": 40}
    given = {name: str(path) for name, path in paths.items()}
    told = {"forecasts": str(world.root / "f.nc"), "training": str(world.samples), "question": asked}
    audit(AuditConfig(output=str(world.root / "audit"), report={"pages": 1}, **given, **told))
    return world.root


def test_a_foreign_model_forecasts_as_it_would_alone(audited, world):
    forecasts = open_netcdf(audited / "f.nc")
    assert forecasts.attrs["model"] == "tiny"
    regions = (forecasts["entity"].values == "region") & (forecasts["status"].values == "ISSUED")
    parts = build(world.archive, forecasts.isel(forecast=regions), INPUTS).modalities
    net = Tiny()
    net.load_state_dict(torch.load(world.root / "tiny.pt"))
    with torch.no_grad():
        logit = net(
            torch.from_numpy(parts["keywords"][0]),
            torch.from_numpy(parts["region"][0]),
            torch.from_numpy(parts["region"][1]),
        )
    np.testing.assert_allclose(forecasts["probability"].values[regions], torch.sigmoid(logit).numpy(), atol=1e-6)
    assert np.isnan(forecasts["rate"].values).all()


def test_the_full_disk_is_put_together_from_its_regions(audited):
    forecasts = open_netcdf(audited / "f.nc")
    disk = forecasts.isel(forecast=forecasts["entity"].values == "full_disk")
    made = disk["status"].values == "FALLBACK"
    assert made.any()
    assert np.isfinite(disk["probability"].values[made]).all()
    assert all("no background rate" in reason for reason in disk["status_reason"].values)


def test_a_foreign_model_is_explained_and_asked(audited):
    lines = (audited / "audit/certificates.jsonl").read_text().splitlines()
    told = [json.loads(line)["attribution"] for line in lines if '"attribution"' in line]
    explained = [one for one in told if one["status"] != "not explained"]
    assert len(explained) > 10
    assert all(abs(float(one["parity"])) < 1e-4 for one in explained)
    assert np.mean([one["status"] == "explained" for one in explained]) > 0.9
    findings = open_netcdf(audited / "audit/findings.nc")
    outcome = dict(zip(findings["check"].values, findings["outcome"].values, strict=True))
    # explanations, nulls, interventions, domain: all asked, and answered
    for check in ("H4", "H5", "H6", "H9"):
        assert (outcome[check] != Outcome.NOT_EVALUABLE).sum() > 10, check


def test_the_example_of_the_documentation_runs(world, tmp_path):
    page = (Path(__file__).parents[3] / "docs/foreign_models.md").read_text()
    code, settings = (page.split(f"```{kind}\n# {name}\n")[1].split("```")[0] for kind, name in EXAMPLE)
    (tmp_path / "nets.py").write_text(code)
    tree = yaml.safe_load(settings)
    tree |= {"archive": str(world.archive), "samples": str(world.samples), "output": str(tmp_path / "theirs")}
    tree |= {"module": str(tmp_path / tree["module"]), "weights": None}
    (tmp_path / "wrap.yaml").write_text(yaml.safe_dump(tree))
    assert main(["wrap", str(tmp_path / "wrap.yaml")]) == 0
    assert load_bundle(tmp_path / "theirs").facts["model"] == "their_net"


def test_its_certificate_can_be_computed_again(audited, world):
    path = audited / "audit/certificates.jsonl"
    numbers = range(1, 200)
    own = next(
        n for n in numbers if (c := open_certificate(path, n))["key"]["entity"] == "region" and c["status"] == "ISSUED"
    )
    inputs = ["--archive", str(world.archive), "--bundle", str(audited / "tiny")]
    assert main(["reproduce", f"{path}:{own}", *inputs]) == 0


def test_the_bundle_holds_code_weights_and_a_card_that_says_whose_it_is(audited):
    folder = audited / "tiny"
    assert (folder / "tiny.py").read_bytes() == NETS.read_bytes()
    assert "not trained here (tiny)" in (folder / "card.md").read_text()
    bundle = load_bundle(folder)
    assert isinstance(bundle.ensemble, ForeignModel)
    assert bundle.foreign["module"] == "tiny.py:Tiny"
    assert str(audited) not in (folder / "model.json").read_text()


def test_wrapping_again_gives_the_same_bundle(audited, world):
    first = load_bundle(audited / "tiny").digest
    wrap(settings(world, output=world.root / "again"))
    assert load_bundle(world.root / "again").digest == first


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"module": f"{NETS}:Missing"}, r"the module cannot be made; got .AttributeError: .*Missing"),
        ({"module": f"{NETS}:broken"}, r"the module cannot be made; got 'OSError: no such checkpoint'"),
        ({"module": f"{NETS}:number"}, r"not a torch module; got 'int'"),
        ({"module": "no.such.package:Net"}, r"the module cannot be made; got .ModuleNotFoundError"),
        ({"module": f"{NETS}:Unnamed"}, r"inputs without names; got 'forward\(\*parts\)'"),
        ({"options": {"width": 3}}, r"the module cannot be made; got \"TypeError: .*width"),
        ({"options": {"hidden": 4}}, r"weights do not fit the module; got .*size mismatch"),
        ({"weights": NETS}, r"weights not readable"),
        (
            {"options": {"outputs": 6}, "weights": None},
            r"the module does not answer; got .*wanted forward\(keywords, region\)",
        ),
        (
            {"inputs": InputConfig(modalities=("keywords",), history_hours=24, step_hours=6)},
            r"the module does not answer; got \"TypeError: .*region",
        ),
    ],
)
def test_what_cannot_be_wrapped_is_told_with_the_way_out(world, changes, told):
    with pytest.raises(InputError, match=rf"(?s){told}"):
        wrap(settings(world, **changes))


def test_images_are_refused_before_a_bundle_is_made_that_could_not_be_used(world):
    seeing = INPUTS.model_copy(update={"vector": VectorConfig()})
    with pytest.raises(ValueError, match="vector: wrapped modules are given no images; leave them out"):
        settings(world, inputs=seeing)
