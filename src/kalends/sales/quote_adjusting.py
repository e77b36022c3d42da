"""The discounts, fees and taxes on the whole of a draft, all at once: what was arranged replaces what was there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.core.adjustments import Adjustment, Adjustments
from kalends.crm.association_reads import linked
from kalends.crm.associations import End, associate, dissociate
from kalends.crm.record_values import Written
from kalends.crm.records import Who, archive, write_new
from kalends.crm.rules import Draft
from kalends.sales.quote_amounts import KINDS, adjustments_of
from kalends.sales.quotes import DRAFT, REJECTED, QuoteRefused, locked

Db = Connection[Any]
ADJUSTMENTS_MAX = 20


class OnTheWhole(NamedTuple):
    """A discount, a fee or a tax to be: an amount in major units of the quote's currency, or per cent."""

    kind: str
    label: str
    value: Decimal
    is_percent: bool


def as_adjustments(wanted: Sequence[OnTheWhole]) -> Adjustments:
    """The same as they are reckoned, each kind in its order."""
    return Adjustments(
        *(
            tuple(Adjustment(each.value, each.is_percent, each.label) for each in wanted if each.kind == kind)
            for kind in KINDS
        )
    )


def set_adjustments(
    db: Db, ctx: AccountContext, quote_id: int, wanted: Sequence[OnTheWhole], *, actor: str = "system"
) -> bool:
    """Give a draft these discounts, fees and taxes, in this order; says whether that changes anything.

    Records that were tied to the quote are untied, and archived where nothing else has them. Raises
    :class:`QuoteRefused` for a quote that is no draft, and ``NoSuchQuote``.
    """
    who = Who(actor, "CRM_UI")
    with db.transaction():
        status = locked(db, ctx, quote_id)["status"]
        if status not in (DRAFT, REJECTED):
            raise QuoteRefused("published", f"The quote is {status}: take it back to a draft first.")
        if as_adjustments(wanted) == adjustments_of(db, ctx, quote_id):
            return False
        for kind in KINDS:
            _take_away(db, ctx, quote_id, kind, who)
            drafts = [
                Draft(Written(), (), _columns(each, place))
                for place, each in enumerate(each for each in wanted if each.kind == kind)
            ]
            for id_ in write_new(db, ctx, get_object(kind), drafts, who) if drafts else ():
                associate(db, ctx, End("quote", quote_id), End(kind, id_), actor=actor)
    return True


def _columns(each: OnTheWhole, place: int) -> dict[str, Any]:
    return {
        "label": each.label or None,
        "value": each.value,
        "value_type": "PERCENT" if each.is_percent else "FIXED",
        "position": place,
        **({"duration": "ONCE"} if each.kind == "discount" else {}),
    }


def _take_away(db: Db, ctx: AccountContext, quote_id: int, kind: str, who: Who) -> None:
    ids = [each.id for each in linked(db, ctx, "quote", [quote_id], kind, limit=500).get(quote_id, [])]
    for id_ in ids:
        dissociate(db, ctx, End("quote", quote_id), End(kind, id_), actor=who.actor)
    shared = {id_ for name in ("quote", "invoice") for id_ in linked(db, ctx, kind, ids, name, limit=1)}
    archive(db, ctx, get_object(kind), [id_ for id_ in ids if id_ not in shared], who)
