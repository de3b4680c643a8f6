"""Who may sign: the ledger begun, keys admitted, replaced and revoked; each a signed entry."""

from __future__ import annotations

from typing import Any

from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.keyring import ROLES
from sunproof.pipeline.ledger.keys import PublicKey, SigningKey, read_key, read_public_key
from sunproof.pipeline.ledger.store import Ledger

__all__ = ["admit", "begin", "change_key", "replace", "revoke", "strike", "welcome"]


def admit(ledger: Ledger, service: SigningKey, key: PublicKey, name: str, role: str = "reviewer") -> None:
    """Let a key sign from now on; a reviewer's key by default.

    Raises
    ------
    InputError
        If the service's key is not in force, the role is unknown, or the key was admitted before.
    """
    if role not in ROLES:
        raise InputError(Problem("no such role", str(ledger.path), role, f"one of {', '.join(ROLES)}"))
    body = {"action": "admit", "role": role, "name": name, "keyid": key.keyid, "pem": key.pem}
    _append(ledger, body, service)


def replace(ledger: Ledger, old: SigningKey, new: SigningKey, reason: str) -> None:
    """Put a new key into an old one's place, signed by both: who holds one of them alone cannot.

    Raises
    ------
    InputError
        If the old key is not in force, or the new one was admitted before.
    """
    holder = ledger.keyring().holders.get(old.keyid)
    if holder is None:
        raise InputError(Problem("the old key is not in force", str(ledger.path), old.keyid, "a key in force"))
    body = {
        "action": "rotate",
        "role": holder.role,
        "name": holder.name,
        "keyid": new.keyid,
        "pem": new.public.pem,
        "replaces": old.keyid,
        "reason": reason,
    }
    _append(ledger, body, old, new)


def revoke(ledger: Ledger, service: SigningKey, keyid: str, reason: str) -> None:
    """End a key; what it signed before stays signed.

    Raises
    ------
    InputError
        If it is not in force, or if it is the service's last.
    """
    services = [key for key, holder in ledger.keyring().holders.items() if holder.role == "service"]
    # a ledger without a service key could admit nobody, and never be written to again
    if services == [keyid]:
        raise InputError(Problem("the last service key", str(ledger.path), keyid, todo="Rotate it instead."))
    _append(ledger, {"action": "revoke", "keyid": keyid, "reason": reason}, service)


def _append(ledger: Ledger, body: dict[str, Any], *keys: SigningKey) -> None:
    with ledger.writing():
        ring = ledger.keyring()
        holder = ring.holders.get(keys[0].keyid)
        own = body["action"] == "rotate"
        if holder is None or (holder.role != "service" and not own):
            got = f"{holder.role} {holder.name}" if holder else f"{keys[0].keyid}, which is not in force"
            raise InputError(Problem("this key cannot change keys", str(ledger.path), got, "a service key in force"))
        # tried on the ring first: an entry that verifying would refuse is not written
        if wrong := ring.apply(body):
            raise InputError(Problem("keys cannot be changed so", str(ledger.path), wrong))
        ledger.append("key", body, ("key", body["keyid"]), *keys)


def begin(path: str, key: str) -> int:
    """Begin a ledger for the command line."""
    signer = read_key(key)
    Ledger.create(path, signer).close()
    say(f"{path}: begun; service key {signer.keyid}")
    return 0


def welcome(path: str, key: str, public: str, name: str, role: str = "reviewer") -> int:
    """Admit a key for the command line."""
    signer, other = read_key(key), read_public_key(public)
    with Ledger(path) as ledger:
        admit(ledger, signer, other, name, role or "reviewer")
    say(f"{path}: {name} may sign as {role or 'reviewer'} with {other.keyid}")
    return 0


def change_key(path: str, old: str, new: str, reason: str) -> int:
    """Replace a key for the command line."""
    first, second = read_key(old), read_key(new)
    with Ledger(path) as ledger:
        replace(ledger, first, second, reason)
    say(f"{path}: {second.keyid} in the place of {first.keyid}")
    return 0


def strike(path: str, key: str, keyid: str, reason: str) -> int:
    """Revoke a key for the command line."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        revoke(ledger, signer, keyid, reason)
    say(f"{path}: {keyid} revoked")
    return 0
