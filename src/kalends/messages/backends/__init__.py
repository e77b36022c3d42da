"""Ways out for letters, and which one an account's letters take.

``KALENDS_SMTP_URL`` names a mail server (``smtp://host:25``, ``smtp://user:password@host:587`` with STARTTLS,
``smtps://user:password@host:465``); without it letters become files in ``KALENDS_HOME/mail``. ``KALENDS_MAIL_FROM`` is
the address they come from, and where answers go. Both are read into Django's settings at the start.
"""

from pathlib import Path

from django.conf import settings

from kalends.accounts.context import AccountContext
from kalends.messages.backends.files import FileBackend
from kalends.messages.backends.interface import Backend
from kalends.messages.backends.smtp import MailServer, SmtpBackend


def file_backend() -> FileBackend:
    """The installation's folder of letters."""
    return FileBackend(Path(settings.EMAIL_FILE_PATH))


def backend_for(ctx: AccountContext) -> Backend:
    """The way out for an account's letters.

    A sandbox's letters are always files, also where a mail server is set: its customers may be copies of real
    people, who must never hear of payments that are only rehearsed.
    """
    return (None if ctx.is_sandbox else mail_server_backend()) or file_backend()


def mail_server_backend() -> SmtpBackend | None:
    """The mail server, if one is set."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return None
    return SmtpBackend(
        MailServer(
            settings.EMAIL_HOST,
            settings.EMAIL_PORT,
            settings.EMAIL_HOST_USER,
            settings.EMAIL_HOST_PASSWORD,
            tls=settings.EMAIL_USE_SSL,
            starttls=settings.EMAIL_USE_TLS,
            timeout_seconds=settings.EMAIL_TIMEOUT,
        )
    )
