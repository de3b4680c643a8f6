"""The command line: one row a command, nothing heavy imported before a command is chosen."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["ACTIONS", "COMMANDS", "Action", "Command", "main"]


class Command(NamedTuple):
    """A command with a configuration file: both names are ``module:name`` below ``sunproof.pipeline``."""

    config: str
    run: str
    help: str


class Action(NamedTuple):
    """A command without a configuration: ``sunproof NAME VERB ARGUMENTS``; the function takes the arguments as text."""

    run: str
    arguments: tuple[str, ...]
    help: str


COMMANDS: dict[str, Command] = {
    "simulate": Command(
        "simulate.config:SimulateConfig", "simulate.run:run", "write a synthetic Sun in the instruments' formats"
    ),
    "fetch": Command(
        "ingest.config:FetchConfig", "ingest.fetch:run", "download observations for an interval, resumable"
    ),
    "ingest": Command("ingest.config:IngestConfig", "ingest.run:run", "read raw files into the archive"),
    "label": Command(
        "samples.config:LabelConfig", "samples.labels:run", "label every issue time with the flares that followed"
    ),
    "train": Command(
        "training.config:TrainConfig", "training.train:run", "train and calibrate a model, write its bundle"
    ),
    "wrap": Command("training.config:WrapConfig", "training.wrap:run", "make a bundle of somebody else's torch module"),
    "forecast": Command(
        "forecasting.config:ForecastConfig", "forecasting.forecast:run", "forecast every slot, with evidence"
    ),
    "audit": Command(
        "auditing.config:AuditConfig", "auditing.audit:run", "check forecasts: verdicts, certificates, a report"
    ),
    "evaluate": Command(
        "verification.config:EvaluateConfig", "verification.evaluate:run", "score forecasts beside baselines"
    ),
    "demo": Command("simulate.config:DemoConfig", "simulate.demo:run", "run the whole flow once, on the synthetic Sun"),
}
ACTIONS: dict[tuple[str, str], Action] = {
    ("checks", "list"): Action("auditing.catalogue:show", (), "list every check with equation, source and severity"),
    ("certificates", "check"): Action("auditing.chain:show", ("PATH",), "find altered, deleted or moved certificates"),
    ("checks", "write"): Action("auditing.catalogue:write", ("PATH",), "write the page docs/checks.md"),
    ("certificates", "recompute"): Action(
        "auditing.recompute:show", ("PATH", "SEQ", "ARCHIVE", "BUNDLE"), "make one certified forecast again and compare"
    ),
    ("archive", "import"): Action(
        "interchange.importing:show",
        ("KIND", "PATH", "OUTPUT"),
        "read somebody else's archive into ours: sdoml_v2, suryabench, swan_sf",
    ),
    ("forecasts", "export"): Action(
        "forecasting.scoreboard:export",
        ("FORECASTS", "KIND", "FOLDER", "METHOD"),
        "write forecasts as Flare Scoreboard submissions: ccmc_txt, ccmc_xml or ccmc_json",
    ),
    ("archive", "check"): Action("ingest.check:show", ("PATH",), "hold an archive against its specification"),
}


def _load(reference: str) -> Any:
    module, name = reference.split(":")
    return getattr(importlib.import_module(f"sunproof.pipeline.{module}"), name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sunproof", description="Solar-flare forecasts that a physicist can check.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.help, description=command.help)
        sub.add_argument("config", nargs="?", help=f"YAML file (default: configs/{name}.yaml)")
        sub.add_argument(
            "--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="overrides", help="change one value"
        )
        sub.add_argument("--check", action="store_true", help="validate the configuration and stop")
    groups: dict[str, Any] = {}
    for (name, verb), action in ACTIONS.items():
        if name not in groups:
            helps = "; ".join(item.help for (group, _), item in ACTIONS.items() if group == name)
            groups[name] = commands.add_parser(name, help=helps).add_subparsers(
                dest="verb", metavar="ACTION", required=True
            )
        sub = groups[name].add_parser(verb, help=action.help, description=action.help)
        for argument in action.arguments:
            sub.add_argument(argument)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.command not in COMMANDS:
        action = ACTIONS[options.command, options.verb]
        return int(_load(action.run)(*(getattr(options, argument) for argument in action.arguments)) or 0)
    from sunproof.pipeline.config import load_config

    command = COMMANDS[options.command]
    path = options.config or f"configs/{options.command}.yaml"
    config = load_config(_load(command.config), path, options.overrides)
    if options.check:
        sys.stdout.write(f"{path}: valid\n")
        return 0
    _load(command.run)(config)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line without the program's name; by default the process's own.

    Returns
    -------
    int
        0 when done, 1 when an action found what it looks for (a broken archive), 2 for a mistake the user can mend,
        130 when interrupted.
    """
    options = _parser().parse_args(arguments)
    from sunproof.pipeline.errors import SunproofError

    try:
        return _run(options)
    except SunproofError as error:
        for problem in error.problems:
            sys.stderr.write(f"error: {problem}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on where it stopped\n")
        return 130
