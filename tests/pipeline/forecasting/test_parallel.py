"""Workers, and runs that are killed: the bytes are those of one process that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

from sunproof.pipeline import receipts
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting import parallel as parallel_module
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run
from sunproof.pipeline.forecasting.rows import forecast_rows
from sunproof.pipeline.samples import evidence as evidence_module
from sunproof.pipeline.samples import features as features_module
from sunproof.pipeline.samples.regions import load_regions
from tests.pipeline.training.world import World

COMMAND = "import sys; from sunproof.pipeline.cli import main; sys.exit(main(sys.argv[1:]))"


def config(world: World, output: Path, **changes: Any) -> ForecastConfig:
    settings: dict[str, Any] = {"samples": world.samples, "blocks": ("test",), "part_rows": 12, **changes}
    return ForecastConfig(archive=world.archive, bundle=world.root / "bundle", output=output, **settings)


@pytest.fixture(scope="module")
def alone(trained: World, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return run(config(trained, tmp_path_factory.mktemp("alone") / "f.nc")).read_bytes()


@pytest.mark.parametrize("kind", ["threads", "local"])
def test_workers_make_the_bytes_of_one_process(alone: bytes, trained: World, tmp_path: Path, kind: str):
    cluster = ClusterConfig(kind=kind, workers=2)
    assert run(config(trained, tmp_path / "f.nc", cluster=cluster)).read_bytes() == alone
    assert not list(tmp_path.glob(".f.nc*"))


def test_a_workers_mistake_arrives_as_it_was_raised(trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments: Any) -> None:
        raise InputError(Problem("feature differs from the model's", "region[0]", "age", "tilt"))

    monkeypatch.setattr(parallel_module, "forecast_rows", refuse)
    cluster = ClusterConfig(kind="threads", workers=1)
    with pytest.raises(InputError, match=r"^region\[0\]: feature differs from the model's; got 'age'; wanted tilt$"):
        run(config(trained, tmp_path / "f.nc", cluster=cluster))
    assert not (tmp_path / "f.nc").exists()


def test_parts_whose_times_need_other_units_are_joined(trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept: list[np.ndarray] = []

    def later(*arguments: Any) -> xr.Dataset:
        rows = forecast_rows(*arguments)
        times = rows["keyword_time"].to_numpy() + np.timedelta64(len(kept), "s")
        kept.append(times)
        return rows.assign(keyword_time=rows["keyword_time"].copy(data=times))

    monkeypatch.setattr(parallel_module, "forecast_rows", later)
    found = xr.load_dataset(run(config(trained, tmp_path / "f.nc")), engine="h5netcdf")
    assert len(kept) > 1
    np.testing.assert_array_equal(found["keyword_time"], np.concatenate(kept))


@pytest.mark.parametrize("workers", [None, 2])
def test_killed_after_some_parts_it_ends_at_the_same_bytes(
    alone: bytes, trained: World, tmp_path: Path, workers: int | None
):
    cluster = ClusterConfig(workers=workers) if workers else None
    chosen = config(trained, tmp_path / "f.nc", cluster=cluster)
    path = tmp_path / "forecast.yaml"
    path.write_text(yaml.safe_dump(chosen.model_dump(mode="json")))
    names = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "forecast", str(path)], env=names, start_new_session=True
    )
    # parts are many and small, so that the run is still under way when two of them are there
    deadline = time.monotonic() + 900
    while len(list(tmp_path.glob(".f.nc.*.parts/*.nc"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # the session: workers, too, as in a power failure
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "f.nc").exists()
    # another number of workers goes on with the same parts
    assert run(config(trained, tmp_path / "f.nc")).read_bytes() == alone
    assert not list(tmp_path.glob(".f.nc*"))


def test_a_killed_run_goes_on_with_the_parts_of_its_own_code_alone(
    alone: bytes, trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made: list[int] = []

    def dying(*arguments: Any) -> xr.Dataset:
        if len(made) == 2:
            raise OSError("killed")
        made.append(1)
        return forecast_rows(*arguments)

    def run_as(version: str, rows: Any) -> Path:
        monkeypatch.setattr("sunproof.pipeline.receipts.code_version", lambda: version)
        monkeypatch.setattr(parallel_module, "forecast_rows", rows)
        return run(config(trained, tmp_path / "f.nc"))

    with pytest.raises(OSError, match="killed"):
        run_as("1.0+aaa", dying)
    made.clear()
    counted = lambda *arguments: made.append(1) or forecast_rows(*arguments)  # noqa: E731
    assert run_as("1.0+aaa", counted).read_bytes() == alone
    rest = len(made)
    assert rest > 0
    # two parts of another code, or of changes that nobody committed, are made again
    for version, other in (("1.0+aaa", "1.0+bbb"), ("1.0+ccc+dirty", "1.0+ccc+dirty")):
        made.clear()
        with pytest.raises(OSError, match="killed"):
            run_as(version, dying)
        made.clear()
        assert run_as(other, counted).read_bytes() == alone
        assert len(made) == rest + 2


def test_what_parts_have_in_common_is_read_once_and_again_when_the_archive_is_another(
    trained: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    read: list[str] = []

    def counted(archive: Any) -> Any:
        read.append(str(archive))
        return load_regions(archive)

    for module in (features_module, evidence_module):
        monkeypatch.setattr(module, "load_regions", counted)
    parallel_module._memory.cache_clear()
    run(config(trained, tmp_path / "f.nc", baselines=False))
    assert read == [str(trained.archive)]
    run(config(trained, tmp_path / "g.nc", baselines=False))
    assert len(read) == 1
    digest = receipts.digest_tree
    monkeypatch.setattr(
        "sunproof.pipeline.receipts.digest_tree",
        lambda path: "sha256:other" if Path(path) == trained.archive else digest(path),
    )
    run(config(trained, tmp_path / "h.nc", baselines=False))
    assert len(read) == 2
