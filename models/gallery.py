"""Frames held against those of the training block: is this the instrument, and is this the Sun of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sunproof.models.reports import FOLDS

__all__ = ["Frames", "Gallery"]

Rows = NDArray[np.float64]

# Frames that tell what one channel usually looks like.
_FEWEST = 60
# Moments of the calibration: of fewer no frame could be as unusual as the limits of E9 and J6 (0.002) ask.
_FEWEST_MOMENTS = 500
# Left out together: a complex of activity comes back for a rotation or two, and a year that is judged later has others.
_SPAN_DAYS = 54.0
# Smallest spread of a logarithm, a share or a correlation that is believed: calibrations are not better.
_LEAST_SPREAD = 0.01
_RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames of one channel, one a moment; NaN rows where there is none.

    Parameters
    ----------
    features : ndarray, shape (moment, feature)
        What the image says of itself.
    agreement : ndarray, shape (moment,)
        How far regions are in their places; NaN where none is in sight.
    flux : ndarray, shape (moment,)
        What both go with: the logarithm of the magnetic flux in sight; NaN where it is not known.
    """

    features: Rows
    agreement: Rows
    flux: Rows

    def take(self, rows: NDArray[np.bool_]) -> Frames:
        """Return some moments."""
        return Frames(self.features[rows], self.agreement[rows], self.flux[rows])


@dataclass(frozen=True, eq=False)
class _Curve:
    """A parabola in the flux in sight, and how well it is known at each flux."""

    weights: Rows
    inverse: Rows

    @classmethod
    def fit(cls, flux: Rows, values: Rows) -> _Curve:
        design = _design(flux)
        inverse = np.linalg.inv(design.T @ design + _RIDGE * np.eye(design.shape[1]))
        return cls(np.asarray(inverse @ design.T @ values, np.float64), np.asarray(inverse, np.float64))

    def left(self, flux: Rows, values: Rows) -> Rows:
        """Tell what the curve leaves of values, in parts of a prediction interval.

        Where the curve was not fitted the interval is wide: by the root of one plus the leverage.
        """
        design = _design(flux)
        # a new frame scatters, and the curve is not known exactly: both widen what is usual
        width = np.sqrt(1 + ((design @ self.inverse) * design).sum(axis=1))
        return np.asarray((values - design @ self.weights) / (width[:, None] if values.ndim > 1 else width), np.float64)


@dataclass(frozen=True, eq=False)
class _Channel:
    """What one channel usually looks like, given the flux in sight: curves, and the spread of what they leave."""

    features: _Curve
    whitening: Rows
    agreement: _Curve | None
    spread: float

    @classmethod
    def fit(cls, frames: Frames) -> _Channel | None:
        known = np.isfinite(frames.features).all(axis=1) & np.isfinite(frames.flux)
        if known.sum() < _FEWEST:
            return None
        frames = frames.take(known)
        features = _Curve.fit(frames.flux, frames.features)
        left = features.left(frames.flux, frames.features)
        values, vectors = np.linalg.eigh(left.T @ left / len(left))
        # a feature that hardly varies in training would make every other value infinitely far
        whitening = vectors / np.sqrt(np.maximum(values, _LEAST_SPREAD**2))
        placed = frames.take(np.isfinite(frames.agreement))
        if len(placed.flux) < _FEWEST:
            return cls(features, whitening, None, np.nan)
        agreement = _Curve.fit(placed.flux, placed.agreement)
        spread = float(np.std(agreement.left(placed.flux, placed.agreement)))
        return cls(features, whitening, agreement, max(spread, _LEAST_SPREAD))

    def distance(self, frames: Frames) -> Rows:
        """Mahalanobis' distance over the root of the number of features: about 1 for what is usual."""
        left = self.features.left(frames.flux, frames.features)
        return np.asarray(np.sqrt(((left @ self.whitening) ** 2).mean(axis=1)), np.float64)

    def displacement(self, frames: Frames) -> Rows:
        """How many spreads the agreement is too low."""
        if self.agreement is None:
            return np.full(len(frames.flux), np.nan)
        return -self.agreement.left(frames.flux, frames.agreement) / self.spread


@dataclass(frozen=True, eq=False)
class Gallery:
    """What the training block's images are like, calibrated on moments that were left out of the fit.

    Parameters
    ----------
    channels : mapping
        Name -> what it usually looks like.
    unusual, displaced : ndarray, shape (moment,)
        Sorted: largest distance, and largest displacement, of any channel at moments left out.
    """

    channels: Mapping[str, _Channel]
    unusual: Rows
    displaced: Rows

    @classmethod
    def fit(cls, frames: Mapping[str, Frames], days: Rows, seed: int) -> Gallery | None:
        """Fit to the frames of the training block.

        Parameters
        ----------
        frames : mapping
            Channel -> its frame at each moment.
        days : ndarray, shape (moment,)
            When, days since whenever.
        seed : int
            Which moments are left out together.

        Returns
        -------
        Gallery or None
            None where there are too few frames.
        """
        span = np.unique(days // _SPAN_DAYS, return_inverse=True)[1]
        # spans, not moments: neighbours show the same regions, and one left in would know the one left out
        fold = np.random.default_rng(seed).permutation(np.arange(span.max(initial=0) + 1) % FOLDS)[span]
        worst = np.full((2, len(days)), np.nan)
        for left in range(FOLDS):
            inside = fold == left
            others = cls._channels({name: one.take(~inside) for name, one in frames.items()})
            worst[:, inside] = _worst(others, {name: one.take(inside) for name, one in frames.items()})
        known = [np.sort(row[np.isfinite(row)]) for row in worst]
        return None if len(known[0]) < _FEWEST_MOMENTS else cls(cls._channels(frames), *known)

    @staticmethod
    def _channels(frames: Mapping[str, Frames]) -> dict[str, _Channel]:
        fitted = {name: _Channel.fit(one) for name, one in frames.items()}
        return {name: channel for name, channel in fitted.items() if channel is not None}

    def __call__(self, frames: Mapping[str, Frames]) -> tuple[Rows, Rows]:
        """Hold frames against the training block.

        Returns
        -------
        usual : ndarray, shape (moment,)
            Share of the training block's moments at which some channel was as unusual; NaN without a frame.
        placed : ndarray, shape (moment,)
            Share of them at which regions were as badly in their place in some channel; NaN where none is in sight.
        """
        unusual, displaced = _worst(self.channels, frames)
        return _share(self.unusual, unusual), _share(self.displaced, displaced)


def _worst(channels: Mapping[str, _Channel], frames: Mapping[str, Frames]) -> tuple[Rows, Rows]:
    """Largest distance and displacement over the channels, one a moment; NaN where no channel tells."""
    size = len(next(iter(frames.values())).flux)
    distance = [channel.distance(frames[name]) for name, channel in channels.items()]
    displacement = [channel.displacement(frames[name]) for name, channel in channels.items()]
    # a reduction over no channel at all would have no shape
    nothing = [np.full(size, np.nan)]
    return np.fmax.reduce(nothing + distance), np.fmax.reduce(nothing + displacement)


def _share(calibration: Rows, value: Rows) -> Rows:
    """Conformal p-value (Vovk et al. 2005)."""
    if len(calibration) < _FEWEST_MOMENTS:
        return np.full(len(value), np.nan)
    above = len(calibration) - np.searchsorted(calibration, value, side="left")
    # 1 on either side: the frame that is judged counts as one of them, and no share is 0
    return np.where(np.isnan(value), np.nan, (1 + above) / (1 + len(calibration)))


def _design(flux: Rows) -> Rows:
    return np.stack([np.ones_like(flux), flux, flux**2], axis=1)
