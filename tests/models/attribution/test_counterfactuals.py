import numpy as np
import pytest
import torch

from sunproof.models.attribution.counterfactuals import Stock, counterfactuals
from sunproof.models.attribution.symmetric import symmetric
from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser
from sunproof.models.physics.scaling import field_powers
from tests.models import imaging
from tests.models.toy import architecture, ensemble, inputs, rows

FEATURES = ["flares_c_24h", "srs_area", "longitude", "srs_age"]


def sun(size, seed=0):
    """Toy inputs, with a place and an age of the summary beside area and flares; keywords complete."""
    given = inputs(size, seed)
    random = np.random.default_rng(seed)
    frame = np.stack([random.uniform(-90, 90, size), random.uniform(0, 48, size)], axis=1).astype(np.float32)
    values, mask = given["region"]
    given["region"] = (np.concatenate([values, frame], axis=1), np.concatenate([mask, frame < 999], axis=1))
    given["keywords"] = (given["keywords"][0], np.ones_like(given["keywords"][1]))
    random_keywords = 10 ** (22 + random.normal(size=(size, 6)) / 2)
    given["keywords"][0][..., 0] = random_keywords
    return given


def model(weights):
    """A linear model of the last value: {(modality, feature): weight of the normalised value}."""
    tree = architecture(hidden=0)
    for name, block in tree["modalities"].items():
        block["features"] = FEATURES if name == "region" else block["features"]
        block["wide"] = block["features"]
        if block["steps"]:
            block["summaries"] = ["last"]
    network = Network(tree)
    column = 0
    with torch.no_grad():
        network.wide.weight[:] = 0
        for name in sorted(tree["modalities"]):
            for feature in tree["modalities"][name]["features"]:
                network.wide.weight[:2, column] = weights.get((name, feature), 0.0)
                column += 1
    return Ensemble(tree, fit_normaliser(sun(300)), [network]).eval()


def stock(subject):
    return Stock.pick(sun(300, seed=1), subject.architecture, count=20, seed=0)


def answers(weights, size=40):
    subject = model(weights)
    found = counterfactuals(subject, sun(size, seed=2), stock(subject))
    # C1.0: the energy limit, which follows the flux whatever the weights, does not reach down to it
    return {name: logit[:, 0, 0] for name, logit in found.items()}


def test_every_intervention_on_an_honest_model_gets_an_answer():
    found = answers({("keywords", "usflux"): 1.0})
    assert {"served", "quiet Sun", "no flare history", "other place and time", "stale", "future"} <= set(found)
    assert {"without keywords", "without xrs", "without region", "field x 1.1", "field x 1.3"} <= set(found)
    assert all(np.isfinite(found[name]).mean() > 0.8 for name in found)


def test_taking_the_region_away_takes_the_forecast_of_an_honest_model_away():
    found = answers({("keywords", "usflux"): 1.0})
    strong = found["served"] > np.median(found["served"])
    assert (found["quiet Sun"][strong] < found["served"][strong] - 0.5).all()
    np.testing.assert_allclose(found["other place and time"], found["served"], atol=1e-5)


def test_a_model_that_reads_the_place_keeps_its_forecast_without_the_region_and_loses_it_elsewhere():
    found = answers({("region", "longitude"): 1.0})
    np.testing.assert_allclose(found["quiet Sun"], found["served"], atol=1e-5)
    assert np.median(np.abs(found["other place and time"] - found["served"])) > 0.2


def test_a_model_that_reads_the_age_of_the_summary_is_moved_by_another_age():
    found = answers({("region", "srs_age"): 1.0})
    assert np.median(np.abs(found["other place and time"] - found["served"])) > 0.2


def test_a_stronger_field_raises_a_forecast_made_from_flux():
    found = answers({("keywords", "usflux"): 1.0})
    known = np.isfinite(found["field x 1.3"])
    assert (found["field x 1.3"][known] > found["field x 1.1"][known]).all()
    assert (found["field x 1.1"][known] > found["served"][known]).all()


def test_a_field_beyond_all_of_training_is_not_asked_about():
    subject, given = model({}), sun(3)
    given["keywords"][0][1, :, 0] = 1e25
    found = counterfactuals(subject, given, stock(subject))
    assert np.isnan(found["field x 1.1"][1]).all()


@pytest.mark.parametrize(("value", "known"), [(-0.5, True), (-0.95, False), (0.5, True), (0.95, False)])
def test_a_net_helicity_beyond_all_of_training_is_not_asked_about_whatever_its_sign(value, known):
    subject = model({})
    for block in subject.architecture["modalities"].values():
        block["features"] = ["meanjzh" if name == "totpot" else name for name in block["features"]]
    given, training = sun(3), sun(300, seed=1)
    given["keywords"][0][:, :, 2], training["keywords"][0][:, :, 2] = 0.1, np.linspace(-1, 1, 300)[:, None]
    given["keywords"][0][1, :, 2] = value
    found = counterfactuals(subject, given, Stock.pick(training, subject.architecture, 20, 0))
    # 1.21 times as much, as the square of the field
    assert np.isfinite(found["field x 1.1"]).all(axis=(1, 2)).tolist() == [True, known, True]


def test_without_flare_history_a_model_of_flares_knows_only_the_median():
    found = answers({("region", "flares_c_24h"): 1.0})
    seen = np.isfinite(found["no flare history"])
    assert np.ptp(found["no flare history"][seen]) < 1e-5 < np.ptp(found["served"])


def test_what_was_not_observed_cannot_be_taken_away():
    subject, given = model({}), sun(3)
    given["keywords"][1][1] = False
    given["region"][1][2] = False
    found = counterfactuals(subject, given, stock(subject))
    assert np.isnan(found["quiet Sun"][1]).all()
    assert np.isnan(found["without keywords"][1]).all()
    assert np.isnan(found["other place and time"][2]).all()
    assert np.isfinite(found["quiet Sun"][0]).all()


def test_a_late_history_holds_the_value_of_the_step_before():
    subject, given = model({("keywords", "usflux"): 1.0}), sun(5, seed=3)
    found = counterfactuals(subject, given, stock(subject))
    values, mask = given["keywords"]
    given["keywords"] = (np.concatenate([values[:, :1], values[:, :-1]], axis=1), mask)
    given["xrs"] = tuple(np.concatenate([part[:, :1], part[:, :-1]], axis=1) for part in given["xrs"])
    late = counterfactuals(subject, given, stock(subject))["served"]
    np.testing.assert_allclose(found["stale"], late, atol=1e-6)


def test_answers_do_not_depend_on_the_company():
    subject, given = model({("keywords", "usflux"): 1.0}), sun(6)
    together = counterfactuals(subject, given, stock(subject))
    alone = counterfactuals(subject, rows(given, slice(4, 5)), stock(subject))
    for name, logit in together.items():
        np.testing.assert_allclose(logit[4:5], alone[name], atol=1e-5)


def test_quiet_regions_are_complete_and_of_little_flux():
    found = stock(model({}))
    flux = sun(300, seed=1)["keywords"][0][:, -1, 0]
    assert found.quiet["keywords"][0][:, -1, 0].max() <= np.quantile(flux, 0.1)
    assert found.quiet["keywords"][1][:, -1].all()
    assert len(found.others["keywords"][0]) == 20


@pytest.mark.parametrize("gone", ["region", "xrs"])
def test_a_modality_that_was_not_given_asks_no_question(gone):
    subject, given = ensemble(), inputs(4)
    del given[gone]
    found = counterfactuals(subject, given, Stock.pick(given, subject.architecture, 5, 0))
    assert f"without {gone}" not in found
    assert np.isfinite(found["served"]).all()


def test_keywords_beside_images_are_taken_away_too():
    subject, given = imaging.ensemble(), imaging.inputs(4)
    del given["xrs"], given["region"]
    tables = {"keywords": given["keywords"]}
    found = counterfactuals(subject, given, Stock.pick(tables, subject.architecture, 5, 0))
    assert {"without keywords", "without disk", "without patch"} <= {*found}


def test_a_stronger_field_is_stronger_in_the_images_too():
    subject, given = imaging.ensemble(seed=5), imaging.inputs(6, seed=3, parts=3)
    tables = {name: part for name, part in given.items() if name not in ("disk", "patch")}
    found = counterfactuals(subject, given, Stock.pick(tables, subject.architecture, 5, 0))
    power, shift = field_powers(subject.architecture["modalities"]["keywords"]["features"], 1.1)
    values, mask = given["keywords"]
    grown = {"keywords": ((values * 1.1**power + shift).astype(np.float32), mask)}
    for name in ("disk", "patch"):
        images, *rest = given[name]
        signed = np.array(subject.architecture["modalities"][name]["signed"])
        grown[name] = (images * np.where(signed, 1.1, 1.0).astype(np.float32)[:, None, None], *rest)
    expected = counterfactuals(subject, given | grown, Stock.pick(tables, subject.architecture, 5, 0))["served"]
    known = np.isfinite(found["field x 1.1"])
    assert known.any()
    np.testing.assert_allclose(found["field x 1.1"][known], expected[known], atol=1e-4)
    only = counterfactuals(
        subject, given | {"keywords": grown["keywords"]}, Stock.pick(tables, subject.architecture, 5, 0)
    )
    assert np.abs(only["served"] - expected).max() > 1e-3


def test_the_opposite_field_is_that_of_the_images_and_of_the_net_current():
    subject, given = imaging.ensemble(), imaging.inputs(4)
    blocks = subject.architecture["modalities"]
    tables = {name: part for name, part in given.items() if not blocks[name].get("grid")}
    stock = Stock.pick(tables, subject.architecture, 5, 0)
    opposite = dict(given)
    for name, (values, *rest) in given.items():
        odd = blocks[name]["signed"] if blocks[name].get("grid") else np.isin(blocks[name]["features"], "meanjzd")
        factors = np.where(odd, -1, 1).astype(np.float32).reshape(-1, *[1] * (2 if blocks[name].get("grid") else 0))
        opposite[name] = (np.asarray(values) * factors, *rest)
    found, expected = (counterfactuals(subject, parts, stock) for parts in (given, opposite))
    np.testing.assert_allclose(found["opposite field"], expected["served"], atol=1e-5)
    np.testing.assert_allclose(found["served"], expected["opposite field"], atol=1e-5)
    assert np.abs(found["served"] - found["opposite field"]).max() > 1e-3


def test_a_region_is_not_turned_where_the_disk_would_show_it_both_ways():
    subject, given = imaging.ensemble(), imaging.inputs(4)
    blocks = subject.architecture["modalities"]
    assert "turned region" in {name for name, *_ in symmetric(blocks, {"patch": given["patch"]})}
    assert "turned region" not in {name for name, *_ in symmetric(blocks, given)}


def test_a_turned_region_is_seen_at_the_same_angle_and_only_from_above():
    subject, (values, mask, *rest) = imaging.ensemble(), imaging.inputs(4)["patch"]
    blocks = subject.architecture["modalities"]
    view = blocks["patch"]["features"].index("mu")
    values, mask = np.array(values), np.ones_like(np.asarray(mask, bool))
    values[:, :, view] = np.array([0.9, 0.7] * len(values))[: len(values), None, None, None]
    made = {name: (other, able) for name, other, able in symmetric(blocks, {"patch": (values, mask, *rest)})}
    other, able = made["turned region"]
    np.testing.assert_array_equal(other["patch"][0][:, :, view], values[:, :, view])
    np.testing.assert_array_equal(other["patch"][0][:, :, 0], values[:, :, 0, ::-1, ::-1])
    above = values[:, 0, view, 0, 0] > 0.77
    np.testing.assert_array_equal(able, above[rest[0]] if rest else above)


def test_a_model_of_images_alone_is_asked_what_it_says_without_them():
    subject, given = imaging.alone(), {"disk": imaging.inputs(5, parts=2)["disk"]}
    found = counterfactuals(subject, given, Stock.pick({}, subject.architecture, 5, 0))
    assert {*found} == {"served", "without disk", "opposite field", "mirrored Sun"}
    assert all(logit.shape == (5, 3, 3) and np.isfinite(logit).all() for logit in found.values())
    assert np.ptp(found["without disk"], axis=0).max() < 1e-6 < np.ptp(found["served"], axis=0).min()
