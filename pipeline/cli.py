"""The command line: one row a command, nothing heavy imported before a command is chosen."""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from sunproof.pipeline.usage import ARGUMENTS, GROUPS, Parser, Version

__all__ = ["ACTIONS", "COMMANDS", "Action", "Command", "main"]


class Command(NamedTuple):
    """A command with a configuration file: both names are ``module:name`` below ``sunproof.pipeline``."""

    config: str
    run: str
    help: str
    options: tuple[tuple[str, str], ...] = ()
    """Options that set one value: (``--name``, key)."""


class Action(NamedTuple):
    """A command without a configuration: ``sunproof NAME VERB ARGUMENTS``; the function takes the arguments as text.

    With an empty verb it is ``sunproof NAME ARGUMENTS``. Options are (name, help): ``--name VALUE``, keywords of the
    function, empty where not given.
    """

    run: str
    arguments: tuple[str, ...]
    help: str
    options: tuple[tuple[str, str], ...] = ()


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
    "card": Command(
        "training.config:CardConfig", "training.measured:run", "put what was measured of a model on its card"
    ),
    "export": Command(
        "training.config:ExportConfig",
        "training.export:run",
        "write a model as torch.export or ONNX, with a report on its parity",
        (("--model", "bundle"),),
    ),
    "forecast": Command(
        "forecasting.config:ForecastConfig",
        "forecasting.forecast:run",
        "forecast every slot, with evidence",
        (("--model", "bundle"),),
    ),
    "audit": Command(
        "auditing.config:AuditConfig",
        "auditing.audit:run",
        "check forecasts: verdicts, certificates, a report",
        (("--model", "bundle"),),
    ),
    "probe": Command(
        "auditing.config:ProbeConfig",
        "auditing.probes:run",
        "read known physics off a model's inner numbers, beside models with shuffled weights",
        (("--model", "bundle"),),
    ),
    "drift": Command(
        "monitoring.config:DriftConfig",
        "monitoring.drift:run",
        "watch a stream of forecasts for drift",
    ),
    "evaluate": Command(
        "verification.config:EvaluateConfig", "verification.evaluate:run", "score forecasts beside baselines"
    ),
    "challenge": Command(
        "challenge.config:ChallengeConfig", "challenge.run:run", "plant faults, and count what the audit finds"
    ),
    "demo": Command("simulate.config:DemoConfig", "simulate.demo:run", "run the whole flow once, on the synthetic Sun"),
}
ACTIONS: dict[tuple[str, str], Action] = {
    ("checks", "list"): Action("auditing.catalogue:show", (), "list every check with equation, source and severity"),
    ("certificates", "check"): Action(
        "auditing.chain:show", ("CERTIFICATES",), "find altered, deleted or moved certificates"
    ),
    ("checks", "write"): Action("auditing.catalogue:write", ("PAGE",), "write the page docs/checks.md"),
    ("archive", "import"): Action(
        "interchange.importing:show",
        ("KIND", "SOURCE", "OUTPUT"),
        "read somebody else's archive into ours: sdoml_v2, suryabench, swan_sf",
    ),
    ("forecasts", "export"): Action(
        "forecasting.scoreboard:export",
        ("FORECASTS", "KIND", "FOLDER", "METHOD"),
        "write forecasts as Flare Scoreboard submissions: ccmc_txt, ccmc_xml or ccmc_json",
    ),
    ("archive", "check"): Action("ingest.check:show", ("ARCHIVE",), "hold an archive against its specification"),
    ("reproduce", ""): Action(
        "auditing.reproduce:show",
        ("CERTIFICATES",),
        "make certified forecasts and verdicts again: of certificates.jsonl, or one of it, certificates.jsonl:42",
        (
            ("archive", "where it is; else found by its digest around the certificates and here"),
            ("bundle", "likewise"),
            ("search", "another folder to look through"),
            ("sample", "share of the certificates, drawn at random; all where not given"),
            ("seed", "of the draw"),
        ),
    ),
    ("ledger", "keygen"): Action("ledger.keys:keygen", ("PATH",), "make a key: PATH is private, PATH.pub is public"),
    ("ledger", "init"): Action("ledger.members:begin", ("LEDGER", "KEY"), "begin a ledger with the service's key"),
    ("ledger", "admit"): Action(
        "ledger.members:welcome",
        ("LEDGER", "KEY", "PUBLIC", "NAME"),
        "let a reviewer's key sign decisions",
        (("role", "reviewer, which is the default, or service"),),
    ),
    ("ledger", "rotate"): Action(
        "ledger.members:change_key", ("LEDGER", "OLD", "NEW", "REASON"), "put a new key into an old one's place"
    ),
    ("ledger", "revoke"): Action("ledger.members:strike", ("LEDGER", "KEY", "KEYID", "REASON"), "end a key"),
    ("ledger", "append"): Action(
        "ledger.batches:enter", ("LEDGER", "CERTIFICATES", "KEY"), "sign the certificates of an audit and enter them"
    ),
    ("ledger", "outcomes"): Action(
        "ledger.outcomes:show",
        ("LEDGER", "CERTIFICATES", "SAMPLES", "KEY"),
        "enter what came true, once the windows have closed",
    ),
    ("ledger", "attempt"): Action(
        "ledger.attempts:supervise",
        ("LEDGER", "KEY", "COMMAND", "CONFIG"),
        "run a command and enter a receipt of the attempt, whatever becomes of it",
    ),
    ("ledger", "anchor"): Action("ledger.anchor:write", ("LEDGER", "FILE"), "add an anchor to a text kept elsewhere"),
    ("ledger", "verify"): Action(
        "ledger.showing:verdict",
        ("LEDGER",),
        "find altered, deleted, swapped, truncated and re-signed entries and certificates",
        (
            ("anchor", "text file of anchors, or git:FOLDER:TAG; without it nobody sees a tail cut off"),
            ("slots", "what was scheduled: samples.nc, samples.nc:test, or a YAML file of an interval"),
            ("key", "the service's public key, kept elsewhere; else the ledger's first is trusted"),
        ),
    ),
    ("ledger", "show"): Action("ledger.showing:listing", ("LEDGER",), "list entries, keys and batches"),
    ("review", "queue"): Action(
        "review.showing:queue",
        ("LEDGER", "CERTIFICATES", "KEY"),
        "queue the REVIEW forecasts of a batch, with known plants among them",
        (
            ("deadline", "one time for all, UTC; else each is due when its windows begin"),
            ("minutes", "least time for a person; 30 by default"),
            ("plants", "certificates of forecasts that must be rejected"),
            ("good", "certificates of forecasts that must be accepted"),
            ("share", "share of known forecasts in the queue; 0.02 by default"),
        ),
    ),
    ("review", "list"): Action("review.showing:listing", ("LEDGER",), "list what waits, earliest deadline first"),
    ("review", "next"): Action("review.showing:next_one", ("LEDGER", "KEY"), "take the next forecast, shown blind"),
    ("review", "answer"): Action(
        "review.showing:answer",
        ("LEDGER", "KEY", "CERTIFICATE", "ANSWER"),
        "first answer, before the machine's is shown",
    ),
    ("review", "decide"): Action(
        "review.showing:decide",
        ("LEDGER", "KEY", "CERTIFICATE", "ANSWER"),
        "final answer: ACCEPT, REJECT, or REVIEW for a second person",
        (("reason", "needed unless ACCEPT; a wrong one lists all"), ("note", "what else there is to say")),
    ),
    ("review", "show"): Action("review.showing:show", ("LEDGER", "CERTIFICATE"), "show a forecast and its decisions"),
    ("review", "expire"): Action("review.showing:expired", ("LEDGER", "KEY"), "serve fallbacks for what is overdue"),
    ("review", "stats"): Action("review.showing:stats", ("LEDGER",), "count, and measure reviewers on known plants"),
    ("review", "cases"): Action(
        "review.showing:cases", ("LEDGER", "KEY", "FOLDER"), "make versioned cases of the decisions"
    ),
    ("review", "replay"): Action(
        "review.showing:replayed",
        ("CASES",),
        "judge cases again; what agreed must still agree",
        (("samples", "also find held-out cases in what a samples file lets a model learn from"),),
    ),
    ("ledger", "export"): Action(
        "ledger.batches:export", ("CERTIFICATES", "SEQ", "PUBLIC", "OUTPUT"), "write one certificate as a DSSE envelope"
    ),
}


def _load(reference: str) -> Any:
    module, name = reference.split(":")
    return getattr(importlib.import_module(f"sunproof.pipeline.{module}"), name)


def _parser() -> Parser:
    parser = Parser(prog="sunproof", description="Solar-flare forecasts that a physicist can check.")
    parser.add_argument("--version", action=Version, nargs=0, help="show the version, as receipts have it, and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.help, description=command.help)
        sub.add_argument("config", nargs="?", help=f"YAML file (default: configs/{name}.yaml)")
        sub.add_argument(
            "--set", action="append", default=[], metavar="KEY.PATH=VALUE", dest="overrides", help="change one value"
        )
        sub.config = command.config
        for option, key in command.options:
            sub.add_argument(option, metavar="PATH", help=f"the same as --set {key}=PATH")
        sub.add_argument("--check", action="store_true", help="validate the configuration and stop")
    groups: dict[str, Any] = {}
    for (name, verb), action in ACTIONS.items():
        if verb and name not in groups:
            group = commands.add_parser(name, help=GROUPS[name], description=GROUPS[name])
            groups[name] = group.add_subparsers(dest="verb", metavar="ACTION", required=True)
        parent, called = (groups[name], verb) if verb else (commands, name)
        sub = parent.add_parser(called, help=action.help, description=action.help)
        sub.set_defaults(verb=verb)
        for argument in action.arguments:
            sub.add_argument(argument, help=ARGUMENTS[argument])
        for option, told in action.options:
            sub.add_argument(f"--{option}", default="", help=told)
    return parser


def _run(options: argparse.Namespace) -> int:
    if options.command not in COMMANDS:
        action = ACTIONS[options.command, options.verb]
        given = {option: getattr(options, option) for option, _ in action.options}
        return int(_load(action.run)(*(getattr(options, argument) for argument in action.arguments), **given) or 0)
    from sunproof.pipeline.config import load_config

    command = COMMANDS[options.command]
    path = options.config or f"configs/{options.command}.yaml"
    values = [(key, getattr(options, option.lstrip("-"))) for option, key in command.options]
    # quoted: a path is text, whatever YAML would make of it
    overrides = [*options.overrides, *(f"{key}={json.dumps(value)}" for key, value in values if value is not None)]
    config = load_config(_load(command.config), path, overrides)
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
        0 when done, 1 when an action found what it looks for (a broken archive), 2 for a mistake the user can mend (a
        file that the system refuses to open among them), 130 when interrupted, 128 + signal when a signal stopped it
        with its state kept.
    """
    from sunproof.pipeline.errors import Stopped, SunproofError

    try:
        return _run(_parser().parse(arguments))
    except SunproofError as error:
        for problem in error.problems:
            sys.stderr.write(f"error: {problem}\n")
        return 2
    except OSError as error:
        # a folder in the place of a file, no permission, no room: of no file at all, it is a fault of ours
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        # of two the second is the product's place; the first is where it was made beside it
        where = error.filename2 or error.filename or "disk"
        sys.stderr.write(f"error: {where}: {str(error.strerror).lower()}\n")
        return 2
    except Stopped as stopped:
        sys.stderr.write(f"{stopped}\n")
        return stopped.code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on where it stopped\n")
        return 130
