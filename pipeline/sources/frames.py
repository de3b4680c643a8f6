"""One image of the Sun with everything that must be known to use it: what every image source returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Frame", "Geometry", "Observer"]


class Geometry(NamedTuple):
    """Where pixels lie: x = xx X + xy Y + x0 and y = yx X + yy Y + y0, from pixel edges to the projection plane.

    Edges count from zero at the outer border of the first pixel, so pixel i covers [i, i + 1]. The plane is tangent to
    the sky at the disk's centre and counted in arcsec, x to solar west and y to solar north (HPLN-TAN, HPLT-TAN); for
    cylindrical equal-area patches it is counted in degrees from the patch's centre.
    """

    xx: float
    xy: float
    x0: float
    yx: float
    yy: float
    y0: float

    @property
    def pixel_area(self) -> float:
        """Area of a pixel in the plane's square units; always positive."""
        # axes may be mirrored, as where a camera reads out backwards
        return abs(self.xx * self.yy - self.xy * self.yx)

    def inverse(self) -> Geometry:
        """Pixel edges from places in the plane."""
        determinant = self.xx * self.yy - self.xy * self.yx
        xx, xy, yx, yy = self.yy / determinant, -self.xy / determinant, -self.yx / determinant, self.xx / determinant
        return Geometry(xx, xy, -xx * self.x0 - xy * self.y0, yx, yy, -yx * self.x0 - yy * self.y0)

    def after(self, first: Geometry) -> Geometry:
        """One map that does ``first`` and then this one."""
        return Geometry(
            self.xx * first.xx + self.xy * first.yx,
            self.xx * first.xy + self.xy * first.yy,
            self.xx * first.x0 + self.xy * first.y0 + self.x0,
            self.yx * first.xx + self.yy * first.yx,
            self.yx * first.xy + self.yy * first.yy,
            self.yx * first.x0 + self.yy * first.y0 + self.y0,
        )


class Observer(NamedTuple):
    """Where the instrument was: Stonyhurst heliographic degrees, and astronomical units from the Sun's centre."""

    latitude: float
    longitude: float
    distance: float


@dataclass(frozen=True)
class Frame:
    """One image, calibrated: physical values are ``data * scale + offset``.

    The factor stays apart from the pixels because integers are averaged faster and exactly; `physical` applies it.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels as the file orders them; integers, or float32 with NaN for missing.
    quantity : str
        Vocabulary name of what the physical values are: ``intensity``, ``radiance``, ``magnetic_field``, ...
    group : str
        Archive group, e.g. ``"aia_171"``.
    time : numpy.datetime64
        UTC, ns; the middle of the exposure, unless `facts` says otherwise under ``time_is``.
    geometry : Geometry
        From pixel edges to the projection plane.
    observer : Observer
        Where it was taken from.
    apparent_radius : float
        Radius of the solar disk in arcsec as this instrument's team defines it.
    scale, offset : float
        Physical values are ``data * scale + offset``.
    exposure_time : float
        Seconds; NaN where the instrument gives none.
    t_tai : numpy.datetime64
        The time stamp as written where the instrument writes TAI, else NaT.
    quality : int
        Quality word as an unsigned number; -1 where the instrument writes none.
    flags, rejected_for : tuple of str
        Names of all flags that are set, and of those that make the image unusable.
    projection : str
        ``"helioprojective"`` or ``"carrington_cea"``.
    keys : dict
        Further values of the record by vocabulary name, e.g. ``{"harpnum": 377}``.
    facts : dict
        Plain JSON values for the receipt: calibration tables with digest and epoch, factors, versions, header facts.
    """

    data: NDArray[Any]
    quantity: str
    group: str
    time: np.datetime64
    geometry: Geometry
    observer: Observer
    apparent_radius: float
    scale: float = 1.0
    offset: float = 0.0
    exposure_time: float = float("nan")
    t_tai: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "ns"))
    quality: int = -1
    flags: tuple[str, ...] = ()
    rejected_for: tuple[str, ...] = ()
    projection: str = "helioprojective"
    keys: Mapping[str, int | float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether no rejecting flag is set."""
        return not self.rejected_for

    def physical(self) -> Frame:
        """Give the same image with scale and offset applied, as float32."""
        if self.scale == 1.0 and self.offset == 0.0 and self.data.dtype == np.float32:
            return self
        # integers stay as they are until here: as floats a full-resolution frame takes twice the memory
        values = self.data.astype(np.float32)
        # in place: another copy of 4096 pixels a side is 64 MiB
        values *= np.float32(self.scale)
        values += np.float32(self.offset)
        return replace(self, data=values, scale=1.0, offset=0.0)

    def with_facts(self, **facts: Any) -> Frame:
        """Give the same image with more facts for its receipt."""
        return replace(self, facts={**self.facts, **facts})

    def to_dataset(self) -> xr.Dataset:
        """Give a dataset of one time in vocabulary names and units; facts become attributes."""
        import xarray as xr

        from sunproof.pipeline.vocabulary import describe

        attrs = {"group": self.group, "projection": self.projection, **self.facts}
        dataset = xr.Dataset(coords={"time": ("time", np.array([self.time], "datetime64[ns]"))}, attrs=attrs)
        dataset[self.quantity] = (("time", "y", "x"), self.physical().data[np.newaxis])
        dataset["geometry"] = (("time", "coefficient"), np.array([self.geometry], np.float64))
        for name, value in self.record().items():
            dataset[name] = ("time", np.array([value], dtype=object if isinstance(value, str) else None))
        return describe(dataset)

    def record(self) -> dict[str, Any]:
        """Give what belongs to the time but is no pixel, by vocabulary name."""
        return {
            **self.keys,
            "t_tai": self.t_tai.astype("datetime64[ns]"),
            "exposure_time": np.float32(self.exposure_time),
            "quality": np.int64(self.quality),
            "quality_flags": ",".join(self.flags),
            "accepted": self.accepted,
            "reject_reason": ",".join(self.rejected_for),
            "observer_latitude": self.observer.latitude,
            "observer_longitude": self.observer.longitude,
            "observer_distance": self.observer.distance,
            "apparent_radius": self.apparent_radius,
        }
