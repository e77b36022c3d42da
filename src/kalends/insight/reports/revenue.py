"""What subscriptions bring in per month: new and lost, over time, and what moved it."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from kalends.catalog.model import Text
from kalends.insight.answer import Answer, Behind, Figure
from kalends.insight.asked import Asked
from kalends.insight.every import Bucket
from kalends.insight.report import Report
from kalends.insight.reports import shared
from kalends.insight.reports.shared import added, columns, money, moved, series, standing, whole


def _new(report: Report, asked: Asked) -> Answer:
    sums: dict[Bucket, Fraction] = defaultdict(Fraction)
    counts: dict[Bucket, int] = defaultdict(int)
    rows = asked.rows("new_by_start")
    for bucket in asked.buckets:
        for day, currency, amount, count in rows:
            if bucket.first <= day <= bucket.last:
                sums[bucket] += asked.worth(amount, currency, day)
                counts[bucket] += count
    behind = [moved(each, "new", by_start=True) for each in asked.buckets]
    parts = (
        series(
            "new",
            Text("New MRR", "Ny MRR", "Uusi MRR"),
            "money",
            (money(sums[each], found) for each, found in zip(asked.buckets, behind, strict=True)),
        ),
        series(
            "subscriptions",
            shared.SUBSCRIPTIONS,
            "count",
            (Figure(counts[each], found) for each, found in zip(asked.buckets, behind, strict=True)),
            "line",
        ),
    )
    total = moved(whole(asked), "new", by_start=True)
    return shared.answer(report, asked, columns(asked), parts, [added(each, total) for each in parts])


_CAUSES = {
    "canceled": Text("Canceled", "Kansellert", "Peruutettu"),
    "unpaid": Text("Unpaid", "Ubetalt", "Maksamatta"),
    "expired": Text("Expired", "Utløpt", "Päättynyt"),
    "paused": Text("Paused", "Satt på pause", "Keskeytetty"),
    "other": Text("Otherwise", "Annet", "Muuten"),
}


def _churned(report: Report, asked: Asked) -> Answer:
    behind = [moved(each, "churn") for each in asked.buckets]
    lost = [asked.within(each, "churn") for each in asked.buckets]
    parts = [
        series(
            "churned",
            Text("Churned MRR", "Frafalt MRR", "Poistunut MRR"),
            "money",
            (money(-asked.sum_of(each), found) for each, found in zip(lost, behind, strict=True)),
            "line",
        )
    ]
    for cause, text in _CAUSES.items():
        amounts = [
            money(-asked.sum_of([one for one in each if _cause(one.cause) == cause]), found)
            for each, found in zip(lost, behind, strict=True)
        ]
        if any(figure.value for figure in amounts):
            parts.append(series(cause, text, "money", amounts))
    parts.append(
        series(
            "subscriptions",
            shared.SUBSCRIPTIONS,
            "count",
            (Figure(sum(one.count for one in each), found) for each, found in zip(lost, behind, strict=True)),
            "line",
        )
    )
    total = moved(whole(asked), "churn")
    return shared.answer(report, asked, columns(asked), parts, [added(each, total) for each in parts])


def _cause(status: str | None) -> str:
    return status if status in _CAUSES else "other"


def _mrr(report: Report, asked: Asked) -> Answer:
    figures = [money(asked.mrr_at(place), standing(bucket)) for place, bucket in enumerate(asked.buckets, 1)]
    return shared.answer(report, asked, columns(asked), [series("mrr", shared.MRR, "money", figures, "area")])


def _arr(report: Report, asked: Asked) -> Answer:
    figures = [
        money(12 * asked.mrr_at(place), standing(bucket)) for place, bucket in enumerate(asked.buckets, 1)
    ]
    text = Text("ARR", "ARR", "ARR")
    return shared.answer(report, asked, columns(asked), [series("arr", text, "money", figures, "area")])


STEPS = {
    "new": ("new", shared.NEW),
    "upgrades": ("upgrade", shared.UPGRADES),
    "reactivated": ("reactivation", shared.REACTIVATED),
    "downgrades": ("downgrade", shared.DOWNGRADES),
    "churned": ("churn", shared.CHURNED),
}


def _net_new(report: Report, asked: Asked) -> Answer:
    """A waterfall: each bucket begins where the one before it ended; rates that changed are a step of their own."""
    spans = list(enumerate(asked.buckets, 1))
    start = [money(asked.mrr_at(place - 1), _before(bucket)) for place, bucket in spans]
    end = [money(asked.mrr_at(place), standing(bucket)) for place, bucket in spans]
    steps = {
        key: [money(asked.sum_of(asked.within(bucket, reason)), moved(bucket, reason)) for _, bucket in spans]
        for key, (reason, _) in STEPS.items()
    }
    rates = [
        Figure(
            int(end[at].value or 0)
            - int(start[at].value or 0)
            - sum(int(each[at].value or 0) for each in steps.values())
        )
        for at in range(len(spans))
    ]
    net = [
        Figure(int(e.value or 0) - int(s.value or 0), moved(each))
        for e, s, (_, each) in zip(end, start, spans, strict=True)
    ]
    parts = [
        series("start", Text("At the start", "Ved starten", "Alussa"), "money", start, "total"),
        *(series(key, text, "money", steps[key], "step") for key, (_, text) in STEPS.items()),
    ]
    if any(each.value for each in rates):
        parts.append(
            series("rates", Text("Exchange rates", "Valutakurser", "Valuuttakurssit"), "money", rates, "step")
        )
    parts.append(series("end", Text("At the end", "Ved slutten", "Lopussa"), "money", end, "total"))
    parts.append(
        series("net", Text("Net new MRR", "Netto ny MRR", "MRR:n nettomuutos"), "money", net, "line")
    )
    ends = {"start": start[0] if start else shared.NOTHING, "end": end[-1] if end else shared.NOTHING}
    over = whole(asked)
    reasons = {key: (reason,) for key, (reason, _) in STEPS.items()} | {"net": ()}
    total = [
        ends[each.key]
        if each.key in ends
        else added(each, moved(over, *reasons[each.key]) if each.key in reasons else None)
        for each in parts
    ]
    return shared.answer(report, asked, columns(asked), parts, total)


def _before(bucket: Bucket) -> Behind:
    return Behind("standing", last=bucket.first.fromordinal(bucket.first.toordinal() - 1))


def _changes(report: Report, asked: Asked) -> Answer:
    parts = [
        series(
            key,
            text,
            "money",
            (money(asked.sum_of(asked.within(each, reason)), moved(each, reason)) for each in asked.buckets),
        )
        for key, (reason, text) in STEPS.items()
        if key in ("upgrades", "downgrades")
    ]
    over = whole(asked)
    total = [added(each, moved(over, STEPS[each.key][0])) for each in parts]
    return shared.answer(report, asked, columns(asked), parts, total)


REPORTS = (
    Report(
        "new-revenue",
        Text("New revenue", "Ny inntekt", "Uudet tulot"),
        Text(
            "The MRR of subscriptions that came in new, by the day on which each was first billed.",
            "MRR for abonnementer som kom til, etter dagen da hvert av dem først ble fakturert.",
            "Uusien tilausten MRR sen päivän mukaan, jona kutakin laskutettiin ensi kerran.",
        ),
        "revenue",
        "combination",
        _new,
    ),
    Report(
        "churned-revenue",
        Text("Churned revenue", "Frafalt inntekt", "Poistuneet tulot"),
        Text(
            "The MRR of subscriptions that count no more, by the day on which it was lost and by what ended it.",
            "MRR for abonnementer som ikke lenger teller, etter dagen da den falt bort og hva som avsluttet den.",
            "Niiden tilausten MRR, joita ei enää lasketa, poistumispäivän ja syyn mukaan.",
        ),
        "revenue",
        "stacked-bar",
        _churned,
    ),
    Report(
        "mrr",
        Text("MRR over time", "MRR over tid", "MRR ajan mittaan"),
        Text(
            "What all subscriptions that count bring in per month, at the end of each stretch of time, without tax.",
            "Hva alle abonnementer som teller, gir i måneden ved slutten av hvert tidsrom, uten avgift.",
            "Mitä kaikki laskettavat tilaukset tuottavat kuukaudessa kunkin jakson lopussa, ilman veroa.",
        ),
        "revenue",
        "area",
        _mrr,
    ),
    Report(
        "arr",
        Text("ARR over time", "ARR over tid", "ARR ajan mittaan"),
        Text("Twelve times the MRR.", "Tolv ganger MRR.", "Kaksitoista kertaa MRR."),
        "revenue",
        "area",
        _arr,
    ),
    Report(
        "net-new-mrr",
        Text("Net new MRR", "Netto ny MRR", "MRR:n nettomuutos"),
        Text(
            "Where the change of the MRR came from: new + upgrades + reactivated - downgrades - churned.",
            "Hvor endringen i MRR kom fra: nye + oppgraderinger + gjenopptatt - nedgraderinger - frafalt.",
            "Mistä MRR:n muutos tuli: uudet + korotukset + palautuneet - alennukset - poistuneet.",
        ),
        "revenue",
        "waterfall",
        _net_new,
        told=("end", "net", "churned"),
    ),
    Report(
        "mrr-changes",
        Text("Upgrades and downgrades", "Opp- og nedgraderinger", "Korotukset ja alennukset"),
        Text(
            "By how much subscriptions that went on came to bring in more, or less, on the day it took effect.",
            "Hvor mye mer eller mindre abonnementer som fortsatte, kom til å gi, på dagen det trådte i kraft.",
            "Paljonko enemmän tai vähemmän jatkuneet tilaukset alkoivat tuottaa, voimaantulopäivän mukaan.",
        ),
        "revenue",
        "column",
        _changes,
    ),
)
