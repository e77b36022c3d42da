"""Payment links: made, changed, switched off and on, and found by the key in their address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, LiteralString, cast
from uuid import UUID

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.crm.record_values import Written
from kalends.crm.records import Who, archive, lock, write_changes, write_new
from kalends.crm.rules import Change, Draft
from kalends.events import journal
from kalends.events.requests import once
from kalends.sales.link_lines import CLONE, LinkLine, prepare_lines, take_lines_away, write_lines
from kalends.sales.link_terms import problems_with
from kalends.sales.trouble import Refused

Db = Connection[Any]
ACTIVE, INACTIVE = "active", "inactive"


class NoSuchLink(LookupError):
    """There is no such payment link in this account."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A payment link to be; the names are those of its columns. None takes the account's setting or the usual."""

    name: str
    currency: str
    lines: Sequence[LinkLine]
    one_time_use: bool = False
    expires_on: date | None = None
    allowed_payment_methods: Sequence[str] | None = None
    collect_billing_address: bool | None = None
    collect_shipping_address: bool | None = None
    collect_tax_id: bool = False
    take_discount_codes: bool = True
    text_below_total: str | None = None
    custom_fields: Sequence[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    create_deal: bool | None = None
    deal_pipeline: str | None = None
    deal_stage: str | None = None
    redirect_url: str | None = None
    language: str | None = None
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A payment link as it stands."""

    id: int
    name: str
    status: str
    public_key: UUID
    currency: str
    one_time_use: bool
    expires_on: date | None
    uses: int
    allowed_payment_methods: list[str] | None
    collect_billing_address: bool
    collect_shipping_address: bool
    collect_tax_id: bool
    take_discount_codes: bool
    text_below_total: str | None
    custom_fields: list[dict[str, Any]]
    create_deal: bool | None
    deal_pipeline: str | None
    deal_stage: str | None
    redirect_url: str | None
    language: str | None
    owner_id: int | None
    archived: bool

    def closed_because(self, today: date) -> str | None:
        """Why nobody can buy here any more: ``archived``, ``inactive``, ``used`` or ``expired``; None if they can."""
        if self.archived:
            return "archived"
        if self.status != ACTIVE:
            return "inactive"
        if self.one_time_use and self.uses:
            return "used"
        if self.expires_on is not None and self.expires_on < today:
            return "expired"
        return None


_COLUMNS = tuple(item.name for item in fields(Link) if item.name != "archived")
_CHANGEABLE = tuple(item.name for item in fields(NewLink) if item.name not in ("lines", "currency"))
_SELECT = cast(
    "LiteralString",
    f"SELECT {', '.join(_COLUMNS)}, archived_at IS NOT NULL FROM payment_link WHERE account_id = %s",
)


def create_link(
    db: Db,
    ctx: AccountContext,
    wanted: NewLink,
    *,
    actor: str = "system",
    source: str = "CRM_UI",
    request_key: str | None = None,
) -> int:
    """Make a payment link with line items of its own; returns its number. It is active at once.

    The same ``request_key`` makes it once. Raises ``Refused`` with everything that is wrong; nothing is made then.
    """
    columns = {name: getattr(wanted, name) for name in (*_CHANGEABLE, "currency")}
    settings = ctx.settings
    for name, default in (
        ("collect_billing_address", settings.links_billing_address),
        ("collect_shipping_address", settings.links_shipping_address),
        ("text_below_total", settings.links_text or None),
    ):
        if columns[name] is None:
            columns[name] = default

    def do() -> int:
        problems = problems_with(db, ctx, columns)
        try:
            drafts = prepare_lines(db, ctx, "payment_link", wanted.currency, wanted.lines)
        except Refused as refusal:
            raise Refused([*problems, *refusal.troubles]) from refusal
        if problems:
            raise Refused(problems)
        who = Who(actor, source)
        (id_,) = write_new(db, ctx, get_object("payment_link"), [Draft(Written(), (), columns)], who)
        write_lines(db, ctx, id_, drafts, who)
        return id_

    return once(db, ctx, "payment_link", request_key, asdict(wanted), do, actor=actor)


def edit_link(
    db: Db,
    ctx: AccountContext,
    link_id: int,
    changes: Mapping[str, Any],
    *,
    lines: Sequence[LinkLine] | None = None,
    actor: str = "system",
) -> bool:
    """Change a payment link, and with ``lines`` all that it offers; says whether anything changed.

    What was bought stays as it was; a checkout that is open shows the new offer and asks again. Raises ``Refused`` and
    ``NoSuchLink``; nothing is changed then.
    """
    obj, who = get_object("payment_link"), Who(actor, "CRM_UI")
    with db.transaction():
        row = lock(db, ctx, obj, [link_id]).get(link_id)
        if row is None:
            raise NoSuchLink(f"There is no payment link {link_id} in this account.")
        problems = problems_with(db, ctx, {**row, **changes}, changed=changes.keys())
        drafts: list[Draft] = []
        try:
            drafts = [] if lines is None else prepare_lines(db, ctx, "payment_link", row["currency"], lines)
        except Refused as refusal:
            raise Refused([*problems, *refusal.troubles]) from refusal
        if problems:
            raise Refused(problems)
        changed = write_changes(db, ctx, obj, [Change(row, Written(), dict(changes))], who)
        if lines is None:
            return bool(changed)
        take_lines_away(db, ctx, "payment_link", link_id)
        write_lines(db, ctx, link_id, drafts, who)
        event = journal.NewEvent(
            "payment_link.lines_changed", "payment_link", link_id, None, {"lines": len(drafts)}
        )
        journal.write(db, ctx.id, ctx.now, [event], actor)
    return True


def set_link_status(db: Db, ctx: AccountContext, link_id: int, status: str, *, actor: str = "system") -> bool:
    """Switch a payment link on (``active``) or off (``inactive``); says whether that is something new."""
    return edit_link(db, ctx, link_id, {"status": status}, actor=actor)


def copy_link(db: Db, ctx: AccountContext, link_id: int, name: str, *, actor: str = "system") -> int:
    """Make another link like this one, with copies of its line items and an address of its own."""
    link = find_link(db, ctx, link_id)
    rows = db.execute(
        "SELECT id FROM line_item WHERE account_id = %s AND parent_type = 'payment_link' AND parent_id = %s "
        "AND archived_at IS NULL ORDER BY position, id",
        [ctx.id, link_id],
    ).fetchall()
    values: dict[str, Any] = {each: getattr(link, each) for each in (*_CHANGEABLE, "currency")}
    values["name"] = name
    return create_link(
        db, ctx, NewLink(**values, lines=[LinkLine(CLONE, row[0]) for row in rows]), actor=actor
    )


def archive_links(db: Db, ctx: AccountContext, ids: Sequence[int], *, actor: str = "system") -> int:
    """Archive payment links: nobody buys there any more. Returns how many were there."""
    with db.transaction():
        return len(archive(db, ctx, get_object("payment_link"), ids, Who(actor)))


def find_link(db: Db, ctx: AccountContext, link_id: int) -> Link:
    """A payment link by its number, archived or not. Raises ``NoSuchLink``."""
    row = db.execute(_SELECT + " AND id = %s", [ctx.id, link_id]).fetchone()
    if row is None:
        raise NoSuchLink(f"There is no payment link {link_id} in this account.")
    return Link(*row)


def link_of_key(db: Db, ctx: AccountContext, key: UUID) -> Link:
    """A payment link by the key in its address. Raises ``NoSuchLink``."""
    row = db.execute(_SELECT + " AND public_key = %s", [ctx.id, key]).fetchone()
    if row is None:
        raise NoSuchLink("There is no such payment link in this account.")
    return Link(*row)
