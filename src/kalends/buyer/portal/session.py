"""Who is signed in to their own pages: a signed cookie of its own, apart from staff's sessions, for some hours.

It names the account and the contact, and dies with the contact's address. It is sent to these pages only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from kalends.buyer.door import Guest, NotThere, enter
from kalends.buyer.invoice.reading import Reader, reader_of
from kalends.platform import security_log
from kalends.platform.clock import system_now

COOKIE = f"{settings.COOKIE_PREFIX}kalends_portal"
LASTS = timedelta(hours=4)
_SALT = "kalends.buyer.portal.session"


class SignedOut(Exception):
    """Nobody is signed in to this account's pages."""


class Owner(NamedTuple):
    """A contact at their own pages."""

    guest: Guest
    contact: Reader
    until: datetime
    company: str


def sign_in(response: HttpResponse, guest: Guest, contact: Reader) -> None:
    """Let this browser in for some hours."""
    security_log.tell("signed_in", by="link", account_id=guest.ctx.id, contact_id=contact.id)
    expires = int((system_now() + LASTS).timestamp())
    told = [guest.ctx.id, contact.id, expires, _mark(contact)]
    response.set_cookie(
        COOKIE,
        signing.Signer(salt=_SALT).sign_object(told),
        max_age=int(LASTS.total_seconds()),
        path="/portal",
        httponly=True,
        samesite="Lax",
        secure=guest.request.is_secure(),
    )


def sign_out(response: HttpResponse) -> None:
    """Forget who was signed in, and let the browser forget what it was shown."""
    response.delete_cookie(COOKIE, path="/portal", samesite="Lax")
    response["Clear-Site-Data"] = '"cache", "storage"'


def open_account(request: HttpRequest, account_id: int) -> Guest:
    """Into an account that has such pages. Raises ``NotThere``."""
    guest = enter(request, account_id, request.COOKIES.get(COOKIE, "portal")[:400])
    if not guest.ctx.settings.portal:
        raise NotThere
    return guest


def owner_of(request: HttpRequest, account_id: int) -> Owner:
    """Who is signed in there. Raises :class:`SignedOut`, and ``NotThere`` where there are no such pages."""
    guest = open_account(request, account_id)
    try:
        account, contact_id, expires, mark = signing.Signer(salt=_SALT).unsign_object(
            request.COOKIES.get(COOKIE, "")
        )
    except (signing.BadSignature, ValueError, TypeError) as problem:
        raise SignedOut from problem
    until = datetime.fromtimestamp(expires, UTC)
    contact = reader_of(guest, contact_id) if account == account_id and system_now() < until else Reader()
    if not contact.id or not constant_time_compare(mark, _mark(contact)):
        raise SignedOut
    guest.speak(contact.language)
    return Owner(guest, contact, until, _company_of(guest, contact.id))


def _company_of(guest: Guest, contact_id: int) -> str:
    """For whom the contact buys: what they say themselves, or the company they belong to."""
    row = guest.db.execute(
        "SELECT coalesce(nullif(c.company_name, ''), firm.name, '') FROM contact AS c "
        "LEFT JOIN company AS firm ON firm.account_id = c.account_id AND firm.id = c.primary_company_id "
        "AND firm.archived_at IS NULL WHERE c.account_id = %s AND c.id = %s",
        [guest.ctx.id, contact_id],
    ).fetchone()
    return row[0] if row else ""


def _mark(contact: Reader) -> str:
    return salted_hmac(_SALT, f"{contact.id} {contact.email or ''}", algorithm="sha256").hexdigest()[:32]
