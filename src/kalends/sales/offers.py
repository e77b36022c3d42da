"""What somebody may buy: a payment link or a quote as a checkout sees it, and what it comes to for one buyer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.core.adjustments import Adjustments, price_quote
from kalends.core.checkout import (
    CodeTooLarge,
    NothingToReduce,
    Offer,
    Wrong,
    is_chargeable,
    price_offer,
    wrong_choices,
)
from kalends.core.choices import Choice, OfferedLine
from kalends.core.money import BrokenRule, from_minor, minimum_charge
from kalends.sales.codes import Code, code_of, code_trouble
from kalends.sales.link_lines import SoldLine
from kalends.sales.trouble import Trouble

Db = Connection[Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is sold, and what is asked of whoever buys it. ``closed`` says why nobody can buy any more.

    ``payment_app`` and ``subscription_app`` are what payments and subscriptions name as their source. ``adjustments``
    are on the whole of it, by the names under which the buyer reads them; what has some takes no discount codes.
    """

    name: str
    currency: str
    sold: Sequence[SoldLine]
    payment_app: str
    subscription_app: str
    allowed_payment_methods: Sequence[str] | None = None
    collect_billing_address: bool = False
    collect_shipping_address: bool = False
    collect_tax_id: bool = False
    take_discount_codes: bool = False
    text_below_total: str | None = None
    custom_fields: Sequence[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    redirect_url: str | None = None
    language: str | None = None
    address: str | None = None
    owner_id: int | None = None
    closed: str | None = None
    adjustments: Adjustments = field(default_factory=Adjustments)

    @property
    def lines(self) -> list[OfferedLine]:
        """What is offered, line by line."""
        return [line.offered for line in self.sold]


class SourceRules(NamedTuple):
    """How what is sold takes part in a checkout; one for payment links, one for quotes.

    ``terms(db, ctx, id)`` reads it (``LookupError`` where there is none). ``lock(db, ctx, id, checkout_id)`` locks it
    for the transaction and raises ``Closed`` when this checkout may not be paid (any more). ``paid(db, ctx, id,
    settled)`` is told in the transaction that settles a checkout. ``deals(db, ctx, id)`` are the open deals that it
    belongs to, ``may_make_deal(db, ctx, id)`` the pipeline and stage of a deal to make, or None.
    """

    terms: Callable[[Db, AccountContext, int], Terms]
    lock: Callable[[Db, AccountContext, int, int], None]
    paid: Callable[[Db, AccountContext, int, Settled], None]
    deals: Callable[[Db, AccountContext, int], list[int]]
    may_make_deal: Callable[[Db, AccountContext, int], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a checkout became: the numbers of its records, in minor units what was paid, ``pending`` for a debit that
    the bank has not answered yet."""

    checkout_id: int
    contact_id: int
    company_id: int | None
    deal_id: int | None
    payment_method_id: int | None
    subscriptions: list[int]
    invoices: list[int]
    payments: list[int]
    paid_minor: int
    currency: str
    pending: bool


_SOURCES: dict[str, SourceRules] = {}


def register_source(name: str, rules: SourceRules) -> None:
    """Say how a kind of thing that is sold takes part in a checkout; once for each."""
    _SOURCES[name] = rules


def source(name: str) -> SourceRules:
    """The rules of a kind of thing that is sold."""
    return _SOURCES[name]


class Shown(NamedTuple):
    """What a buyer is shown: the offer, and what is wrong with the choices or the code that were made before.

    A code that cannot be used is left out of the offer.
    """

    offer: Offer
    code: Code | None
    troubles: tuple[Trouble, ...]

    @property
    def code_trouble(self) -> Trouble | None:
        """What is wrong with the discount code, if anything is."""
        return next((each for each in self.troubles if each.place == "code"), None)


def show(
    db: Db,
    ctx: AccountContext,
    terms: Terms,
    choices: Mapping[int, Choice],
    code_id: int | None,
    *,
    held: bool = False,
) -> Shown:
    """What a buyer with these choices and this code is shown today.

    ``held`` says that the code's use is this checkout's own already.
    """
    if terms.adjustments != Adjustments():
        return _adjusted(terms, ctx.today)
    lines, today = terms.lines, ctx.today
    keys = {line.key for line in lines}
    chosen = {key: choice for key, choice in choices.items() if key in keys}
    troubles = [as_trouble(wrong, chosen) for wrong in wrong_choices(lines, chosen, terms.currency, today)]
    code = None if code_id is None else code_of(db, ctx, code_id)
    if code is not None:
        useless = code.useless_because(terms.currency, today)
        if not terms.take_discount_codes:
            useless = "not_taken"
        if useless is not None and not (held and useless == "used_up"):
            troubles.append(code_trouble(code.code, useless))
            code = None
    try:
        offer = price_offer(lines, chosen, terms.currency, today)
    except (BrokenRule, ValueError, ArithmeticError):
        if not troubles:
            raise
        # What was refused above cannot even be priced: shown is the offer without the numbers that the buyer gave.
        chosen = {key: Choice(choice.taken) for key, choice in chosen.items()}
        offer = price_offer(lines, chosen, terms.currency, today)
    if code is not None:
        try:
            offer = price_offer(lines, chosen, terms.currency, today, code.reduction)
        except (CodeTooLarge, NothingToReduce) as problem:
            why = "too_much" if isinstance(problem, CodeTooLarge) else "nothing_due"
            troubles.append(code_trouble(code.code, why))
            code = None
    return Shown(offer, code, tuple(troubles))


def _adjusted(terms: Terms, today: date) -> Shown:
    """With discounts, fees and taxes on the whole there is nothing to choose: it is what was offered."""
    offer = price_quote(terms.lines, terms.adjustments, terms.currency, today)
    smallest = from_minor(minimum_charge(terms.currency, today), terms.currency)
    wrong = () if is_chargeable(offer) else (as_trouble(Wrong(None, "total", "too_small", smallest), {}),)
    return Shown(offer, None, wrong)


_WORDS = {
    "missing": "This belongs to what is sold here; take it, or choose at least one thing.",
    "not_offered": "This is not for the buyer to choose.",
    "not_whole": "Give a whole number.",
    "too_precise": "Give an amount that can be paid in this currency.",
}


def as_trouble(wrong: Wrong, choices: Mapping[int, Choice]) -> Trouble:
    """What is wrong with a choice, as it is told."""
    choice = choices.get(wrong.key or 0)
    value = None if choice is None else getattr(choice, wrong.about, None)
    bound = None if wrong.bound is None else f"{wrong.bound:f}"
    text = _WORDS.get(wrong.code) or f"Give at {'least' if wrong.code == 'too_small' else 'most'} {bound}."
    place = wrong.about if wrong.key is None else f"{wrong.about}:{wrong.key}"
    return Trouble(place, wrong.code, "" if value is None else str(value), text, bound)


def stored_choices(choices: Mapping[int, Choice]) -> dict[str, dict[str, Any]]:
    """Choices in the form in which a checkout keeps them."""
    return {
        str(key): {
            "taken": choice.taken,
            "quantity": None if choice.quantity is None else f"{choice.quantity:f}",
            "price": None if choice.price is None else f"{choice.price:f}",
        }
        for key, choice in choices.items()
    }


def read_choices(stored: Mapping[str, Mapping[str, Any]]) -> dict[int, Choice]:
    """Choices from the form in which a checkout keeps them.

    >>> read_choices({"7": {"taken": True, "quantity": "3", "price": None}})
    {7: Choice(taken=True, quantity=Decimal('3'), price=None)}
    """
    return {
        int(key): Choice(bool(each["taken"]), _number(each["quantity"]), _number(each["price"]))
        for key, each in stored.items()
    }


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
