"""Ed25519 keys: made once, private in one file, public in another beside it, named by the digest of the public one."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.receipts import digest_bytes

__all__ = ["PublicKey", "SigningKey", "keygen", "make_key", "read_key", "read_public_key"]

# Where a private key is encrypted, its passphrase comes from here: never from the command line, which others can see.
_PASSPHRASE = "SUNPROOF_KEY_PASSPHRASE"


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies.

    Parameters
    ----------
    pem : str
        SubjectPublicKeyInfo, PEM.
    """

    pem: str

    def __post_init__(self) -> None:
        key = serialization.load_pem_public_key(self.pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"not an Ed25519 key but {type(key).__name__}")
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_id", digest_bytes(der))

    @property
    def keyid(self) -> str:
        """``sha256:`` of the DER bytes."""
        return str(self._id)  # type: ignore[attr-defined]

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether this key's owner signed exactly these bytes."""
        try:
            self._key.verify(signature, message)  # type: ignore[attr-defined]
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A private key; its signatures are deterministic (RFC 8032), so the same bytes get the same signature."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = PublicKey(pem.decode())

    @property
    def keyid(self) -> str:
        """Of the public key."""
        return self.public.keyid

    def sign(self, message: bytes) -> bytes:
        """Sign bytes; 64 bytes."""
        return self._key.sign(message)


def make_key(path: str | Path) -> SigningKey:
    """Make a key: the private one at ``path`` (readable by its owner alone), the public one at ``path.pub``.

    Raises
    ------
    InputError
        If there is a file already: a lost key cannot be made again.
    """
    path = Path(path)
    public = Path(f"{path}.pub")
    for taken in (path, public):
        # a lost private key cannot be made again: neither file is ever written over
        if taken.exists():
            raise InputError(Problem("there is a key already", str(taken), todo="Choose another name; keys are kept."))
    key = Ed25519PrivateKey.generate()
    secret = os.environ.get(_PASSPHRASE, "").encode()
    encryption = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    path.parent.mkdir(parents=True, exist_ok=True)
    # made with its mode, not changed afterwards: nobody can read it in between
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)
    made = SigningKey(key)
    public.write_text(made.public.pem, encoding="utf-8")
    return made


def read_key(path: str | Path) -> SigningKey:
    """Read a private key; a person is warned where others can, too.

    Raises
    ------
    InputError
        If it cannot be read, or is none.
    """
    secret = os.environ.get(_PASSPHRASE, "").encode() or None
    try:
        pem = Path(path).read_bytes()
        # a passphrase for a key that has none is an error to the library, not to us
        key = serialization.load_pem_private_key(pem, secret if b"ENCRYPTED" in pem else None)
    except (OSError, ValueError, TypeError) as error:
        todo = f"Make one with `sunproof ledger keygen`; an encrypted one needs {_PASSPHRASE}."
        raise InputError(Problem("no private key", str(path), str(error), "a PKCS 8 PEM file", todo)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(Problem("not an Ed25519 key", str(path), type(key).__name__, "Ed25519"))
    if problem := _open_to_others(Path(path)):
        say(str(problem), "warning: ")
    return SigningKey(key)


def _open_to_others(path: Path) -> Problem | None:
    """Tell of a private key that others than its owner can use; where files have no such modes, nothing."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "posix" or not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    todo = f"Close it (chmod 600 {path}); if others may have read it, make a new one: `sunproof ledger rotate`."
    return Problem("others can use this private key", str(path), f"mode {mode:03o}", "600, its owner alone", todo)


def read_public_key(path: str | Path) -> PublicKey:
    """Read a public key.

    Raises
    ------
    InputError
        If it cannot be read, or is none.
    """
    try:
        return PublicKey(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(Problem("no public key", str(path), str(error), "a PEM file of an Ed25519 key")) from error


def keygen(path: str) -> int:
    """Make a key for the command line."""
    key = make_key(path)
    say(f"private key: {path} (keep it; nobody can make it again)")
    say(f"public key:  {path}.pub ({key.keyid})")
    return 0
