"""A receipt for every attempt, written before a command starts and after it ends, by another process."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import Sequence
from typing import Any

from sunproof.pipeline.console import say
from sunproof.pipeline.ledger.keys import SigningKey, read_key
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.receipts import code_version, digest_bytes, digest_file

__all__ = ["attempt", "supervise"]

# Lines of a failing command that go into its receipt.
_LINES, _WIDTH = 12, 300
_MAIN = "from sunproof.pipeline.cli import main; raise SystemExit(main())"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def attempt(ledger: Ledger, key: SigningKey, command: str, config: str, program: Sequence[str] = ()) -> int:
    """Run a command of sunproof and leave a receipt, whatever becomes of it.

    The first entry is written before the command runs, so that an attempt whose supervisor dies, too, is seen: it was
    begun and never ended. Certificates name the slots of a batch that came to its end; this names batches that did not.

    Parameters
    ----------
    ledger : Ledger
    key : SigningKey
        The service's.
    command, config : str
        As for ``sunproof COMMAND CONFIG``.
    program : sequence of str, optional
        What is run; by default this Python and ``sunproof``.

    Returns
    -------
    int
        Exit code of the command; 128 + the signal that ended it.
    """
    body = {"attempt": uuid.uuid4().hex, "command": command, "config": config, "code": code_version()}
    subject = ("configuration", digest_file(config))
    # before it starts: whatever kills it leaves an attempt that never ended
    ledger.append("attempt", body | {"status": "STARTED"}, subject, key)
    run = [*program] or [sys.executable, "-c", _MAIN]
    last: deque[str] = deque(maxlen=_LINES)
    with subprocess.Popen([*run, command, config], stderr=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(line)
            last.append(_ANSI.sub("", line).rstrip()[:_WIDTH])
    code = process.returncode
    ledger.append("attempt", body | _outcome(code, [line for line in last if line]), subject, key)
    # as a shell tells signals
    return code if code >= 0 else 128 - code


def _outcome(code: int, last: list[str]) -> dict[str, Any]:
    if code == 0:
        return {"status": "DONE"}
    how = f"exit code {code}" if code > 0 else f"killed by signal {-code}"
    # the last lines tell the stage: every stage says on the error stream what it does
    return {"status": "FAILED", "error": how, "said": last, "log": digest_bytes("\n".join(last).encode())}


def supervise(path: str, key: str, command: str, config: str) -> int:
    """Run a command under a receipt for the command line."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        code = attempt(ledger, signer, command, config)
    say(f"{path}: {command} {config} ended with {code}")
    return code
