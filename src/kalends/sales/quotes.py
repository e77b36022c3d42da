"""Quotes: made of a deal, changed while they are drafts, and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, cast
from uuid import UUID

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.catalog.sales_options import ACCEPTANCE_METHODS, QUOTE_METHODS
from kalends.crm.association_reads import linked
from kalends.crm.associations import End, associate
from kalends.crm.record_values import Written
from kalends.crm.records import Who, lock, write_changes, write_new
from kalends.crm.rules import Change, Draft
from kalends.events.requests import once
from kalends.sales.link_lines import CLONE, LinkLine, prepare_lines, write_lines
from kalends.sales.parent_lines import set_lines
from kalends.sales.trouble import Refused, Trouble

Db = Connection[Any]
DRAFT, PENDING, APPROVED, REJECTED = "DRAFT", "PENDING_APPROVAL", "APPROVED", "REJECTED"
PLAIN, ACCEPTED, VOID = "APPROVAL_NOT_NEEDED", "ACCEPTED", "VOID"
PUBLISHED = frozenset({PLAIN, APPROVED, ACCEPTED})
CLICK, SIGNATURE, ON_PAPER = "clickwrap", "esignature", "print_and_sign"
SIGNER, BILLING_CONTACT = 702, 1226
"""The kinds of a tie between a quote and a contact who signs it, or whom invoices are meant for."""
TITLE_LONGEST, TERMS_LONGEST, NET_TERMS_MAX = 200, 5_000, 365


class NoSuchQuote(LookupError):
    """There is no such quote in this account."""


class NoSuchDeal(LookupError):
    """There is no such deal in this account."""


class QuoteRefused(ValueError):
    """What was asked cannot be done to the quote as it stands. ``code`` is for pages, the message says it in English.

    ``published``, ``not_published``, ``not_as_shown``, ``accepted``, ``paid``, ``being_paid``, ``expired``,
    ``not_pending``, ``needs_approval``, ``converted``, ``no_deal``, ``no_contact``, ``no_line``, ``once_too``,
    ``adjustment``, ``too_small``, ``currency``, ``no_reason``, ``no_email``, ``nothing_recurs``, ``other``.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote as it stands. ``currency`` is empty where it is the account's."""

    id: int
    title: str
    status: str
    expiration_date: date
    public_key: UUID
    currency: str | None
    payment_enabled: bool
    billing_enabled: bool
    collection: str | None
    allowed_payment_methods: list[str] | None
    collect_billing_address: bool | None
    collect_shipping_address: bool | None
    net_terms_days: int | None
    acceptance_method: str | None
    accepted_at: datetime | None
    language: str | None
    terms: str | None
    rejection: str | None
    owner_id: int | None
    created_at: datetime
    archived_at: datetime | None

    @property
    def is_published(self) -> bool:
        """Whether buyers can read it, and nobody can change it."""
        return self.status in PUBLISHED

    def is_expired(self, today: date) -> bool:
        """Whether it is too late to agree to it or to pay it."""
        return self.expiration_date < today

    def number(self) -> str:
        """What is printed on the document.

        As the catalogue works it out: the day of making in UTC, and the record's number.
        """
        return f"{self.created_at:%Y%m%d}-{self.id}"


CHANGEABLE = (
    "title expiration_date payment_enabled billing_enabled allowed_payment_methods collect_billing_address "
    "collect_shipping_address net_terms_days acceptance_method language terms owner_id"
).split()
_COLUMNS = tuple(item.name for item in fields(Quote))
_SELECT = cast("LiteralString", f"SELECT {', '.join(_COLUMNS)} FROM quote WHERE account_id = %s")


def find_quote(db: Db, ctx: AccountContext, quote_id: int) -> Quote:
    """A quote by its number, archived or not. Raises :class:`NoSuchQuote`."""
    row = db.execute(_SELECT + " AND id = %s", [ctx.id, quote_id]).fetchone()
    if row is None:
        raise NoSuchQuote(f"There is no quote {quote_id} in this account.")
    return Quote(*row)


def make_quote(
    db: Db,
    ctx: AccountContext,
    deal_id: int,
    *,
    changes: Mapping[str, Any] | None = None,
    lines: Sequence[LinkLine] | None = None,
    contact_id: int | None = None,
    actor: str = "system",
    request_key: str | None = None,
) -> int:
    """Make a draft of a deal: in its currency, with copies of its line items, its company, and a contact of it.

    ``lines`` take the place of the deal's, ``contact_id`` that of its first contact; ``changes`` are columns, by
    default the account's terms and days. The same ``request_key`` makes it once. Raises :class:`NoSuchDeal` and
    ``Refused``.
    """

    def do() -> int:
        return _make(db, ctx, deal_id, changes or {}, lines, contact_id, Who(actor, "CRM_UI"))

    asked = {"deal": deal_id, "changes": changes, "lines": lines, "contact": contact_id}
    return once(db, ctx, "quote", request_key, asked, do, actor=actor)


def _make(
    db: Db,
    ctx: AccountContext,
    deal_id: int,
    changes: Mapping[str, Any],
    lines: Sequence[LinkLine] | None,
    contact_id: int | None,
    who: Who,
) -> int:
    deal = lock(db, ctx, get_object("deal"), [deal_id]).get(deal_id)
    if deal is None:
        raise NoSuchDeal(f"There is no deal {deal_id} in this account.")
    currency = deal["currency"] or ctx.currency
    columns = {
        "title": deal["name"],
        "expiration_date": ctx.today + timedelta(days=ctx.settings.quotes_days),
        "currency": currency,
        "terms": ctx.settings.quotes_terms or None,
        "acceptance_method": CLICK,
        "owner_id": deal["owner_id"],
        **changes,
    }
    problems = problems_with(columns)
    wanted = _lines_of_deal(db, ctx, deal_id) if lines is None else lines
    drafts = prepare_lines(db, ctx, "quote", currency, wanted) if wanted else []
    if problems:
        raise Refused(problems)
    (id_,) = write_new(db, ctx, get_object("quote"), [Draft(Written(), (), columns)], who)
    write_lines(db, ctx, id_, drafts, who)
    _tie(db, ctx, id_, deal_id, contact_id, deal["primary_company_id"], who.actor)
    return id_


def _tie(
    db: Db,
    ctx: AccountContext,
    quote_id: int,
    deal_id: int,
    contact_id: int | None,
    company_id: int | None,
    actor: str,
) -> None:
    if contact_id is None:
        contacts = linked(db, ctx, "deal", [deal_id], "contact", limit=1).get(deal_id, [])
        contact_id = contacts[0].id if contacts else None
    if company_id is None:
        companies = linked(db, ctx, "deal", [deal_id], "company", limit=1).get(deal_id, [])
        company_id = companies[0].id if companies else None
    for name, id_ in (("deal", deal_id), ("contact", contact_id), ("company", company_id)):
        if id_ is not None:
            associate(db, ctx, End("quote", quote_id), End(name, id_), actor=actor)


def _lines_of_deal(db: Db, ctx: AccountContext, deal_id: int) -> list[LinkLine]:
    rows = db.execute(
        "SELECT id FROM line_item WHERE account_id = %s AND parent_type = 'deal' AND parent_id = %s "
        "AND archived_at IS NULL ORDER BY position, id",
        [ctx.id, deal_id],
    ).fetchall()
    return [LinkLine(CLONE, row[0]) for row in rows]


def edit_quote(
    db: Db,
    ctx: AccountContext,
    quote_id: int,
    changes: Mapping[str, Any],
    *,
    lines: Sequence[LinkLine] | None = None,
    contact_id: int | None = None,
    actor: str = "system",
) -> bool:
    """Change a draft, and with ``lines`` all that it offers; says whether anything changed.

    One that was rejected is a draft again. Raises ``Refused``, :class:`QuoteRefused` for one that is published or waits
    for approval, and :class:`NoSuchQuote`; nothing is changed then.
    """
    obj, who = get_object("quote"), Who(actor, "CRM_UI")
    with db.transaction():
        row = locked(db, ctx, quote_id)
        if row["status"] not in (DRAFT, REJECTED):
            raise QuoteRefused("published", f"The quote is {row['status']}: take it back to a draft first.")
        problems = problems_with({**row, **changes})
        if problems:
            raise Refused(problems)
        columns = {name: value for name, value in changes.items() if name in CHANGEABLE}
        columns |= {"status": DRAFT, "rejection": None}
        changed = bool(write_changes(db, ctx, obj, [Change(row, Written(), columns)], who))
        if lines is not None:
            set_lines(db, ctx, "quote", quote_id, row["currency"] or ctx.currency, lines, actor=actor)
        if contact_id is not None:
            associate(db, ctx, End("quote", quote_id), End("contact", contact_id), actor=actor)
    return changed or lines is not None


def locked(db: Db, ctx: AccountContext, quote_id: int) -> dict[str, Any]:
    """A living quote, which nobody else changes before the transaction ends. Raises :class:`NoSuchQuote`."""
    row = lock(db, ctx, get_object("quote"), [quote_id]).get(quote_id)
    if row is None:
        raise NoSuchQuote(f"There is no quote {quote_id} in this account.")
    return row


def problems_with(columns: Mapping[str, Any]) -> list[Trouble]:
    """Everything that is wrong with what a quote says.

    >>> [each.place for each in problems_with({"title": " ", "acceptance_method": "wink"})]
    ['title', 'acceptance_method']
    """
    found: list[Trouble] = []
    title, terms, days = columns.get("title") or "", columns.get("terms") or "", columns.get("net_terms_days")
    if not title.strip():
        found.append(Trouble("title", "missing", "", "Give the quote a name; the buyer reads it."))
    elif len(title) > TITLE_LONGEST:
        text = f"Give at most {TITLE_LONGEST} characters."
        found.append(Trouble("title", "too_long", title[:40], text, str(TITLE_LONGEST)))
    if len(terms) > TERMS_LONGEST:
        text = f"Give at most {TERMS_LONGEST} characters."
        found.append(Trouble("terms", "too_long", terms[:40], text, str(TERMS_LONGEST)))
    if days is not None and not 0 <= days <= NET_TERMS_MAX:
        text = f"Give 0 to {NET_TERMS_MAX} days."
        found.append(Trouble("net_terms_days", "too_large", str(days), text, str(NET_TERMS_MAX)))
    method = columns.get("acceptance_method")
    if method is not None and method not in {each.value for each in ACCEPTANCE_METHODS}:
        text = f"Give one of {', '.join(each.value for each in ACCEPTANCE_METHODS)}."
        found.append(Trouble("acceptance_method", "unknown", str(method), text))
    known = {each.value for each in QUOTE_METHODS}
    for each in columns.get("allowed_payment_methods") or ():
        if each not in known:
            text = f"Give some of {', '.join(sorted(known))}."
            found.append(Trouble("allowed_payment_methods", "unknown", str(each), text))
    return found


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom a quote is tied to: the contact who signs (else the first one), the company, the deal."""

    contact_id: int | None
    company_id: int | None
    deal_id: int | None
    billing_contact_id: int | None


def parties_of(db: Db, ctx: AccountContext, quote_id: int) -> Parties:
    """Whom a quote is tied to."""
    contacts = linked(db, ctx, "quote", [quote_id], "contact", limit=50).get(quote_id, [])

    def first(name: str) -> int | None:
        found = linked(db, ctx, "quote", [quote_id], name, limit=1).get(quote_id, [])
        return found[0].id if found else None

    def labeled(type_id: int) -> int | None:
        return next(
            (each.id for each in contacts if any(kind.type_id == type_id for kind in each.kinds)), None
        )

    plain = contacts[0].id if contacts else None
    return Parties(labeled(SIGNER) or plain, first("company"), first("deal"), labeled(BILLING_CONTACT))
