"""One process alone; two are in test_launch.py."""

from sunproof.pipeline.training.ranks import Ranks
from tests.pipeline.training.small_net import forecaster


def test_alone_everything_is_its_own():
    ranks, value = Ranks(), object()
    assert ranks.first
    assert ranks.share(value) is value
    assert (ranks.largest(3.0), ranks.total(3.0)) == (3.0, 3.0)
    ranks.wait()
    module = forecaster()
    before = [tensor.clone() for tensor in module.state_dict().values()]
    ranks.share_weights(module)
    assert all((left == right).all() for left, right in zip(before, module.state_dict().values(), strict=True))
