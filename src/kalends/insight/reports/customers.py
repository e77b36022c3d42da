"""Who is there and who left: active subscriptions and customers, churn, retention, cohorts, revenue per customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from kalends.catalog.model import Text
from kalends.insight.answer import Answer, Behind, Column, Figure, Lead, Series
from kalends.insight.asked import Asked
from kalends.insight.every import MONTHS_OF, Every, begin, buckets, following, label
from kalends.insight.report import Report
from kalends.insight.reports import shared
from kalends.insight.reports.shared import columns, money, moved, series, share, standing

MOST_COHORTS = 120
"""Ten years of months; older ones are left out of a table that nobody could read."""

ALL = Text("All", "Alle", "Kaikki")


class Crowd(NamedTuple):
    """Customers at the end of a bucket, and how many were lost in it."""

    there: int
    lost: int


def crowds(asked: Asked) -> list[Crowd]:
    """How many customers there were the day before the first bucket, and in each bucket."""
    came: dict[date, int] = {}
    lost: dict[date, int] = {}
    for day, plus, minus in asked.rows("customers_by_day"):
        came[day], lost[day] = plus, minus
    there = sum(came[day] - lost[day] for day in came if day < asked.question.first)
    result = [Crowd(there, 0)]
    for bucket in asked.buckets:
        days = [day for day in came if bucket.first <= day <= bucket.last]
        gone = sum(lost[day] for day in days)
        there += sum(came[day] for day in days) - gone
        result.append(Crowd(there, gone))
    return result


def _active(report: Report, asked: Asked) -> Answer:
    people = crowds(asked)[1:]
    counts = [count for _, count in asked.standing[1:]]
    parts = [
        series(
            "subscriptions",
            shared.SUBSCRIPTIONS,
            "count",
            (Figure(count, standing(each)) for count, each in zip(counts, asked.buckets, strict=True)),
            "line",
        ),
        series(
            "customers",
            shared.CUSTOMERS,
            "count",
            (Figure(crowd.there, standing(each)) for crowd, each in zip(people, asked.buckets, strict=True)),
            "line",
        ),
    ]
    return shared.answer(report, asked, columns(asked), parts)


def _churn(report: Report, asked: Asked) -> Answer:
    people = crowds(asked)
    rates: dict[str, list[Figure]] = defaultdict(list)
    for place, bucket in enumerate(asked.buckets, 1):
        gone, fell = asked.within(bucket, "churn"), asked.within(bucket, "churn", "downgrade")
        before = asked.mrr_at(place - 1)
        behind = moved(bucket, "churn")
        rates["subscriptions"].append(
            share(sum(each.count for each in gone), asked.standing[place - 1][1], behind)
        )
        rates["customers"].append(share(people[place].lost, people[place - 1].there, behind))
        rates["mrr"].append(share(-asked.sum_of(gone), before, behind))
        rates["gross"].append(share(-asked.sum_of(fell), before, moved(bucket, "churn", "downgrade")))
    words = {
        "subscriptions": shared.SUBSCRIPTIONS,
        "customers": shared.CUSTOMERS,
        "mrr": shared.MRR,
        "gross": Text("MRR with downgrades", "MRR med nedgraderinger", "MRR alennuksineen"),
    }
    parts = [series(key, text, "share", rates[key]) for key, text in words.items()]
    return shared.answer(report, asked, columns(asked), parts)


def _retention(report: Report, asked: Asked) -> Answer:
    lost: dict[int, Fraction] = defaultdict(Fraction)
    won: dict[int, Fraction] = defaultdict(Fraction)
    starts = [each.first for each in asked.buckets]
    for bucket, currency, fell, rose, _ in asked.rows("kept", starts=starts) if starts else []:
        day = starts[bucket - 1]
        lost[bucket] += asked.worth(fell, currency, day)
        won[bucket] += asked.worth(rose, currency, day)
    gross: list[Figure] = []
    net: list[Figure] = []
    for place, bucket in enumerate(asked.buckets, 1):
        sums, _ = asked.standing[place - 1]
        before = sum((asked.worth(each, code, bucket.first) for code, each in sums.items()), Fraction(0))
        behind = moved(bucket, "churn", "downgrade", "upgrade")
        gross.append(share(before - lost[place], before, behind))
        net.append(share(before - lost[place] + won[place], before, behind))
    parts = [
        series("net", Text("Net", "Netto", "Netto"), "share", net, "line"),
        series("gross", Text("Gross", "Brutto", "Brutto"), "share", gross, "line"),
    ]
    return shared.answer(report, asked, columns(asked), parts)


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


class Cohort(NamedTuple):
    """Subscriptions that were first billed in one month: with what they began, and what changed by months since."""

    count: int
    first: Fraction
    turned: dict[int, int]
    moved: dict[int, Fraction]


def cohorts_of(asked: Asked) -> dict[date, Cohort]:
    """The cohorts of the question's months, the latest ones where there are many; at the rates of their first month."""
    months = buckets(begin(asked.question.first, Every.MONTHLY), asked.last, Every.MONTHLY)[-MOST_COHORTS:]
    found: dict[date, Cohort] = {}
    rows = asked.rows("cohorts", since=months[0].first) if months else []
    for start, month, currency, turned, amount, count, first in rows:
        known = found.get(start) or Cohort(0, Fraction(0), defaultdict(int), defaultdict(Fraction))
        age = max(0, _months_between(start, month))
        known.turned[age] += turned
        known.moved[age] += asked.worth(amount, currency, start)
        came = known.first + asked.worth(first, currency, start)
        found[start] = known._replace(count=known.count + count, first=came)
    return {start: cohort for start, cohort in found.items() if start <= asked.last and cohort.count}


def _cohorts(report: Report, asked: Asked) -> Answer:
    return _kept(report, asked, lambda cohort: (cohort.first, cohort.moved))


def _cohorts_by_count(report: Report, asked: Asked) -> Answer:
    return _kept(report, asked, lambda cohort: (cohort.count, cohort.turned))


Amounts = tuple[Fraction | int, Mapping[int, Fraction] | Mapping[int, int]]


def _kept(report: Report, asked: Asked, of: Callable[[Cohort], Amounts]) -> Answer:
    """A series for each cohort, over months since its start: the share that is left. The last one is of all together;
    each of its figures is of the cohorts that have come so far.
    """
    found = cohorts_of(asked)
    longest = _months_between(min(found), asked.last) if found else 0
    left = [Fraction(0)] * (longest + 1)
    whole = [Fraction(0)] * (longest + 1)
    today = first_of_all = Fraction(0)
    parts: list[Series] = []
    total: list[Figure] = []
    for start in sorted(found):
        first, changes = of(found[start])
        ages = _months_between(start, asked.last)
        kept = list(accumulate(Fraction(changes.get(age, 0)) for age in range(ages + 1)))
        for age, each in enumerate(kept):
            left[age], whole[age] = left[age] + each, whole[age] + first
        today, first_of_all = today + kept[-1], first_of_all + first
        behind = Behind("moved", start, _last_of_month(start), ("new",), by_start=True)
        figures = [share(each, first, behind) for each in kept] + [shared.NOTHING] * (longest - ages)
        total.append(share(kept[-1], first, behind))
        text = label(start, Every.MONTHLY)
        parts.append(
            series(start.isoformat(), text, "share", figures)._replace(lead=_lead(found[start], behind))
        )
    if parts:
        together = Cohort(sum(each.count for each in found.values()), _sum(found), {}, {})
        figures = [share(each, of_all) for each, of_all in zip(left, whole, strict=True)]
        parts.append(series("all", ALL, "share", figures)._replace(lead=_lead(together, None)))
        total.append(share(today, first_of_all))
    over = tuple(Column(str(age), Text(str(age), str(age), str(age))) for age in range(longest + 1))
    return shared.answer(report, asked, over, parts, total)


def _sum(found: Mapping[date, Cohort]) -> Fraction:
    return sum((each.first for each in found.values()), Fraction(0))


def _lead(cohort: Cohort, behind: Behind | None) -> tuple[Lead, ...]:
    return (
        Lead(shared.SUBSCRIPTIONS, "count", Figure(cohort.count, behind)),
        Lead(Text("First MRR", "Første MRR", "Ensimmäinen MRR"), "money", money(cohort.first, behind)),
    )


def _last_of_month(first: date) -> date:
    return following(first, Every.MONTHLY) - timedelta(days=1)


def _arpa(report: Report, asked: Asked) -> Answer:
    people = crowds(asked)
    arpa: list[Figure] = []
    worth: list[Figure] = []
    for place, bucket in enumerate(asked.buckets, 1):
        crowd, before = people[place], people[place - 1].there
        if not crowd.there:
            arpa.append(shared.NOTHING)
            worth.append(shared.NOTHING)
            continue
        each = asked.mrr_at(place) / crowd.there
        arpa.append(money(each, standing(bucket)))
        if crowd.lost and before:
            months = MONTHS_OF[asked.question.every]
            worth.append(money(each * before / crowd.lost * months, moved(bucket, "churn")))
        else:
            worth.append(shared.NOTHING)
    parts = [
        series("arpa", Text("MRR per customer", "MRR per kunde", "MRR asiakasta kohti"), "money", arpa),
        series("ltv", Text("Lifetime value", "Livstidsverdi", "Elinkaariarvo"), "money", worth, "line"),
    ]
    return shared.answer(report, asked, columns(asked), parts)


REPORTS = (
    Report(
        "active",
        Text("Active subscriptions", "Aktive abonnementer", "Aktiiviset tilaukset"),
        Text(
            "Subscriptions that bring in revenue, and their customers, at the end of each stretch of time.",
            "Abonnementer som gir inntekt, og kundene deres, ved slutten av hvert tidsrom.",
            "Tuloa tuottavat tilaukset ja niiden asiakkaat kunkin jakson lopussa.",
        ),
        "customers",
        "line",
        _active,
    ),
    Report(
        "churn",
        Text("Churn rates", "Frafallsrater", "Poistumaprosentit"),
        Text(
            "What was lost in each stretch of time, as a share of what there was when it began.",
            "Det som falt bort i hvert tidsrom, som andel av det som fantes da det begynte.",
            "Mitä kullakin jaksolla menetettiin, osuutena jakson alun määrästä.",
        ),
        "customers",
        "column",
        _churn,
    ),
    Report(
        "retention",
        Text("Revenue retention", "Inntekt beholdt", "Tulojen pysyvyys"),
        Text(
            "What is left at the end of each stretch of time of the MRR that there was when it began, of the same "
            "subscriptions: gross without upgrades, net with them.",
            "Hva som er igjen ved slutten av hvert tidsrom av MRR-en som fantes da det begynte, for de samme "
            "abonnementene: brutto uten oppgraderinger, netto med.",
            "Mitä jakson alun MRR:stä on jäljellä sen lopussa samoilla tilauksilla: brutto ilman korotuksia, netto "
            "niiden kanssa.",
        ),
        "customers",
        "line",
        _retention,
    ),
    Report(
        "cohorts",
        Text(
            "Revenue retention by start month",
            "Inntekt beholdt etter startmåned",
            "Tulojen pysyvyys aloituskuukausittain",
        ),
        Text(
            "Of the MRR of subscriptions that were first billed in a month: the share that is left so many months "
            "later. Over 100 % means that upgrades outweigh losses.",
            "Av MRR for abonnementer som først ble fakturert i en måned: andelen som er igjen så mange måneder senere. "
            "Over 100 % betyr at oppgraderinger veier opp for tap.",
            "Samassa kuussa ensi kerran laskutettujen tilausten MRR:stä jäljellä oleva osuus niin monen kuukauden "
            "päästä. Yli 100 % tarkoittaa, että korotukset ylittävät menetykset.",
        ),
        "customers",
        "heat-map",
        _cohorts,
        "cohorts",
    ),
    Report(
        "cohorts-by-count",
        Text(
            "Subscriptions kept by start month",
            "Abonnementer beholdt etter startmåned",
            "Tilausten pysyvyys aloituskuukausittain",
        ),
        Text(
            "Of the subscriptions that were first billed in a month: the share that still counts so many months later.",
            "Av abonnementene som først ble fakturert i en måned: andelen som fortsatt teller så mange måneder senere.",
            "Samassa kuussa ensi kerran laskutetuista tilauksista se osuus, joka lasketaan yhä niin monen kuukauden "
            "päästä.",
        ),
        "customers",
        "heat-map",
        _cohorts_by_count,
        "cohorts",
    ),
    Report(
        "arpa",
        Text("Revenue per customer", "Inntekt per kunde", "Tulot asiakasta kohti"),
        Text(
            "MRR divided by customers, and what a customer brings in for as long as customers stay: that, divided by "
            "the share of customers that is lost in a month.",
            "MRR delt på kunder, og hva en kunde gir så lenge kunder blir: det delt på andelen kunder som faller bort "
            "i måneden.",
            "MRR jaettuna asiakkailla, ja mitä asiakas tuottaa koko aikanaan: se jaettuna kuukaudessa menetettyjen "
            "asiakkaiden osuudella.",
        ),
        "customers",
        "combination",
        _arpa,
    ),
)
