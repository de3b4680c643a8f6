"""E4's evidence: the second spacecraft's position, and the place of a region in its image."""

import numpy as np
import pytest
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.samples import second_view
from sunproof.pipeline.samples.second_view import with_second_view
from sunproof.pipeline.sources.frames import Observer
from tests.models.constraints.build import batch, cells
from tests.pipeline.samples.test_bright_places import BEHIND, SCALE, TIME, corona

HOUR = np.timedelta64(3600, "s")


@pytest.fixture
def archive(monkeypatch):
    """Groups in memory in place of an archive: name -> images."""

    def make(**groups):
        def group(images):
            images = list(images)
            pixels = np.stack([image.pixels for image in images])
            columns = {
                "time_observed": np.array([image.time for image in images]),
                "observer_latitude": [image.observer.latitude for image in images],
                "observer_longitude": [image.observer.longitude for image in images],
                "observer_distance": [image.observer.distance for image in images],
                "apparent_radius": [image.radius for image in images],
            }
            data = {name: ("time", values) for name, values in columns.items()}
            attrs = {"layout": "frames", "quantity": "euv", "wcs": {"CDELT1": SCALE}}
            return xr.Dataset(data | {"euv": (("time", "y", "x"), pixels)}, attrs=attrs)

        made = {name: group(images) for name, images in groups.items()}
        monkeypatch.setattr(second_view, "group_names", lambda path: sorted(made))
        monkeypatch.setattr(second_view, "open_group", lambda path, name, variables: made[name])
        return "archive"

    return make


def forecast(longitude=-60.0, latitude=15.0, **changes):
    evidence = {"latitude": latitude, "longitude": longitude, "position_time": TIME, "when": TIME + HOUR}
    return batch([cells(0.5, 0.2, 0.02)], **{**evidence, **changes})


def test_a_region_that_both_see_is_measured_and_judged(archive):
    found = with_second_view(forecast(), archive(euvi_b_195=[corona([(15.0, -60.0)])]))
    assert found.other_longitude.item() == pytest.approx(-60, abs=2)
    seen = (found.other_observer_longitude.item(), found.other_observer_latitude.item(), found.pointing_verified.item())
    assert seen == (-120, -5, 1)
    assert found.second_view_reason.item() == ""
    assert evaluate(found, all_checks(["E4"])).outcome.item() == Outcome.PASS


def test_a_position_that_no_image_supports_is_for_review(archive):
    # The catalogue says 9 degrees further west, at the border of what is searched.
    found = with_second_view(forecast(-51.0), archive(euvi_b_195=[corona([(15.0, -60.0)])]))
    sharp = found.assign(position_error=("forecast", [0.5]), feature_height=("forecast", [1.0]))
    assert evaluate(sharp, all_checks(["E4"])).outcome.item() == Outcome.REVIEW


@pytest.mark.parametrize(
    ("changes", "image", "reason"),
    [
        ({"longitude": 40.0}, corona([(15.0, -60.0)]), "behind the limb of one of the two"),
        ({"entity": "full_disk"}, corona(), "the full disk has no place"),
        ({"latitude": np.nan}, corona(), "the place of the region is unknown"),
        ({}, corona(), "nothing bright"),
        ({"when": TIME - HOUR}, corona([(15.0, -60.0)]), "no image in the 6 h before the data cut-off"),
        ({"when": TIME + 7 * HOUR}, corona([(15.0, -60.0)]), "no image in the 6 h before the data cut-off"),
        ({}, corona([(15.0, -60.0)], shift=(100.0, 0.0)), "its limb is not where the header says"),
    ],
)
def test_what_has_no_second_view_says_why_and_is_no_pass(archive, changes, image, reason):
    found = with_second_view(forecast(**changes), archive(euvi_b_195=[image]))
    assert reason in found.second_view_reason.item()
    assert evaluate(found, all_checks(["E4"])).outcome.item() == Outcome.NOT_EVALUABLE


def test_images_from_the_earth_are_no_second_view(archive):
    made = forecast()
    near = corona([(15.0, -60.0)], observer=Observer(3.0, 0.4, 1.0))
    assert with_second_view(made, archive(aia_171=[near])) is made


def test_a_batch_that_names_another_spacecraft_keeps_its_own(archive):
    made = forecast(other_latitude=12.0)
    assert with_second_view(made, archive(euvi_b_195=[corona()])) is made
    assert BEHIND.longitude == -120
