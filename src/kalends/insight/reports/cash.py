"""Money that came in and that failed to, and what is to come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from kalends.catalog.model import Text
from kalends.catalog.options import PAYMENT_METHOD_TYPES
from kalends.core.calendar import Frequency, due_date, start_of_day
from kalends.core.money import round_half_up
from kalends.insight.answer import Answer, Behind, Column, Figure
from kalends.insight.asked import Asked
from kalends.insight.every import Bucket, Every, begin, buckets, label
from kalends.insight.forecast import Month, Pace, misses, pace_of
from kalends.insight.report import Report
from kalends.insight.reports import shared
from kalends.insight.reports.shared import added, columns, money, series, share

_DAY = timedelta(days=1)
MONTHS_AHEAD = 12
_MONTHS_BACK = 3
_HISTORY = 24


def _between(asked: Asked, first: date, last: date) -> dict[str, object]:
    """The instants at which days begin and end, in the account's time zone."""
    zone = asked.ctx.time_zone
    return {"since": start_of_day(first, zone), "until": start_of_day(last + _DAY, zone)}


def collected_in(asked: Asked, parts: list[Bucket]) -> list[tuple[Fraction, Fraction, int]]:
    """What settled in each bucket, what was given back, and how many payments settled."""
    result = [(Fraction(0), Fraction(0), 0) for _ in parts]
    if not parts:
        return result
    rows = asked.rows("collected_by_day", asked.payments(), **_between(asked, parts[0].first, parts[-1].last))
    for day, currency, settled, back, count in rows:
        at = next(place for place, each in enumerate(parts) if each.first <= day <= each.last)
        before = result[at]
        result[at] = (
            before[0] + asked.worth(settled, currency, day),
            before[1] + asked.worth(back, currency, day),
            before[2] + count,
        )
    return result


def _collected(report: Report, asked: Asked) -> Answer:
    found = collected_in(asked, asked.buckets)
    behind = [Behind("settled", each.first, each.last) for each in asked.buckets]
    pairs = list(zip(found, behind, strict=True))
    parts = [
        series(
            "collected",
            Text("Collected", "Innkrevd", "Kerätty"),
            "money",
            (money(each[0], at) for each, at in pairs),
        ),
        series(
            "refunded",
            Text("Refunded", "Refundert", "Palautettu"),
            "money",
            (money(-each[1]) for each, _ in pairs),
        ),
        series(
            "net",
            Text("Net", "Netto", "Netto"),
            "money",
            (Figure(round_half_up(each[0]) + round_half_up(-each[1])) for each, _ in pairs),
            "line",
        ),
        series(
            "payments",
            Text("Payments", "Betalinger", "Maksut"),
            "count",
            (Figure(each[2], at) for each, at in pairs),
            "line",
        ),
    ]
    over = Behind("settled", asked.question.first, asked.last)
    total = [added(each, over if each.key in ("collected", "payments") else None) for each in parts]
    return shared.answer(report, asked, columns(asked), parts, total)


def _failed(report: Report, asked: Asked) -> Answer:
    rows = asked.rows("failed_by_day", asked.payments())
    sums: dict[str, list[Figure]] = defaultdict(list)
    fell, came = 0, 0
    for bucket in asked.buckets:
        own = [each for each in rows if bucket.first <= each[0] <= bucket.last]
        failed, back = sum(each[2] for each in own), sum(each[4] for each in own)
        fell, came = fell + failed, came + back
        lost = sum((asked.worth(each[3], each[1], each[0]) for each in own), Fraction(0))
        again = sum((asked.worth(each[5], each[1], each[0]) for each in own), Fraction(0))
        of_failed = Behind("failed", bucket.first, bucket.last)
        of_recovered = Behind("recovered", bucket.first, bucket.last)
        sums["failed"].append(money(lost, of_failed))
        sums["recovered"].append(money(again, of_recovered))
        sums["payments"].append(Figure(failed, of_failed))
        sums["payments_recovered"].append(Figure(back, of_recovered))
        sums["rate"].append(share(back, failed, of_recovered))
    parts = [
        series("failed", Text("Failed", "Mislyktes", "Epäonnistui"), "money", sums["failed"]),
        series("recovered", Text("Recovered", "Gjenvunnet", "Saatiin lopulta"), "money", sums["recovered"]),
        series(
            "payments",
            Text("Payments that failed", "Betalinger som mislyktes", "Epäonnistuneet maksut"),
            "count",
            sums["payments"],
        ),
        series(
            "payments_recovered",
            Text("Of them recovered", "Av dem gjenvunnet", "Niistä saatiin lopulta"),
            "count",
            sums["payments_recovered"],
        ),
        series(
            "rate",
            Text("Recovery rate", "Andel gjenvunnet", "Takaisin saatu osuus"),
            "share",
            sums["rate"],
            "line",
        ),
    ]
    of_failed = Behind("failed", asked.question.first, asked.last)
    of_recovered = Behind("recovered", asked.question.first, asked.last)
    over = {
        "failed": of_failed,
        "payments": of_failed,
        "recovered": of_recovered,
        "payments_recovered": of_recovered,
    }
    total = [share(came, fell) if each.key == "rate" else added(each, over[each.key]) for each in parts]
    return shared.answer(report, asked, columns(asked), parts, total)


def _by_method(report: Report, asked: Asked) -> Answer:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    counts: dict[str, int] = defaultdict(int)
    between = _between(asked, asked.question.first, asked.last)
    for kind, day, currency, amount, count in asked.rows("collected_by_method", asked.payments(), **between):
        sums[kind] += asked.worth(amount, currency, day)
        counts[kind] += count
    words = {option.value: option.label for option in PAYMENT_METHOD_TYPES}
    kinds = sorted(sums, key=lambda each: (-sums[each], each))
    over = tuple(Column(each, words.get(each, Text(each, each, each))) for each in kinds)
    parts = [
        series(
            "collected",
            Text("Collected", "Innkrevd", "Kerätty"),
            "money",
            (money(sums[each]) for each in kinds),
        ),
        series(
            "payments",
            Text("Payments", "Betalinger", "Maksut"),
            "count",
            (Figure(counts[each]) for each in kinds),
        ),
    ]
    whole = Behind("settled", asked.question.first, asked.last)
    return shared.answer(report, asked, over, parts, [added(each, whole) for each in parts])


def scheduled(asked: Asked, until: date) -> dict[date, Fraction]:
    """What is on schedule, by the month in which it falls due; what is overdue counts in this one."""
    today, result = asked.ctx.today, defaultdict[date, Fraction](Fraction)
    scope = asked.passing("subscription", asked.question.narrowed())
    for name, currency, anchor, cycle, payments, amount, _ in asked.rows("schedule", scope, until=until):
        each, done = asked.worth(amount, currency, today), 0
        while payments is None or done < payments:
            day = due_date(anchor, Frequency(name), cycle + done)
            if day > until:
                break
            result[begin(max(day, today), Every.MONTHLY)] += each
            done += 1
    return result


def history(asked: Asked) -> tuple[list[Month], Fraction | None]:
    """The full months before this one, and the share of what was billed in the latest of them that was paid in time."""
    this = begin(asked.ctx.today, Every.MONTHLY)
    first = _months_later(this, -_HISTORY)
    past = replace(
        asked, question=replace(asked.question, first=first, last=this - _DAY, every=Every.MONTHLY)
    )
    months: list[Month] = []
    for place, bucket in enumerate(past.buckets, 1):
        lost = -past.sum_of(past.within(bucket, "churn", "downgrade"))
        came = past.sum_of(past.within(bucket, "new", "upgrade", "reactivation"))
        if months or lost or came or past.mrr_at(place - 1):
            months.append(Month(past.mrr_at(place - 1), lost, came))
    billed = paid = Fraction(0)
    # The latest month is left out: some of its invoices have had less than thirty days.
    days = {"since": _months_later(this, -7), "until": _months_later(this, -1)}
    for month, currency, total, in_time in asked.rows(
        "paid_in_time", asked.subscriptions("i.subscription_id"), **days
    ):
        billed += asked.worth(total, currency, month)
        paid += asked.worth(in_time, currency, month)
    return months, min(Fraction(1), paid / billed) if billed else None


def _months_later(first: date, months: int) -> date:
    return due_date(first, Frequency.MONTHLY, months)


def _forecast(report: Report, asked: Asked) -> Answer:
    """Whatever days are asked for: the three months before this one, this one, and twelve to come."""
    today = asked.ctx.today
    this = begin(today, Every.MONTHLY)
    last = _months_later(this, MONTHS_AHEAD + 1) - _DAY
    spans = buckets(_months_later(this, -_MONTHS_BACK), last, Every.MONTHLY)
    past = [Bucket(each.first, min(each.last, today)) for each in spans if each.first <= today]
    months, paid = history(asked)
    pace, missed = pace_of(months), misses(months, MONTHS_AHEAD)
    due = scheduled(asked, last)
    parts: dict[str, list[Figure]] = {
        name: [] for name in ("collected", "scheduled", "expected", "low", "high")
    }
    found = collected_in(asked, past)
    for place, span in enumerate(spans):
        ahead = place - _MONTHS_BACK
        got = money(found[place][0], Behind("settled", *past[place])) if ahead <= 0 else shared.NOTHING
        parts["collected"].append(got)
        amount = due.get(span.first, Fraction(0))
        on_schedule = Behind("due", span.first, span.last)
        parts["scheduled"].append(money(amount, on_schedule) if ahead >= 0 else shared.NOTHING)
        expected = _expected(pace, paid, amount, ahead)
        off = missed.get(ahead, Fraction(0) if not ahead else None)
        parts["expected"].append(shared.NOTHING if expected is None else money(expected, on_schedule))
        for name, sign in (("low", -1), ("high", 1)):
            parts[name].append(_off(expected, off, sign))
    rows = [
        series(key, text, "money", parts[key], "line" if key in ("low", "high") else "column")
        for key, text in _FORECAST_WORDS.items()
    ]
    over = tuple(
        Column(each.first.isoformat(), label(each.first, Every.MONTHLY), each.first, each.last)
        for each in spans
    )
    return shared.answer(report, asked, over, rows, None, *_method(pace, paid, missed))


_FORECAST_WORDS = {
    "collected": Text("Collected", "Innkrevd", "Kerätty"),
    "scheduled": Text("Scheduled", "Planlagt", "Aikataulussa"),
    "expected": Text("Expected", "Forventet", "Odotettavissa"),
    "low": Text(
        "At least, by past misses", "Minst, etter tidligere avvik", "Vähintään, aiempien poikkeamien mukaan"
    ),
    "high": Text(
        "At most, by past misses", "Høyst, etter tidligere avvik", "Enintään, aiempien poikkeamien mukaan"
    ),
}


def _off(expected: Fraction | None, off: Fraction | None, sign: int) -> Figure:
    if expected is None or off is None:
        return shared.NOTHING
    return money(max(Fraction(0), expected * (1 + sign * off)))


def _expected(pace: Pace | None, paid: Fraction | None, amount: Fraction, ahead: int) -> Fraction | None:
    if pace is None or paid is None or ahead < 0:
        return None
    return pace.later(amount, ahead) * paid


def _method(pace: Pace | None, paid: Fraction | None, missed: dict[int, Fraction]) -> list[Text]:
    if pace is None or paid is None:
        return [
            Text(
                "Nothing is expected beyond the schedule yet: that takes three full months with revenue "
                "and paid invoices.",
                "Ingenting forventes utover planen ennå: det krever tre hele måneder med inntekt og betalte fakturaer.",
                "Aikataulun lisäksi ei vielä odoteta mitään: siihen tarvitaan kolme täyttä kuukautta tuloja ja "
                "maksettuja laskuja.",
            )
        ]
    lost, share_paid = _percent(pace.lost), _percent(paid)
    notes = [
        Text(
            f"Expected: what is scheduled, less {lost} of it for every month to come, with what comes in new in a "
            f"month, and {share_paid} of all that, the part that is paid within thirty days. By the six months before "
            "this one.",
            f"Forventet: det som er planlagt, minus {lost} for hver måned fram i tid, med det nye som kommer i en "
            f"måned, og {share_paid} av alt dette, den delen som betales innen tretti dager. Etter de seks månedene "
            "før denne.",
            f"Odotettavissa: aikataulussa oleva, josta vähennetään {lost} jokaista tulevaa kuukautta kohti ja johon "
            f"lisätään kuukaudessa tuleva uusi; siitä {share_paid}, joka maksetaan 30 päivässä. Kuuden edellisen "
            "kuukauden mukaan.",
        )
    ]
    if missed:
        near, far = min(missed), max(missed)
        notes.append(
            Text(
                f"Tried on the past, the method missed by {_percent(missed[near])} on average {near} month ahead and "
                f"by {_percent(missed[far])} {far} months ahead.",
                f"Prøvd på fortiden bommet metoden i snitt med {_percent(missed[near])} {near} måned fram og med "
                f"{_percent(missed[far])} {far} måneder fram.",
                f"Menneisyyteen sovellettuna menetelmä erehtyi keskimäärin {_percent(missed[near])} {near} kuukauden "
                f"ja {_percent(missed[far])} {far} kuukauden päähän.",
            )
        )
    return notes


def _percent(value: Fraction) -> str:
    tenths = round_half_up(value * 1000)
    return f"{tenths // 10}.{tenths % 10} %"


REPORTS = (
    Report(
        "collected",
        Text("Collected", "Innkrevd", "Kerätty"),
        Text(
            "Payments by the day on which they settled, with taxes, and what was paid back.",
            "Betalinger etter dagen da de ble gjort opp, med avgifter, og det som ble betalt tilbake.",
            "Maksut tilityspäivän mukaan veroineen, sekä se, mitä maksettiin takaisin.",
        ),
        "cash",
        "column",
        _collected,
    ),
    Report(
        "failed",
        Text("Failed and recovered", "Mislyktes og gjenvunnet", "Epäonnistuneet ja saadut"),
        Text(
            "Payments whose charge failed, by the day on which it first did, and those of them that came in after all.",
            "Betalinger der belastningen mislyktes, etter dagen da det først skjedde, og de av dem som kom inn "
            "likevel.",
            "Maksut, joiden veloitus epäonnistui, ensimmäisen epäonnistumisen päivän mukaan, ja niistä ne, jotka "
            "saatiin lopulta.",
        ),
        "cash",
        "combination",
        _failed,
    ),
    Report(
        "by-method",
        Text("By payment method", "Etter betalingsmåte", "Maksutavan mukaan"),
        Text(
            "What settled in these days, by the kind of payment method.",
            "Det som ble gjort opp i disse dagene, etter type betalingsmåte.",
            "Näinä päivinä tilitetty summa maksutavan tyypin mukaan.",
        ),
        "cash",
        "bar",
        _by_method,
        "kinds",
    ),
    Report(
        "forecast",
        Text("Forecast", "Prognose", "Ennuste"),
        Text(
            "Payments on schedule for the next twelve months by due date, and what is expected of them, with taxes.",
            "Planlagte betalinger de neste tolv månedene etter forfall, og hva som forventes av dem, med avgifter.",
            "Seuraavien 12 kuukauden aikataulun mukaiset maksut eräpäivittäin ja odotettavissa oleva osa, veroineen.",
        ),
        "cash",
        "combination",
        _forecast,
        told=("scheduled", "expected"),
    ),
)
