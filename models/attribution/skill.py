"""How much of what the model does an explanation explains, against explaining nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import Partition

__all__ = ["Probes", "probe"]


class Probes:
    """What the logit did when random blocks of the input were taken away: every explanation is held against this.

    Parameters
    ----------
    blocks : ndarray of bool, shape (probe, element)
        What each probe took away.
    drops : ndarray, shape (sample, probe)
        Logit minus the logit without the block.
    """

    def __init__(self, blocks: NDArray[np.bool_], drops: NDArray[np.float64]) -> None:
        self.blocks, self.drops = blocks, drops

    def skill(self, flat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Explanation skill 1 - infid(a) / infid(0) of attributions, infidelity after Yeh et al. 2019 (NeurIPS).

        Attributions are rescaled by the factor that suits them best, as `captum.metrics.infidelity(normalize=True)`
        does, so that their unit does not count. Two things differ from there: a negative factor is refused, because an
        explanation with the wrong sign explains nothing; and the raw measure is not used, by which explaining nothing
        beats Integrated Gradients.

        Parameters
        ----------
        flat : ndarray, shape (sample, element)
            Attributions in logit, as differences from the baseline.

        Returns
        -------
        ndarray, shape (sample,)
            1 for a complete account, 0 for as good as none; NaN where no probe changed the logit.
        """
        told = flat @ self.blocks.T.astype(np.float64)
        match, size = (told * self.drops).sum(axis=1), (told**2).sum(axis=1)
        nothing = (self.drops**2).sum(axis=1)
        # the best scale of an attribution is free, but not its sign: pointing the wrong way explains nothing
        explained = np.divide(np.maximum(match, 0) ** 2, size, out=np.zeros(len(told)), where=size > 0)
        return np.asarray(np.divide(explained, nothing, out=np.full(len(told), np.nan), where=nothing > 0), np.float64)


def probe(explained: Explained, groups: Partition, lags: Partition, count: int, seed: int) -> Probes:
    """Take random blocks away: half of the physical groups, each over a random stretch of the history.

    Parameters
    ----------
    explained : Explained
    groups, lags : Partition
        By physics and by lag.
    count : int
        Probes; the spread between seeds is 4 % at 100.
    seed : int
        Of the blocks, which are the same for all samples.

    Returns
    -------
    Probes
    """
    random = np.random.default_rng(seed)
    blocks = np.zeros((count, len(groups.index)), bool)
    for block in blocks:
        chosen = random.random(len(groups.names)) < 0.5
        start, stop = np.sort(random.integers(0, len(lags.names) + 1, 2))
        # half of the blocks take whole histories: a stretch alone would never show what a group is worth
        stretch = (lags.index >= start) & (lags.index < stop) | (random.random() < 0.5)
        block[:] = chosen[groups.index] & stretch
    logits = explained.kept(np.concatenate([np.ones((1, blocks.shape[1]), bool), ~blocks]))
    return Probes(blocks, logits[:, :1] - logits[:, 1:])
