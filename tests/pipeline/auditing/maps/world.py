"""A small archive in which every region is a bipole on the disk, a model that sees it, and its forecasts."""

from pathlib import Path

import numpy as np
import zarr

from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.samples.config import DiskConfig, PatchConfig
from sunproof.pipeline.samples.images.frames import Viewpoint
from sunproof.pipeline.samples.images.projection import project
from sunproof.pipeline.training.config import DiskModelConfig, ModelConfig, PatchModelConfig
from sunproof.pipeline.training.train import run as train
from tests.pipeline.samples.images.build import write_images
from tests.pipeline.training.world import INPUTS, START, World, make_world

GROUPS = ("aia_171", "hmi_m")
IMAGES = {
    "disk": DiskConfig(groups=GROUPS, size=16, lags_hours=(0, 6), oldest_hours=18),
    "patch": PatchConfig(groups=("hmi_m", "aia_171"), size=12, degrees=24, oldest_hours=24),
}
PLACE = (15.0, 20.0)
EARTH = Viewpoint(3.0, 0.0, 1.0)
SIZE = 64


def sun(days: int) -> dict[str, np.ndarray]:
    """A bipole that grows and fades, off the disk's centre, and loops above it that reach beyond the limb."""
    y, x = (np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2) * 2 * 1228.8 / SIZE
    seen = project(np.array(PLACE[0]), np.array(PLACE[1]), EARTH)
    random = np.random.default_rng(1)
    strength = 700 + random.gamma(2, 400, (days, 1, 1))
    spots = [np.exp(-((x - seen.x - side * 40) ** 2 + (y - seen.y) ** 2) / 2 / 45**2) for side in (-1, 1)]
    on_disk = np.hypot(x, y) < 959
    field = np.where(on_disk, strength * (spots[0] - spots[1]) + random.normal(0, 5, (days, SIZE, SIZE)), np.nan)
    glow = 20 * np.exp(-np.clip(np.hypot(x, y) - 959, 0, None) / 60)
    return {"hmi_m": field, "aia_171": glow + strength * sum(spots) + random.gamma(2, 1, (days, SIZE, SIZE))}


def make_looking(root: Path) -> World:
    """`make_world` with a frame a day; all regions stand in one place."""
    world = make_world(root)
    group = zarr.open_group(str(world.archive), mode="a")["sharp"]
    for name, degrees in zip(("latitude", "longitude"), PLACE, strict=True):
        group[name][:] = degrees
    for name, pixels in sun(200).items():
        pixels[50::17] = np.nan
        quantity = "magnetic_field" if name == "hmi_m" else "intensity"
        write_images(world.archive, name, pixels, quantity=quantity, start=START, hours=24, observer=EARTH)
    model = ModelConfig(
        recurrent_layers=1,
        width=4,
        hidden=6,
        background=("history", "disk"),
        disk=DiskModelConfig(patch=8, inner=8, heads=2, tokens=2),
        patch=PatchModelConfig(inner=4, depth=2),
    )
    train(world.train(inputs=INPUTS.model_copy(update=IMAGES), model=model, seeds=(0,)))
    paths = {"archive": world.archive, "bundle": root / "bundle", "samples": world.samples}
    forecast(ForecastConfig(output=root / "forecasts.nc", blocks=("test",), baselines=False, **paths))
    return world


def settings(world: World, output: str = "audit", **changes) -> AuditConfig:
    paths = {"archive": world.archive, "bundle": world.root / "bundle", "output": world.root / output}
    asked = {"above": 0.0, "most": 30, "probes": 5, "twins": 1, "fillings": 1}
    maps = {"most": 10, "twins": 2, "probes": 10, "rolls": 8}
    known = {"forecasts": str(world.root / "forecasts.nc"), "question": asked, "maps": maps, "report": {"pages": 2}}
    return AuditConfig(**known | {name: str(path) for name, path in paths.items()} | changes)
