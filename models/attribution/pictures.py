"""What a map of attributions says of a picture, beside what maps say that know nothing of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.attribution.erasure import erased
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.rolls import FEWEST, enrichment, shifts
from sunproof.models.attribution.scenery import SCENERY
from sunproof.models.attribution.skill import Probes

__all__ = ["Picture", "grouped", "judged"]

# Of the pixels that speak most for the forecast, so many are taken away (physics: the deletion test).
_TOP = 0.05
# Images whose sky is put in the place of a picture's own; the median counts.
_DONORS = 5
# Sides of the random blocks that are taken away, as a share of the picture's.
_BLOCKS = (0.15, 0.5)

Map = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Picture:
    """One sample's images of one modality, and what is where in them.

    Parameters
    ----------
    modality : str
    seen : ndarray of bool, shape (lag, channel, y, x)
        What was observed.
    part : ndarray of int, shape (y, x)
        Place in `sunproof.models.attribution.scenery.SCENERY`.
    sky : ndarray of bool, shape (channel, y, x)
        Where no channel should see the Sun.
    shown : ndarray of bool, shape (channel,)
        Channels that show the Sun; the others tell how it is seen.
    field : ndarray of bool, shape (channel,)
        Channels of a magnetic field, among those.
    groups : mapping
        Name -> bool, broadcastable to ``seen``: instruments and lags.
    untold : mapping
        Parts that cannot be told apart in this picture -> why.
    """

    modality: str
    seen: NDArray[np.bool_]
    part: NDArray[np.int64]
    sky: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    field: NDArray[np.bool_]
    groups: Mapping[str, NDArray[np.bool_]]
    untold: Mapping[str, str]

    def weight(self, values: Map) -> NDArray[np.float64]:
        """Sum of |values| over lags and the channels that show the Sun, shape (y, x)."""
        return np.asarray(np.abs(values[:, self.shown], dtype=np.float64).sum(axis=(0, 1)))

    @property
    def ground(self) -> NDArray[np.bool_]:
        """Where any channel that shows the Sun was observed, shape (y, x)."""
        return np.asarray(self.seen[:, self.shown].any(axis=(0, 1)))

    def absent(self, group: str) -> str:
        """Say why a group has no pixel: it is nowhere in this picture, or cannot be told apart in it."""
        return self.untold.get(group, "nowhere in this picture")

    @property
    def region(self) -> NDArray[np.bool_]:
        """The region with its inversion line, shape (y, x)."""
        return np.isin(self.part, [SCENERY.index("region"), SCENERY.index("inversion line")])


def grouped(
    explained: Explained, row: int, maps: Mapping[str, Map], pictures: Mapping[str, Picture]
) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Sum a map over physical groups, and take each group away.

    Parameters
    ----------
    explained : Explained
    row : int
        Which sample.
    maps : mapping
        Modality -> attributions, shape (lag, channel, y, x).
    pictures : mapping
        Modality -> `Picture`.

    Returns
    -------
    dict
        Modality -> group (parts of the picture, instruments, lags) -> sum of attributions, logit lost without the
        group, and its share of the modality's values, which a map without content would give it; NaN where a part of
        the picture is nowhere.
    """
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for name, picture in pictures.items():
        masks = {part: np.asarray(picture.part == place)[None, None] for place, part in enumerate(SCENERY)}
        masks |= dict(picture.groups)
        lost = erased(explained, row, [{name: mask} for mask in masks.values()])
        found[name] = {}
        for (group, mask), drop in zip(masks.items(), lost.tolist(), strict=True):
            whole = np.broadcast_to(mask, picture.seen.shape)
            # maps are of 32 bits, and sums over all their pixels need 64
            told = (float(maps[name][whole].sum(dtype=np.float64)), drop, float(whole.mean()))
            found[name][group] = told if whole.any() else (np.nan, np.nan, 0.0)
    return found


def judged(
    explained: Explained,
    row: int,
    maps: Mapping[str, Map],
    nulls: Sequence[Mapping[str, Map]],
    pictures: Mapping[str, Picture],
    main: str,
    count: tuple[int, int],
    seed: int,
) -> dict[str, float]:
    """Measure a map: how much of it lies where it may and where it may not, and whether it foretells the model.

    Parameters
    ----------
    explained : Explained
    row : int
        Which sample.
    maps : mapping
        Modality -> attributions, shape (lag, channel, y, x).
    nulls : sequence of mapping
        Maps of the same shape that know nothing of the model.
    pictures : mapping
        Modality -> `Picture`.
    main : str
        Modality of the picture that the region is sought in.
    count : tuple of int
        Random blocks that are taken away, and rolled copies of the deleted pixels.
    seed : int

    Returns
    -------
    dict
        ``map_effect``, ``map_picture_effect``: logit lost without any images, and without the main picture;
        ``map_sky_share``: of all images, share of |a| off the disk; ``map_sky_effect``: absolute change of the logit
        when what is off the disk comes from images of other samples, median over at most five;
        ``map_background_effect``: the same with the background beside the region, NaN where there is none;
        ``map_region_share``, ``_ratio``, ``_rank``, and ``map_line_ratio``, ``_rank``: see
        `sunproof.models.attribution.rolls.enrichment`; ``map_region_null``: largest share of a null;
        ``map_line_rise``: change of the logit when the magnetic field by the inversion line is halved, gone, or that of
        the rest of the region, where that was observed, median; NaN without an inversion line;
        ``map_deletion_drop``: logit lost without the twentieth of the pixels that speak most for the forecast;
        ``map_deletion_rank``: share of rolled copies of them that cost less, NaN of fewer than 20 or than ``count``;
        ``map_skill``, ``map_null_skill``: as explanation skill, for random blocks of the main picture.
    """
    picture, values = pictures[main], maps[main]
    weight, ground = picture.weight(values), picture.ground
    region = enrichment(weight, picture.region, ground)
    line = enrichment(weight, picture.part == SCENERY.index("inversion line"), ground)
    beside = [enrichment(picture.weight(null[main]), picture.region, ground).share for null in nulls]
    skill, null_skill = _skills(explained, row, values, [null[main] for null in nulls], picture, count[0], seed)
    return {
        **_effects(explained, row, maps, pictures, main),
        "map_background_effect": _background(explained, row, pictures),
        "map_line_rise": _line(explained, row, picture),
        "map_region_share": region.share,
        "map_region_ratio": region.ratio,
        "map_region_rank": region.rank,
        # the worst of the nulls: a map must say more than any that knows nothing of the model
        "map_region_null": float(np.max(beside, initial=-np.inf)) if beside else np.nan,
        "map_line_ratio": line.ratio,
        "map_line_rank": line.rank,
        **_deletion(explained, row, values, picture, count[1], seed),
        "map_skill": skill,
        "map_null_skill": null_skill,
    }


def _effects(
    explained: Explained, row: int, maps: Mapping[str, Map], pictures: Mapping[str, Picture], main: str
) -> dict[str, float]:
    """Take all images away, and the main picture; put the sky of other samples' images in the place of its own."""
    total = sum(float(np.abs(values, dtype=np.float64).sum()) for values in maps.values())
    off = sum(float(np.abs(maps[name], dtype=np.float64)[:, one.sky].sum()) for name, one in pictures.items())
    whole = {name: np.ones((1, 1, 1, 1), bool) for name in pictures}
    skies = [
        {name: (picture.sky[None] & seen, values)}
        for name, picture in pictures.items()
        if picture.sky.any()
        for values, seen in _others(explained, row, name)
    ]
    effect, own, *beyond = erased(explained, row, [whole, {main: whole[main]}, *skies]).tolist()
    return {
        "map_effect": effect,
        "map_picture_effect": own,
        "map_sky_share": off / total if total else np.nan,
        "map_sky_effect": float(np.median(np.abs(beyond))) if beyond else np.nan,
    }


def _background(explained: Explained, row: int, pictures: Mapping[str, Picture]) -> float:
    """Put the background of other samples' images in the place of this one's; median over donors."""
    own = {name: picture for name, picture in pictures.items() if picture.region.any()}
    ways: list[dict[str, tuple[NDArray[np.bool_], Map]]] = []
    for name, picture in own.items():
        around = picture.part == SCENERY.index("background")
        for values, seen in _others(explained, row, name):
            # what the donor did not see stays: a hole would be no background
            where = around & picture.shown[:, None, None] & seen & picture.seen
            # nothing put in moves nothing, which would pass for an answer
            if where.any():
                ways.append({name: (where, values)})
    return float(np.median(np.abs(erased(explained, row, ways)))) if ways else np.nan


def _line(explained: Explained, row: int, picture: Picture) -> float:
    """Weaken the field by the inversion line in three ways; how much the logit rises."""
    band = picture.part == SCENERY.index("inversion line")
    where = picture.field[:, None, None] & band & picture.seen
    if not where.any():
        return np.nan
    held = explained.prepared[[row]].apart().modalities[picture.modality][0][0].float().numpy()
    # normalised: 0 is the median of training, which of a field is none
    fillings = [0.5 * held, np.zeros_like(held)]
    # what was not observed is 0, too, and would pull the mean of the rest there
    rest = picture.region & ~band & picture.seen
    count = rest.sum(axis=(2, 3), keepdims=True)
    if (count > 0)[:, picture.field].all():
        fillings.append(
            np.zeros_like(held) + np.where(rest, held, 0).sum(axis=(2, 3), keepdims=True) / np.maximum(count, 1)
        )
    lost = erased(explained, row, [{picture.modality: (where, filling)} for filling in fillings])
    return float(-np.median(lost))


def _others(explained: Explained, row: int, name: str) -> list[tuple[Map, NDArray[np.bool_]]]:
    """Distinct images of other samples, normalised, and where they were observed."""
    values, mask = explained.prepared.modalities[name]
    index = explained.prepared.index[name]
    # a picture's own sky cannot stand in for itself
    known = [part for part in dict.fromkeys(index.tolist()) if part != int(index[row])]
    return [(values[part].float().numpy(), mask[part].numpy()) for part in known[:_DONORS]]


def _deletion(explained: Explained, row: int, values: Map, picture: Picture, count: int, seed: int) -> dict[str, float]:
    """Take the pixels away that speak most for the forecast, and as many elsewhere."""
    # signed: pixels that speak against the forecast would raise it when they go
    signed, ground = values[:, picture.shown].sum(axis=(0, 1), dtype=np.float64), picture.ground
    size = int(np.ceil(_TOP * ground.sum()))
    nothing = {"map_deletion_drop": np.nan, "map_deletion_rank": np.nan}
    if not size:
        return nothing
    order = np.argsort(-np.where(ground, signed, -np.inf), axis=None, kind="stable")[:size]
    top = np.isin(np.arange(ground.size), order).reshape(ground.shape)
    # the same shape elsewhere, or the test would compare a ragged cut with a smooth one
    moved = shifts(top, ground, count, seed)
    # as many as were asked for, or as a rank of one in twenty takes
    if len(moved) < min(count, FEWEST):
        return nothing
    shown = picture.shown[:, None, None]
    ways = [top, *(np.roll(top, shift, axis=(0, 1)) for shift in moved)]
    drop, *others = erased(explained, row, [{picture.modality: (shown & way)[None]} for way in ways]).tolist()
    return {"map_deletion_drop": drop, "map_deletion_rank": float((np.asarray(others) < drop).mean())}


def _skills(
    explained: Explained, row: int, values: Map, nulls: Sequence[Map], picture: Picture, count: int, seed: int
) -> tuple[float, float]:
    """Explanation skill of the map, and the largest of its nulls, among them the map rolled by half a picture."""
    blocks = _blocks(picture, count, seed)
    if not len(blocks):
        return np.nan, np.nan
    drops = erased(explained, row, [{picture.modality: block} for block in blocks])
    # half a picture away shares the map's texture and nothing of its place
    rolled = np.roll(values, (values.shape[2] // 2, values.shape[3] // 2), axis=(2, 3))
    told: list[NDArray[Any]] = [values, rolled, *nulls]
    probes = Probes(blocks.reshape(count, -1), np.repeat(drops[None], len(told), axis=0))
    skills = probes.skill(np.stack([one.reshape(-1) for one in told]).astype(np.float64))
    return float(skills[0]), float(skills[1:].max())


def _blocks(picture: Picture, count: int, seed: int) -> NDArray[np.bool_]:
    """Draw rectangles of the picture, through all lags and all channels that show the Sun."""
    random = np.random.default_rng(seed)
    blocks = np.zeros((count, *picture.seen.shape), bool)
    sides = np.array(picture.part.shape)
    for block in blocks:
        size = np.maximum(1, np.rint(random.uniform(*_BLOCKS, 2) * sides)).astype(int)
        top, left = random.integers(0, sides - size + 1).tolist()
        block[:, picture.shown, top : top + size[0], left : left + size[1]] = True
    return blocks
