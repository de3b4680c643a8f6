import json

import numpy as np
import torch
import xarray as xr

from sunproof.models.background import Background, disk_features
from sunproof.pipeline.training.background import background_events, fit_background, fit_dependent_background

FLUXES = torch.tensor([1e-6, 1e-5])


def samples(rows: list[tuple[str, str, int, float]]) -> xr.Dataset:
    """Rows of (block, entity, hour, event); one threshold, one window."""
    block, entity, hour, event = zip(*rows, strict=True)
    return xr.Dataset(
        {
            "block": ("sample", np.array(block, object)),
            "entity": ("sample", np.array(entity, object)),
            "issue_time": ("sample", np.array(hour).astype("datetime64[h]").astype("datetime64[ns]")),
            "event": (("sample", "threshold", "window"), np.array(event, float)[:, None, None]),
        }
    )


def test_a_slot_counts_only_where_no_region_explains_it():
    found = background_events(
        samples(
            [
                ("train", "full_disk", 0, 1),
                ("train", "region", 0, 1),
                ("train", "full_disk", 6, 1),
                ("train", "region", 6, 0),
                ("train", "region", 6, np.nan),
                ("train", "full_disk", 12, 0),
                ("train", "full_disk", 18, np.nan),
                ("test", "full_disk", 24, 1),
            ]
        )
    )
    np.testing.assert_array_equal(found[:, 0, 0], [np.nan, 1, 0, np.nan])


def test_regions_of_slots_without_a_disk_row_are_passed_over():
    found = background_events(samples([("train", "region", 6, 1), ("train", "full_disk", 0, 0)]))
    np.testing.assert_array_equal(found[:, 0, 0], [0])


def test_samples_without_full_disk_have_no_background():
    assert fit_background(background_events(samples([("train", "region", 0, 1)])), FLUXES[:1], (24,)) is None


def test_the_fitted_background_has_the_observed_frequencies_and_nests():
    random = np.random.default_rng(0)
    size = 4000
    largest = 1e-6 * random.random((size, 2)) ** -1.0 * (random.random((size, 2)) < 0.3)
    events = (np.maximum.accumulate(largest, axis=1)[:, None, :] >= np.array([1e-6, 1e-5])[:, None]).astype(float)
    events[::5] = np.nan
    process = fit_background(events, FLUXES, (24, 48))
    found = process.probabilities(FLUXES.double())[0]
    np.testing.assert_allclose(found, np.nanmean(events, axis=0), atol=0.02)
    assert (found.diff(dim=0) <= 0).all()
    assert (found.diff(dim=1) >= 0).all()


def test_a_background_that_never_flared_is_small_but_not_zero():
    found = fit_background(np.zeros((300, 2, 2)), FLUXES, (24, 48)).probabilities(FLUXES.double())
    assert (found > 0).all()
    assert (found[:, :, 0] < 0.02).all()


def bright_days(size: int = 600) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Flares from nowhere that come where the X-ray level is high."""
    random = np.random.default_rng(0)
    level = random.normal(-6.5, 0.4, size)
    probability = 1 / (1 + np.exp(-3 * (level + 6.2)))
    event = (random.random(size) < probability).astype(float)
    return np.stack([event, 0 * event], axis=1)[..., None], {
        "xrsb": np.where(random.random(size) < 0.05, np.nan, level)
    }


def test_a_background_that_depends_on_the_disk_learns_to():
    events, features = bright_days()
    fitted = fit_dependent_background(events, features, FLUXES, (24.0,))
    probability = fitted.process({"xrsb": np.array([-7.3, -6.2, -5.6, np.nan])}).probabilities(FLUXES.double())
    assert (torch.diff(probability[:3, 0, 0]) > 0.15).all()
    # unknown is the mean
    mean = fitted.process({"xrsb": fitted.centre.numpy()}).probabilities(FLUXES.double())
    torch.testing.assert_close(probability[3:], mean)
    assert (probability[:, 1] <= probability[:, 0]).all()


def test_it_survives_being_written_down():
    events, features = bright_days(100)
    fitted = fit_dependent_background(events, features, FLUXES, (24.0,))
    again = Background.from_plain(json.loads(json.dumps(fitted.plain())))
    assert torch.equal(again.process(features).log_rate, fitted.process(features).log_rate)
    assert again.modalities == ("xrs",)


def test_a_dependence_on_noise_is_all_but_none():
    events, _ = bright_days()
    noise = {"xrsb": np.random.default_rng(5).normal(size=len(events))}
    fitted = fit_dependent_background(events, noise, FLUXES, (24.0,))
    assert fitted.weights.abs().max() < 0.3


def test_without_events_or_features_there_is_none():
    events, features = bright_days(20)
    assert fit_dependent_background(events, {}, FLUXES, (24.0,)) is None
    assert fit_dependent_background(np.full_like(events, np.nan), features, FLUXES, (24.0,)) is None


def test_what_the_disk_shows_is_read_off_the_inputs():
    flux = np.array([[[-8.0, -7.0], [-8.0, -6.0]], [[-8.0, -5.0], [-8.0, 0.0]]])
    seen = np.array([[[True, True], [True, True]], [[True, True], [True, False]]])
    images = np.full((2, 1, 2, 2, 2), 3.0)
    images[:, :, 1] = [[-5.0, 5.0], [5.0, -5.0]]
    mask = np.ones(images.shape, bool)
    mask[1, 0, 0] = False
    inputs = {"xrs": (flux, seen), "disk": (images, mask)}
    names = {"xrs": ("xrsa", "xrsb"), "disk": ("aia_171", "hmi_m")}
    found = disk_features(inputs, names, ("xrs", "history", "disk"))
    np.testing.assert_allclose(found["xrsb"], [-6.5, -5.0])
    np.testing.assert_allclose(found["disk aia_171"], [np.log(3), np.nan], atol=1e-5)
    np.testing.assert_allclose(found["disk hmi_m"], np.log([5, 5]), atol=1e-5)
    assert {*found} == {"xrsb", "disk aia_171", "disk hmi_m"}
