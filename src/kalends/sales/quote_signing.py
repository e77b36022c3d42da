"""Signing a quote: a code that was sent to the signer's own address shows that it is they who sign.

A code has six digits, lives for a quarter of an hour and can be tried five times; of a version so many are sent in an
hour and no more. Only a digest by the installation's key is kept: a hash of six digits gives them away. Nobody but
its reader sees a code: staff who look at the letter find it covered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.utils.crypto import constant_time_compare, salted_hmac
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.short_codes import SIGNING, code_for
from kalends.accounts.sql import take_ids
from kalends.crm.association_reads import linked
from kalends.sales.quote_letters import send_code
from kalends.sales.quote_versions import Version
from kalends.sales.quotes import SIGNER, QuoteRefused

Db = Connection[Any]
LIVES, TRIES_MAX = timedelta(minutes=15), 5
SENT_MAX, SENT_WITHIN = 5, timedelta(hours=1)


class Signer(NamedTuple):
    """Somebody who may sign: a contact of the quote with an address. ``hint`` gives the address away to nobody."""

    contact_id: int
    name: str
    email: str

    @property
    def hint(self) -> str:
        """The address with all but its ends covered.

        >>> Signer(1, "Kari", "kari@example.com").hint
        'k•••@e•••.com'
        """
        before, _at, domain = self.email.partition("@")
        place, _dot, end = domain.rpartition(".")
        return f"{before[:1]}•••@{place[:1]}•••.{end}"


class Verified(NamedTuple):
    """A signer whose code was right, and when."""

    signer: Signer
    at: datetime


class WrongCode(ValueError):
    """The code is not right. ``left`` says how often another may be tried; with 0 a new code is needed."""

    def __init__(self, left: int) -> None:
        super().__init__(f"wrong code, {left} tries left")
        self.left = left


def signers_of(db: Db, ctx: AccountContext, version: Version) -> list[Signer]:
    """Who may sign: the contacts of the quote who can be written to, those first who are named as signers."""
    tied = linked(db, ctx, "quote", [version.quote_id], "contact", limit=20).get(version.quote_id, [])
    named = {each.id for each in tied if any(kind.type_id == SIGNER for kind in each.kinds)}
    rows = db.execute(
        "SELECT id, concat_ws(' ', first_name, last_name), email FROM contact WHERE account_id = %s "
        "AND id = ANY(%s) AND archived_at IS NULL AND email IS NOT NULL ORDER BY id",
        [ctx.id, [each.id for each in tied]],
    ).fetchall()
    found = [Signer(*row) for row in rows]
    return [each for each in found if each.contact_id in named] or found


def ask_code(db: Db, ctx: AccountContext, version: Version, contact_id: int) -> UUID:
    """Send a signer a code; returns the key by which it is asked for. A new one takes the place of those before.

    Raises :class:`QuoteRefused` (``other``) for somebody who may not sign, and when too many were asked for.
    """
    signer = _signer(db, ctx, version, contact_id)
    with db.transaction():
        db.execute(
            "SELECT FROM quote_version WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, version.id]
        )
        row = db.execute(
            "SELECT count(*) FROM quote_signing WHERE account_id = %s AND version_id = %s AND sent_at > %s",
            [ctx.id, version.id, ctx.now - SENT_WITHIN],
        ).fetchone()
        if row is None or row[0] >= SENT_MAX:
            raise QuoteRefused("too_many", "Too many codes were asked for: wait an hour.")
        db.execute(
            "UPDATE quote_signing SET expires_at = %s WHERE account_id = %s AND version_id = %s AND expires_at > %s",
            [ctx.now, ctx.id, version.id, ctx.now],
        )
        (id_,), key = take_ids(db, 1), uuid4()
        code = code_for(SIGNING, str(key))
        db.execute(
            "INSERT INTO quote_signing (account_id, id, version_id, public_key, contact_id, email, code_hash, sent_at, "
            "expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                ctx.id,
                id_,
                version.id,
                key,
                contact_id,
                signer.email,
                _hash(key, code),
                ctx.now,
                ctx.now + LIVES,
            ],
        )
        minutes = int(LIVES / timedelta(minutes=1))
        if not send_code(db, ctx, version, contact_id, id_, key, minutes):
            raise QuoteRefused("no_email", "The contact has no email address.")
    return key


def check_code(db: Db, ctx: AccountContext, version: Version, key: UUID, typed: str) -> Verified:
    """Who typed the right code. Counted before it is looked at, in a transaction of its own: not inside another one.

    Raises :class:`WrongCode`.
    """
    row = db.execute(
        "UPDATE quote_signing SET tries = tries + 1 WHERE account_id = %s AND version_id = %s AND public_key = %s "
        "AND tries < %s AND expires_at > %s RETURNING tries, code_hash, contact_id",
        [ctx.id, version.id, key, TRIES_MAX, ctx.now],
    ).fetchone()
    if row is None:
        raise WrongCode(0)
    tries, code_hash, contact_id = row
    if not constant_time_compare(_hash(key, "".join(typed.split())), code_hash):
        raise WrongCode(TRIES_MAX - tries)
    db.execute(
        "UPDATE quote_signing SET used_at = %s WHERE account_id = %s AND public_key = %s",
        [ctx.now, ctx.id, key],
    )
    return Verified(_signer(db, ctx, version, contact_id), ctx.now)


def signer_of_key(db: Db, ctx: AccountContext, version: Version, key: UUID) -> Signer | None:
    """Whom a code was sent to that can still be typed."""
    row = db.execute(
        "SELECT contact_id FROM quote_signing WHERE account_id = %s AND version_id = %s AND public_key = %s "
        "AND tries < %s AND expires_at > %s",
        [ctx.id, version.id, key, TRIES_MAX, ctx.now],
    ).fetchone()
    return next((each for each in signers_of(db, ctx, version) if row and each.contact_id == row[0]), None)


def code_for_tests(db: Db, ctx: AccountContext, version: Version, key: UUID) -> str | None:
    """The code, on a sandbox account, whose letters reach nobody; None on any other."""
    if not ctx.is_sandbox:
        return None
    row = db.execute(
        "SELECT FROM quote_signing WHERE account_id = %s AND version_id = %s AND public_key = %s",
        [ctx.id, version.id, key],
    ).fetchone()
    return code_for(SIGNING, str(key)) if row is not None else None


def _signer(db: Db, ctx: AccountContext, version: Version, contact_id: int) -> Signer:
    found = next((each for each in signers_of(db, ctx, version) if each.contact_id == contact_id), None)
    if found is None:
        raise QuoteRefused("other", "This quote is not for them to sign.")
    return found


def _hash(key: UUID, code: str) -> str:
    return salted_hmac("kalends.sales.quote_signing", f"{key}:{code}", algorithm="sha256").hexdigest()
