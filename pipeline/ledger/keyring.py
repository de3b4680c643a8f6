"""Which keys a ledger knows, for what, and since when: its key entries, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sunproof.pipeline.ledger.keys import PublicKey

__all__ = ["ROLES", "Holder", "Keyring", "role_of"]

ROLES = ("service", "reviewer")


def role_of(kind: str) -> str:
    """Role whose key signs entries of a kind: people sign their decisions, the service everything else."""
    return "reviewer" if kind == "decision" else "service"


@dataclass(frozen=True)
class Holder:
    """Who holds a key, in which role."""

    key: PublicKey
    role: str
    name: str


class Keyring:
    """Keys in force; entries of kind ``key`` change it."""

    def __init__(self) -> None:
        self.holders: dict[str, Holder] = {}
        self._retired: dict[str, Holder] = {}

    @property
    def keys(self) -> dict[str, PublicKey]:
        """All keys in force, by id."""
        return {keyid: holder.key for keyid, holder in self.holders.items()}

    def known(self, keyid: str) -> Holder | None:
        """Give the holder of a key, in force or not."""
        return self.holders.get(keyid) or self._retired.get(keyid)

    def all_keys(self) -> dict[str, PublicKey]:
        """All keys that ever were in force: what they signed while they were stays signed."""
        return {keyid: holder.key for keyid, holder in (self._retired | self.holders).items()}

    def apply(self, entry: Mapping[str, Any]) -> str:
        """Take one entry into account; returns what is wrong with it, or an empty text.

        Parameters
        ----------
        entry : mapping
            ``action`` (admit, rotate or revoke), ``role``, ``name``, ``keyid``, ``pem``, ``replaces``, ``reason``.
        """
        action, keyid = str(entry["action"]), str(entry["keyid"])
        if action == "revoke":
            if keyid not in self.holders:
                return f"revokes {keyid}, which is not in force"
            self._retired[keyid] = self.holders.pop(keyid)
            return ""
        key = PublicKey(str(entry["pem"]))
        if key.keyid != keyid:
            return f"names {keyid}, but the key's id is {key.keyid}"
        # Nor one that was revoked: a stolen key must not come back under another name.
        if self.known(keyid):
            return f"admits {keyid}, which was admitted before"
        if action == "rotate":
            replaced = str(entry["replaces"])
            if replaced not in self.holders:
                return f"replaces {replaced}, which is not in force"
            holder, new = self.holders[replaced], (str(entry["role"]), str(entry["name"]))
            # else a reviewer could make the own key a service's
            if new != (holder.role, holder.name):
                return f"replaces the key of {holder.role} {holder.name} by one of {' '.join(new)}"
            self._retired[replaced] = self.holders.pop(replaced)
        self.holders[keyid] = Holder(key, str(entry["role"]), str(entry["name"]))
        return ""
