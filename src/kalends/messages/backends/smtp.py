"""Letters by SMTP, to the server that ``KALENDS_SMTP_URL`` names."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass

from kalends.messages.backends.interface import MailUnavailable, Refused, RefusedForNow
from kalends.messages.envelope import Envelope

_CLOSING = 421


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the server is and how to speak to it. ``starttls`` begins plainly and turns to TLS before anything else."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    starttls: bool = False
    timeout_seconds: int = 30

    @property
    def place(self) -> str:
        """How errors name it: never with its password."""
        return f"mail server {self.host}, port {self.port} (KALENDS_SMTP_URL)"


class SmtpBackend:
    """Keeps one connection for the letters of a block, and makes another when it broke."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._connection: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, encrypt and sign in. Raises ``MailUnavailable``."""
        if self._connection is not None:
            return
        try:
            self._connection = self._connect()
        except smtplib.SMTPAuthenticationError as problem:
            raise self._unavailable(
                "The mail server does not let us sign in.",
                _said(problem.smtp_code, problem.smtp_error),
                "Correct the user and the password in KALENDS_SMTP_URL.",
            ) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise self._unavailable(
                "The mail server cannot be reached.",
                str(problem) or type(problem).__name__,
                "Check that it runs and that KALENDS_SMTP_URL names it, such as smtps://user:password@mail.example:465.",
            ) from problem

    def send(self, envelope: Envelope) -> None:
        """Hand the letter to the server. Raises ``MailUnavailable``, ``Refused`` or ``RefusedForNow``."""
        self.open()
        assert self._connection is not None
        try:
            self._connection.send_message(envelope.message, envelope.sender, [envelope.recipient])
        except smtplib.SMTPSenderRefused as problem:
            self.close()
            raise self._unavailable(
                f"The mail server does not take letters from {envelope.sender}.",
                _said(problem.smtp_code, problem.smtp_error),
                "Set KALENDS_MAIL_FROM to an address that this server sends for.",
            ) from problem
        except smtplib.SMTPRecipientsRefused as problem:
            code, answer = problem.recipients[envelope.recipient]
            self._raise_refusal(code, answer)
        except smtplib.SMTPDataError as problem:
            self._raise_refusal(problem.smtp_code, problem.smtp_error)
        except (smtplib.SMTPNotSupportedError, UnicodeError) as problem:
            raise Refused(
                f"The mail server does not take addresses with letters like these: {problem}"
            ) from problem
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            raise RefusedForNow(
                f"The connection to the mail server broke ({problem or type(problem).__name__}): whether the letter "
                "arrived is not known. It is sent again under the same Message-ID."
            ) from problem

    def close(self) -> None:
        """Say goodbye and hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                connection.quit()

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        context = ssl.create_default_context() if server.tls or server.starttls else None
        connection = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=context)
            if server.tls
            else smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        )
        try:
            if server.starttls:
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _raise_refusal(self, code: int, answer: bytes | str) -> None:
        if code == _CLOSING:
            self.close()
        if 500 <= code < 600:
            raise Refused(f"The mail server refused the letter: {_said(code, answer)}")
        raise RefusedForNow(f"The mail server did not take the letter for now: {_said(code, answer)}")

    def _unavailable(self, message: str, value: str, remedy: str) -> MailUnavailable:
        return MailUnavailable(
            f"{message} Letters stay in the outbox.", where=self.server.place, value=value, remedy=remedy
        )


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"
