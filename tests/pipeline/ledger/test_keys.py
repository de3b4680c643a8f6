import os
import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.keys import make_key, read_key, read_public_key


def test_a_key_is_read_back_and_its_public_half_verifies(tmp_path):
    made = make_key(tmp_path / "service")
    again, public = read_key(tmp_path / "service"), read_public_key(tmp_path / "service.pub")
    assert made.keyid == again.keyid == public.keyid
    signature = again.sign(b"words")
    assert signature == made.sign(b"words")
    assert public.verifies(signature, b"words")
    assert not public.verifies(signature, b"other words")
    assert not public.verifies(b"", b"words")


def test_nobody_else_can_read_a_private_key(tmp_path):
    make_key(tmp_path / "service")
    assert stat.S_IMODE((tmp_path / "service").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_private_key_that_others_can_use_is_told_and_used(tmp_path, mode, capsys):
    made = make_key(tmp_path / "service")
    read_key(tmp_path / "service")
    assert "warning" not in capsys.readouterr().err
    (tmp_path / "service").chmod(mode)
    assert read_key(tmp_path / "service").keyid == made.keyid
    told = capsys.readouterr().err
    assert f"warning: {tmp_path / 'service'}: others can use this private key; got 'mode {mode:o}'; wanted 600" in told
    assert f"chmod 600 {tmp_path / 'service'}" in told


def test_a_key_is_made_closed_whatever_the_umask_lets_through(tmp_path):
    before = os.umask(0)
    try:
        make_key(tmp_path / "service")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "service").stat().st_mode) == 0o600


def test_an_encrypted_key_needs_its_passphrase(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNPROOF_KEY_PASSPHRASE", "sunspot")
    made = make_key(tmp_path / "service")
    assert read_key(tmp_path / "service").keyid == made.keyid
    monkeypatch.delenv("SUNPROOF_KEY_PASSPHRASE")
    with pytest.raises(InputError, match="an encrypted one needs SUNPROOF_KEY_PASSPHRASE"):
        read_key(tmp_path / "service")


def test_a_passphrase_does_not_hinder_a_plain_key(tmp_path, monkeypatch):
    made = make_key(tmp_path / "service")
    monkeypatch.setenv("SUNPROOF_KEY_PASSPHRASE", "sunspot")
    assert read_key(tmp_path / "service").keyid == made.keyid


def test_a_key_is_never_written_over(tmp_path):
    make_key(tmp_path / "service")
    with pytest.raises(InputError, match=r"service: there is a key already"):
        make_key(tmp_path / "service")


def test_what_is_no_key_is_named(tmp_path):
    (tmp_path / "noise").write_text("noise")
    with pytest.raises(InputError, match=r"noise: no private key"):
        read_key(tmp_path / "noise")
    with pytest.raises(InputError, match=r"noise: no public key"):
        read_public_key(tmp_path / "noise")


def test_a_key_of_another_kind_is_refused(tmp_path):
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "ec").write_bytes(pem)
    with pytest.raises(InputError, match=r"not an Ed25519 key; got .*wanted Ed25519"):
        read_key(tmp_path / "ec")


def test_the_command_makes_both_files(tmp_path, capsys):
    assert main(["ledger", "keygen", str(tmp_path / "service")]) == 0
    assert read_public_key(tmp_path / "service.pub").keyid in capsys.readouterr().err
