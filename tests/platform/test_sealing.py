"""Secrets are sealed with keys that lie outside the database, and opened by any key that ever sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kalends.platform.home import open_home
from kalends.platform.sealing import CannotUnseal, resealed, seal, unseal


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the sealing keys of a new installation."""
    monkeypatch.setenv("KALENDS_HOME", str(tmp_path / "home"))
    open_home().sealing_keys()
    return tmp_path / "home" / "keys" / "sealing-keys"


def test_what_is_sealed_can_be_opened_and_tells_nothing(keys: Path) -> None:
    sealed = seal("hemmelig Ærlig 🚚")
    assert unseal(sealed) == "hemmelig Ærlig 🚚"
    assert b"hemmelig" not in sealed
    assert seal("hemmelig Ærlig 🚚") != sealed


def test_the_keys_are_made_once_and_readable_by_nobody_else(keys: Path) -> None:
    assert open_home().sealing_keys() == keys.read_text()
    assert keys.stat().st_mode & 0o077 == 0
    assert open_home().secret_key() != keys.read_text()


def test_older_keys_open_what_they_sealed_and_the_first_one_seals(keys: Path) -> None:
    before, sealed = keys.read_text(), seal("hemmelig")
    keys.write_text(f"a newer key\n{before}\n\n")
    assert unseal(sealed) == "hemmelig"
    newer = seal("hemmelig")
    keys.write_text("a newer key\n")
    assert unseal(newer) == "hemmelig"
    with pytest.raises(CannotUnseal) as refusal:
        unseal(sealed)
    assert refusal.value.where == str(keys)


def test_what_is_sealed_anew_needs_the_older_key_no_more(keys: Path) -> None:
    before, sealed = keys.read_text(), seal("hemmelig")
    assert resealed(sealed) is None
    keys.write_text(f"a newer key\n{before}\n")
    fresh = resealed(sealed)
    assert fresh is not None
    assert resealed(fresh) is None
    keys.write_text("a newer key\n")
    assert unseal(fresh) == "hemmelig"
    with pytest.raises(CannotUnseal):
        resealed(sealed)


def test_what_was_changed_is_not_opened(keys: Path) -> None:
    sealed = bytearray(seal("hemmelig"))
    sealed[20] ^= 1
    for each in (bytes(sealed), b"", b"nonsense"):
        with pytest.raises(CannotUnseal):
            unseal(each)
