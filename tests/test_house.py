"""The rules of the house, read off the source: who imports whom, what is packaged, which configurations are shipped."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sunproof.pipeline.cli import ACTIONS, COMMANDS, main
from sunproof.pipeline.config import load_config

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {"sunproof.pipeline.vocabulary", "sunproof.pipeline.errors", "sunproof.pipeline.registry"}


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "models").rglob("*.py")), ids=_short)
def test_models_import_from_pipeline_only_the_shared_borders(path):
    from_pipeline = {name for name in _imports(path) if name.startswith("sunproof.pipeline")}
    assert from_pipeline <= ALLOWED


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=_short)
def test_benchmarks_use_public_names_alone(path):
    own, of_namedtuples = {"self", "cls"}, {"_replace", "_asdict", "_fields"}
    private = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in of_namedtuples
        and not (isinstance(node.value, ast.Name) and node.value.id in own)
    ]
    assert private == []


def test_models_import_without_what_a_gpu_machine_lacks():
    absent = ["sunpy", "astropy", "pydantic", "captum", "scores", "distributed", "zarr"]
    modules = [
        "sunproof." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "models").rglob("*.py"))
        if path.name != "__init__.py"
    ]
    code = (
        "import sys, importlib\n"
        f"for name in {absent!r}: sys.modules[name] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_package_list_is_the_folders():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {
        "sunproof." + ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("pipeline", "models")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert listed == folders


@pytest.mark.parametrize("package", ["pipeline", "models"])
def test_a_second_import_name_is_refused(package):
    code = f"import {package}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert f"it is 'sunproof.{package}'" in done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=_short)
def test_every_shipped_configuration_is_valid(path, capsys):
    relative = path.relative_to(ROOT / "configs")
    if relative.parts[0] == "cluster":
        from sunproof.pipeline.config import ClusterConfig

        assert load_config(ClusterConfig, path)
        return
    command = relative.parts[0] if len(relative.parts) > 1 else relative.stem.split("_")[0]
    assert main([command, str(path), "--check"]) == 0
    assert "valid" in capsys.readouterr().out


@pytest.mark.parametrize(
    "reference", [r for c in COMMANDS.values() for r in (c.config, c.run)] + [a.run for a in ACTIONS.values()]
)
def test_every_row_of_the_command_line_leads_somewhere(reference):
    module, name = reference.split(":")
    assert callable(getattr(importlib.import_module(f"sunproof.pipeline.{module}"), name))


@pytest.mark.parametrize(
    "arguments", [["--help"], *[[name, f"configs/{name}.yaml", "--check"] for name in COMMANDS]], ids=" ".join
)
def test_help_and_check_import_nothing_heavy(arguments):
    code = (
        "import sys\nfrom sunproof.pipeline.cli import main\n"
        f"try:\n    code = main({arguments!r})\nexcept SystemExit as stop:\n    code = stop.code\n"
        "heavy = {'torch', 'sunpy', 'xarray', 'pandas', 'dask', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'{code=} {heavy=}' if code or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_public_is_let_off_its_docstring():
    files = [path for top in ("pipeline", "models") for path in (ROOT / top).rglob("*.py")]
    assert [_short(path) for path in files if "noqa: D" in path.read_text()] == []


def test_every_module_has_its_tests():
    plain = {"__init__", "base", "config"}
    modules = [p for top in ("pipeline", "models") for p in (ROOT / top).rglob("*.py") if p.stem not in plain]
    mirror = {p: ROOT / "tests" / p.parent.relative_to(ROOT) / f"test_{p.stem}.py" for p in modules}
    untested = [str(path.relative_to(ROOT)) for path, own in mirror.items() if not own.exists()]
    # Small parts of one room may share a test; a quarter is where sharing turns into forgetting.
    assert len(untested) <= 0.25 * len(modules), untested


def test_wheel_holds_everything_and_runs(tmp_path):
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONWARNINGS": "ignore"}
    # Built from a copy: setuptools would leave its build folder in the checkout, and old modules in that.
    copy = tmp_path / "copy"
    for top in ("pipeline", "models"):
        shutil.copytree(ROOT / top, copy / top, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(copy)]
    subprocess.run(build, check=True, env=quiet, capture_output=True)
    (wheel,) = tmp_path.glob("sunproof-*.whl")
    target = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(target)], check=True)
    here = {p.relative_to(ROOT) for top in ("pipeline", "models") for p in (ROOT / top).rglob("*.py")}
    there = {p.relative_to(target / "sunproof") for p in (target / "sunproof").rglob("*.py")}
    assert here == there
    shipped = ROOT / "pipeline" / "training" / "builtin"
    inside = target / "sunproof" / "pipeline" / "training" / "builtin"
    assert {p.name: p.read_bytes() for p in shipped.iterdir()} == {p.name: p.read_bytes() for p in inside.iterdir()}
    env = {**quiet, "PYTHONPATH": str(target)}
    code = (
        "import sunproof.pipeline, sys; from sunproof.pipeline.cli import main\n"
        "sys.stdout.write(sunproof.pipeline.__file__ + '\\n'); sys.exit(main(['checks', 'list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(target))
