import numpy as np
import torch
import xarray as xr

from sunproof.pipeline.training.background import background_events, fit_background

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
