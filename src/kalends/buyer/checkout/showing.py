"""An offer as its page shows it: items, sums of today, and the payments to come."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kalends.buyer.checkout.forms import ChoiceForm
from kalends.buyer.checkout.words import every, follows, last_day
from kalends.buyer.door import Guest
from kalends.catalog.options import PAYMENT_METHODS
from kalends.core.checkout import DueLine, Offer
from kalends.core.choices import OfferedLine, is_taken
from kalends.core.terms import TAX
from kalends.messages.letters.facts import Terms as LetterTerms
from kalends.messages.letters.words import how_priced
from kalends.payments.methods import kinds_in
from kalends.sales.offers import Shown, Terms


class Item(NamedTuple):
    """A line of the offer. ``today_minor`` is what it adds today before taxes that come on top; None if not taken.

    ``starts`` is the day from which it is charged, if that is later. The three fields are for what may be chosen.
    """

    key: int
    name: str
    description: str
    detail: str
    today_minor: int | None
    starts: date | None
    taken: Any
    quantity: Any
    price: Any


class Sum(NamedTuple):
    """A row of the sums of today: what it is, an amount in minor units, and whether it is taken off."""

    label: str
    amount_minor: int
    weight: str = ""


class Later(NamedTuple):
    """A payment to come: its day, what it is for, how much, and what follows it."""

    day: date
    names: str
    amount_minor: int
    then: str


def items(guest: Guest, terms: Terms, shown: Shown, form: ChoiceForm) -> list[Item]:
    """Every line that is offered, bought or not."""
    bought = {line.key: line for line in shown.offer.lines}
    descriptions = {line.offered.key: line.new.description or "" for line in terms.sold}

    def bound(prefix: str, key: int) -> Any:
        name = f"{prefix}-{key}"
        return form[name] if name in form.fields else None

    return [
        Item(
            key=line.key,
            name=line.name,
            description=descriptions[line.key],
            detail=_detail(guest, terms.currency, line, bought.get(line.key)),
            today_minor=_today(bought.get(line.key)),
            starts=_starts(bought.get(line.key)),
            taken=bound("taken", line.key),
            quantity=bound("quantity", line.key),
            price=bound("price", line.key),
        )
        for line in terms.lines
    ]


def _today(bought: DueLine | None) -> int | None:
    if bought is None:
        return None
    return bought.priced.net_minor if bought.due_now else 0


def _starts(bought: DueLine | None) -> date | None:
    return None if bought is None or bought.due_now else bought.starts


def _detail(guest: Guest, currency: str, line: OfferedLine, bought: DueLine | None) -> str:
    """How it is priced, where the amount does not say it, and how often: "3 x 49.00, every month"."""
    terms = line.terms
    quantity, price = (
        (terms.quantity, terms.unit_price) if bought is None else (bought.quantity, bought.unit_price)
    )
    told = LetterTerms(line.name, quantity, price, terms.discount_per_unit, terms.discount_percent)
    how = how_priced(told, currency, guest.formats)
    often = _("once") if line.frequency is None else every(line.frequency)
    if not how and bought is not None and bought.due_now:
        return often[:1].upper() + often[1:]
    return f"{how or guest.formats.price(price, currency)}, {often}"


def sums(guest: Guest, terms: Terms, shown: Shown) -> list[Sum]:
    """What today's amount is made of. Nothing but the amount where that is all there is to it."""
    offer = shown.offer
    rows: list[Sum] = []
    if offer.taxes or offer.added or offer.order_discount_minor or len(offer.lines) > 1:
        rows.append(Sum(_("Subtotal without tax") if offer.taxes else _("Subtotal"), offer.subtotal_minor))
    rows += [Sum(each.label, each.amount_minor) for each in offer.added if each.kind != TAX]
    if offer.order_discount_minor and not offer.added:
        word = shown.code.code if shown.code else ""
        rows.append(Sum(_("Discount %(code)s") % {"code": word}, -offer.order_discount_minor))
    for tax in offer.taxes:
        label = f"{_tax_label(terms, offer, tax.rate)} {guest.formats.percent(tax.rate)}"
        said = _("%(tax)s, in the prices") % {"tax": label} if tax.inclusive else label
        rows.append(Sum(said, tax.tax_minor))
    rows += [Sum(each.label, each.amount_minor) for each in offer.added if each.kind == TAX]
    return [*rows, Sum(_("Due today"), offer.due_minor, "sum")]


def _tax_label(terms: Terms, offer: Offer, rate: Any) -> str:
    taken = {line.key for line in offer.lines}
    labels = {
        line.new.tax_label
        for line in terms.sold
        if line.offered.key in taken and line.offered.terms.tax_rate == rate and line.new.tax_label
    }
    return labels.pop() if len(labels) == 1 else _("Tax")


def later(guest: Guest, offer: Offer) -> list[Later]:
    """Every payment to come, the next one first."""
    names = {line.key: line.name for line in offer.lines}
    documents = {document.keys: document for document in offer.documents}
    return [
        Later(
            charge.day,
            ", ".join(names[key] for key in charge.keys),
            charge.amount_minor,
            follows(guest, charge, last_day(documents[charge.keys])),
        )
        for charge in offer.future
    ]


def accepted_names(guest: Guest, terms: Terms) -> list[str]:
    """The ways to pay that are accepted for this offer, in words."""
    kinds: tuple[str, ...] = kinds_in(terms.currency, terms.allowed_payment_methods)
    return [option.label.in_language(guest.language) for option in PAYMENT_METHODS if option.value in kinds]


def nothing_taken(terms: Terms, form: ChoiceForm) -> bool:
    """Whether all that is offered is optional, and nothing was chosen."""
    return not any(is_taken(line, form.choices) for line in terms.lines)
