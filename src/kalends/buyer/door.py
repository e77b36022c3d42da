"""The door for those who have no account with us: a link or a key lets them in, to one record and nothing beside it.

What is not there, what is over, and what was never there look alike, so that nobody learns anything by trying. Those
who try much have to wait: each link and each machine has so many requests in ten minutes, and wrong links have fewer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import translation
from psycopg import Connection

from kalends.accounts import attempts, connections, signed_links
from kalends.accounts.allowance import STEPS, take
from kalends.accounts.attempts import Subject
from kalends.accounts.context import AccountContext, UnknownAccount, load_context
from kalends.accounts.signed_links import SignedLink
from kalends.buyer.languages import first_of
from kalends.messages.letters.formats import Formats, locale_of
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database, security_log
from kalends.platform.clock import system_now
from kalends.query.context import Cursor

WINDOW = timedelta(minutes=10)
PER_MACHINE, PER_LINK, PER_DEED = 600, 300, 40
"""Requests in ten minutes: of one machine (behind which there may be an office), with one link, and those that change
something."""

_BUCKETS = 4096
"""Links and machines are counted in so many groups, so that counts take no more room however many come."""


class NotThere(Exception):
    """There is no such page, or not for this link, or no longer."""


class TooMany(Exception):
    """Somebody asks too often; ``wait`` says for how long they are to rest."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody inside one account for the length of a request, by a link or a key."""

    request: HttpRequest
    db: Connection[Any]
    ctx: AccountContext

    @property
    def language(self) -> str:
        """The language of the page: ``en``, ``nb`` or ``fi``."""
        return translation.get_language() or "en"

    @property
    def formats(self) -> Formats:
        """How amounts and days are written on the page."""
        return Formats(locale_of(self.language, self.ctx.country))

    def speak(self, *preferred: str | None) -> None:
        """Go on in the language that was asked for, else the first of these, else the browser's, else the account's."""
        translation.activate(first_of(self.request, *preferred, fallback=self.ctx.language))

    def address_of(self, path: str) -> str:
        """A path of ours as a whole address, for a processor that sends people back."""
        return self.request.build_absolute_uri(path)

    @contextmanager
    def processors(self) -> Iterator[AccountProcessors]:
        """The account's processors, closed afterwards."""
        made = AccountProcessors(database.connect, self.ctx.id)
        try:
            yield made
        finally:
            made.close()


def enter(request: HttpRequest, account_id: int, link: str) -> Guest:
    """Into an account, with a link or key that is counted. Raises :class:`NotThere` and :class:`TooMany`.

    What the link may open is the caller's to check.
    """
    if not 0 < account_id < 2**63:
        raise NotThere
    db = connections.inside(account_id)
    try:
        ctx = load_context(db, account_id, system_now=system_now())
    except UnknownAccount as problem:
        raise NotThere from problem
    count(db, account_id, f"machine:{machine_of(request)}", PER_MACHINE)
    count(db, account_id, f"link:{link}", PER_LINK)
    if request.method not in ("GET", "HEAD"):
        count(db, account_id, f"deed:{link}", PER_DEED)
    guest = Guest(request, db, ctx)
    guest.speak()
    return guest


def enter_by_token(request: HttpRequest, token: str, purpose: str) -> tuple[Guest, SignedLink]:
    """Into the account of a signed link that holds. Raises :class:`NotThere` and :class:`TooMany`."""
    link = signed_links.read(token, purpose)
    if link is None:
        security_log.tell("signature_wrong", of=f"link to {purpose}")
        raise NotThere
    guest = enter(request, link.account_id, token)
    email = email_of(guest, link.contact_id)
    if not link.holds(guest.ctx.now, email):
        raise NotThere
    return guest, link


def enter_by_key(request: HttpRequest, account_id: int, key: UUID) -> Guest:
    """Into an account with a record's public key. Raises :class:`NotThere` and :class:`TooMany`."""
    return enter(request, account_id, str(key))


def email_of(guest: Guest, contact_id: int) -> str | None:
    """The address of a contact as it stands; None for one who is not there any more."""
    row = guest.db.execute(
        "SELECT email FROM contact WHERE account_id = %s AND id = %s AND archived_at IS NULL",
        [guest.ctx.id, contact_id],
    ).fetchone()
    return row[0] if row else None


def machine_of(request: HttpRequest) -> str:
    """The machine that asks."""
    return str(request.META.get("REMOTE_ADDR", ""))


def count(db: Connection[Any], account_id: int, subject: str, limit: int) -> None:
    """One request more of this subject's. Raises :class:`TooMany` when those of the window are used up."""
    kind, _, value = subject.partition(":")
    digest = int.from_bytes(hashlib.sha256(value.encode()).digest()[:4])
    step = int(system_now().timestamp() / (WINDOW.total_seconds() / STEPS))
    taken = take(db, account_id, f"buyer:{kind}:{digest % _BUCKETS}", step, 1, limit)
    if not taken.granted:
        security_log.tell("too_many", of=f"requests of a {kind}", account_id=account_id)
        raise TooMany((taken.oldest + STEPS - step) * WINDOW / STEPS)


def missed(request: HttpRequest) -> timedelta | None:
    """Write down that a link led nowhere; how long its machine is to wait when there were too many of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        subject = Subject("machine", f"buyer {machine_of(request)}")
        wait = attempts.begin(cast("Cursor", cursor), system_now(), subject)
    if wait is not None:
        security_log.tell("too_many", of="links that lead nowhere")
    return wait
