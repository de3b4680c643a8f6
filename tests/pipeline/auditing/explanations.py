"""Hand-made explanations, as certificates tell them, for batches without a model."""

from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.receipts import canonical

EXPLANATION = {
    "status": "explained",
    "reason": "",
    "method": "Integrated Gradients",
    "threshold": "M1.0",
    "window": "24",
    "logit": "-1.5",
    "baseline_logit": "-3",
    "error": "1e-05",
    "integration_steps": 16,
    "parity": "0",
    "modalities": {"keywords": "1.5", "region": "0"},
    "features": {"keywords": {"usflux": "1.5"}, "region": {"latitude": "0"}},
    "steps": {"keywords": ["0.7", "0.8"]},
    "step_hours": "12",
    "groups": {
        "flares of the region": ["0.5", "-0.4"],
        "place": ["0", None],
        "shear": ["1", "2"],
        "disk suvi16_195": ["0.01", "-0.01"],
    },
    "lags": [["12 to 24 h", "0.7", "0.1"], ["0 to 12 h", "0.8", "0.4"], ["no time", "0", None]],
}


def explain_all(forecasts, *_):
    """Stand in for `sunproof.pipeline.auditing.explain.explain`: the same explanation of every forecast."""
    return Encoded([canonical(EXPLANATION).decode()] * forecasts.sizes["forecast"])
