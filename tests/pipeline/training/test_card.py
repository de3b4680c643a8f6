from sunproof.pipeline.training.card import write_card

FACTS = {
    "simulated": False,
    "thresholds": ["C1.0", "M1.0"],
    "windows": [24.0],
    "modalities": ["keywords"],
    "seeds": [0, 4],
    "labels": {"catalogue": "flares_swpc", "goes_scale": "operational"},
    "blocks": {"train": {"samples": 12, "first": "2012-01-01T00:00:00", "last": "2013-01-01T00:00:00"}},
    "calibration": {"rate": (0.1, 0.9), "index": (0.0, 1.0)},
    "scores": [
        {"threshold": "M1.0", "window": 24.0, "base_rate": 0.03, "validation_rate": 0.05, "brier_skill": None},
    ],
}


def test_a_card_says_what_was_seen_and_how_good_it_was():
    card = write_card(FACTS)
    assert "| train | 12 | 2012-01-01T00:00:00 to 2013-01-01T00:00:00 |" in card
    assert "| M1.0 | 24 | 0.0300 | 0.0500 | unknown |" in card
    assert "flares_swpc, operational GOES scale, unassigned flares: unknown" in card
    assert "simulated" not in card


def test_a_simulated_sun_is_named_first():
    assert "**Trained on a simulated Sun" in write_card(FACTS | {"simulated": True})
