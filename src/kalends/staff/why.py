"""Why this amount: the steps of :mod:`kalends.core.explanation` in the language of the page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from kalends.core.explanation import Step, explain_document
from kalends.staff import formatting
from kalends.staff.queries.record import Line

_SIGNS = {"-": formatting.MINUS}


class Reason(NamedTuple):
    """A row of the table: sign, words, what was rounded, amount; sums stand out."""

    sign: str
    text: str
    note: str
    money: formatting.Money
    is_sum: bool
    is_last: bool


def why(lines: Sequence[Line], currency: str) -> list[Reason]:
    """The reasons for what lines come to."""
    steps = explain_document([(line.name, line.terms) for line in lines], currency)
    return [
        Reason(
            sign=_SIGNS.get(step.sign, step.sign),
            text=_words(step),
            note=_rounded(step),
            money=formatting.minor(-step.amount_minor if step.sign == "-" else step.amount_minor, currency),
            is_sum=step.kind in ("subtotal", "total"),
            is_last=step.kind == "total",
        )
        for step in steps
        if not (
            step.kind == "subtotal" and len(steps) == 3
        )  # one line that is the total: nothing was added up
    ]


def _words(step: Step) -> str:
    given = {name: value if name == "name" else _local(value) for name, value in step.params.items()}
    match step.kind:
        case "line":
            return _("%(name)s: %(quantity)s × %(price)s") % given  # noqa: RUF001
        case "discount" if "percent" in given:
            return _("%(percent)s %% discount of %(base)s") % given
        case "discount":
            return _("Discount of %(quantity)s × %(per_unit)s") % given  # noqa: RUF001
        case "included_tax":
            return _("Tax that the prices include is taken out, and shown again as tax below")
        case "subtotal":
            return _("Subtotal")
        case "order_discount" | "fee" if "percent" in given:
            return _("%(name)s: %(percent)s %% of %(base)s") % given
        case "order_discount" | "fee":
            return given["name"]
        case "tax" if step.rule.startswith("tax-within"):
            return _("%(rate)s %% tax included in %(base)s") % given
        case "tax":
            return _("%(rate)s %% tax on %(base)s") % given
        case _:
            return _("Total")


def _rounded(step: Step) -> str:
    if "rounded" not in step.params:
        return ""
    given = {"exact": _local(step.params["exact"]), "amount": _local(step.params["amount"])}
    return _("%(exact)s, rounded half up to %(amount)s") % given


def _local(written: str) -> str:
    """A number of the rules (1,234.50, or cut with an ellipsis) as the reader writes it."""
    plain = written.removesuffix("...")
    decimals = len(plain.partition(".")[2])
    try:
        value = Decimal(plain.replace(",", ""))
    except ArithmeticError:
        return written
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=formatting.locale()) + (
        "…" if plain != written else ""
    )
