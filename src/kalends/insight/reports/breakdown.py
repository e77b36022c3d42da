"""How today's subscriptions divide: by status, frequency, product and owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kalends.catalog import get_object, get_property
from kalends.catalog.model import Text
from kalends.catalog.options import FREQUENCIES, SUBSCRIPTION_STATUSES
from kalends.core.money import minor_digits
from kalends.crm.owners import owners
from kalends.insight.answer import Answer, Behind, Column, Figure
from kalends.insight.asked import Asked
from kalends.insight.report import Report
from kalends.insight.reports import shared
from kalends.insight.reports.shared import added, money, series
from kalends.query import Associated, Condition, Filter, Operator
from kalends.query.context import Binder
from kalends.query.language import Term

MOST_KINDS = 30
"""Products and owners beyond these are one column."""

NONE = Text("None", "Ingen", "Ei mitään")
OTHERS = Text("Others", "Andre", "Muut")


class Part(NamedTuple):
    """A column in the making: how many subscriptions, their MRR, and what makes the list of them."""

    key: str
    label: Text
    count: int
    mrr: Fraction
    only: Term | None


def counting(asked: Asked) -> list[str]:
    """The statuses that count in the account's reading."""
    return ["active", "past_due", *([] if asked.ctx.settings.unpaid_is_churned else ["unpaid"])]


def _grouped(asked: Asked, column: str, *, every: bool = False) -> dict[str, tuple[int, Fraction]]:
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, Fraction] = defaultdict(Fraction)
    scope = asked.passing("subscription", asked.question.narrowed())
    narrowed = asked.named(key=f"t.{column}", every="TRUE" if every else "FALSE")
    for key, currency, count, mrr in narrowed.rows(
        "by", scope, statuses=counting(asked), unpaid_counts=not asked.ctx.settings.unpaid_is_churned
    ):
        counts[str(key or "")] += count
        sums[str(key or "")] += asked.worth(mrr, currency, asked.ctx.today)
    return {key: (counts[key], sums[key]) for key in counts}


def _filled(report: Report, asked: Asked, parts: Sequence[Part], *, every: bool = False) -> Answer:
    over = tuple(Column(each.key, each.label) for each in parts)
    behind = [None if each.only is None else _listed(asked, each.only, every=every) for each in parts]
    counts = [Figure(each.count, found) for each, found in zip(parts, behind, strict=True)]
    amounts = [money(each.mrr, found) for each, found in zip(parts, behind, strict=True)]
    rows = (
        series("subscriptions", shared.SUBSCRIPTIONS, "count", counts),
        series("mrr", shared.MRR, "money", amounts),
    )
    return shared.answer(report, asked, over, rows, [added(each) for each in rows])


def _listed(asked: Asked, only: Term, *, every: bool) -> Behind:
    """The list of subscriptions that a column counts."""
    terms: list[Term] = [only]
    if not every:
        terms.append(Condition("hs_status", Operator.IS_ANY_OF, tuple(counting(asked))))
    wanted = asked.question.narrowed()
    return Behind(
        "listed",
        object="subscription",
        filter=Filter(tuple((*terms, *group) for group in wanted.groups or ((),))),
    )


def _options(found: Mapping[str, tuple[int, Fraction]], name: str, words: Mapping[str, Text]) -> list[Part]:
    return [
        Part(key, text, *found[key], Condition(name, Operator.IS_ANY_OF, (key,)))
        for key, text in words.items()
        if key in found
    ]


def _by_status(report: Report, asked: Asked) -> Answer:
    words = {each.value: each.label for each in SUBSCRIPTION_STATUSES}
    parts = _options(_grouped(asked, "status", every=True), "hs_status", words)
    return _filled(report, asked, parts, every=True)


def _by_frequency(report: Report, asked: Asked) -> Answer:
    words = {each.value: each.label for each in FREQUENCIES}
    return _filled(
        report, asked, _options(_grouped(asked, "frequency"), "hs_recurring_billing_frequency", words)
    )


def _largest(parts: list[Part]) -> list[Part]:
    """The largest parts, and all the others as one."""
    parts = sorted(parts, key=lambda each: (-each.mrr, each.key))
    rest = parts[MOST_KINDS:]
    if not rest:
        return parts
    together = Part(
        "others",
        OTHERS,
        sum(each.count for each in rest),
        sum((each.mrr for each in rest), Fraction(0)),
        None,
    )
    return [*parts[:MOST_KINDS], together]


def _by_owner(report: Report, asked: Asked) -> Answer:
    people = {
        str(each.id): each
        for gone in (False, True)
        for each in owners(asked.db, asked.ctx, archived=gone, limit=10_000)
    }
    parts: list[Part] = []
    for key, (count, mrr) in _grouped(asked, "owner_id").items():
        person = people.get(key)
        name = f"{person.first_name} {person.last_name}".strip() or person.email if person else key
        text = Text(name, name, name) if key else NONE
        only = (
            Condition("hubspot_owner_id", Operator.IS_ANY_OF, (key,))
            if key
            else Condition("hubspot_owner_id", Operator.UNKNOWN)
        )
        parts.append(Part(key or "none", text, count, mrr, only))
    return _filled(report, asked, _largest(parts))


def _by_product(report: Report, asked: Asked) -> Answer:
    """Amounts of lines are exact decimals in major units; a subscription with two products is counted for both."""
    line = get_property(get_object("line_item"), "hs_mrr")
    narrowed = asked.named(mrr=Binder(asked.context).read(line, "l"))
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, Fraction] = defaultdict(Fraction)
    words: dict[str, str] = {}
    scope = asked.passing("subscription", asked.question.narrowed())
    for id_, currency, count, mrr, name in narrowed.rows("by_product", scope, statuses=counting(asked)):
        key = str(id_ or "")
        counts[key] += count
        minor = Fraction(mrr) * 10 ** minor_digits(currency)
        sums[key] += asked.worth(1, currency, asked.ctx.today) * minor
        words[key] = name or key
    parts = [
        Part(key or "none", Text(*[words[key]] * 3) if key else NONE, count, sums[key], _of_product(key))
        for key, count in counts.items()
    ]
    return _filled(report, asked, _largest(parts))


def _of_product(key: str) -> Term:
    if key:
        return Associated("line_item", (Condition("hs_product_id", Operator.IS_ANY_OF, (Decimal(key),)),))
    return Associated("line_item", (Condition("hs_product_id", Operator.UNKNOWN),))


_ABOUT_TODAY = Text(
    "Today's subscriptions that count, and their MRR.",
    "Dagens abonnementer som teller, og MRR-en deres.",
    "Tämän päivän laskettavat tilaukset ja niiden MRR.",
)

REPORTS = (
    Report(
        "by-status",
        Text("By status", "Etter status", "Tilan mukaan"),
        Text(
            "All subscriptions of today by their status, and the MRR that counts.",
            "Alle dagens abonnementer etter status, og MRR-en som teller.",
            "Kaikki tämän päivän tilaukset tilan mukaan, ja laskettava MRR.",
        ),
        "breakdown",
        "donut",
        _by_status,
        "kinds",
    ),
    Report(
        "by-product", Text("By product", "Etter produkt", "Tuotteen mukaan"), _ABOUT_TODAY, "breakdown", "bar",
        _by_product, "kinds",
    ),
    Report(
        "by-frequency", Text("By frequency", "Etter hyppighet", "Tiheyden mukaan"), _ABOUT_TODAY, "breakdown", "bar",
        _by_frequency, "kinds",
    ),
    Report(
        "by-owner", Text("By owner", "Etter eier", "Omistajan mukaan"), _ABOUT_TODAY, "breakdown", "bar",
        _by_owner, "kinds",
    ),
)  # fmt: skip
