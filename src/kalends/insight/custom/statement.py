"""A custom report as SQL, a statement for each measure.

Conditions are :mod:`kalends.query`'s, and values are read as it reads them: of the primary object what passes the
filter and is seen, of the joined ones what is tied to it and is seen. A record counts once in a group, however many
tied records the join multiplies it by; a group without any has a row all the same, since the primary object decides.
"""

from __future__ import annotations

import re
from typing import LiteralString

from kalends.catalog.expressions import linked_ids, local_date, rate
from kalends.catalog.model import ObjectType, Property
from kalends.insight.custom.definition import CustomReport, Dimension, Measure, What
from kalends.insight.every import Every
from kalends.query import Context, Filter, Sql, compile_filter
from kalends.query.context import Binder

GROUPS_MAX = 20_000
"""More groups than these are not worked out: nobody reads them, and a browser could not show them."""

_PLACE = re.compile(r"%\((p\d+)\)s")
_UNITS: dict[Every, LiteralString] = {
    Every.DAILY: "day",
    Every.WEEKLY: "week",
    Every.MONTHLY: "month",
    Every.QUARTERLY: "quarter",
    Every.YEARLY: "year",
}
_RESULTS: dict[What, tuple[LiteralString, LiteralString]] = {
    What.COUNT: ("count(id)", "NULL"),
    What.DISTINCT: ("count(DISTINCT v)", "NULL"),
    What.SUM: ("sum(v)", "NULL"),
    What.AVERAGE: ("sum(v)", "count(v)"),
    What.MIN: ("min(v)", "NULL"),
    What.MAX: ("max(v)", "NULL"),
    # The two in the middle, which are one where there is an odd number of them: exact, unlike percentile_cont.
    What.MEDIAN: (
        "percentile_disc(0.5) WITHIN GROUP (ORDER BY v)",
        "percentile_disc(0.5) WITHIN GROUP (ORDER BY v DESC)",
    ),
}


def compile_measure(report: CustomReport, measure: Measure, ctx: Context) -> Sql:
    """The statement of one measure: ``r`` and ``c`` (the values of the dimensions), the currency, two numbers of which
    the measure is made, and how many amounts had no rate.
    """
    return _Writer(report, measure, ctx).sql()


class _Writer:
    def __init__(self, report: CustomReport, measure: Measure, ctx: Context) -> None:
        self.report, self.measure, self.ctx = report, measure, ctx
        self.binder = Binder(ctx)
        used = {measure.object, *(each.object for each in report.dimensions)}
        self.aliases = {report.object: "s0"} | {
            name: f"s{number}" for number, name in enumerate(report.joined, 1) if name in used
        }
        self.unfolded: list[str] = []

    def sql(self) -> Sql:
        values = [self._dimension(each) for each in self.report.dimensions]
        values += ["NULL::text"] * (2 - len(values))
        raw, value, currency = self._measured()
        sources = self._sources()
        alias = self.aliases[self.measure.object]
        first, second = _RESULTS[self.measure.what]
        lateral = " ".join(self.unfolded)
        inner = (
            f"SELECT DISTINCT {values[0]} AS r, {values[1]} AS c, {alias}.id AS id, {value} AS v, "
            f"{currency} AS currency, {raw} AS raw FROM {sources} {lateral}"
        )
        most = self.binder.bind(GROUPS_MAX + 1, "bigint")
        text = (
            f"SELECT r, c, currency, {first}, {second}, count(*) FILTER (WHERE raw IS NOT NULL AND v IS NULL) "
            f"FROM ({inner}) AS each GROUP BY r, c, currency LIMIT {most}"
        )
        return Sql(text, self.binder.params, ("r", "c", "currency", "first", "second", "missing"))

    def _sources(self) -> str:
        primary = self.report.primary
        parts = [f"({self._living(primary, self.report.filter)}) AS s0"]
        for name, alias in self.aliases.items():
            if name == self.report.object:
                continue
            tie = primary.association(name)
            assert tie is not None, f"the catalogue ties no {primary.name} to a {name}"
            target = self.report.objects[name]
            tied = linked_ids(tie, primary.name, target.table).format(t="s0")
            parts.append(
                f"LEFT JOIN LATERAL ({self._living(target, Filter())} AND t.id IN ({tied})) AS {alias} ON TRUE"
            )
        return " ".join(parts)

    def _living(self, obj: ObjectType, wanted: Filter) -> str:
        """The rows of an object that pass a filter and are seen; its places are named apart from all others."""
        compiled = compile_filter(obj, wanted, self.ctx)
        named = {key: self.binder.bind(value) for key, value in compiled.params.items() if key[1:].isdigit()}
        text = _PLACE.sub(lambda found: named[found[1]], compiled.text)
        return f"SELECT t.* FROM {obj.table} AS t WHERE {text}"

    def _dimension(self, dimension: Dimension) -> str:
        prop, alias = self.report.property_of(dimension), self.aliases[dimension.object]
        read = self.binder.read(prop, alias)
        if prop.multiple:
            name = f"m{len(self.unfolded)}"
            self.unfolded.append(f"LEFT JOIN LATERAL unnest({read}) AS {name} (v) ON TRUE")
            return f"{name}.v"
        if dimension.every is not None:
            day = f"({read} AT TIME ZONE %(time_zone)s::text)::date" if prop.type == "datetime" else read
            return f"date_trunc('{_UNITS[dimension.every]}', {day})::date"
        if prop.is_number or prop.type == "bool":
            return read
        return f"nullif({read}, '')"

    def _measured(self) -> tuple[str, str, str]:
        """The value as it stands, as it is measured, and its currency: null for what is no money, or is converted."""
        if self.measure.what is What.COUNT:
            return "NULL::text", "NULL::text", "NULL::text"
        prop, alias = self.report.property_of(self.measure), self.aliases[self.measure.object]
        read = self.binder.read(prop, alias)
        if self.measure.what is What.DISTINCT:
            text = f"({read})::text" if not prop.is_text else f"nullif({read}, '')"
            return text, text, "NULL::text"
        if prop.currency is None:
            return read, read, "NULL::text"
        if not self.report.convert:
            return read, read, self.binder.fill(prop.currency, alias)
        return read, f"({read}) * {self._rate(prop, alias)}", "NULL::text"

    def _rate(self, prop: Property, alias: str) -> str:
        obj = self.report.objects[self.measure.object]
        made = obj.by_name[obj.created]
        day = local_date(made.sql) if made.type == "datetime" else made.sql
        assert prop.currency is not None
        return self.binder.fill(rate(prop.currency, day), alias)
