"""``sunproof simulate``: the synthetic Sun, seen by every instrument of the folder, in the instruments' formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.errors import ConfigError, Problem
from sunproof.pipeline.receipts import canonical, digest_tree, replacing, write_receipt
from sunproof.pipeline.registry import members
from sunproof.pipeline.simulate.instruments.base import ORIGIN
from sunproof.pipeline.simulate.scene import Scene, build_scene

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.config import SimulateConfig

__all__ = ["run"]

# Lies in the folder from its first moment on; ingestion passes over receipts.
_MARK = "simulated.receipt.json"


def run(config: SimulateConfig) -> None:
    """Write the raw files of a synthetic Sun, and its truth beside them.

    Parameters
    ----------
    config : SimulateConfig
        The same configuration and seed give the same bytes. The folder ``config.output`` is replaced as a whole.

    Raises
    ------
    ConfigError
        If the folder holds files that no simulation wrote.
    """
    _refuse_to_replace_observations(config.output)
    say(f"Simulating the Sun for {config.sun.days} days from {config.sun.start:%Y-%m-%d} (seed {config.seed})")
    scene = build_scene(config)
    rows = []
    with replacing(config.output) as partial:
        partial.mkdir(parents=True)
        # the mark goes in first: a killed simulation is known as one, and may be replaced
        (partial / _MARK).write_bytes(canonical({"simulated": 1, "origin": ORIGIN, "seed": config.seed}) + b"\n")
        for name, instrument in members("sunproof.pipeline.simulate.instruments", "INSTRUMENT").items():
            paths = instrument.observe(scene, partial / instrument.name)
            rows.append((name, len(paths), f"{sum(path.stat().st_size for path in paths) / 1e6:.1f}"))
    _write_truth(scene, config)
    facts: dict[str, object] = {
        "digest": digest_tree(config.output),
        "simulated": 1,
        "regions": len(scene.sun.population.emergence),
        "patches": len(scene.passages.region),
    }
    plain = config.model_dump(mode="json")
    write_receipt(config.output, "simulate", plain, {}, **facts)
    show_table(f"Simulated observations in {config.output}", ("instrument", "files", "MB"), rows)


def _refuse_to_replace_observations(output: Path) -> None:
    if not output.exists() or not any(output.iterdir()) or (output / _MARK).exists():
        return
    todo = "Name another output, or remove the folder yourself."
    raise ConfigError(
        Problem(
            "folder holds files that no simulation wrote", "output", str(output), "a new or a simulated folder", todo
        )
    )


def _write_truth(scene: Scene, config: SimulateConfig) -> None:
    if config.truth is None:
        return
    from sunproof.pipeline.simulate.truth import true_probabilities

    # Beside the raw folder, not in it: no reader looks there.
    path = Path(f"{config.output}_truth") / "truth.nc"
    dataset = true_probabilities(scene, config.truth)
    with replacing(path) as partial:
        dataset.to_netcdf(partial, engine="h5netcdf")
