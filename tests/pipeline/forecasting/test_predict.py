import numpy as np
import torch

from sunproof.pipeline.forecasting.predict import predict, region_status
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.training.bundle import Bundle
from tests.models.toy import ensemble, inputs


def test_batches_of_any_size_give_the_same_forecasts():
    bundle, given = Bundle(ensemble(), None, InputConfig(), {}), inputs(50)
    together, apart = predict(bundle, given, 1000), predict(bundle, given, 7)
    torch.testing.assert_close(together.log_rate, apart.log_rate, atol=1e-5, rtol=0)
    assert together.log_rate.dtype == torch.float64


def test_status_follows_what_was_observed():
    shape = (4, 6, 2)
    seen = {"keywords": np.ones(shape, bool), "xrs": np.ones(shape, bool), "region": np.ones((4, 3), bool)}
    seen["keywords"][1] = False
    seen["xrs"][1:3] = False
    seen["region"][3] = False
    status, reason = region_status(seen, ["keywords", "xrs", "region"], {})
    assert status.tolist() == ["ISSUED", "NO_FORECAST", "ISSUED", "ISSUED"]
    assert reason.tolist() == [
        "",
        "no observation in the history before the data cut-off: keywords, xrs",
        "issued without xrs",
        "issued without region",
    ]


def test_a_model_without_magnetograms_needs_something_else():
    nothing, some = np.zeros((1, 3), bool), np.ones((1, 3), bool)
    assert region_status({"region": nothing}, ["region"], {})[0].tolist() == ["NO_FORECAST"]
    assert region_status({"region": some}, ["region"], {})[0].tolist() == ["ISSUED"]
