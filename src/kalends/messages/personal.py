"""Letters to those who work with Kalends, about their way in: sent at once and kept nowhere.

Such a letter holds a link that lets its reader in. It belongs to a person and to no account, so it is no row of the
outbox, where everybody who may read an account's letters would find the link.
"""

from __future__ import annotations

import logging
import secrets
import threading
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from django.conf import settings

from kalends.messages.backends import file_backend, mail_server_backend
from kalends.messages.backends.interface import MailUnavailable, Refused, RefusedForNow
from kalends.messages.envelope import Envelope
from kalends.messages.letters.facts import Seller
from kalends.messages.letters.layout import Rendered, lay_out
from kalends.messages.letters.words import Words

log = logging.getLogger(__name__)


def write(recipient: str, words: Words, language: str, now: datetime) -> Envelope | None:
    """The letter, in the language that is active; None for an address that no letter can be sent to."""
    letter = lay_out(words, Seller("Kalends"), language, test=False)
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        message = _message(sender, recipient, letter, now)
    except (ValueError, IndexError, MessageError):
        return None
    serial = secrets.token_hex(8)
    message["Message-ID"] = f"<{serial}@{sender.rpartition('@')[2]}>"
    return Envelope(f"{now:%Y%m%dT%H%M%S}-{serial}", sender, recipient, message)


def send_beside(envelope: Envelope | None) -> threading.Thread:
    """Send on a thread of its own: how long it takes tells nobody whether there was anything to send."""
    thread = threading.Thread(target=_send, args=[envelope], name="letter to a user", daemon=True)
    thread.start()
    return thread


def _send(envelope: Envelope | None) -> None:
    if envelope is None:
        return
    backend = mail_server_backend() or file_backend()
    try:
        backend.open()
        backend.send(envelope)
    except (MailUnavailable, Refused, RefusedForNow) as problem:
        log.error("a letter to %s was not sent: %s", envelope.recipient, problem)
    finally:
        backend.close()


def _message(sender: str, recipient: str, letter: Rendered, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Kalends", addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message
