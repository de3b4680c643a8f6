"""Frames held against those of the training block: is this the instrument, and is this the Sun of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.reports import FOLDS

__all__ = ["Frames", "Gallery"]

Rows = NDArray[np.float64]

# Frames that tell what one channel usually looks like.
_FEWEST = 60
# Moments of the calibration: of fewer no frame could be as badly in its place as the limit of E9 (0.002) asks.
_FEWEST_MOMENTS = 500
# Share of the frames left out, the furthest, that tell how the rest of them thins out: a great flare, or a great region
# at the limb, comes once in hundreds of frames, and the furthest of them alone is a limit that chance has drawn.
_TAIL = 0.2
# Left out together: a complex of activity comes back for a rotation or two, and a year that is judged later has others.
_SPAN_DAYS = 54.0
# Smallest spread of a logarithm, a share or a correlation that is believed: calibrations are not better.
_LEAST_SPREAD = 0.01
_RIDGE = 1e-3
_TINY = 1e-12


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
    limb : ndarray, shape (moment,)
        What the light beside the disk goes with: the same of the flux about the limb.
    """

    features: Rows
    agreement: Rows
    flux: Rows
    limb: Rows

    @property
    def given(self) -> Rows:
        """What the features go with, shape (moment, 2)."""
        return np.stack([self.flux, self.limb], axis=1)

    def take(self, rows: NDArray[Any]) -> Frames:
        """Return some moments."""
        return Frames(self.features[rows], self.agreement[rows], self.flux[rows], self.limb[rows])

    def known(self) -> NDArray[np.bool_]:
        """Tell where there is a frame, and what it goes with."""
        return np.asarray(np.isfinite(self.features).all(axis=1) & np.isfinite(self.given).all(axis=1))


@dataclass(frozen=True, eq=False)
class _Curve:
    """Parabolas in what values go with, and how well they are known at each place."""

    weights: Rows
    inverse: Rows

    @classmethod
    def fit(cls, given: Rows, values: Rows) -> _Curve:
        design = _design(given)
        inverse = np.linalg.inv(design.T @ design + _RIDGE * np.eye(design.shape[1]))
        return cls(np.asarray(inverse @ design.T @ values, np.float64), np.asarray(inverse, np.float64))

    def left(self, given: Rows, values: Rows) -> Rows:
        """Tell what the curve leaves of values, in parts of a prediction interval.

        Where the curve was not fitted the interval is wide: by the root of one plus the leverage.
        """
        design = _design(given)
        # a new frame scatters, and the curve is not known exactly: both widen what is usual
        width = np.sqrt(1 + ((design @ self.inverse) * design).sum(axis=1))
        return np.asarray((values - design @ self.weights) / (width[:, None] if values.ndim > 1 else width), np.float64)


@dataclass(frozen=True, eq=False)
class _Channel:
    """What one channel usually looks like, given the flux: curves, where they were fitted, the spread they leave."""

    features: _Curve
    fitted: tuple[Rows, Rows]
    whitening: Rows
    agreement: _Curve | None
    spread: float

    @classmethod
    def fit(cls, frames: Frames) -> _Channel | None:
        known = frames.known()
        if known.sum() < _FEWEST:
            return None
        frames = frames.take(known)
        features, fitted = (
            _Curve.fit(frames.given, frames.features),
            (frames.given.min(axis=0), frames.given.max(axis=0)),
        )
        left = features.left(frames.given, frames.features)
        values, vectors = np.linalg.eigh(left.T @ left / len(left))
        # a feature that hardly varies in training would make every other value infinitely far
        whitening = vectors / np.sqrt(np.maximum(values, _LEAST_SPREAD**2))
        placed = frames.take(np.isfinite(frames.agreement))
        if len(placed.flux) < _FEWEST:
            return cls(features, fitted, whitening, None, np.nan)
        agreement = _Curve.fit(placed.flux[:, None], placed.agreement)
        spread = float(np.std(agreement.left(placed.flux[:, None], placed.agreement)))
        return cls(features, fitted, whitening, agreement, max(spread, _LEAST_SPREAD))

    def distance(self, frames: Frames) -> Rows:
        """Mahalanobis' distance over the root of the number of features: about 1 for what is usual."""
        # a Sun quieter or busier than any of training: whether the curve goes on or ends there, nothing tells
        return np.fmin(*(self._away(given, frames) for given in (frames.given, np.clip(frames.given, *self.fitted))))

    def _away(self, given: Rows, frames: Frames) -> Rows:
        left = self.features.left(given, frames.features)
        return np.asarray(np.sqrt(((left @ self.whitening) ** 2).mean(axis=1)), np.float64)

    def displacement(self, frames: Frames) -> Rows:
        """How many spreads the agreement is too low."""
        if self.agreement is None:
            return np.full(len(frames.flux), np.nan)
        return -self.agreement.left(frames.flux[:, None], frames.agreement) / self.spread


@dataclass(frozen=True, eq=False)
class Gallery:
    """What the training block's images are like, calibrated on moments that were left out of the fit.

    Parameters
    ----------
    channels : mapping
        Name -> what it usually looks like.
    unusual : mapping
        Name -> sorted distances of its different frames, left out.
    displaced : ndarray, shape (moment,)
        Sorted: largest displacement of any channel at moments left out.
    """

    channels: Mapping[str, _Channel]
    unusual: Mapping[str, Rows]
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
        away = {name: np.full(len(days), np.nan) for name in frames}
        displaced = np.full(len(days), np.nan)
        for left in range(FOLDS):
            inside = fold == left
            others = cls._channels({name: one.take(~inside) for name, one in frames.items()})
            held = {name: one.take(inside) for name, one in frames.items()}
            displaced[inside] = _displacement(others, held)
            for name, channel in others.items():
                away[name][inside] = channel.distance(held[name])
        if np.isfinite([*away.values()]).any(axis=0).sum() < _FEWEST_MOMENTS:
            return None
        unusual = {name: _different(one, away[name]) for name, one in frames.items()}
        return cls(cls._channels(frames), unusual, np.sort(displaced[np.isfinite(displaced)]))

    @staticmethod
    def _channels(frames: Mapping[str, Frames]) -> dict[str, _Channel]:
        fitted = {name: _Channel.fit(one) for name, one in frames.items()}
        return {name: channel for name, channel in fitted.items() if channel is not None}

    def __call__(self, frames: Mapping[str, Frames]) -> tuple[Rows, Rows]:
        """Hold frames against the training block.

        Returns
        -------
        usual : ndarray, shape (moment,)
            Share of the training block's frames that are as unusual, in the channel where they are fewest, times the
            number of channels; NaN without a frame.
        placed : ndarray, shape (moment,)
            Share of its moments at which regions were as badly in their place in some channel; NaN where none is in
            sight.
        """
        nothing = np.full(len(next(iter(frames.values())).flux), np.nan)
        shares = [
            _thinned(self.unusual[name], channel.distance(frames[name]))
            for name, channel in self.channels.items()
            if len(self.unusual[name]) >= _FEWEST
        ]
        # one of so many channels is as unusual so many times as often (Bonferroni)
        usual = np.fmin.reduce([nothing, *shares]) * np.isfinite([nothing, *shares]).sum(axis=0)
        return np.minimum(usual, 1.0), _share(self.displaced, _displacement(self.channels, frames))


def _displacement(channels: Mapping[str, _Channel], frames: Mapping[str, Frames]) -> Rows:
    """Largest displacement over the channels, one a moment; NaN where no channel tells."""
    found = [channel.displacement(frames[name]) for name, channel in channels.items()]
    # a reduction over no channel at all would have no shape
    nothing = np.full(len(next(iter(frames.values())).flux), np.nan)
    return np.asarray(np.fmax.reduce([nothing, *found]), np.float64)


def _different(frames: Frames, distance: Rows) -> Rows:
    """Sorted distances, each frame's once: it is the latest at several moments."""
    known = np.flatnonzero(np.isfinite(distance))
    _, first = np.unique(frames.features[known], axis=0, return_index=True)
    return np.sort(distance[known[first]])


def _share(calibration: Rows, value: Rows) -> Rows:
    """Conformal p-value (Vovk et al. 2005)."""
    if len(calibration) < _FEWEST_MOMENTS:
        return np.full(len(value), np.nan)
    return _conformal(calibration, value)


def _conformal(calibration: Rows, value: Rows) -> Rows:
    above = len(calibration) - np.searchsorted(calibration, value, side="left")
    # 1 on either side: the frame that is judged counts as one of them, and no share is 0
    return np.where(np.isnan(value), np.nan, (1 + above) / (1 + len(calibration)))


def _thinned(calibration: Rows, value: Rows) -> Rows:
    """Conformal p-value, among the furthest by the power law that they thin out by (Hill 1975)."""
    many = round(_TAIL * len(calibration))
    begin = max(float(calibration[-many - 1]), _TINY)
    # frames that are all alike have no tail
    index = max(float(np.log(np.maximum(calibration[-many:], _TINY) / begin).mean()), _LEAST_SPREAD)
    beyond = (1 + many) / (1 + len(calibration)) * (np.fmax(value, begin) / begin) ** (-1 / index)
    return np.where(value > begin, beyond, _conformal(calibration, value))


def _design(given: Rows) -> Rows:
    return np.concatenate([np.ones((len(given), 1)), given, given**2], axis=1)
