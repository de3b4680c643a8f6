"""Tampering fixtures: whatever is done to certificates or ledger is found, and what cannot be found is said."""

import json
import sqlite3

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.cli import main
from sunproof.pipeline.ledger.anchor import Anchor
from sunproof.pipeline.ledger.batches import append_batch
from sunproof.pipeline.ledger.envelope import sign, unseal
from sunproof.pipeline.ledger.keys import make_key
from sunproof.pipeline.ledger.signatures import sign_certificates
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.receipts import canonical
from tests.pipeline.auditing.batches import NOT_EXPLAINED, batch, check, findings


def found(house, anchors=()):
    with Ledger(house.path) as ledger:
        return "\n".join(map(str, verify_ledger(ledger, anchors).problems))


def anchor_of(house):
    with Ledger(house.path) as ledger:
        return Anchor(*ledger.head(), "2026-01-01T00:00:00Z", "anchors.txt")


def rewrite(path, change):
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def forge(house, change):
    """Change rows of the database, as somebody with access to the file can."""
    base = sqlite3.connect(house.path, isolation_level=None)
    base.execute("DROP TRIGGER no_update")
    base.execute("DROP TRIGGER no_delete")
    change(base)
    base.close()


def test_what_nobody_touched_holds(house):
    with Ledger(house.path) as ledger:
        report = verify_ledger(ledger, [anchor_of(house)], [house.service.public])
    assert report.problems == []
    assert (report.entries, report.certificates) == (3, 6)


@pytest.mark.parametrize("line", range(8))
def test_an_altered_certificate_is_found_whichever_it_is(house, line):
    rewrite(house.certificates, lambda lines: [*lines[:line], lines[line].replace(b"e", b"f", 1), *lines[line + 1 :]])
    assert f"line {line + 1}: the signature does not fit" in found(house)


@pytest.mark.parametrize("line", range(8))
def test_a_deleted_certificate_is_found_whichever_it_is(house, line):
    rewrite(house.certificates, lambda lines: [*lines[:line], *lines[line + 1 :]])
    assert "the signature does not fit" in found(house) or "signatures without a certificate" in found(house)


@pytest.mark.parametrize("first", range(7))
def test_swapped_neighbours_are_found(house, first):
    def swap(lines):
        return [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]]

    rewrite(house.certificates, swap)
    assert f"line {first + 1}: the signature does not fit" in found(house)


@pytest.mark.parametrize("kept", range(8))
def test_a_truncated_file_is_found_wherever_it_was_cut(house, kept):
    rewrite(house.certificates, lambda lines: lines[:kept])
    assert "signatures without a certificate" in found(house)


def test_a_doubled_or_inserted_certificate_is_found(house):
    rewrite(house.certificates, lambda lines: [*lines[:3], lines[2], *lines[3:]])
    assert "the signature does not fit" in found(house)


def test_deleted_files_are_found(house):
    house.certificates.unlink()
    assert "certificates were deleted or moved" in found(house)


def test_certificates_swapped_with_another_batch_are_found(house):
    """Both files are whole and signed by the right key, but each stands in the other's place."""
    other = second_batch(house)
    parts = [(one, two) for one, two in zip(files(house.certificates), files(other), strict=True)]
    for one, two in parts:
        kept = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(kept)
    assert found(house).count("the last line is not the one that was written") == 2


def test_certificates_rewritten_and_signed_anew_by_the_service_itself_are_found(house):
    """The chain is whole and every signature holds: only the ledger's entry tells."""
    rewritten = second_batch(house, enter=False)
    house.certificates.write_bytes(rewritten.read_bytes())
    with Ledger(house.path) as ledger:
        subject = ledger.records("batch")[0]["forecasts"]
    sign_certificates(house.certificates, subject, house.service)
    words = found(house)
    assert "the signatures are not those that were written" in words
    assert "the last line is not the one that was written" in words


def files(certificates):
    return certificates, certificates.with_name(certificates.name + ".dsse")


def second_batch(house, enter=True):
    forecasts = batch(6, probability=(("forecast", "threshold", "window"), np.full((6, 3, 3), 0.1)))
    judged = findings(forecasts, check("A1", [Outcome.PASS] * 6))
    path = house.root / "second.jsonl"
    write_certificates(path, forecasts, judged, judge(forecasts, judged), Encoded([NOT_EXPLAINED] * 6), {"inputs": {}})
    if enter:
        with Ledger(house.path) as ledger:
            append_batch(ledger, path, house.service)
    return path


@pytest.mark.parametrize("entry", [1, 2, 3])
def test_an_altered_entry_is_found(house, entry):
    def alter(base):
        (envelope,) = base.execute("SELECT envelope FROM entries WHERE seq = ?", (entry,)).fetchone()
        content = json.loads(envelope)
        content["payload"] = content["payload"][:-8] + "AAAAAA=="
        base.execute("UPDATE entries SET envelope = ? WHERE seq = ?", (canonical(content), entry))

    forge(house, alter)
    assert f"entry {entry}:" in found(house)


@pytest.mark.parametrize("entry", [1, 2])
def test_a_deleted_entry_is_found(house, entry):
    forge(house, lambda base: base.execute("DELETE FROM entries WHERE seq = ?", (entry,)))
    assert "entries are missing before this one" in found(house)


@pytest.mark.parametrize("entry", [1, 2])
def test_a_deleted_entry_is_found_though_the_rest_was_renumbered(house, entry):
    def delete(base):
        base.execute("DELETE FROM entries WHERE seq = ?", (entry,))
        base.execute("UPDATE entries SET seq = seq - 1 WHERE seq > ?", (entry,))

    forge(house, delete)
    assert found(house)


def test_swapped_entries_are_found(house):
    second_batch(house)

    def swap(base):
        for old, new in ((3, 99), (4, 3), (99, 4)):
            base.execute("UPDATE entries SET seq = ? WHERE seq = ?", (new, old))

    forge(house, swap)
    assert "another number was signed" in found(house)


def test_an_entry_listed_as_something_else_is_found(house):
    forge(house, lambda base: base.execute("UPDATE entries SET kind = 'case' WHERE seq = 3"))
    assert "another kind was signed" in found(house)
    again = sqlite3.connect(house.path, isolation_level=None)
    again.execute("UPDATE entries SET kind = 'batch', subject = 'sha256:00' WHERE seq = 3")
    again.close()
    assert "listed under another subject" in found(house)


@pytest.mark.parametrize("seq", [2, 3])
@pytest.mark.parametrize("kind", ["batch", "attempt", "decision", "key", "nonsense"])
def test_an_entry_listed_as_another_kind_ends_no_verification(house, seq, kind):
    forge(house, lambda base: base.execute("UPDATE entries SET kind = ? WHERE seq = ?", (kind, seq)))
    signed = {2: "key", 3: "batch"}[seq]
    assert bool(found(house)) == (kind != signed)


def resign(house, key):
    """Rewrite the last entry's content and sign it: what the holder of a key can do."""

    def change(base):
        (envelope,) = base.execute("SELECT envelope FROM entries WHERE seq = 3").fetchone()
        payload = unseal(envelope, {}).payload.replace(b'"REJECT":1', b'"REJECT":0')
        base.execute("UPDATE entries SET envelope = ? WHERE seq = 3", (sign(payload, [key]),))

    forge(house, change)


def test_an_entry_signed_anew_by_a_stranger_is_found(house):
    resign(house, make_key(house.root / "stranger"))
    assert "not signed by a key in force for it" in found(house)


def test_an_entry_signed_anew_by_a_reviewer_is_found(house):
    resign(house, house.reviewer)
    assert "not signed by a key in force for it" in found(house)


def test_an_entry_signed_anew_by_the_service_is_found_with_an_anchor_alone(house):
    anchor = anchor_of(house)
    resign(house, house.service)
    assert found(house) == ""
    assert "rewritten since anchors.txt told its digest" in found(house, [anchor])


def test_a_tail_that_was_cut_off_is_found_with_an_anchor_alone(house):
    anchor = anchor_of(house)
    forge(house, lambda base: base.execute("DELETE FROM entries WHERE seq = 3"))
    assert found(house) == ""
    assert "entries were cut off: anchors.txt knew 3" in found(house, [anchor])


def test_a_whole_ledger_begun_anew_is_found_with_an_anchor_or_the_trusted_key(house):
    anchor, trusted = anchor_of(house), house.service.public
    house.path.unlink()
    impostor = make_key(house.root / "impostor")
    with Ledger.create(house.path, impostor) as ledger:
        append_batch(ledger, house.certificates, impostor)
        assert verify_ledger(ledger).problems == []
        words = "\n".join(map(str, verify_ledger(ledger, [anchor], [trusted]).problems))
    assert "begun with a key that is not trusted" in words
    assert "entries were cut off" in words


def test_an_older_anchor_still_holds_after_more_entries(house):
    anchor = anchor_of(house)
    second_batch(house)
    assert found(house, [anchor, anchor_of(house)]) == ""


def test_a_batch_of_an_unknown_key_is_a_finding_with_what_to_do(house):
    with Ledger(house.path) as ledger:
        entry = dict(next(iter(ledger.records("batch"))))
        body = {name: value for name, value in entry.items() if name not in ("seq", "kind", "prev", "at", "schema")}
        ledger.append("batch", body | {"keyid": "sha256:00"}, ("certificates", body["head"]), house.service)
    told = found(house)
    assert "unknown key signed these certificates" in told
    assert "sha256:00" in told
    assert house.service.keyid in told
    assert "Ask whoever runs the service" in told


def test_the_command_prints_a_table_and_exits_with_1(house, capsys):
    anchors = str(house.root / "anchors.txt")
    keys = house.root / "keys" / "service.pub"
    assert main(["ledger", "anchor", str(house.path), anchors]) == 0
    assert main(["ledger", "verify", str(house.path), "--anchor", anchors, "--key", str(keys)]) == 0
    assert "everything holds" in capsys.readouterr().err
    rewrite(house.certificates, lambda lines: lines[:-1])
    assert main(["ledger", "verify", str(house.path), "--anchor", anchors]) == 1
    printed = capsys.readouterr()
    assert "What does not hold" in printed.out
    assert "problems" in printed.err
