from pathlib import Path

import pytest
import torch

from sunproof.pipeline.errors import Stopped
from sunproof.pipeline.training.fit import fit_deep, fit_member
from sunproof.pipeline.training.keeping import Randomness
from sunproof.pipeline.training.stop import StopFlag
from tests.pipeline.training.small_net import blocks, forecaster, settings


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "best.ckpt", weights_only=True)["state_dict"]


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def die_at(monkeypatch: pytest.MonkeyPatch, epoch: int, batch: int) -> None:
    original = Randomness.on_train_batch_start

    def die(self, trainer, module, data, index):
        if (trainer.current_epoch, index) == (epoch, batch):
            raise KeyboardInterrupt
        original(self, trainer, module, data, index)

    monkeypatch.setattr(Randomness, "on_train_batch_start", die)


def test_the_deep_path_is_kept_where_validation_says_so(tmp_path: Path):
    module = forecaster()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    loss = fit_member(module, blocks(400, 200), settings(max_epochs=8), 0, tmp_path)
    assert same(module.state_dict(), weights(tmp_path))
    assert not same(module.state_dict(), before)
    assert loss == float((tmp_path / "done").read_text())
    again = forecaster()
    assert fit_member(again, blocks(400, 200), settings(max_epochs=8), 0, tmp_path) == loss
    assert same(again.state_dict(), module.state_dict())


def test_a_deep_path_that_helps_nobody_is_left_out(tmp_path: Path):
    module = forecaster(learning_rate=0.9)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    fit_member(module, blocks(40, 400), settings(max_epochs=1), 0, tmp_path)
    assert same(module.state_dict(), before)


@pytest.mark.parametrize("place", [(0, 3), (1, 0), (1, 5), (2, 6)])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_killed_at_any_batch_it_ends_at_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: tuple[int, int], accumulate: int
):
    chosen = settings(checkpoint_every_steps=1, accumulate=accumulate)
    fit_deep(forecaster(0.2), blocks(), chosen, 0, tmp_path / "whole")
    with monkeypatch.context() as patch:
        die_at(patch, *place)
        with pytest.raises(KeyboardInterrupt):
            fit_deep(forecaster(0.2), blocks(), chosen, 0, tmp_path / "killed")
    begun = []
    original = Randomness.on_train_batch_start

    def count(self, trainer, module, data, index):
        begun.append((trainer.current_epoch, index))
        original(self, trainer, module, data, index)

    monkeypatch.setattr(Randomness, "on_train_batch_start", count)
    fit_deep(forecaster(0.2), blocks(), chosen, 0, tmp_path / "killed")
    # not from the beginning of the epoch, but from the last step before
    assert begun[0] == (place[0], place[1] - place[1] % accumulate)
    assert same(weights(tmp_path / "killed"), weights(tmp_path / "whole"))


def test_early_stopping_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chosen = settings(max_epochs=30, patience=1)
    module = forecaster(0.2, learning_rate=0.5)
    _, loss = fit_deep(module, blocks(), chosen, 0, tmp_path / "whole")
    fit_deep(module, blocks(), chosen, 0, tmp_path / "killed")
    # killed after its last epoch, before it said that it was done
    (tmp_path / "killed" / "done").unlink()
    begun = []
    monkeypatch.setattr(Randomness, "on_train_epoch_start", lambda self, trainer, module: begun.append(trainer))
    assert fit_deep(module, blocks(), chosen, 0, tmp_path / "killed")[1] == loss
    assert len(begun) <= 1
    assert same(weights(tmp_path / "killed"), weights(tmp_path / "whole"))


def test_a_stop_between_two_batches_keeps_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chosen, stop = settings(checkpoint_every_minutes=None), StopFlag()
    fit_deep(forecaster(0.2), blocks(), chosen, 0, tmp_path / "whole")
    original = Randomness.on_train_batch_start

    def ask(self, trainer, module, data, index):
        if (trainer.current_epoch, index) == (1, 2):
            stop.number = 15
        original(self, trainer, module, data, index)

    with monkeypatch.context() as patch:
        patch.setattr(Randomness, "on_train_batch_start", ask)
        with pytest.raises(Stopped, match="stopped by SIGTERM; the same command goes on") as caught:
            fit_deep(forecaster(0.2), blocks(), chosen, 0, tmp_path / "stopped", stop=stop)
    assert caught.value.code == 143
    state = torch.load(tmp_path / "stopped" / "last.ckpt", weights_only=True)
    assert state["global_step"] == 7 + 3
    fit_deep(forecaster(0.2), blocks(), chosen, 0, tmp_path / "stopped")
    assert same(weights(tmp_path / "stopped"), weights(tmp_path / "whole"))


def test_mixed_precision_trains_and_keeps_the_linear_path_whole(tmp_path: Path):
    module = forecaster()
    _, loss = fit_deep(module, blocks(), settings(precision="bf16-mixed"), 0, tmp_path / "bf16")
    _, whole = fit_deep(module, blocks(), settings(), 0, tmp_path / "32")
    assert loss == pytest.approx(whole, rel=0.02)
    assert all(value.dtype == torch.float32 for value in weights(tmp_path / "bf16").values())
    with torch.autocast("cpu", torch.bfloat16):
        process = module(blocks()[1].prepared)
    assert process.log_rate.dtype == process.alpha.dtype == torch.float32
    # the linear path decides alone here, and 16 bits would show
    assert torch.equal(process.log_rate, module(blocks()[1].prepared).log_rate)


# Dynamo looks at gradients of what is no leaf, where it breaks a graph
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
def test_a_compiled_net_ends_where_the_other_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    compiled, original = [], torch.nn.Module.compile

    def without_a_c_compiler(self, *arguments, **options):
        compiled.append(type(self).__name__)
        original(self, *arguments, backend="aot_eager", **options)

    monkeypatch.setattr(torch.nn.Module, "compile", without_a_c_compiler)
    _, loss = fit_deep(forecaster(), blocks(64, 32), settings(max_epochs=1, compile=True), 0, tmp_path / "compiled")
    _, plain = fit_deep(forecaster(), blocks(64, 32), settings(max_epochs=1), 0, tmp_path / "plain")
    assert compiled == ["Network"]
    assert loss == pytest.approx(plain, rel=1e-4)
    assert weights(tmp_path / "compiled").keys() == weights(tmp_path / "plain").keys()
