"""What ``--help`` tells: each argument in words, and the keys of a command's configuration with their defaults."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from sunproof.pipeline.errors import ConfigError, Problem

__all__ = ["ARGUMENTS", "GROUPS", "Parser", "Version"]

GROUPS = {
    "archive": "somebody else's archive into ours; an archive against its specification",
    "certificates": "find certificates that were altered, deleted or moved",
    "checks": "every check with equation, source and severity",
    "forecasts": "forecasts as Flare Scoreboard submissions",
    "ledger": "keys, signed entries and anchors: prove that nothing was changed or left out",
    "review": "what the checks leave open: queue, blind answers, decisions, cases",
}

ARGUMENTS = {
    "ARCHIVE": "an archive of `sunproof ingest` or `sunproof archive import`",
    "ANSWER": "ACCEPT, REVIEW or REJECT",
    "CASES": "the folder of cases that `sunproof review cases` wrote",
    "CERTIFICATE": "a queued certificate's digest, or its beginning",
    "CERTIFICATES": "certificates.jsonl of an audit",
    "COMMAND": "a command of sunproof that has a configuration",
    "CONFIG": "its YAML file",
    "FILE": "the text file of anchors, kept where the keeper of the ledger cannot write",
    "FOLDER": "the folder to write",
    "FORECASTS": "a netCDF file of `sunproof forecast`",
    "KEY": "a private key of `sunproof ledger keygen`",
    "KEYID": "the key to end, as `sunproof ledger show` names it",
    "KIND": "one of those named above",
    "LEDGER": "the SQLite file that `sunproof ledger init` makes",
    "METHOD": "name of the method, as it shall stand in the submissions",
    "NAME": "who holds the key",
    "NEW": "the private key that takes its place",
    "OLD": "a private key in force",
    "OUTPUT": "the file or archive to write",
    "PAGE": "the Markdown page to write",
    "PATH": "the private key to make, which nobody can make again",
    "PUBLIC": "a public key, KEY.pub of `sunproof ledger keygen`",
    "REASON": "a sentence, which is entered",
    "SAMPLES": "a samples file of `sunproof label`",
    "SOURCE": "the folder, file or archive as its makers publish it",
    "SEQ": "number of the certificate, from 1",
}
# Columns of a terminal that every one has.
_WIDTH = 78
_SETTING = re.compile(r"[A-Za-z_][\w.]*=.*", re.DOTALL)


class Version(argparse.Action):
    """``--version``: what stands as ``code`` in receipts and certificates; git is asked only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print it and stop."""
        from sunproof.pipeline.receipts import code_version

        # a parser's own exit writes to the error stream
        sys.stdout.write(f"sunproof {code_version()}\n")
        parser.exit(0)


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with the keys of the command's configuration, read only when help is asked for."""

    config = ""

    def parse(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """Parse a command line, by default the process's own.

        Raises
        ------
        ConfigError
            If settings stand without their ``--set``, naming all of them.
        """
        options, left = self.parse_known_args(arguments)
        if hasattr(options, "overrides"):
            # The configuration's place takes the first bare word, whatever it is. Not by Path: to it a setting that is
            # longer than the name of any file is an error.
            first = [options.config] if options.config and not os.path.exists(options.config) else []
            if bare := [word for word in (*first, *left) if _SETTING.fullmatch(word)]:
                where = f"sunproof {options.command}"
                raise ConfigError(
                    [Problem("not an argument", where, word, todo=f"Settings go by --set {word}") for word in bare]
                )
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return options

    def format_help(self) -> str:
        """Text of ``--help``."""
        text = super().format_help()
        if not self.config:
            return text
        module, name = self.config.split(":")
        keys = _keys(getattr(importlib.import_module(f"sunproof.pipeline.{module}"), name))
        return f"{text}\nkeys of the configuration, and their defaults (blocks: see the shipped YAML file):\n{keys}\n"


def _keys(model: Any) -> str:
    lines = []
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else _default(field)
        lines.append(f"  {name} ({default})" if default else f"  {name}")
        told = field.description or getattr(field.annotation, "__doc__", None)
        if told and (field.description or hasattr(field.annotation, "model_fields")):
            # a block without words of its own is told by its class
            words = " ".join(told.partition("\n\n")[0].replace("``", "").split())
            lines.append(textwrap.fill(words, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines)


def _default(field: Any) -> str:
    """Default as it would be written in YAML; empty for blocks, whose keys have defaults of their own."""
    value = field.get_default(call_default_factory=True)
    items = list(value) if isinstance(value, tuple | list | set | frozenset) else [value]
    if isinstance(value, dict) or any(hasattr(type(item), "model_fields") for item in items):
        return ""
    if items != [value]:
        return f"[{', '.join(map(str, items))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value) or '""'
