"""What the ledger costs a forecast, and whether every tampering is found.

    python benchmarks/ledger.py [CERTIFICATES]

Signs, verifies and enters a batch (by default 2000 forecasts of the tests' hand-made batch with every check; or the
``certificates.jsonl`` of an audit), then tampers with a small one in every way at random places. Targets: signing at
most 2 ms a forecast; every certificate that was altered, deleted, swapped, doubled, cut off or signed anew is found.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.ledger.anchor import Anchor
from sunproof.pipeline.ledger.batches import append_batch
from sunproof.pipeline.ledger.envelope import sign, unseal
from sunproof.pipeline.ledger.keys import SigningKey, make_key
from sunproof.pipeline.ledger.signatures import sign_certificates, signatures_path, verify_signatures
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger

SIZE, SMALL, TRIES, REPEATS = 2000, 20, 40, 3
Lines = list[bytes]


def certificates(path: Path, size: int) -> Path:
    """Write certificates of a hand-made batch with every check."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.pipeline.auditing.batches import NOT_EXPLAINED, batch

    forecasts = batch(size)
    found = evaluate(forecasts)
    silence = Encoded([NOT_EXPLAINED] * size)
    write_certificates(path, forecasts, found, judge(forecasts, found), silence, {"inputs": {}, "simulated": True})
    return path


def cost(path: Path, key: SigningKey) -> dict[str, float]:
    """Milliseconds a line, the least of some repeats, CPU time."""
    count = sum(1 for _ in path.open("rb"))

    def least(step: Callable[[], object]) -> float:
        taken = []
        for _ in range(REPEATS):
            start = time.process_time()
            step()
            taken.append(time.process_time() - start)
        return 1000 * min(taken) / count

    return {
        "sign": least(lambda: sign_certificates(path, "sha256:" + "0" * 64, key)),
        "verify": least(lambda: verify_signatures(path, key.public, "sha256:" + "0" * 64)),
        "bytes": path.stat().st_size / count,
        "signature_bytes": signatures_path(path).stat().st_size / count,
    }


def altered(lines: Lines, place: int, dice: random.Random) -> Lines:
    """Flip one bit."""
    line = bytearray(lines[place])
    line[dice.randrange(len(line) - 1)] ^= 1 << dice.randrange(7)
    return [*lines[:place], bytes(line), *lines[place + 1 :]]


def swapped(lines: Lines, place: int, dice: random.Random) -> Lines:
    """Exchange two lines."""
    other = dice.choice([index for index in range(len(lines)) if index != place])
    lines = list(lines)
    lines[place], lines[other] = lines[other], lines[place]
    return lines


FILES: dict[str, Callable[[Lines, int, random.Random], Lines]] = {
    "altered": altered,
    "deleted": lambda lines, place, dice: [*lines[:place], *lines[place + 1 :]],
    "swapped": swapped,
    "doubled": lambda lines, place, dice: [*lines[:place], lines[place], *lines[place:]],
    "cut off": lambda lines, place, dice: lines[:place],
}


def entry_resigned(base: sqlite3.Connection, place: int, key: SigningKey) -> None:
    """Change an entry and sign it with the service's own key."""
    (envelope,) = base.execute("SELECT envelope FROM entries WHERE seq = ?", (place,)).fetchone()
    payload = unseal(envelope, {}).payload.replace(b'"at":"2', b'"at":"1')
    base.execute("UPDATE entries SET envelope = ? WHERE seq = ?", (sign(payload, [key]), place))


def entry_deleted(base: sqlite3.Connection, place: int, key: SigningKey) -> None:
    """Delete an entry and number the rest anew."""
    base.execute("DELETE FROM entries WHERE seq = ?", (place,))
    base.execute("UPDATE entries SET seq = seq - 1 WHERE seq > ?", (place,))


def tail_cut(base: sqlite3.Connection, place: int, key: SigningKey) -> None:
    """Delete an entry and all after it."""
    base.execute("DELETE FROM entries WHERE seq >= ?", (place,))


ENTRIES = {"entry signed anew": entry_resigned, "entry deleted": entry_deleted, "ledger cut off": tail_cut}


class House:
    """A small ledger that is put back to what it was before each try."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        self.root, self.key = root, make_key(root / "service")
        self.path = certificates(root / "certificates.jsonl", SMALL)
        with Ledger.create(root / "ledger.sqlite", self.key) as ledger:
            append_batch(ledger, self.path, self.key)
            for number in range(SMALL):
                ledger.append("case", {"note": str(number)}, ("case", "sha256:" + "0" * 64), self.key)
            self.count, head = ledger.head()
        self.anchor = Anchor(self.count, head, "then", "anchor")
        self.whole = root.with_name("whole")
        shutil.copytree(root, self.whole)
        assert not self.found()

    def found(self) -> bool:
        """Tell whether the verification has anything to say."""
        with Ledger(self.root / "ledger.sqlite") as ledger:
            return bool(verify_ledger(ledger, [self.anchor], [self.key.public]).problems)

    def restore(self) -> None:
        """Put everything back."""
        shutil.rmtree(self.root)
        shutil.copytree(self.whole, self.root)


def tamper(root: Path) -> dict[str, tuple[int, int]]:
    """Count what was found of what was done."""
    house, dice = House(root), random.Random(7)
    result = {}
    for name, change in FILES.items():
        hits = tries = 0
        for _ in range(TRIES):
            lines = house.path.read_bytes().splitlines(keepends=True)
            house.path.write_bytes(b"".join(change(lines, dice.randrange(len(lines)), dice)))
            tries, hits = tries + 1, hits + house.found()
            # the holder of the service's key signs the changed file anew
            if name in ("altered", "deleted"):
                sign_certificates(house.path, house_subject(house), house.key)
                hits, tries = hits + house.found(), tries + 1
            house.restore()
        result[name] = (hits, tries)
    for name, forge in ENTRIES.items():
        hits = 0
        for _ in range(TRIES):
            base = sqlite3.connect(house.root / "ledger.sqlite", isolation_level=None)
            base.executescript("DROP TRIGGER no_update; DROP TRIGGER no_delete;")
            forge(base, dice.randrange(1, house.count + 1), house.key)
            base.close()
            hits += house.found()
            house.restore()
        result[name] = (hits, TRIES)
    return result


def house_subject(house: House) -> str:
    """Give the subject of the batch's signatures."""
    with Ledger(house.root / "ledger.sqlite") as ledger:
        return str(ledger.records("batch")[0]["forecasts"])


def append_cost(root: Path, key: SigningKey) -> float:
    """Milliseconds an entry, in one transaction, as outcomes are entered."""
    with Ledger.create(root / "append.sqlite", key) as ledger:
        start = time.process_time()
        with ledger.writing():
            for number in range(300):
                ledger.append("case", {"note": str(number)}, ("case", "sha256:" + "0" * 64), key)
        return 1000 * (time.process_time() - start) / 300


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("certificates", nargs="?", help="certificates.jsonl of an audit; a batch is made up without")
    given = parser.parse_args().certificates
    np.seterr(all="ignore")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        key = make_key(root / "service")
        path = root / "certificates.jsonl"
        if given:
            shutil.copy(given, path)
        else:
            certificates(path, SIZE)
        taken = cost(path, key)
        entry = append_cost(root, key)
        found = tamper(root / "house")
    print(
        f"| a certificate of {taken['bytes']:.0f} bytes, signature of {taken['signature_bytes']:.0f} | ms |\n|---|---|"
    )
    print(f"| sign | {taken['sign']:.3f} |\n| verify | {taken['verify']:.3f} |\n| append an entry | {entry:.3f} |\n")
    print("| tampering | found | of |\n|---|---|---|")
    for name, (hits, tries) in found.items():
        print(f"| {name} | {hits} | {tries} |")
    hits, tries = (sum(pair[place] for pair in found.values()) for place in (0, 1))
    figures = {
        "sign_ms": {"value": round(taken["sign"], 4), "target": 2.0, "ok": taken["sign"] <= 2.0},
        "verify_ms": {"value": round(taken["verify"], 4), "target": 2.0, "ok": taken["verify"] <= 2.0},
        "tampering_found": {"value": hits / tries, "target": 1.0, "ok": hits == tries},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
