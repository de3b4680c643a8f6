import json

import numpy as np
import pytest
import xarray as xr

from sunproof.models.attribution.integrated_gradients import Attribution
from sunproof.pipeline.auditing import explain as module
from sunproof.pipeline.auditing.attributed import Attributed
from sunproof.pipeline.auditing.config import AuditConfig, ExplainConfig
from sunproof.pipeline.auditing.explain import choose, explain
from tests.pipeline.auditing.batches import batch

NAMES = {"keywords": ("usflux", "r_value"), "region": ("srs_area",)}


def verdicts(size, *rejected):
    verdict = np.full(size, "ACCEPT", dtype=object)
    verdict[list(rejected)] = "REJECT"
    return xr.Dataset({"verdict": ("forecast", verdict)})


def test_the_probable_the_rejected_and_a_sample_are_chosen():
    # probabilities of the batch rise with the place
    chosen = choose(batch(30), verdicts(30, 2, 5, 7), ExplainConfig(top=4, grave=2, sampled=3, seed=1))
    assert {26, 27, 28, 29, 5, 7} <= set(chosen.tolist())
    assert len(chosen) == 9


def test_the_sample_depends_on_the_seed_alone():
    config = ExplainConfig(top=0, grave=0, sampled=5, seed=3)
    first, again = (choose(batch(30), verdicts(30), config).tolist() for _ in range(2))
    assert first == again
    assert first != choose(batch(30), verdicts(30), config.model_copy(update={"seed": 4})).tolist()


def test_full_disks_fallbacks_and_empty_slots_are_not_explained():
    forecasts = batch(6)
    forecasts["entity"].values[0] = "full_disk"
    forecasts["status"].values[1] = "FALLBACK"
    forecasts["probability"].values[2] = np.nan
    assert choose(forecasts, verdicts(6), ExplainConfig()).tolist() == [3, 4, 5]


def test_without_a_model_the_certificates_say_so():
    told = [json.loads(text) for text in explain(batch(2), verdicts(2), AuditConfig(forecasts="f.nc"))]
    assert told == [{"status": "not explained", "reason": "no model was given, only its probabilities"}] * 2


@pytest.fixture
def explained(monkeypatch):
    """Explain three forecasts with hand-made attributions; ``logit`` may be put off."""

    def make(offset=0.0, complete=True):
        def attribute(keys, archive, bundle, threshold, window):
            size = keys.sizes["forecast"]
            issued = keys["probability"].sel(threshold=threshold, window=window).values
            parts = {"keywords": np.full((size, 4, 2), 0.25), "region": np.full((size, 1), -1.0)}
            logit = np.log(issued / (1 - issued)) + offset
            error, steps = np.full(size, 1e-6), np.full(size, 32)
            whole = np.full(size, complete)
            attribution = Attribution(parts, logit, logit - 1, error, steps, whole, threshold, window)
            grouped = [{"groups": {"size": ["2", "1.5"]}, "lags": [["0 to 1 h", "2", None]]}] * size
            return Attributed(attribution, NAMES, 6.0, grouped)

        monkeypatch.setattr(module, "attributed", attribute)
        config = AuditConfig(forecasts="f.nc", bundle="b", archive="a", explain={"top": 3, "grave": 0, "sampled": 0})
        return [json.loads(text) for text in explain(batch(5), verdicts(5), config)]

    return make


def test_an_explanation_sums_over_steps_and_over_features(explained):
    told = explained()[4]
    assert told["features"] == {"keywords": {"usflux": "1", "r_value": "1"}, "region": {"srs_area": "-1"}}
    assert told["steps"] == {"keywords": ["0.5"] * 4}
    assert told["modalities"] == {"keywords": "2", "region": "-1"}
    assert (told["status"], told["error"], told["integration_steps"], told["step_hours"]) == (
        "explained",
        "1e-06",
        32,
        "6",
    )


def test_what_groups_are_attributed_stands_beside_what_the_logit_loses_without_them(explained):
    told = explained()[4]
    assert told["groups"] == {"size": ["2", "1.5"]}
    assert told["lags"] == [["0 to 1 h", "2", None]]


def test_the_rest_of_the_batch_says_that_it_was_not_chosen(explained):
    assert explained()[0] == {"status": "not explained", "reason": "not among the forecasts chosen for explanation"}


def test_an_incomplete_explanation_is_no_evidence(explained):
    told = explained(complete=False)[4]
    assert told["status"] == "invalid"
    assert "do not sum to the difference" in told["reason"]


@pytest.mark.parametrize(("offset", "status"), [(5e-5, "explained"), (1e-3, "invalid"), (np.nan, "invalid")])
def test_another_function_than_the_served_one_is_no_evidence(explained, offset, status):
    told = explained(offset)[4]
    assert told["status"] == status
    assert ("does not give the issued probability" in told["reason"]) == (status == "invalid")
