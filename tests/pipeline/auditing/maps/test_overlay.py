import re

import numpy as np
import pytest
import sunpy.map
import xarray as xr
from astropy import units as u
from scipy.ndimage import map_coordinates

from sunproof.pipeline.auditing.maps.overlay import attribution_map, map_row
from sunproof.pipeline.auditing.report.frames import latest_images
from sunproof.pipeline.errors import InputError


def certificates(mapped, count=3):
    return xr.open_zarr(mapped / "maps.zarr", group="patch")["certificate"].values[:count].tolist()


def image_of(looking, made, channel):
    """The archive's own frame at the time of a map."""
    found = latest_images(looking.archive, np.datetime64(made.date.isot, "ns"))
    return next(image.map for image in found if image.group == channel)


@pytest.mark.parametrize("modality", ["disk", "patch"])
@pytest.mark.parametrize("channel", ["hmi_m", "aia_171"])
def test_what_the_model_saw_lies_where_the_image_shows_it(looking, mapped, modality, channel):
    for number in certificates(mapped):
        seen = attribution_map(mapped / "maps.zarr", number, modality, channel, show="observed")
        frame = image_of(looking, seen, channel)
        assert seen.date == frame.date
        rows, columns = np.indices(seen.data.shape)
        where = frame.world_to_pixel(seen.pixel_to_world(columns * u.pix, rows * u.pix))
        there = map_coordinates(np.nan_to_num(frame.data), [where.y.value, where.x.value], order=1)
        both = np.isfinite(seen.data) & np.isfinite(there)
        assert both.sum() > 50
        # a cell of the model is a mean, the frame is read at its middle
        assert np.corrcoef(there[both], seen.data[both])[0, 1] > 0.95
        moved = map_coordinates(np.nan_to_num(frame.data), [where.y.value + 5, where.x.value], order=1)
        assert np.corrcoef(moved[both], seen.data[both])[0, 1] < 0.9


def test_a_map_is_the_attributions_with_the_images_observer(looking, mapped):
    number = certificates(mapped)[0]
    made = attribution_map(mapped / "maps.zarr", number, "patch", "hmi_m")
    assert isinstance(made, sunpy.map.GenericMap)
    row = map_row(mapped / "maps.zarr", number, "patch")
    np.testing.assert_array_equal(made.data, row["attribution"].values[0, 0])
    frame = image_of(looking, made, "hmi_m")
    assert made.observer_coordinate.separation_3d(frame.observer_coordinate) < 1 * u.km


def test_a_map_is_drawn_over_the_magnetogram(looking, mapped):
    import matplotlib.pyplot as plt

    made = attribution_map(mapped / "maps.zarr", certificates(mapped)[0], "patch", "hmi_m")
    frame = image_of(looking, made, "hmi_m")
    figure = plt.figure()
    axes = figure.add_subplot(projection=frame)
    frame.plot(axes=axes)
    drawn = made.draw_contours([0.5 * np.abs(made.data).max() * u.dimensionless_unscaled], axes=axes)
    assert drawn is not None
    figure.canvas.draw()
    plt.close(figure)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"certificate": 10**6}, "the forecast has no map"),
        ({"channel": "aia_94"}, "no such image in a map; got 'aia_94 at 0 h'"),
        ({"lag": 12.0}, "wanted hmi_m, aia_171, mu at 0 h"),
        ({"show": "beauty"}, "no such values in a map; got 'beauty'"),
        ({"modality": "corona"}, "no such maps"),
    ],
)
def test_a_map_that_is_not_there_is_said_so(mapped, change, message):
    asked = {"certificate": certificates(mapped)[0], "modality": "patch", "channel": "hmi_m"} | change
    with pytest.raises(InputError, match=re.escape(message)):
        attribution_map(mapped / "maps.zarr", **asked)
