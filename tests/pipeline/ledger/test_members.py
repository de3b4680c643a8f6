import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.keys import make_key
from sunproof.pipeline.ledger.members import admit, replace, revoke
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger


def decide(ledger, key):
    ledger.append("decision", {"answer": "ACCEPT"}, ("certificate", "sha256:00"), key)


def test_a_rotation_is_signed_by_both_keys_and_ends_the_old_one(house):
    new = make_key(house.root / "keys" / "service2")
    with Ledger(house.path) as ledger:
        replace(ledger, house.service, new, "a year is over")
        with pytest.raises(InputError, match="not in force"):
            ledger.append("case", {}, ("x", "sha256:00"), house.service)
        ledger.append("case", {}, ("x", "sha256:00"), new)
        assert verify_ledger(ledger).problems == []


def test_a_reviewer_rotates_the_own_key_and_no_other(house):
    new = make_key(house.root / "keys" / "ana2")
    with Ledger(house.path) as ledger:
        replace(ledger, house.reviewer, new, "lost laptop")
        assert ledger.keyring().holders[new.keyid].name == "Ana"
        decide(ledger, new)
        assert verify_ledger(ledger).problems == []


def test_a_reviewer_cannot_become_a_service_by_a_rotation(house):
    """Who can write into the file has no need of our commands."""
    new = make_key(house.root / "keys" / "ana2")
    body = {"action": "rotate", "role": "service", "name": "Ana", "keyid": new.keyid, "pem": new.public.pem}
    with Ledger(house.path) as ledger:
        entry = body | {"replaces": house.reviewer.keyid, "reason": "promotion"}
        ledger.append("key", entry, ("key", new.keyid), house.reviewer, new)
        words = "\n".join(map(str, verify_ledger(ledger).problems))
        assert "replaces the key of reviewer Ana by one of service Ana" in words
        with pytest.raises(InputError, match="which is not in force"):
            ledger.append("case", {}, ("x", "sha256:00"), new)


def test_a_revoked_key_signs_no_more_but_what_it_signed_holds(house):
    with Ledger(house.path) as ledger:
        decide(ledger, house.reviewer)
        revoke(ledger, house.service, house.reviewer.keyid, "left")
        with pytest.raises(InputError, match="cannot sign a decision"):
            decide(ledger, house.reviewer)
        assert verify_ledger(ledger).problems == []


def test_a_reviewer_admits_nobody(house):
    other = make_key(house.root / "keys" / "bo")
    with (
        Ledger(house.path) as ledger,
        pytest.raises(InputError, match="this key cannot change keys; got 'reviewer Ana'"),
    ):
        admit(ledger, house.reviewer, other.public, "Bo")


@pytest.mark.parametrize("role", ["boss", "Reviewer"])
def test_a_role_that_there_is_not_is_refused(house, role):
    with Ledger(house.path) as ledger, pytest.raises(InputError, match="one of service, reviewer"):
        admit(ledger, house.service, house.reviewer.public, "Ana", role)


def test_keys_that_cannot_be_changed_so_say_why(house):
    with Ledger(house.path) as ledger:
        with pytest.raises(InputError, match="which was admitted before"):
            admit(ledger, house.service, house.reviewer.public, "Ana")
        with pytest.raises(InputError, match="which is not in force"):
            revoke(ledger, house.service, "sha256:00", "?")
        with pytest.raises(InputError, match="the last service key"):
            revoke(ledger, house.service, house.service.keyid, "?")


def test_the_commands_change_keys(house, capsys):
    keys = house.root / "keys"
    for name in ("service2", "bo"):
        make_key(keys / name)
    ledger = str(house.path)
    assert main(["ledger", "admit", ledger, str(keys / "service"), str(keys / "bo.pub"), "Bo"]) == 0
    assert main(["ledger", "rotate", ledger, str(keys / "service"), str(keys / "service2"), "yearly"]) == 0
    assert main(["ledger", "revoke", ledger, str(keys / "service2"), house.reviewer.keyid, "left"]) == 0
    capsys.readouterr()
    assert main(["ledger", "show", ledger]) == 0
    printed = capsys.readouterr().out
    assert "Bo" in printed
    assert "Ana" not in printed
