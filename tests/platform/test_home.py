"""One folder holds everything an installation keeps, and nobody else can read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.home import Home, home_path, open_home


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_its_folders_are_closed_to_others(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    for folder in (home.files, home.keys, home.logs, home.mail):
        assert _mode(folder) == 0o700
    assert _mode(home.path) == (0o711 if os.geteuid() == 0 else 0o700)


def test_a_folder_with_other_things_in_it_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    tmp_path.chmod(0o750)
    open_home(tmp_path)
    assert _mode(tmp_path) == 0o750


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    key = home.secret_key()
    assert len(key) > 60
    assert open_home(tmp_path / "home").secret_key() == key
    assert _mode(home.keys / "signing-key") == 0o600
    assert [path.name for path in home.keys.iterdir()] == ["signing-key"]


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    assert open_home(tmp_path / "one").secret_key() != open_home(tmp_path / "two").secret_key()


def test_where_it_lies_is_chosen_by_the_environment() -> None:
    assert home_path({"KALENDS_HOME": "/srv/book"}) == Path("/srv/book")
    assert home_path({"KALENDS_HOME": "book"}) == Path.cwd() / "book"


def test_without_a_choice_root_and_others_have_their_usual_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert home_path({}) == Path("/var/lib/kalends")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert home_path({"XDG_DATA_HOME": "/home/kari/data"}) == Path("/home/kari/data/kalends")
    assert home_path({}) == Path.home() / ".local" / "share" / "kalends"


def test_a_place_that_cannot_be_a_folder_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserFacing) as refused:
        open_home(tmp_path / "file" / "home")
    assert str(tmp_path / "file") in refused.value.where
    assert "KALENDS_HOME" in refused.value.remedy
    assert refused.value.exit_code is ExitCode.BAD_INPUT


def test_a_full_disk_has_its_own_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, **_: object) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(UserFacing) as refused:
        open_home(tmp_path / "home")
    assert refused.value.exit_code is ExitCode.NO_ROOM


def test_homes_of_the_same_folder_are_equal() -> None:
    assert Home(Path("/srv/book")) == Home(Path("/srv/book"))
