"""Letters as files: whole or not at all, one each, and nothing is lost when the disk is full."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import errno
import os
from pathlib import Path

import pytest

from kalends.accounts.context import AccountContext
from kalends.messages.backends import backend_for
from kalends.messages.backends.files import FileBackend
from kalends.messages.backends.interface import MailUnavailable
from kalends.messages.backends.smtp import SmtpBackend
from kalends.messages.delivery import Delivered
from kalends.platform.errors import ExitCode
from tests.business.messages.post import Post


def test_each_letter_becomes_one_file_that_mail_programs_can_read(post: Post, tmp_path: Path) -> None:
    first, second = post.cancellations(2)
    assert post.deliver(FileBackend(tmp_path / "mail")) == Delivered(sent=2)
    names = sorted(path.name for path in (tmp_path / "mail").iterdir())
    assert names == [f"20260101T050000Z-{first}.eml", f"20260101T050000Z-{second}.eml"]
    with (tmp_path / "mail" / names[0]).open("rb") as file:
        letter = email.message_from_binary_file(file, policy=email.policy.default)
    assert letter["Subject"] == post.state(first, "subject")
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


def test_a_letter_that_is_written_twice_is_one_file(post: Post, tmp_path: Path) -> None:
    (id_,) = post.cancellations(1)
    post.deliver(FileBackend(tmp_path))
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    post.db.execute("UPDATE message SET status = 'sending' WHERE id = %s", [id_])
    assert post.deliver(FileBackend(tmp_path)) == Delivered(sent=1)
    assert [item.read_bytes() for item in tmp_path.iterdir()] == [before]


def test_a_full_disk_is_told_with_its_place_and_loses_nothing(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id_,) = post.cancellations(1)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(MailUnavailable) as caught:
            post.deliver(FileBackend(tmp_path))
    assert caught.value.where == str(tmp_path)
    assert caught.value.value == "No space left on device"
    assert "Free some space" in caught.value.remedy
    assert caught.value.exit_code == ExitCode.NO_ROOM
    assert list(tmp_path.iterdir()) == []
    assert post.state(id_, "status", "tries") == ("queued", 0)
    assert post.deliver(FileBackend(tmp_path)) == Delivered(sent=1)


def test_a_folder_that_cannot_be_made_is_told_with_its_place(post: Post, tmp_path: Path) -> None:
    post.cancellations(1)
    (tmp_path / "file").touch()
    with pytest.raises(MailUnavailable) as caught:
        post.deliver(FileBackend(tmp_path / "file" / "mail"))
    assert str(tmp_path / "file" / "mail") in caught.value.where
    assert caught.value.value == "Not a directory"


def test_drafts_of_killed_processes_are_cleared_and_fresh_ones_left(tmp_path: Path) -> None:
    now = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
    for name, age in ((".old.draft", 3601), (".fresh.draft", 60), ("letter.eml", 90_000)):
        (tmp_path / name).touch()
        moment = now.timestamp() - age
        os.utime(tmp_path / name, (moment, moment))
    assert FileBackend(tmp_path).clear_drafts(now) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".fresh.draft", "letter.eml"]


def test_a_sandboxs_letters_are_files_even_where_a_mail_server_is_set(
    account: AccountContext, settings: object, tmp_path: Path
) -> None:
    for name, value in (
        ("EMAIL_FILE_PATH", str(tmp_path)),
        ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"),
        ("EMAIL_HOST", "mail.example"),
        ("EMAIL_PORT", 25),
        ("EMAIL_TIMEOUT", 30),
    ):
        setattr(settings, name, value)
    assert isinstance(backend_for(account), FileBackend)
    object.__setattr__(account, "mode", "live")
    assert isinstance(backend_for(account), SmtpBackend)
