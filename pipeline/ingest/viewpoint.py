"""See a frame from another spacecraft at another time: rotation of the Sun, light time and parallax accounted for.

The surface that an observer at distance d sees at time t is that of t - d / c. Between the two surfaces the Sun rotates
differentially (Howard et al. 1990, as in sunpy); what the source did not see is NaN, never a mirrored front side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ingest.register import Grid
from sunproof.pipeline.sources.frames import Frame, Geometry, Observer
from sunproof.pipeline.sources.observer import AU, SOLAR_RADIUS, limb_radius

if TYPE_CHECKING:
    import sunpy.map

__all__ = ["View", "reproject_frame"]

_LIGHT = 299_792_458.0  # m s-1, exact
# Nearer to the limb than this cosine a pixel of the source covers more than ten of the surface.
_GRAZING = 0.1


@dataclass(frozen=True)
class View:
    """From where and when a frame shall be seen.

    Parameters
    ----------
    observer : Observer
        Stonyhurst coordinates at ``time``.
    time : numpy.datetime64
        UTC at the observer.
    """

    observer: Observer
    time: np.datetime64

    @property
    def surface_time(self) -> np.datetime64:
        """When the light that arrives at ``time`` left the surface."""
        seconds = (self.observer.distance * AU - SOLAR_RADIUS) / _LIGHT
        return self.time - np.timedelta64(round(seconds * 1e9), "ns")


def reproject_frame(frame: Frame, view: View, grid: Grid, tolerance: float, height: float = 0.0) -> Frame:
    """Transform a frame to another view.

    Parameters
    ----------
    frame : Frame
        Helioprojective, full disk or part of it.
    view : View
        Observer and time of the result.
    grid : Grid
        Cells of the result.
    tolerance : float
        Largest difference in seconds between the surfaces that the two views show: longer than that the Sun evolves,
        which no rotation can undo.
    height : float
        Height in Mm of what is seen above the photosphere; loops of EUV channels lie at 5 to 50, which shifts them
        against the surface by ``height * tan(angle from disk centre)``.

    Returns
    -------
    Frame
        On the grid, at the view's time, with the view's observer; NaN off the disk and wherever the source did not see
        the surface. The facts tell source time, ``time_difference`` (source surface minus target surface, s), the
        tolerance, rotation law and height.

    Raises
    ------
    InputError
        If the difference is longer than the tolerance, or the frame is not helioprojective.
    """
    source = View(frame.observer, frame.time)
    difference = float((source.surface_time - view.surface_time) / np.timedelta64(1, "s"))
    # "not at most": an unknown difference is too long
    if not abs(difference) <= tolerance:
        got, wanted = f"{difference:.0f} s", f"at most {tolerance:g} s"
        todo = "Take a frame nearer in time, or state a larger tolerance."
        raise InputError(Problem("frames are too far apart in time", frame.group, got, wanted, todo))
    if frame.projection != "helioprojective":
        raise InputError(Problem("frame has no line of sight", frame.group, frame.projection, "helioprojective"))
    facts = {
        "source_time": str(frame.time),
        "source_observer": list(frame.observer),
        "time_difference": difference,
        "tolerance": tolerance,
        "rotation": "differential, Howard et al. 1990, with light time",
        "height_mm": height,
    }
    return replace(
        frame,
        data=_seen(frame, source, view, grid, height),
        time=view.time,
        t_tai=np.datetime64("NaT", "ns"),
        geometry=grid.geometry,
        observer=view.observer,
        apparent_radius=limb_radius(view.observer),
        scale=1.0,
        offset=0.0,
    ).with_facts(**facts)


def _seen(frame: Frame, source: View, view: View, grid: Grid, height: float) -> NDArray[np.float32]:
    from sunpy.coordinates import propagate_with_solar_surface

    # what is seen at a height lies on a sphere of its own, which ends at another limb
    radius = SOLAR_RADIUS + height * 1e6
    image = _map(frame.physical().data, frame.geometry, source, radius)
    target = _map(np.broadcast_to(np.float32(0), grid.shape), grid.geometry, view, radius)
    with propagate_with_solar_surface():
        found = image.reproject_to(target.wcs, algorithm="adaptive", kernel="Gaussian").data
    values = np.asarray(found, np.float32).copy()
    values[~_visible(source, view, grid, radius)] = np.nan
    return values


def _map(data: NDArray[Any], geometry: Geometry, view: View, radius: float) -> sunpy.map.GenericMap:
    """Give sunpy the image, at the time when its light left the surface."""
    import astropy.units as u
    import sunpy.map
    from astropy.coordinates import SkyCoord
    from astropy.time import Time
    from sunpy.coordinates import HeliographicStonyhurst
    from sunpy.map.header_helper import make_fitswcs_header

    emitted = Time(str(view.surface_time), scale="utc")
    place = HeliographicStonyhurst(
        view.observer.longitude * u.deg,
        view.observer.latitude * u.deg,
        view.observer.distance * u.AU,
        obstime=Time(str(view.time), scale="utc"),
    ).transform_to(HeliographicStonyhurst(obstime=emitted))  # the same place, told at another time
    centre = SkyCoord(0 * u.arcsec, 0 * u.arcsec, frame="helioprojective", obstime=emitted, observer=place)
    # Where the disk's centre lies, counted from the centre of the first pixel.
    zero = geometry.inverse()
    columns = np.array([[geometry.xx, geometry.xy], [geometry.yx, geometry.yy]])
    scale = np.linalg.norm(columns, axis=0)
    header = make_fitswcs_header(
        data.shape,
        centre,
        reference_pixel=[zero.x0 - 0.5, zero.y0 - 0.5] * u.pixel,
        scale=scale * u.arcsec / u.pixel,
        rotation_matrix=columns / scale[:, np.newaxis],
    )
    header["rsun_ref"] = radius
    return sunpy.map.Map(data, header)


def _visible(source: View, view: View, grid: Grid, radius: float) -> NDArray[np.bool_]:
    """Tell which cells show a part of the surface that the source saw, not at a grazing angle."""
    geometry = grid.geometry
    x = np.radians((geometry.xx * (np.arange(grid.columns) + 0.5) + geometry.x0) / 3600)[np.newaxis]
    y = np.radians((geometry.yy * (np.arange(grid.rows) + 0.5) + geometry.y0) / 3600)[:, np.newaxis]
    distance = view.observer.distance * AU / radius
    # Line of sight (x, y, 1) through the tangent plane meets the sphere: nearest root of the quadratic.
    norm = 1 + x**2 + y**2
    root = distance**2 - norm * (distance**2 - 1)
    along = (distance - np.sqrt(np.maximum(root, 0))) / norm
    west, north, toward = along * x, along * y, distance - along
    tilt = np.radians(view.observer.latitude)
    latitude = np.arcsin(np.clip(north * np.cos(tilt) + toward * np.sin(tilt), -1, 1))
    longitude = np.degrees(np.arctan2(west, toward * np.cos(tilt) - north * np.sin(tilt)))
    longitude = longitude + view.observer.longitude - _rotation(latitude, source, view)
    tilt = np.radians(source.observer.latitude)
    apart = np.radians(longitude - source.observer.longitude)
    cosine = np.sin(tilt) * np.sin(latitude) + np.cos(tilt) * np.cos(latitude) * np.cos(apart)
    # The source's own limb comes before the terminator, because it is near: cosine > radius / distance there.
    limb = radius / (source.observer.distance * AU)
    return np.asarray((root >= 0) & (cosine > limb + _GRAZING))


def _rotation(latitude: NDArray[np.float64], source: View, view: View) -> NDArray[np.float64]:
    """Degrees of Stonyhurst longitude that the surface moves from the source's view to the target's."""
    import astropy.units as u
    from sunpy.sun.models import differential_rotation

    elapsed = float((view.surface_time - source.surface_time) / np.timedelta64(1, "s"))
    moved = differential_rotation(elapsed * u.s, latitude * u.rad, model="howard", frame_time="synodic")
    return np.asarray(moved.to_value(u.deg))
