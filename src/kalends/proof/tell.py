"""Why this amount: the explanations of :mod:`kalends.proof.explain`, in the language of the page, for staff and buyers.

Each step brings the name of its rule and the values in it, from which the sentence is made anew; a rule that has
no sentence here is told in the explanation's own English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel import Locale
from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from kalends.catalog import OBJECTS
from kalends.proof.explanation import Explanation, Step

_SIGNS = {"-": "\N{MINUS SIGN}"}
_SUMS = (
    "sum-of-lines",
    "subtotal-discounts-fees-taxes",
    "shares-of-cycle",
    "total-as-recorded",
    "last-invoice",
    "next-payment",
)
_UNCHANGED = {"first-payment", "last-invoice", "next-payment"}
_ROUNDED = "-rounded-half-up"


class Writer(NamedTuple):
    """How a page writes amounts (in minor units, with their currency), days and numbers, in which language."""

    language: str
    locale: Locale
    money: Callable[[int, str], Any]
    day: Callable[[date], str]


class Reason(NamedTuple):
    """A row of the table: sign, words, what was rounded, amount as its page writes it; sums stand out."""

    sign: str
    text: str
    note: str
    money: Any
    is_sum: bool
    is_last: bool


class Why(NamedTuple):
    """Sentences about the day, the way from the last amount to this one where it changed, and the price."""

    about: list[str]
    change: list[Reason]
    price: list[Reason]


def tell(explanation: Explanation, writer: Writer) -> Why:
    """An explanation for the page."""
    parts = {
        part: [step for step in explanation.steps if step.part == part]
        for part in ("reason", "change", "price")
    }
    changed = any(step.rule not in _UNCHANGED for step in parts["change"])
    return Why(
        about=[_sentence(step, writer) for step in parts["reason"]],
        change=_rows(parts["change"], writer) if changed else [],
        price=_rows(parts["price"], writer),
    )


def _rows(steps: list[Step], writer: Writer) -> list[Reason]:
    counted = [step for step in steps if step.amount_minor is not None]
    if len(counted) == 3 and counted[1].rule == "sum-of-lines":
        del counted[1]  # one line that is the total: nothing was added up
    return [_row(step, writer, is_last=step is counted[-1]) for step in counted]


def _row(step: Step, writer: Writer, *, is_last: bool) -> Reason:
    minor = step.amount_minor or 0
    return Reason(
        sign=_SIGNS.get(step.sign, step.sign),
        text=_sentence(step, writer),
        note=_rounding(step, writer),
        money=writer.money(-minor if step.sign == "-" else minor, step.currency),
        is_sum=step.rule in _SUMS,
        is_last=is_last and step.sign == "=",
    )


def _sentence(step: Step, writer: Writer) -> str:
    rule = step.rule.removesuffix(_ROUNDED)
    if "percent" in step.params and f"{rule}-percent" in _SENTENCES:
        rule = f"{rule}-percent"
    sentence = _SENTENCES.get(rule)
    return sentence() % _values(step.params, writer) if sentence else step.text


_SENTENCES: dict[str, Callable[[], str]] = {
    "price-times-quantity": lambda: _("%(name)s: %(quantity)s × %(price)s"),  # noqa: RUF001
    "discount": lambda: _("Discount of %(quantity)s × %(per_unit)s"),  # noqa: RUF001
    "discount-percent": lambda: _("%(percent)s %% discount of %(base)s"),
    "included-tax-taken-out": lambda: _(
        "Tax that the prices include is taken out, and shown again as tax below"
    ),
    "sum-of-lines": lambda: _("Subtotal"),
    "order-discount": lambda: _("%(name)s, before tax"),
    "order-discount-percent": lambda: _("%(name)s: %(percent)s %% of %(base)s"),
    "fee": lambda: "%(name)s",
    "fee-percent": lambda: _("%(name)s: %(percent)s %% of %(base)s"),
    "tax-within-price": lambda: _("%(rate)s %% tax included in %(base)s"),
    "tax-on-sum": lambda: _("%(rate)s %% tax on %(base)s"),
    "subtotal-discounts-fees-taxes": lambda: _("Total"),
    "order-discount-as-recorded": lambda: _("Discount on the whole order"),
    "fees-as-recorded": lambda: _("Fees"),
    "tax-on-the-whole": lambda: "%(name)s",
    "total-as-recorded": lambda: _("Total, with tax on what is left after discounts"),
    "last-invoice": lambda: _("Last invoice"),
    "next-payment": lambda: _("Next payment"),
    "line-added": lambda: _("%(name)s is added"),
    "line-changed": lambda: _("%(name)s changes"),
    "line-ended": lambda: _("%(name)s ends"),
    "tax-share-changed": lambda: _("%(name)s bears another share of the tax that is rounded once"),
    "differs-from-record": lambda: _("The record itself says another amount: run “kalends verify”"),
    "made-by-hand": lambda: _("Made by hand, outside any subscription's schedule."),
    "cycle-of-subscription": lambda: _("Payment number %(cycle)s of this subscription."),
    "days-left-of-cycle": lambda: _(
        "An edit of %(date)s counted at once: %(left)s of %(days)s days of payment number %(cycle)s."
    ),
    "share-of-cycle": lambda: _("%(name)s: %(price)s, %(left)s of %(days)s days"),
    "shares-of-cycle": lambda: _("Total, of which %(tax)s is tax"),
    "cycle-begins-on-anchor": lambda: _("%(anchor)s is the day from which the schedule is counted."),
    "cycle-counted-from-anchor": lambda: _("Its day is counted from %(anchor)s, %(frequency)s."),
    "cycles-skipped-by-pause": lambda: _(
        "Dates passed over while it was paused are counted, never billed: %(skipped)s."
    ),
    "differs-from-schedule": lambda: _("The invoice itself says %(stands)s, which is not that day."),
    "billed-late": lambda: _("Billed late, on %(date)s, and dated then."),
    "due-at-once": lambda: _("Charged automatically, so due at once."),
    "due-after-net-terms": lambda: _("Due on %(date)s by the payment terms: net %(days)s."),
}


def _values(params: Mapping[str, str], writer: Writer) -> dict[str, str]:
    return {name: _value(name, value, writer) for name, value in params.items()}


def _value(name: str, value: str, writer: Writer) -> str:
    match name:
        case "name":
            return value
        case "frequency":
            frequency = OBJECTS["subscription"].by_name["hs_recurring_billing_frequency"]
            return frequency.option_label(value, writer.language).lower()
        case "anchor" | "date" | "stands":
            return writer.day(date.fromisoformat(value))
        case _:
            return _local(value, writer)


def _rounding(step: Step, writer: Writer) -> str:
    if "rounded" not in step.params:
        return ""
    given = {"exact": _local(step.params["exact"], writer), "amount": _local(step.params["amount"], writer)}
    return _("%(exact)s, rounded half up to %(amount)s") % given


def _local(written: str, writer: Writer) -> str:
    """A number of the rules (1,234.50, or cut with an ellipsis) as the reader writes it; anything else as it is."""
    plain = written.removesuffix("...")
    decimals = len(plain.partition(".")[2])
    try:
        value = Decimal(plain.replace(",", ""))
    except ArithmeticError:
        return written
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=writer.locale) + ("…" if plain != written else "")
