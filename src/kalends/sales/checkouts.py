"""Checkouts: opened at a payment link or a quote, filled in step by step, and read back at any time by their key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, LiteralString, cast
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.core.checkout import wrong_choices
from kalends.core.choices import Choice
from kalends.sales.buyers import Buyer, tidied, troubles_of
from kalends.sales.codes import code_trouble, find_code
from kalends.sales.offers import (
    Shown,
    Terms,
    as_trouble,
    read_choices,
    show,
    source,
    stored_choices,
)
from kalends.sales.trouble import Closed, NotOpen, Refused

Db = Connection[Any]
OPEN, PAYING, DONE = "open", "paying", "done"
FORGOTTEN_AFTER = timedelta(days=30)
"""How long an open checkout is kept that nobody goes on with: what was typed in it is nobody's business any more."""


class NoSuchCheckout(LookupError):
    """There is no such checkout in this account, or it was forgotten."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Why the last attempt to pay failed: the processor's code, its sentence, and when."""

    code: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Checkout:
    """One buyer before a payment link or a quote.

    ``status`` is ``open`` while it is filled in, ``paying`` while the processor's answer is outstanding (with an
    ``action_url`` the buyer is to confirm the payment there), and ``done`` once its records exist; ``made`` names them.
    """

    id: int
    public_key: UUID
    source: str
    source_id: int
    status: str
    currency: str
    language: str | None
    choices: Mapping[int, Choice]
    buyer: Buyer
    discount_code_id: int | None
    offer: str | None
    due_minor: int | None
    consent: Mapping[str, Any] | None
    contact_id: int | None
    deal_id: int | None
    payment_method_id: int | None
    processor: str | None
    setup_reference: str | None
    setup_number: int
    agreed: Mapping[str, Any] | None
    declined: Declined | None
    made: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    done_at: datetime | None
    code: str | None
    action_url: str | None


_FIELDS = [item.name for item in fields(Checkout)][:-2]
_SELECT = cast(
    "LiteralString",
    f"SELECT {', '.join(f'k.{name}' for name in _FIELDS)}, "
    "(SELECT c.code FROM discount_code AS c WHERE c.account_id = k.account_id AND c.id = k.discount_code_id), "
    "(SELECT g.action_url FROM checkout_charge AS g WHERE g.account_id = k.account_id AND g.checkout_id = k.id "
    "AND g.status = 'processing' AND k.status = 'paying') "
    "FROM checkout AS k WHERE k.account_id = %s",
)


def open_checkout(
    db: Db,
    ctx: AccountContext,
    source_name: str,
    source_id: int,
    *,
    language: str | None = None,
    prefill: Mapping[str, str] | None = None,
) -> Checkout:
    """Begin to buy at a payment link (``payment_link``) or a quote (``quote``).

    ``prefill`` are answers that are known already (``email``, ``first_name``, ``last_name``, ``company``, ``phone``).
    Raises ``Closed`` where nobody can buy, and ``LookupError`` for what does not exist.
    """
    terms = source(source_name).terms(db, ctx, source_id)
    if terms.closed is not None:
        raise Closed(terms.closed)
    known = {"email", "first_name", "last_name", "company", "phone"}
    buyer = {name: value for name, value in (prefill or {}).items() if name in known}
    row = db.execute(
        "INSERT INTO checkout (account_id, source, source_id, currency, language, buyer, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [ctx.id, source_name, source_id, terms.currency, language, Jsonb(buyer), ctx.now, ctx.now],
    ).fetchone()
    assert row is not None
    return checkout_of(db, ctx, row[0])


def find_checkout(db: Db, ctx: AccountContext, key: UUID) -> Checkout:
    """A checkout by the key in its address. Raises ``NoSuchCheckout``."""
    row = db.execute(_SELECT + " AND k.public_key = %s", [ctx.id, key]).fetchone()
    if row is None:
        raise NoSuchCheckout("There is no such checkout in this account.")
    return _read(row)


def checkout_of(db: Db, ctx: AccountContext, checkout_id: int) -> Checkout:
    """A checkout by its number. Raises ``NoSuchCheckout``."""
    row = db.execute(_SELECT + " AND k.id = %s", [ctx.id, checkout_id]).fetchone()
    if row is None:
        raise NoSuchCheckout(f"There is no checkout {checkout_id} in this account.")
    return _read(row)


def lock_checkout(db: Db, ctx: AccountContext, checkout_id: int) -> Checkout:
    """A checkout as it stands, which nobody else changes before the transaction ends. Raises ``NoSuchCheckout``."""
    db.execute("SELECT FROM checkout WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, checkout_id])
    return checkout_of(db, ctx, checkout_id)


def terms_of(db: Db, ctx: AccountContext, checkout: Checkout) -> Terms:
    """What is sold in a checkout, and what is asked of its buyer, as it stands now."""
    return source(checkout.source).terms(db, ctx, checkout.source_id)


def offer_of(db: Db, ctx: AccountContext, checkout: Checkout) -> Shown:
    """What the buyer is shown now: what is due today and what later, by their choices and code."""
    return show(db, ctx, terms_of(db, ctx, checkout), checkout.choices, checkout.discount_code_id)


def choose(db: Db, ctx: AccountContext, checkout: Checkout, choices: Mapping[int, Choice]) -> Checkout:
    """Keep what a buyer chose, in place of what was chosen before. Raises ``Refused`` and ``NotOpen``."""
    terms = terms_of(db, ctx, checkout)
    keys = {line.key for line in terms.lines}
    chosen = {key: choice for key, choice in choices.items() if key in keys}
    wrong = wrong_choices(terms.lines, chosen, terms.currency, ctx.today)
    if wrong:
        raise Refused([as_trouble(each, chosen) for each in wrong])
    return _change(db, ctx, checkout, "choices", Jsonb(stored_choices(chosen)))


def take_code(db: Db, ctx: AccountContext, checkout: Checkout, word: str | None) -> Checkout:
    """Use a discount code, or with None none any more. Raises ``Refused`` (place ``code``) and ``NotOpen``."""
    if word is None or not word.strip():
        return _change(db, ctx, checkout, "discount_code_id", None)
    terms = terms_of(db, ctx, checkout)
    code = find_code(db, ctx, word)
    if not terms.take_discount_codes:
        raise Refused([code_trouble(word, "not_taken")])
    if code is None:
        raise Refused([code_trouble(word, "unknown_code")])
    trouble = show(db, ctx, terms, checkout.choices, code.id).code_trouble
    if trouble is not None:
        raise Refused([trouble])
    return _change(db, ctx, checkout, "discount_code_id", code.id)


def tell_buyer(db: Db, ctx: AccountContext, checkout: Checkout, buyer: Buyer) -> Checkout:
    """Keep who buys. Raises ``Refused`` with every answer that will not do, and ``NotOpen``."""
    tidy = tidied(buyer)
    troubles = troubles_of(tidy, terms_of(db, ctx, checkout))
    if troubles:
        raise Refused(troubles)
    return _change(db, ctx, checkout, "buyer", Jsonb(tidy.stored()))


def _change(db: Db, ctx: AccountContext, checkout: Checkout, column: str, value: Any) -> Checkout:
    changed = db.execute(
        cast(
            "LiteralString",
            f"UPDATE checkout SET {column} = %s, updated_at = %s WHERE account_id = %s AND id = %s AND status = 'open'",
        ),
        [value, ctx.now, ctx.id, checkout.id],
    ).rowcount
    now = checkout_of(db, ctx, checkout.id)
    if not changed:
        raise NotOpen(now.status)
    return now


def forget_checkouts(db: Db, ctx: AccountContext, most: int) -> int:
    """Forget open checkouts that nobody went on with, and what was typed in them; says how many."""
    return db.execute(
        "WITH old AS MATERIALIZED (SELECT id FROM checkout WHERE account_id = %(account_id)s AND status = 'open' "
        "AND updated_at < %(before)s LIMIT %(most)s FOR UPDATE SKIP LOCKED), "
        "tried AS (DELETE FROM checkout_charge AS g USING old WHERE g.account_id = %(account_id)s "
        "AND g.checkout_id = old.id) "
        "DELETE FROM checkout AS k USING old WHERE k.account_id = %(account_id)s AND k.id = old.id",
        {"account_id": ctx.id, "before": ctx.now - FORGOTTEN_AFTER, "most": most},
    ).rowcount


def _read(row: tuple[Any, ...]) -> Checkout:
    values = dict(zip([item.name for item in fields(Checkout)], row, strict=True))
    declined = values["declined"]
    values["choices"] = read_choices(values["choices"])
    values["buyer"] = Buyer.read(values["buyer"])
    if declined is not None:
        declined = Declined(declined["code"], declined["text"], datetime.fromisoformat(declined["at"]))
    values["declined"] = declined
    return Checkout(**values)
