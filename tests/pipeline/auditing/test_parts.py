import numpy as np
import pytest

from sunproof.pipeline.auditing import parts
from sunproof.pipeline.auditing.parts import in_parts
from sunproof.pipeline.auditing.questions import Task
from sunproof.pipeline.config import ClusterConfig
from tests.pipeline.auditing.batches import batch

TASKS = [Task("look", np.arange(4)), Task("look", np.arange(4, 6)), Task("ask", np.array([1, 3]))]


def told(kit, keys, kind):
    """Stand in for the model's answers: something of the rows themselves."""
    if kit == "broken" and kind == "ask":
        raise OSError("killed")
    return {kind: keys["probability"].values[:, 0, 0] * 2}


@pytest.fixture(autouse=True)
def _answers(monkeypatch):
    monkeypatch.setattr(parts, "answer", told)


def test_parts_come_back_in_order(tmp_path):
    forecasts = batch(6)
    found = in_parts(tmp_path / "parts", None)("kit", forecasts, TASKS)
    for task, columns in zip(TASKS, found, strict=True):
        np.testing.assert_array_equal(columns[task.kind], forecasts["probability"].values[task.rows, 0, 0] * 2)


def test_a_killed_run_goes_on_after_its_last_part(tmp_path, monkeypatch):
    with pytest.raises(OSError, match="killed"):
        in_parts(tmp_path, None)("broken", batch(6), TASKS)
    kept = sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".owner")
    assert kept == ["00000-look.npz", "00001-look.npz"]
    done = []
    monkeypatch.setattr(parts, "answer", lambda kit, keys, kind: done.append(kind) or told(kit, keys, kind))
    found = in_parts(tmp_path, None)("kit", batch(6), TASKS)
    assert done == ["ask"]
    assert len(found) == 3


def test_workers_give_what_one_process_gives(tmp_path):
    alone = in_parts(tmp_path / "alone", None)("kit", batch(6), TASKS)
    shared = in_parts(tmp_path / "shared", ClusterConfig(kind="threads", workers=2))("kit", batch(6), TASKS)
    for one, other in zip(alone, shared, strict=True):
        assert {name: values.tolist() for name, values in one.items()} == {
            name: values.tolist() for name, values in other.items()
        }
    assert (tmp_path / "alone" / "00002-ask.npz").read_bytes() == (tmp_path / "shared" / "00002-ask.npz").read_bytes()


def test_a_worker_that_fails_is_heard_and_leaves_no_half_part(tmp_path):
    with pytest.raises(OSError, match="killed"):
        in_parts(tmp_path, ClusterConfig(kind="threads", workers=1))("broken", batch(6), TASKS)
    assert not (tmp_path / "00002-ask.npz").exists()
