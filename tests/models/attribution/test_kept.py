import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation

from sunproof.models.attribution import together as together_module
from sunproof.models.attribution.ablation import ablate
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.together import answer, answer_together
from tests.models import imaging, toy


@pytest.fixture(params=["scalars", "images"])
def subject(request):
    if request.param == "scalars":
        return Explained.of(toy.ensemble(), toy.inputs(20, seed=4), "M1.0", 24)
    return Explained.of(imaging.ensemble(), imaging.inputs(12, seed=4, parts=5), "M1.0", 24)


def test_patterns_together_give_what_each_gives_alone(subject, monkeypatch):
    patterns = np.random.default_rng(0).random((30, subject.values.shape[1])) < 0.7
    together = subject.kept(patterns)
    for place, pattern in enumerate(patterns):
        alone = subject.logit(subject.values * torch.as_tensor(pattern)).numpy()
        np.testing.assert_allclose(together[:, place], alone, atol=1e-6, rtol=1e-6)
    monkeypatch.setattr("sunproof.models.attribution.explained._ROWS", 50)
    np.testing.assert_allclose(subject.kept(patterns), together, atol=1e-6, rtol=1e-6)


def test_ablation_is_captums(subject):
    groups = partition(subject.ensemble.architecture, "physics")
    values, index = subject.values, torch.as_tensor(groups.index)

    def forward(varied):
        return subject.logit(varied, torch.arange(len(varied)) % len(values))

    theirs = FeatureAblation(forward).attribute(values, baselines=0.0, feature_mask=index[None]).numpy()
    ours = ablate(subject, groups)
    seen = np.isfinite(ours)
    assert seen.mean() > 0.5
    first = np.argmax(groups.members, axis=1)
    np.testing.assert_allclose(ours[seen], theirs[:, first][seen], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("rows", [4096, 1])
def test_variants_together_give_what_each_gives_alone(rows, monkeypatch):
    # with few rows at once a modality that one variant lacks is in none of its pass
    monkeypatch.setattr(together_module, "_ROWS", rows)
    model, given = imaging.ensemble(), imaging.inputs(12, seed=2, parts=5)
    quiet = imaging.inputs(12, seed=3)["keywords"]
    hidden = (given["xrs"][0], np.zeros_like(given["xrs"][1]))
    unseen = {name: part for name, part in given.items() if name != "disk"}
    variants = [given, given | {"keywords": quiet}, given | {"xrs": hidden}, unseen]
    for together, variant in zip(answer_together(model, variants), variants, strict=True):
        np.testing.assert_allclose(together, answer(model, variant), atol=1e-6, rtol=1e-6)


def test_the_energy_limit_follows_the_keywords_that_a_sample_has():
    model, given = toy.ensemble(), toy.inputs(4, seed=2)
    shared = given | {"keywords": (*(part[:2] for part in given["keywords"]), np.array([0, 1, 1, 0]))}
    apart = given | {"keywords": tuple(part[[0, 1, 1, 0]] for part in given["keywords"])}
    torch.testing.assert_close(model.prepare(shared).limit, model.prepare(apart).limit)


@pytest.mark.parametrize("kind", [toy, imaging])
def test_what_members_have_in_common_changes_nothing(kind):
    model = kind.ensemble()
    prepared = model.prepare(kind.inputs(9, seed=1))
    member = model.members[0]
    with torch.no_grad():
        known, plain = member(prepared, member.common(prepared)), member(prepared)
    torch.testing.assert_close(known.log_rate, plain.log_rate, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(known.alpha, plain.alpha, atol=1e-6, rtol=1e-6)
