"""Configuration: frozen pydantic models read from YAML, every mistake of a file reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sunproof.pipeline.errors import ConfigError, Problem

__all__ = ["ClusterConfig", "Config", "load_config"]


class Config(BaseModel):
    """Base of every configuration: unknown keys are errors, values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=False)


class ClusterConfig(Config):
    """Where Dask runs; in its place the path of a YAML file with these keys may stand."""

    kind: Literal["threads", "local", "slurm", "address"] = "local"
    """``threads``: this process; ``local``: processes here; ``slurm``: jobs; ``address``: a running scheduler."""
    workers: int = Field(default=2, ge=1, le=10_000)
    """Worker processes (local) or jobs (slurm)."""
    address: str = ""
    """Scheduler address, for ``kind: address`` only."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Passed on to the cluster class (`dask_jobqueue.SLURMCluster` or `distributed.LocalCluster`)."""

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, value: Any) -> Any:
        # `cluster: configs/cluster/slurm.yaml`: a cluster is described once, for all commands.
        return _read_yaml(Path(value)) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _address_where_needed(self) -> Self:
        if (self.kind == "address") != bool(self.address):
            raise ValueError(
                f"address ({self.address!r}) must be given if and only if kind is 'address' (kind is {self.kind!r})"
            )
        return self


T = TypeVar("T", bound=Config)


def load_config(model: type[T], path: str | Path, overrides: Sequence[str] = ()) -> T:
    """Read and validate one YAML file.

    Parameters
    ----------
    model : type of Config
        What the file must describe.
    path : str or Path
        The YAML file. Relative paths inside it stay relative to the working directory.
    overrides : sequence of str
        ``key.path=value`` pairs, applied after reading; values are YAML.

    Returns
    -------
    Config
        The validated, frozen configuration.

    Raises
    ------
    ConfigError
        With every mistake of the file, each with its path and value.
    """
    path = Path(path)
    tree = _read_yaml(path)
    for override in overrides:
        _apply(tree, override)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError([_problem(path, model, item) for item in error.errors()]) from error


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            Problem("no such configuration file", str(path), todo="Shipped examples are in configs/.")
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: bytes that are not UTF-8, and what YAML takes for a date with a thirteenth month
        raise ConfigError(Problem("not readable as YAML", str(path), str(error), "UTF-8 YAML")) from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(Problem("not a mapping", str(path), type(tree).__name__, "key: value pairs at top level"))
    return tree


def _apply(tree: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(Problem("not an override", f"--set {override}", override, "key.path=value"))
    *parents, last = key.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigError(
                Problem("override goes through a value", f"--set {override}", tree, f"a mapping at {parent}")
            )
    try:
        tree[last] = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: what YAML takes for a date, with a thirteenth month
        raise ConfigError(Problem("value is not YAML", f"--set {override}", text, str(error))) from error


def _problem(path: Path, model: type[Config], item: Any) -> Problem:
    place = ".".join(str(part) for part in item["loc"]) or "(whole file)"
    if item["type"] == "extra_forbidden":
        known = ", ".join(_fields(model, item["loc"][:-1]))
        return Problem("unknown key", f"{path}: {place}", item["input"], f"one of {known}" if known else "")
    message, got = item["msg"].removeprefix("Value error, "), item["input"]
    # Our own validators say what they got; a whole block printed after their sentence would bury it.
    told = item["type"] == "value_error" and (isinstance(got, dict) or all(part in message for part in _parts(got)))
    if got is None and item["type"] != "missing":
        # YAML reads nothing after the colon, and `--set key=`, as null
        return Problem(
            message, f"{path}: {place}", "null", todo="For an empty text write '\"\"'; else leave the key out."
        )
    return Problem(message, f"{path}: {place}", None if told or item["type"] == "missing" else got)


def _parts(value: Any) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list | tuple) else [str(value)]


def _fields(model: type[Config], parents: Sequence[Any]) -> list[str]:
    """Names that a nested block knows; empty where it cannot be told."""
    current: Any = model
    for parent in parents:
        field = getattr(current, "model_fields", {}).get(parent)
        current = field.annotation if field is not None else None
    return sorted(getattr(current, "model_fields", {}))
