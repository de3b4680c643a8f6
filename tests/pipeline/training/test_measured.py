import json

import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError, InputError
from sunproof.pipeline.receipts import digest_file, digest_tree
from sunproof.pipeline.training.config import CardConfig
from sunproof.pipeline.training.measured import run
from tests.pipeline.training.test_card import FACTS, MADE


def row(forecaster, entity="region", threshold="C1.0", bss=0.4, **changes):
    ends = {"rotation": {"low": (bss or 0) - 0.1, "high": (bss or 0) + 0.1, "value": bss}}
    return {
        "forecaster": forecaster,
        "entity": entity,
        "threshold": threshold,
        "window": 24.0,
        "subset": "all",
        "bss": bss,
        "auc": 0.9,
        "cases": 50,
        "events": 5,
        "intervals": {"bss": ends},
    } | changes


@pytest.fixture
def files(tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/training.json").write_text(json.dumps(FACTS))
    (tmp_path / "bundle/model.json").write_text(json.dumps({"made": MADE}))
    scores = [
        row("model"),
        row("logistic", bss=0.35),
        row("persistence", bss=0.2),
        row("model", window=48.0, bss=0.9),
        row("model", subset="2014", bss=0.8),
        row("model", "full_disk", "M1.0", 0.3),
        row("model", threshold="X1.0", bss=None),
    ]
    population = {"slots": 9, "regions": 3, "first_issue": "2014-10-15", "last_issue": "2019-05-18"}
    titles = {"model": "sunproof", "logistic": "a regression", "persistence": "persistence"}
    (tmp_path / "scores.json").write_text(json.dumps({"scores": scores, "population": population, "titles": titles}))
    rows = [{"plant": f"plant {n}", "potent": True, "at_5": {"value": n / 10}} for n in range(10)]
    rows += [{"plant": "weak", "potent": False, "at_5": {"value": None}}]
    tree = {"rows": rows[::-1], "bundle": digest_tree(tmp_path / "bundle"), "more": 1}
    (tmp_path / "challenge.json").write_text(json.dumps(tree))
    return tmp_path


def settings(files, **changes):
    known = {"bundle": files / "bundle", "scores": files / "scores.json", "challenge": files / "challenge.json"}
    return CardConfig(**{"output": files / "new"} | known | changes)


def test_scores_and_worst_plants_go_on_the_card_of_a_new_bundle(files):
    before = digest_tree(files / "bundle")
    run(settings(files))
    card = (files / "new/card.md").read_text()
    assert "| region | C1.0 | 50 | 5 | 0.4000 | +0.300 to +0.500 | 0.9000 | a regression | 0.3500 |" in card
    assert "| full disk | M1.0 | 50 | 5 | 0.3000 | +0.200 to +0.400 | 0.9000 | none | unknown |" in card
    assert "0.9000 | +" not in card
    assert "plant 7" in card
    assert "plant 8" not in card
    assert "weak" not in card
    assert "Of 10 planted faults" in card
    measured = json.loads((files / "new/measured.json").read_text())
    assert measured["scores"]["digest"] == digest_file(files / "scores.json")
    assert digest_tree(files / "bundle") == before != digest_tree(files / "new")


def test_the_same_input_gives_the_same_bundle(files):
    run(settings(files))
    run(settings(files, output=files / "again"))
    assert digest_tree(files / "again") == digest_tree(files / "new")


def test_nothing_measured_is_a_card_all_the_same(files):
    run(settings(files, scores=None, challenge=None))
    assert "test block" not in (files / "new/card.md").read_text()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scores": "nothing.json"}, "nothing.json: no such file"),
        ({"scores": "challenge.json"}, "not what was expected; got \"KeyError\\('scores'\\)\""),
        ({"challenge": "bundle/card.bin"}, "not readable as JSON"),
        ({"challenge": "other.json"}, "other.json: a challenge of another model"),
        ({"bundle": "old"}, "an old bundle without its surroundings"),
    ],
)
def test_what_cannot_be_used_is_told(files, change, told):
    (files / "bundle/card.bin").write_bytes(b"\xff\xfe{")
    (files / "other.json").write_text(json.dumps({"rows": [], "bundle": "sha256:00"}))
    (files / "old").mkdir()
    (files / "old/training.json").write_text("{}")
    (files / "old/model.json").write_text("{}")
    with pytest.raises(InputError, match=told):
        run(settings(files, **{name: files / value for name, value in change.items()}))
    assert not (files / "new").exists()


def test_a_bundle_is_never_changed_in_its_place(files):
    path = files / "card.yaml"
    path.write_text(f"bundle: {files / 'bundle'}\noutput: {files / 'bundle'}\n")
    with pytest.raises(ConfigError, match="must not be the bundle itself"):
        load_config(CardConfig, path)
    assert main(["card", str(path)]) == 2
