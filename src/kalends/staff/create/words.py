"""What the service refuses of a request, at the field where it belongs and in the language of the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from kalends.accounts.context import AccountContext
from kalends.billing.agree import Problem
from kalends.billing.agreement import LINES_MAX
from kalends.core.money import minimum_charge
from kalends.staff import formatting

_LINES = re.compile(r"lines? (?P<first>\d+)(?:, \d+)*(?: and \d+)?, (?P<what>.+)")
_FIELDS = {
    "contact": "contact",
    "company": "company",
    "owner": "owner",
    "currency": "currency",
    "payment method": "method",
    "due terms": "due",
    "accepted methods": "accepted",
    "addresses to collect": "collect",
    "language": "language",
    "name": "name",
    "first day billed here": "bill_from",
}
_LINE_FIELDS = {
    "start": "start",
    "name": "name",
    "frequency": "frequency",
    "number of payments": "terms",
    "unit price": "price",
    "quantity": "quantity",
}


class Told(NamedTuple):
    """A problem for the page: the place of its line among those that were sent, its field, and a sentence."""

    line: int | None
    field: str | None
    text: str


def told(ctx: AccountContext, currency: str, problems: Sequence[Problem]) -> list[Told]:
    """The service's problems in the page's words."""
    return [_told(ctx, currency, problem) for problem in problems]


def _told(ctx: AccountContext, currency: str, problem: Problem) -> Told:
    of_lines = _LINES.fullmatch(problem.place)
    if of_lines is None:
        return Told(None, _FIELDS.get(problem.place), _words(ctx, currency, problem.place))
    what = of_lines["what"]
    field = _LINE_FIELDS.get(what)
    return Told(int(of_lines["first"]) - 1 if field else None, field, _words(ctx, currency, what))


def _words(ctx: AccountContext, currency: str, what: str) -> str:
    if what == "amount":
        least = formatting.minor(minimum_charge(currency, ctx.today), currency)
        return _("The smallest amount that can be charged automatically is %(least)s.") % {"least": least}
    words = {
        "start": _(
            "This day has passed. Under Details, say which is the first day that is billed here, "
            "so that nothing is billed twice."
        ),
        "first day billed here": _("What begins today or later is billed from its start. Leave this empty."),
        "number of payments": _("No payment is left to be billed."),
        "payment method": _("This payment method cannot be charged. Choose another one."),
        "lines": _("Give at most %(most)s line items.") % {"most": LINES_MAX},
        "currency": _("The account does not bill in this currency."),
    }
    return words.get(what, _("This value cannot be used."))
