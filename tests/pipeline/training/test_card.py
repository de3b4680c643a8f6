from sunproof.pipeline.training.card import write_card

FACTS = {
    "simulated": False,
    "thresholds": ["C1.0", "M1.0"],
    "windows": [24.0],
    "modalities": ["keywords"],
    "seeds": [0, 4],
    "deterministic": True,
    "labels": {"catalogue": "flares_swpc", "goes_scale": "operational"},
    "blocks": {
        "train": {
            "samples": 12,
            "regions": 5,
            "first": "2012-01-01T00:00:00",
            "last": "2013-01-01T00:00:00",
            "cadence_hours": 6.0,
        }
    },
    "calibration": {"rate": (0.1, 0.9), "index": (0.0, 1.0)},
    "scores": [
        {
            "threshold": "C1.0",
            "window": 24.0,
            "base_rate": 0.2,
            "validation_rate": 0.3,
            "brier_skill": 0.41,
            "interval": [0.35, 0.47],
        },
        {"threshold": "M1.0", "window": 24.0, "base_rate": 0.03, "validation_rate": 0.05, "brier_skill": None},
    ],
    "inputs": {"samples": "sha256:aa"},
}
MADE = {"code": "0.1.0+abc", "limits": "sha256:bb", "environment": {"torch": "2.13.0", "platform": "Linux x86_64"}}
MEASURED = {
    "scores": {
        "window": 24.0,
        "digest": "sha256:cc",
        "population": {"slots": 100, "regions": 7, "first_issue": "2014-10-15T00", "last_issue": "2019-05-18T00"},
        "rows": [
            {
                "entity": "region",
                "threshold": "C1.0",
                "cases": 90,
                "events": 20,
                "bss": 0.478,
                "auc": 0.9,
                "interval": [0.43, 0.53],
                "baseline": "logistic regression",
                "baseline_bss": 0.465,
            }
        ],
    },
    "challenge": {"digest": "sha256:dd", "plants": 9, "worst": [{"plant": "gain drift", "detection": 0.12}]},
}


def test_a_card_says_what_was_seen_and_how_good_it_was():
    card = write_card(FACTS, MADE)
    assert "| train | 12 | 5 | 2012-01-01T00:00:00 to 2013-01-01T00:00:00 |" in card
    assert "| C1.0 | 24 | 0.2000 | 0.3000 | 0.4100 | +0.350 to +0.470 |" in card
    assert "| M1.0 | 24 | 0.0300 | 0.0500 | unknown | unknown |" in card
    assert "flares_swpc, operational GOES scale, unassigned flares: unknown" in card
    assert "simulated" not in card
    assert "test block" not in card


def test_a_simulated_sun_is_named_first():
    assert "**Trained on a simulated Sun" in write_card(FACTS | {"simulated": True}, MADE)


def test_what_was_measured_later_stands_beside_the_best_baseline():
    card = write_card(FACTS, MADE, MEASURED)
    row = "| region | C1.0 | 90 | 20 | 0.4780 | +0.430 to +0.530 | 0.9000 | logistic regression | 0.4650 |"
    assert row in card
    assert "100 slots of 7 regions, 2014-10-15 to 2019-05-18" in card
    assert "| gain drift | 0.1200 |" in card


def test_the_card_answers_the_registration_and_names_its_receipt():
    card = write_card(FACTS, MADE)
    for told in (
        "**Classes**: C1.0 and above, M1.0 and above (C+, M+, X+), on the operational GOES scale.",
        "**Prediction windows**: 24 h, nested",
        "**Issue frequency**: any; trained on one issue every 6 h.",
        "| input: samples | sha256:aa |",
        "| torch | 2.13.0 |",
        "| limits of the checks | sha256:bb |",
        "deterministic: True, seeds: [0, 4]",
    ):
        assert told in card, told


def test_of_a_foreign_model_nothing_is_claimed():
    facts = {name: value for name, value in FACTS.items() if name not in ("calibration", "seeds")}
    card = write_card(facts | {"model": "their net of names too long"}, MADE)
    assert card.startswith("# Model card: their net of names too long\n")
    assert "not trained here" in card
    assert "**Calibration**: unknown." in card
    assert "**Short name**: their_net_of_n_1." in card
