import pytest

from sunproof.pipeline.ledger.keyring import Keyring, role_of
from sunproof.pipeline.ledger.keys import make_key


@pytest.fixture
def key(tmp_path):
    return make_key(tmp_path / "a")


def entry(key, **changes):
    return {"action": "admit", "role": "service", "name": "a", "keyid": key.keyid, "pem": key.public.pem} | changes


def test_keys_come_and_go(key):
    ring = Keyring()
    assert ring.apply(entry(key)) == ""
    assert ring.keys.keys() == {key.keyid}
    assert ring.apply({"action": "revoke", "keyid": key.keyid}) == ""
    assert ring.keys == {}
    assert ring.all_keys().keys() == {key.keyid}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keyid": "sha256:00"}, "but the key's id is"),
        ({"action": "revoke", "keyid": "sha256:00"}, "which is not in force"),
        ({"action": "rotate", "replaces": "sha256:00"}, "replaces sha256:00"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(key, changes, words):
    ring = Keyring()
    assert words in ring.apply(entry(key, **changes))
    assert ring.holders == {}


@pytest.mark.parametrize("changes", [{"role": "service"}, {"name": "b"}])
def test_a_rotation_changes_neither_role_nor_name(key, tmp_path, changes):
    ring, new = Keyring(), make_key(tmp_path / "new")
    held = {"role": "reviewer", "name": "a"}
    ring.apply(entry(key, **held))
    rotation = entry(new, action="rotate", replaces=key.keyid, **held | changes)
    assert "replaces the key of reviewer a by one of" in ring.apply(rotation)
    assert ring.keys.keys() == {key.keyid}


def test_people_sign_decisions_and_the_service_the_rest():
    assert role_of("decision") == "reviewer"
    assert role_of("batch") == role_of("outcome") == "service"
