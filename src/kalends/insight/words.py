"""An answer in words and in cells: what a table, a spreadsheet and a reader without eyes for charts are given."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from babel import Locale
from babel.numbers import format_decimal

from kalends.catalog.model import Text
from kalends.core.money import from_minor, minor_digits, round_half_up
from kalends.insight.answer import Answer, Figure, Kind, Series

_LOCALES = {"en": "en_GB", "nb": "nb_NO", "fi": "fi_FI"}
MINUS = "\N{MINUS SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"


def locale_of(language: str) -> Locale:
    """Babel's locale of a language of the product."""
    return Locale.parse(_LOCALES.get(language, "en_GB"))


def written(value: int | Fraction | None, kind: Kind, currency: str, language: str) -> str:
    """A figure as people read it; nothing where there is none.

    >>> written(123450, "money", "EUR", "en"), written(Fraction(265, 1000), "share", "EUR", "nb").replace("\\xa0", " ")
    ('1,234.50', '26,5 %')
    """
    if value is None:
        return ""
    locale = locale_of(language)
    if kind == "money":
        places = minor_digits(currency)
        amount = from_minor(int(value), currency)
        text = format_decimal(amount, format="#,##0" + ("." + "0" * places if places else ""), locale=locale)
    elif kind == "share":
        tenths = Decimal(round_half_up(Fraction(value) * 1000)) / 10
        text = format_decimal(tenths, format="#,##0.0", locale=locale)
        text = f"{text}{_SPACE}%"
    else:
        text = format_decimal(int(value), locale=locale)
    return text.replace("-", MINUS) if text.startswith("-") else text


def table(answer: Answer, language: str) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of an answer: a row for each stretch of time or category, or for each cohort.

    Amounts are in the answer's currency, which stands in their heads.
    """
    if answer.report.shape == "cohorts":
        return _cohorts(answer, language)
    head = [
        _FIRST[answer.report.shape].in_language(language),
        *(_head(answer, each, language) for each in answer.series),
    ]
    rows = [
        [
            column.label.in_language(language),
            *(_cell(answer, each, each.figures[at], language) for each in answer.series),
        ]
        for at, column in enumerate(answer.columns)
    ]
    if any(each.value is not None for each in answer.total):
        cells = (_cell(answer, *pair, language) for pair in zip(answer.series, answer.total, strict=True))
        rows.append([_TOTAL.in_language(language), *cells])
    return head, rows


_FIRST = {
    "time": Text("Time", "Tid", "Aika"),
    "kinds": Text("What", "Hva", "Mikä"),
    "cohorts": Text("Started", "Startet", "Alkoi"),
}
_TOTAL = Text("Total", "Totalt", "Yhteensä")


def _head(answer: Answer, each: Series, language: str) -> str:
    text = each.label.in_language(language)
    return f"{text} ({answer.currency})" if each.kind == "money" else text


def _cell(answer: Answer, each: Series, figure: Figure, language: str) -> str:
    return written(figure.value, each.kind, answer.currency, language)


def _cohorts(answer: Answer, language: str) -> tuple[list[str], list[list[str]]]:
    leads = answer.series[0].lead if answer.series else ()
    head = [
        _FIRST["cohorts"].in_language(language),
        *(
            f"{each.label.in_language(language)}{f' ({answer.currency})' if each.kind == 'money' else ''}"
            for each in leads
        ),
        *(column.label.in_language(language) for column in answer.columns),
    ]
    rows = [
        [
            each.label.in_language(language),
            *(written(lead.figure.value, lead.kind, answer.currency, language) for lead in each.lead),
            *(_cell(answer, each, figure, language) for figure in each.figures),
        ]
        for each in answer.series
    ]
    return head, rows


class _Words:
    """The sentences of a summary."""

    nothing = Text(
        "There is nothing in these days.", "Det er ingenting i disse dagene.", "Näinä päivinä ei ole mitään."
    )
    last = Text("{label}: {last} in {end}", "{label}: {last} i {end}", "{label}: {last} ({end})")
    grew = Text(
        ", {change} more than in {start}", ", {change} mer enn i {start}", ", {change} enemmän kuin {start}"
    )
    fell = Text(
        ", {change} less than in {start}",
        ", {change} mindre enn i {start}",
        ", {change} vähemmän kuin {start}",
    )
    same = Text(", the same as in {start}", ", det samme som i {start}", ", sama kuin {start}")
    total = Text("{label}: {total} in all", "{label}: {total} i alt", "{label}: yhteensä {total}")
    most = Text(", most in {column} with {most}", ", mest i {column} med {most}", ", eniten {column}, {most}")
    largest = Text(
        "{label}: the largest is {column} with {most} of {total}.",
        "{label}: størst er {column} med {most} av {total}.",
        "{label}: suurin on {column}, {most} / {total}.",
    )
    kept = Text(
        "Of {count} subscriptions, {share} is left today.",
        "Av {count} abonnementer er {share} igjen i dag.",
        "{count} tilauksesta on tänään jäljellä {share}.",
    )


def summary(answer: Answer, language: str) -> str:
    """What an answer says, in one to three sentences.

    The latest figure and how it compares with the first, or the total and where most of it is.
    """
    if answer.report.shape == "cohorts":
        return _of_cohorts(answer, language)
    pairs = dict(
        zip((each.key for each in answer.series), zip(answer.series, answer.total, strict=True), strict=True)
    )
    chosen = [pairs[key] for key in answer.report.told or pairs if key in pairs]
    sentences = [found for each, total in chosen if (found := _sentence(answer, each, total, language))]
    return " ".join(sentences[:3]) or _Words.nothing.in_language(language)


def _of_cohorts(answer: Answer, language: str) -> str:
    if not answer.series:
        return _Words.nothing.in_language(language)
    together, left = answer.series[-1], answer.total[-1]
    return _Words.kept.in_language(language).format(
        count=written(together.lead[0].figure.value, "count", answer.currency, language),
        share=written(left.value, "share", answer.currency, language),
    )


def _sentence(answer: Answer, each: Series, total: Figure, language: str) -> str:
    known = [(at, figure.value) for at, figure in enumerate(each.figures) if figure.value is not None]
    if not known or not any(value for _, value in known):
        return ""
    label = each.label.in_language(language)

    def text(value: int | Fraction) -> str:
        shown = written(value, each.kind, answer.currency, language)
        return f"{shown}{_SPACE}{answer.currency}" if each.kind == "money" else shown

    names = [column.label.in_language(language) for column in answer.columns]
    highest, most = max(known, key=lambda pair: abs(pair[1]))
    if answer.report.shape == "kinds" and total.value is not None:
        sentence = _Words.largest.in_language(language)
        return sentence.format(label=label, column=names[highest], most=text(most), total=text(total.value))
    if total.value is not None and each.kind != "share" and each.look != "total":
        return _summed(label, names[highest], text(most), text(total.value), language, several=len(known) > 1)
    return _latest(label, names, known, text, language)


def _summed(label: str, column: str, most: str, total: str, language: str, *, several: bool) -> str:
    sentence = _Words.total.in_language(language).format(label=label, total=total)
    if several:
        sentence += _Words.most.in_language(language).format(column=column, most=most)
    return sentence + "."


def _latest(
    label: str, names: Sequence[str], known: Sequence[tuple[int, int | Fraction]], text: object, language: str
) -> str:
    assert callable(text)
    (first, before), (last, after) = known[0], known[-1]
    sentence = _Words.last.in_language(language).format(label=label, last=text(after), end=names[last])
    if first != last:
        words = _Words.same if before == after else _Words.grew if after > before else _Words.fell
        sentence += words.in_language(language).format(change=text(abs(after - before)), start=names[first])
    return sentence + "."
