"""Letters as files, for installations without a mail server: one ``.eml`` each, which any mail program opens."""

import contextlib
import errno
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from kalends.messages.backends.interface import MailUnavailable
from kalends.messages.envelope import Envelope
from kalends.platform.errors import ExitCode

_DRAFT = ".draft"
_ABANDONED = timedelta(hours=1)


class FileBackend:
    """Writes letters into a folder, whole or not at all.

    The name is made of the letter's time and id, so that handing the same letter over twice leaves one file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Make the folder if it is missing. Raises ``MailUnavailable``."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise self._unavailable(problem) from problem

    def send(self, envelope: Envelope) -> None:
        """Write the letter, on disk before this returns. Raises ``MailUnavailable``."""
        path = self.folder / f"{envelope.name}.eml"
        draft = None
        try:
            handle, draft = tempfile.mkstemp(_DRAFT, ".", self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(envelope.message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
            self._sync_folder()
        except OSError as problem:
            if draft is not None:
                with contextlib.suppress(OSError):
                    os.unlink(draft)
            raise self._unavailable(problem) from problem

    def close(self) -> None:
        """There is nothing to let go of."""

    def forget(self, name: str) -> None:
        """Remove a letter, if it lies in this folder."""
        with contextlib.suppress(OSError):
            (self.folder / f"{name}.eml").unlink()

    def clear_drafts(self, now: datetime) -> int:
        """Remove what processes that were killed while writing left behind; says how many files that were."""
        cleared = 0
        for draft in self.folder.glob(f".*{_DRAFT}"):
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < (now - _ABANDONED).timestamp():
                    draft.unlink()
                    cleared += 1
        return cleared

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _unavailable(self, problem: OSError) -> MailUnavailable:
        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        return MailUnavailable(
            "Letters cannot be written. They stay in the outbox.",
            where=str(self.folder),
            value=problem.strerror or str(problem),
            remedy="Free some space on this disk; the letters are then written by themselves."
            if full
            else "Let this user write into that folder, or send letters by mail: set KALENDS_SMTP_URL.",
            exit_code=ExitCode.NO_ROOM if full else ExitCode.PROBLEM_FOUND,
        )
