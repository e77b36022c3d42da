"""Who is signed in to their own pages: a session with a cookie of its own, apart from staff's, for some hours.

It names the account and the contact, and dies with the contact's address.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from kalends.accounts.session_store import SessionStore, kept_as
from kalends.buyer.door import Guest, NotThere, enter
from kalends.buyer.invoice.reading import Reader, reader_of
from kalends.platform import security_log
from kalends.platform.clock import system_now

COOKIE = f"{settings.COOKIE_PREFIX}kalends_portal"
LASTS = timedelta(hours=4)
_SALT = "kalends.buyer.portal.session"
_KEPT = "portal"


class SignedOut(Exception):
    """Nobody is signed in to this account's pages."""


class Owner(NamedTuple):
    """A contact at their own pages."""

    guest: Guest
    contact: Reader
    until: datetime
    company: str


def sign_in(response: HttpResponse, guest: Guest, contact: Reader) -> None:
    """Let this browser in for some hours; who was signed in there before is so no longer."""
    _end(guest.request)
    security_log.tell("signed_in", by="link", account_id=guest.ctx.id, contact_id=contact.id)
    kept = SessionStore()
    kept[_KEPT] = [guest.ctx.id, contact.id, _mark(contact)]
    kept.set_expiry(system_now() + LASTS)
    kept.create()
    response.set_cookie(
        COOKIE,
        str(kept.session_key),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=guest.request.is_secure(),
    )


def uses_up(link: str, until: datetime) -> bool:
    """Whether a link lets somebody in, which it does once: it is kept, as a session is, until it is over anyway."""
    last = max(until, system_now() + LASTS)
    _row, is_first = Session.objects.get_or_create(
        session_key=kept_as(f"{_KEPT} {link}"), defaults={"session_data": "", "expire_date": last}
    )
    return is_first


def sign_out(request: HttpRequest, response: HttpResponse) -> None:
    """End it here as well, whoever else has the cookie, and let the browser forget what it was shown."""
    _end(request)
    response.delete_cookie(COOKIE, samesite="Lax")
    response["Clear-Site-Data"] = '"cache", "storage"'


def _kept(request: HttpRequest) -> SessionStore:
    """What the database knows of this browser: nothing once it is over, and something else if the key is not ours."""
    return SessionStore(request.COOKIES.get(COOKIE) or None)


def _end(request: HttpRequest) -> None:
    kept = _kept(request)
    if _KEPT in kept:
        kept.flush()


def open_account(request: HttpRequest, account_id: int) -> Guest:
    """Into an account that has such pages. Raises ``NotThere``."""
    guest = enter(request, account_id, request.COOKIES.get(COOKIE, "portal")[:400])
    if not guest.ctx.settings.portal:
        raise NotThere
    return guest


def owner_of(request: HttpRequest, account_id: int) -> Owner:
    """Who is signed in there. Raises :class:`SignedOut`, and ``NotThere`` where there are no such pages."""
    guest = open_account(request, account_id)
    kept = _kept(request)
    account, contact_id, mark = kept.get(_KEPT, (0, 0, ""))
    contact = reader_of(guest, contact_id) if account == account_id else Reader()
    if not contact.id or not constant_time_compare(mark, _mark(contact)):
        raise SignedOut
    guest.speak(contact.language)
    return Owner(guest, contact, kept.get_expiry_date(), _company_of(guest, contact.id))


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
