"""The account's own list of tax rates. Line items are given a rate and copy it; a rate that changes changes no line.

What the tax of a document comes to is worked out from the lines' percentages alone (decision 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection, sql
from psycopg.errors import UniqueViolation

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.billing.create import NewLine
from kalends.crm.record_values import INVALID_OPTION
from kalends.crm.rules import Change, Draft, Rules, register
from kalends.events import journal

Db = Connection[Any]

_LONGEST = 200
_PLACES = 6
_COLUMNS = sql.SQL("id, name, label, percentage, created_at, updated_at, archived_at")


class TaxRate(NamedTuple):
    """A rate. ``name`` is staff's word for it, ``label`` the buyers'; an archived one is given to no new line."""

    id: int
    name: str
    label: str
    percentage: Decimal
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether it may be given to lines."""
        return self.archived_at is None


class TaxRateRefused(ValueError):
    """A rate that cannot be so; the message names the value and the remedy."""


class UnknownTaxRate(LookupError):
    """There is no such rate, or none that is active."""


def list_tax_rates(db: Db, ctx: AccountContext, *, active_only: bool = False) -> list[TaxRate]:
    """The account's rates, the active ones by name first."""
    query = sql.SQL(
        "SELECT {} FROM tax_rate WHERE account_id = %s AND (archived_at IS NULL OR NOT %s) "
        "ORDER BY archived_at IS NOT NULL, name, id"
    ).format(_COLUMNS)
    return [TaxRate(*row) for row in db.execute(query, [ctx.id, active_only])]


def read_tax_rates(db: Db, ctx: AccountContext, ids: Sequence[int]) -> dict[int, TaxRate]:
    """The rates of these numbers, archived ones as well."""
    query = sql.SQL("SELECT {} FROM tax_rate WHERE account_id = %s AND id = ANY(%s)").format(_COLUMNS)
    return {row[0]: TaxRate(*row) for row in db.execute(query, [ctx.id, list(ids)])}


def create_tax_rate(
    db: Db, ctx: AccountContext, *, name: str, percentage: Decimal, label: str = "", actor: str = "system"
) -> TaxRate:
    """Add a rate to the list; without a label buyers read its name. Raises :class:`TaxRateRefused`."""
    name, label = name.strip(), label.strip() or name.strip()
    _check(name, label, percentage)
    (id_,) = take_ids(db, 1)
    _write(
        db,
        "INSERT INTO tax_rate (account_id, id, name, label, percentage, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [ctx.id, id_, name, label, percentage, ctx.now, ctx.now],
        journal.NewEvent("tax_rate.created", "tax_rate", id_, None, {"name": name, "percentage": percentage}),
        ctx,
        actor,
        name,
    )
    return read_tax_rates(db, ctx, [id_])[id_]


def update_tax_rate(
    db: Db,
    ctx: AccountContext,
    id_: int,
    *,
    name: str | None = None,
    label: str | None = None,
    percentage: Decimal | None = None,
    active: bool | None = None,
    actor: str = "system",
) -> TaxRate:
    """Change what is given. Lines that have the rate keep what they copied.

    Raises :class:`UnknownTaxRate` and :class:`TaxRateRefused`.
    """
    with db.transaction():
        before = _locked(db, ctx, id_)
        after = before._replace(
            name=before.name if name is None else name.strip(),
            label=before.label if label is None else label.strip(),
            percentage=before.percentage if percentage is None else percentage,
        )
        if active is not None and active != before.is_active:
            after = after._replace(archived_at=None if active else ctx.now)
        _check(after.name, after.label, after.percentage)
        changed = journal.changes(
            name=(before.name, after.name),
            label=(before.label, after.label),
            percentage=(before.percentage, after.percentage),
            archived_at=(before.archived_at, after.archived_at),
        )
        if not changed:
            return before
        _write(
            db,
            "UPDATE tax_rate SET name = %s, label = %s, percentage = %s, archived_at = %s, updated_at = %s "
            "WHERE account_id = %s AND id = %s",
            [after.name, after.label, after.percentage, after.archived_at, ctx.now, ctx.id, id_],
            journal.NewEvent("tax_rate.updated", "tax_rate", id_, None, {"changes": changed}),
            ctx,
            actor,
            after.name,
        )
        return after._replace(updated_at=ctx.now)


def taxed(db: Db, ctx: AccountContext, line: NewLine, rate_id: int) -> NewLine:
    """A line to be with this rate: its percentage and label, copied. Raises :class:`UnknownTaxRate`."""
    rate = read_tax_rates(db, ctx, [rate_id]).get(rate_id)
    if rate is None or not rate.is_active:
        raise UnknownTaxRate(f"There is no active tax rate {rate_id} in this account.")
    terms = line.terms._replace(tax_rate=rate.percentage)
    return replace(line, terms=terms, tax_label=rate.label, tax_rate_group_id=str(rate.id))


def copy_rates(db: Db, ctx: AccountContext, asked: Sequence[Draft | Change]) -> None:
    """Let lines that are given a rate take over its percentage and label, and refuse one that is not there.

    A line whose rate is taken away has no tax.
    """
    given = [each for each in asked if "tax_rate_group_id" in each.columns]
    found = read_tax_rates(db, ctx, [number for each in given if (number := _number(each)) is not None])
    for each in given:
        text = each.columns["tax_rate_group_id"]
        rate = found.get(_number(each) or 0)
        if text is None:
            each.columns |= {"tax_rate": Decimal(0), "tax_label": None}
        elif rate is not None and (rate.is_active or _had(each, text)):
            if not _had(each, text):
                each.columns |= {"tax_rate": rate.percentage, "tax_label": rate.label}
        else:
            why = "does not exist" if rate is None else f"({rate.name}) is not active any more"
            each.refuse(
                "hs_tax_rate_group_id",
                f"The tax rate {text} {why}; GET /tax-rates/v1/tax-rates lists those that there are.",
                INVALID_OPTION,
            )


def register_rules() -> None:
    """Say that products name rates of the account's list; what they cost with it is their lines' business."""
    register("product", Rules(fill=_refuse_unknown, check=_refuse_unknown))


def _refuse_unknown(db: Db, ctx: AccountContext, asked: Sequence[Draft] | Sequence[Change]) -> None:
    given = [each for each in asked if each.columns.get("tax_rate_group_id") is not None]
    found = read_tax_rates(db, ctx, [number for each in given if (number := _number(each)) is not None])
    for each in given:
        text = each.columns["tax_rate_group_id"]
        if _number(each) not in found and not _had(each, text):
            each.refuse("hs_tax_rate_group_id", f"The tax rate {text} does not exist.", INVALID_OPTION)


def _had(asked: Draft | Change, text: str) -> bool:
    return isinstance(asked, Change) and asked.row["tax_rate_group_id"] == text


def _number(asked: Draft | Change) -> int | None:
    text = str(asked.columns["tax_rate_group_id"])
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _locked(db: Db, ctx: AccountContext, id_: int) -> TaxRate:
    query = sql.SQL("SELECT {} FROM tax_rate WHERE account_id = %s AND id = %s FOR UPDATE").format(_COLUMNS)
    row = db.execute(query, [ctx.id, id_]).fetchone()
    if row is None:
        raise UnknownTaxRate(f"There is no tax rate {id_} in this account.")
    return TaxRate(*row)


def _check(name: str, label: str, percentage: Decimal) -> None:
    """Raises :class:`TaxRateRefused`."""
    for what, text in (("name", name), ("label", label)):
        if not 0 < len(text) <= _LONGEST or not text.isprintable():
            raise TaxRateRefused(
                f"The {what} of a tax rate has 1 to {_LONGEST} characters; give one such as VAT 25 %."
            )
    exponent = percentage.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 <= percentage <= 100 or -exponent > _PLACES:
        raise TaxRateRefused(
            f"The percentage {percentage} cannot be; give one from 0 to 100 with at most {_PLACES} decimals, as 25."
        )


def _write(
    db: Db,
    query: str,
    values: Sequence[Any],
    event: journal.NewEvent,
    ctx: AccountContext,
    actor: str,
    name: str,
) -> None:
    try:
        with db.transaction():
            db.execute(query, values)  # type: ignore[call-overload]
            journal.write(db, ctx.id, ctx.now, [event], actor)
    except UniqueViolation as taken:
        raise TaxRateRefused(f"There is an active tax rate {name!r} already; choose another name.") from taken
