"""To the customer: staff has edited the subscription."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Agreement, Change, Facts, LineChange, Method, Terms
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Row,
    Words,
    how_priced,
    method_words,
    name_and_seller,
    next_payment,
    why_you_get_this,
)

_ADDRESS = tuple(f"billing_{part}" for part in ("address", "address2", "zip", "city", "state", "country"))


def compose(facts: Facts, formats: Formats) -> Words:
    """What is different now, with how it was before, and what that means for the next payment."""
    agreement, change, seller = facts.agreement, facts.change, facts.seller.name
    assert agreement is not None
    name, following = facts.customer.first_name, next_payment(agreement, formats)
    rows = () if change is None else tuple(_rows(change, agreement, facts, formats))
    return Words(
        subject=_("Changed: %(name)s at %(seller)s") % name_and_seller(facts),
        preview=" ".join(following),
        opening=_("Hello %(name)s. This subscription has changed") % {"name": name}
        if name
        else _("Hello. This subscription has changed"),
        figure=agreement.name,
        below=(_("on %(date)s") % {"date": formats.day(facts.on)},),
        rows=rows,
        closing_title=_("What happens next"),
        closing=(
            *following,
            _("If you did not expect this, write to %(seller)s.") % {"seller": seller},
        ),
        footer=(why_you_get_this(agreement, seller),),
    )


def _rows(change: Change, agreement: Agreement, facts: Facts, formats: Formats) -> Iterator[Row]:
    """What changed that concerns the customer: how the schedule is counted and who looks after it does not."""
    for line in change.lines:
        yield _line_row(line, agreement.currency, formats)
    labels = {
        "next_amount_minor": _("Next amount"),
        "next_due_date": _("Next payment"),
        "end_date": _("Ends on"),
        "payment_method_id": _("Payment method"),
        "name": _("Name"),
    }
    for column, label in labels.items():
        if column in change.columns:
            before, after = (_value(value, agreement, formats) for value in change.columns[column])
            yield Row(label, after or _("none"), _before(before), "fact")
    if not change.columns.keys().isdisjoint(_ADDRESS):
        before, after = (
            ", ".join(str(change.columns[column][side]) for column in _ADDRESS if _has(change, column, side))
            for side in (0, 1)
        )
        yield Row(_("Billing address"), after or _("none"), _before(before), "fact")
    if "contact_id" in change.columns and facts.customer.name:
        yield Row(_("Letters go to"), facts.customer.name, weight="fact")


def _has(change: Change, column: str, side: int) -> bool:
    return column in change.columns and bool(change.columns[column][side])


def _value(value: Any, agreement: Agreement, formats: Formats) -> str:
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Method):
        return method_words(value)
    if isinstance(value, int):
        return formats.money(value, agreement.currency)
    return "" if value is None else str(value)


def _before(value: str) -> str:
    return _("before: %(value)s") % {"value": value} if value else ""


def _line_row(line: LineChange, currency: str, formats: Formats) -> Row:
    if line.after is None:
        assert line.before is not None
        return Row(line.before.name, _("removed"), _before(_priced(line.before, currency, formats)), "fact")
    after = _priced(line.after, currency, formats)
    if line.before is None:
        return Row(line.after.name, after, _("new"), "fact")
    before = _priced(line.before, currency, formats)
    renamed = f"{line.before.name}, " if line.before.name != line.after.name else ""
    return Row(line.after.name, after, _before(renamed + before), "fact")


def _priced(terms: Terms, currency: str, formats: Formats) -> str:
    return how_priced(terms, currency, formats) or formats.price(terms.unit_price, currency)
