"""From a rendered letter to an email message, the same bytes each time it is made."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from types import MappingProxyType
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

from kalends.accounts.context import AccountContext
from kalends.documents.typeset import CannotTypeset, typeset
from kalends.messages.letters.layout import Rendered, content_id
from kalends.messages.letters.render import MessageRow


class Envelope(NamedTuple):
    """A letter ready to be handed over. ``name`` is unique among letters and sorts by time."""

    name: str
    sender: str
    recipient: str
    message: EmailMessage


class Undeliverable(ValueError):
    """No email can be made of it, such as for an address that is none; the message says why."""


def message_id(account_id: int, row: MessageRow, domain: str) -> str:
    """The Message-ID of a letter: derived from the key of its effect and the installation's own key.

    However often the same letter is handed over, its Message-ID is the same, so that mail servers and programs that
    have it already can drop the second. Nobody outside can work it out, and no other installation makes the same.
    """
    key = (
        account_id,
        row.object_id,
        row.kind,
        row.occasion,
        row.recipient,
        row.created_at.astimezone(UTC).isoformat(),
    )
    digest = salted_hmac("kalends.messages.message-id", repr(key), algorithm="sha256").hexdigest()
    return f"<{digest[:40]}@{domain}>"


def seal(
    ctx: AccountContext, row: MessageRow, letter: Rendered, logos: Mapping[str, bytes] = MappingProxyType({})
) -> Envelope:
    """Make the email: from the account's name at the installation's address, dated when it was decided on.

    A document that goes with it is made here, of the words that were kept for it. ``logos`` are the pictures that both
    name. Answers go to where the account's customers write to.
    Raises ``Undeliverable``, also for an address with letters beyond ASCII before its ``@``: hardly any mail server
    takes one. After the ``@`` they are written as the name system wants them.
    """
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    try:
        recipient = _with_plain_domain(row.recipient)
        message["From"] = Address(" ".join(ctx.name.split()), addr_spec=sender)
        message["To"] = Address(addr_spec=recipient)
        if ctx.letterhead.support_email:
            message["Reply-To"] = Address(addr_spec=_with_plain_domain(ctx.letterhead.support_email))
        message["Subject"] = letter.subject
    except (ValueError, IndexError, MessageError) as problem:
        raise Undeliverable(
            f"{row.recipient!r} is not an email address that a letter can be sent to."
        ) from problem
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = message_id(ctx.id, row, domain)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if row.given and row.given.get("unsubscribe"):  # RFC 8058: mail programs leave at one click
        message["List-Unsubscribe"] = f"<{row.given['unsubscribe']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.logo is not None and letter.logo in logos:
        _enclose(message, letter.logo, logos[letter.logo])
    if letter.attached is not None:
        _attach(message, letter.attached, logos.get(letter.attached.get("logo", "")))
    _set_boundaries(message, row.id)
    return Envelope(file_name(row.created_at, row.id), sender, recipient, message)


def _enclose(message: EmailMessage, logo: str, picture: bytes) -> None:
    """Put the logo beside the HTML that shows it: a picture from elsewhere would be blocked by most mail programs."""
    _, html = message.iter_parts()
    assert isinstance(html, EmailMessage)
    html.add_related(
        picture, "image", "png", cid=f"<{content_id(logo)}>", disposition="inline", filename="logo.png"
    )


def _attach(message: EmailMessage, page: Mapping[str, Any], logo: bytes | None) -> None:
    try:
        content = typeset(page, logo)
    except CannotTypeset as problem:
        raise Undeliverable(str(problem)) from problem
    kind = ("image", "png") if page.get("format") == "png" else ("application", "pdf")
    message.add_attachment(content, *kind, filename=page["file_name"])


def _set_boundaries(message: EmailMessage, id_: int) -> None:
    """Set the strings between the parts: those of Python's own choosing would be others each time."""
    for depth, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_kalends_{id_}" + f"_{depth}" * bool(depth))


def _with_plain_domain(address: str) -> str:
    """The address with its domain in ASCII. Raises ``ValueError`` for a domain that cannot be.

    >>> _with_plain_domain("kari@blåbær.no")
    'kari@xn--blbr-roah.no'
    """
    name, at, domain = address.rpartition("@")
    return name + at + domain.encode("idna").decode("ascii")


def file_name(created_at: datetime, id_: int) -> str:
    """The name of a letter as a file, without its ending.

    >>> file_name(datetime(2026, 11, 15, 6, 0, tzinfo=UTC), 1842)
    '20261115T060000Z-1842'
    """
    return f"{created_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{id_}"
