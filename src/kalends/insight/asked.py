"""A question under way: whose records it may look at, and what is read for it, once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any, LiteralString, NamedTuple, cast

from babel.dates import format_date
from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import Row, load
from kalends.catalog import get_object
from kalends.catalog.model import Text
from kalends.insight.every import Bucket, buckets
from kalends.insight.question import Question
from kalends.insight.rates import NoRate, Rates, rates_of
from kalends.query import Context, Filter, Scope, Sight, Sql, compile_filter
from kalends.query.context import Binder
from kalends.query.sight import seen_sql

_PLACE = re.compile(r"%\((p\d+)\)s")
_DAY = timedelta(days=1)

_MEDIUM = (("medium", "nb"), ("medium", "fi"))


class Moved(NamedTuple):
    """What moved on a day: a sum in minor units of its currency, and how many movements."""

    day: date
    currency: str
    reason: str
    cause: str | None
    amount: int
    count: int


@dataclass
class Asked:
    """A question of somebody (``user_id``, whom *me* means in filters) who sees what ``sight`` shows."""

    db: Connection[Any]
    ctx: AccountContext
    question: Question
    sight: Sight | None = None
    user_id: int | None = None
    missing: dict[str, date] = field(default_factory=dict[str, date])
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def currency(self) -> str:
        """The currency of the answer."""
        return self.question.currency or self.ctx.currency

    @property
    def last(self) -> date:
        """The last day that has come."""
        return min(self.question.last, self.ctx.today)

    @cached_property
    def buckets(self) -> list[Bucket]:
        """The stretches of time that have come, at least in part; none where the question is about days to come."""
        return buckets(self.question.first, self.last, self.question.every)

    @cached_property
    def rates(self) -> Rates:
        """What currencies are worth in the currency of the answer."""
        return rates_of(self.db, self.ctx)

    def worth(self, amount: int, currency: str, day: date) -> Fraction:
        """An amount in the currency of the answer at the rate of a day; nothing, and a note, where no rate is known."""
        if currency == self.currency:
            return Fraction(amount)
        try:
            return amount * self.rates.of(currency, day)
        except NoRate:
            self.missing[currency] = max(day, self.missing.get(currency, day))
            return Fraction(0)

    def notes(self) -> tuple[Text, ...]:
        """What could not be converted."""
        return tuple(_left_out(code, day) for code, day in sorted(self.missing.items()))

    @property
    def context(self) -> Context:
        """For the filter compiler."""
        ctx = self.ctx
        return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, user_id=self.user_id, sight=self.sight)

    def subscriptions(self, column: str) -> Sql:
        """The condition that a column names a subscription that the question is about; empty where all are."""
        seen = self.sight is None or self.sight.scope_of("subscription") is Scope.ALL
        if seen and not self.question.is_narrowed:
            return Sql("", {})
        passing = self.passing("subscription", self.question.narrowed())
        return Sql(
            f"AND {column} IN (SELECT t.id FROM subscription AS t WHERE {passing.text})", passing.params
        )

    def payments(self) -> Sql:
        """The condition that the row ``t`` is a payment that is seen, of a subscription that the question is about."""
        passing = self.passing("payment", Filter(), prefix="seen_")
        narrowed = self.subscriptions("t.subscription_id") if self.question.is_narrowed else Sql("", {})
        return Sql(f"{passing.text} {narrowed.text}", {**narrowed.params, **passing.params})

    def passing(self, name: str, wanted: Filter, prefix: str = "only_") -> Sql:
        """The condition that the row ``t`` passes a filter and is seen; its places begin with ``prefix``."""
        compiled = compile_filter(get_object(name), wanted, self.context)
        return _set_apart(compiled.text, compiled.params, prefix)

    def customers(self) -> tuple[dict[str, str], dict[str, object]]:
        """The conditions that the rows ``com`` and ``con``, a company and a contact, are seen, by the names of their
        places in SQL; and their parameters. Whose records are not seen has no name beside others' either."""
        names: dict[str, str] = {}
        params: dict[str, object] = {}
        for place, name, alias in (("of_company", "company", "com"), ("of_contact", "contact", "con")):
            binder = Binder(self.context)
            seen = seen_sql(binder, get_object(name), alias)
            apart = _set_apart(f"AND {seen}" if seen else "", binder.params, f"{alias}_")
            names[place] = apart.text
            params |= apart.params
        return names, params

    @property
    def reading(self) -> dict[str, str]:
        """The columns of movements in the account's reading of Unpaid."""
        if self.ctx.settings.unpaid_is_churned:
            return {"reason": "reason", "amount": "amount_minor"}
        return {"reason": "reason_with_unpaid", "amount": "amount_with_unpaid_minor"}

    def rows(self, query: str, scope: Sql | None = None, **more: Any) -> list[Row]:
        """The rows of ``sql/{query}.sql``, in the scope of the question: its days, its currency, its subscriptions."""
        scope = self.subscriptions("m.subscription_id") if scope is None else scope
        text = load("kalends.insight", query).format(scope=scope.text, **self.reading, **self.names)
        params = {
            "account_id": self.ctx.id,
            "today": self.ctx.today,
            "now": self.ctx.now,
            "time_zone": self.ctx.time_zone,
            "first": self.question.first,
            "last": self.last,
            "currency": self.question.currency,
            **scope.params,
            **more,
        }
        return self.db.execute(cast("LiteralString", text), params).fetchall()

    def named(self, **names: str) -> Asked:
        """The same question, with further names in its SQL."""
        return replace(self, names={**self.names, **names})

    @cached_property
    def moved(self) -> list[Moved]:
        """All movements by day; what came before the first day stands under the day before it."""
        return [Moved(*row) for row in self.rows("movements_by_day")]

    def within(self, bucket: Bucket, *reasons: str) -> list[Moved]:
        """The movements of a bucket, for these reasons."""
        return [
            each for each in self._by_bucket.get(bucket.first, []) if not reasons or each.reason in reasons
        ]

    @cached_property
    def _by_bucket(self) -> dict[date, list[Moved]]:
        found: dict[date, list[Moved]] = defaultdict(list)
        starts = iter(self.buckets)
        bucket = next(starts, None)
        for each in self.moved:
            while bucket is not None and each.day > bucket.last:
                bucket = next(starts, None)
            if bucket is not None and each.day >= bucket.first:
                found[bucket.first].append(each)
        return found

    def sum_of(self, moved: list[Moved]) -> Fraction:
        """What movements come to, each at the rate of its day."""
        return sum((self.worth(each.amount, each.currency, each.day) for each in moved), Fraction(0))

    @cached_property
    def standing(self) -> list[tuple[dict[str, int], int]]:
        """What counted at the end of the day before the first bucket, and of each bucket: MRR by currency, and how many
        subscriptions.
        """
        sums: dict[str, int] = defaultdict(int)
        count = 0
        opening = [each for each in self.moved if each.day < self.question.first]
        result: list[tuple[dict[str, int], int]] = []
        for part in (opening, *(self.within(bucket) for bucket in self.buckets)):
            for each in part:
                sums[each.currency] += each.amount
                count += turn(each)
            result.append((dict(sums), count))
        return result

    def mrr_at(self, place: int) -> Fraction:
        """The MRR at the end of a bucket (0 is the day before the first), at the rates of that day."""
        day = self.question.first - _DAY if not place else self.buckets[place - 1].last
        sums, _ = self.standing[place]
        return sum((self.worth(minor, code, day) for code, minor in sums.items()), Fraction(0))


def _set_apart(text: str, params: Mapping[str, object], prefix: str) -> Sql:
    """SQL whose numbered places begin with a prefix, so that it can stand beside other SQL."""
    named = {f"{prefix}{key}" if key[1:].isdigit() else key: value for key, value in params.items()}
    return Sql(_PLACE.sub(rf"%({prefix}\1)s", text), named)


def turn(moved: Moved) -> int:
    """By how many subscriptions those that count changed with movements.

    >>> turn(Moved(date(2026, 1, 1), "EUR", "churn", "canceled", -2000, 2))
    -2
    """
    return {"new": 1, "reactivation": 1, "churn": -1}.get(moved.reason, 0) * moved.count


def _left_out(code: str, last: date) -> Text:
    """Says that amounts of a currency are not in a report, up to a day."""
    en, nb, fi = (format_date(last, form, where) for form, where in (("d MMM y", "en"), *_MEDIUM))
    return Text(
        f"Amounts in {code} are left out up to {en}: no exchange rate is known. Set it under Settings > Currencies.",
        f"Beløp i {code} er utelatt til og med {nb}: ingen valutakurs er kjent. "
        "Sett den under Innstillinger > Valutaer.",
        f"Valuutan {code} summat on jätetty pois {fi} asti: vaihtokurssia ei tunneta. "
        "Aseta se kohdassa Asetukset > Valuutat.",
    )
