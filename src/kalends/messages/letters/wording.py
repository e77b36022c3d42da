"""How an account words its letters to customers: a subject, an opening and a closing of its own, with placeholders.

What a letter tells of money, days and documents is not part of it and stays as it is made. The text is plain: no
markup, no code. A placeholder is written ``{{ amount }}``, and stands for a fact of the letter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words, changed_to, method_words

LENGTHS: Mapping[str, int] = MappingProxyType({"subject": 120, "opening": 120, "closing": 1000})
"""How long each part may be, in letters, with its placeholders as they are written."""

_PLACE = re.compile(r"\{\{([^{}]*)\}\}")
_PARAGRAPHS = re.compile(r"\n\s*\n")


class Wording(NamedTuple):
    """What an account says in its own words; an empty part is worded as Kalends does (and has no closing of its own).

    ``closing`` may have several paragraphs, with empty lines between.
    """

    subject: str = ""
    opening: str = ""
    closing: str = ""


STANDARD = Wording()
"""No words of the account's own."""


class Problem(NamedTuple):
    """Why a part of a wording cannot be: ``unknown`` or ``unfinished`` placeholder, ``long`` or ``unprintable``."""

    part: str
    reason: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"The {self.part} cannot hold {self.value}. {self.remedy}"


class WordingRefused(ValueError):
    """A wording that cannot be, with everything that is wrong in it; nothing was kept."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


_Value = Callable[[Facts, Formats], str | None]


def _charged(facts: Facts, formats: Formats) -> str | None:
    return formats.money(facts.charge.amount_minor, facts.charge.currency) if facts.charge else None


def _charged_on(facts: Facts, formats: Formats) -> str | None:
    return formats.day(facts.charge.on) if facts.charge else None


def _charged_from(facts: Facts, formats: Formats) -> str | None:  # noqa: ARG001
    return method_words(facts.charge) if facts.charge else None


def _invoice(facts: Facts, formats: Formats) -> str | None:  # noqa: ARG001
    return facts.document.number if facts.document else None


def _asked(facts: Facts, formats: Formats) -> str | None:
    return formats.money(facts.document.asked_minor, facts.document.currency) if facts.document else None


def _owed(facts: Facts, formats: Formats) -> str | None:
    return formats.money(facts.document.owed_minor, facts.document.currency) if facts.document else None


def _payable_until(facts: Facts, formats: Formats) -> str | None:
    return formats.day(facts.document.due_date) if facts.document else None


def _next_amount(facts: Facts, formats: Formats) -> str | None:
    agreement = facts.agreement
    if agreement is None or agreement.next_amount_minor is None:
        return None
    return formats.money(agreement.next_amount_minor, agreement.currency)


def _next_day(facts: Facts, formats: Formats) -> str | None:
    agreement = facts.agreement
    return formats.day(agreement.next_due_date) if agreement and agreement.next_due_date else None


def _stored_method(facts: Facts, formats: Formats) -> str | None:  # noqa: ARG001
    return method_words(facts.agreement.method) if facts.agreement and facts.agreement.method else None


def _refunded(facts: Facts, formats: Formats) -> str | None:
    return formats.money(facts.refund.amount_minor, facts.refund.currency) if facts.refund else None


def _refunded_on(facts: Facts, formats: Formats) -> str | None:
    return formats.day(facts.refund.on) if facts.refund else None


def _credited(facts: Facts, formats: Formats) -> str | None:
    if facts.credit is None or facts.document is None:
        return None
    return formats.money(facts.credit.total_minor, facts.document.currency)


def _credit_note(facts: Facts, formats: Formats) -> str | None:  # noqa: ARG001
    return facts.credit.number if facts.credit else None


def _set_to(column: str) -> _Value:
    def day(facts: Facts, formats: Formats) -> str | None:
        found = changed_to(facts, column)
        return formats.day(found) if found else None

    return day


def _goes_on(facts: Facts, formats: Formats) -> str | None:
    return formats.day(facts.agreement.resume_on) if facts.agreement and facts.agreement.resume_on else None


def _canceled_on(facts: Facts, formats: Formats) -> str | None:
    return (
        formats.day(facts.agreement.canceled_on) if facts.agreement and facts.agreement.canceled_on else None
    )


def _quote(facts: Facts, formats: Formats) -> str | None:  # noqa: ARG001
    return facts.quote.title if facts.quote else None


def _offered(facts: Facts, formats: Formats) -> str | None:
    return formats.money(facts.quote.first_minor, facts.quote.currency) if facts.quote else None


def _offered_until(facts: Facts, formats: Formats) -> str | None:
    return formats.day(facts.quote.expires_on) if facts.quote else None


_EVERY: Mapping[str, _Value] = {
    "first_name": lambda facts, formats: facts.customer.first_name,
    "last_name": lambda facts, formats: facts.customer.last_name,
    "company": lambda facts, formats: facts.customer.company,
    "seller": lambda facts, formats: facts.seller.name,
    "subscription": lambda facts, formats: facts.agreement.name if facts.agreement else None,
}
_CHARGE = {"amount": _charged, "date": _charged_on, "method": _charged_from, "invoice": _invoice}
_COMING = {"amount": _next_amount, "due_date": _next_day, "method": _stored_method}

PLACEHOLDERS: Mapping[str, Mapping[str, _Value]] = MappingProxyType(
    {
        "receipt": {**_EVERY, **_CHARGE},
        "charge_failed": {**_EVERY, **_CHARGE},
        "refund": {**_EVERY, **_CHARGE, "amount": _refunded, "date": _refunded_on},
        "credit_note": {**_EVERY, "amount": _credited, "credit_note": _credit_note, "invoice": _invoice},
        "invoice": {**_EVERY, "amount": _asked, "due_date": _payable_until, "invoice": _invoice},
        "invoice_reminder": {**_EVERY, "amount": _owed, "due_date": _payable_until, "invoice": _invoice},
        "reminder": {**_EVERY, **_COMING},
        "update_request": {**_EVERY, **_COMING},
        "changed": {**_EVERY, **_COMING},
        "to_be_paused": {**_EVERY, "date": _set_to("pause_on")},
        "paused": {**_EVERY, "date": _goes_on},
        "resumed": {**_EVERY, **_COMING},
        "to_be_canceled": {**_EVERY, "date": _set_to("cancel_on")},
        "kept": {**_EVERY, **_COMING},
        "canceled": {**_EVERY, "date": _canceled_on},
        "portal_link": {name: _EVERY[name] for name in ("first_name", "last_name", "company", "seller")},
        "quote_sent": {**_EVERY, "quote": _quote, "amount": _offered, "due_date": _offered_until},
        "quote_code": {**_EVERY, "quote": _quote},
    }
)
"""The kinds of letters that can be worded, each with the placeholders that it knows: facts that it tells as well."""


def tidy(wording: Wording) -> Wording:
    """Without spaces around, and on one line where there is one.

    >>> tidy(Wording(" Your  receipt ", "", "Thanks.\\r\\n\\r\\nBye. "))
    Wording(subject='Your receipt', opening='', closing='Thanks.\\n\\nBye.')
    """
    subject, opening = (" ".join(text.split()) for text in (wording.subject, wording.opening))
    return Wording(subject, opening, wording.closing.replace("\r\n", "\n").strip())


def problems_in(kind: str, wording: Wording) -> list[Problem]:
    """Everything that is wrong in a wording of this kind of letter. Raises ``KeyError`` for a kind that has none.

    >>> [str(problem) for problem in problems_in("paused", Wording("Until {{ day }}"))]
    ['The subject cannot hold {{ day }}. This letter knows first_name, last_name, company, seller, subscription, date.']
    """
    known = PLACEHOLDERS[kind]
    return [found for part, text in wording._asdict().items() for found in _problems(part, text, known)]


def _problems(part: str, text: str, known: Mapping[str, _Value]) -> Iterator[Problem]:
    if len(text) > LENGTHS[part]:
        yield Problem(part, "long", f"{len(text)} letters", f"It has room for {LENGTHS[part]}.")
    if any(unicodedata.category(letter) == "Cc" and letter != "\n" for letter in text):
        yield Problem(part, "unprintable", "characters that cannot be printed", "Take them out.")
    for name in dict.fromkeys(found.strip() for found in _PLACE.findall(text)):
        if name not in known:
            yield Problem(part, "unknown", f"{{{{ {name} }}}}", f"This letter knows {', '.join(known)}.")
    rest = _PLACE.sub("", text)
    for braces in ("{{", "}}"):
        if braces in rest:
            yield Problem(part, "unfinished", braces, "A placeholder is written {{ first_name }}.")
            return


def reworded(kind: str, words: Words, wording: Wording, facts: Facts, formats: Formats) -> Words:
    """A letter with the account's own words in it.

    Not every letter knows every fact: a contact may have no first name. A subject or an opening that lacks one is
    worded as Kalends does, and a paragraph of the closing that lacks one is left out, so that no sentence has a hole.
    """

    def told(text: str) -> str | None:
        return _told(text, PLACEHOLDERS[kind], facts, formats) if text else None

    paragraphs = [told(each) for each in _PARAGRAPHS.split(wording.closing)]
    return replace(
        words,
        subject=told(wording.subject) or words.subject,
        opening=told(wording.opening) or words.opening,
        farewell=tuple(filter(None, paragraphs)),
    )


def _told(text: str, known: Mapping[str, _Value], facts: Facts, formats: Formats) -> str | None:
    values = {name: known[name](facts, formats) for name in (found.strip() for found in _PLACE.findall(text))}
    if not all(values.values()):
        return None
    return _PLACE.sub(lambda found: values[found.group(1).strip()] or "", text)


def values_in(kind: str, facts: Facts, formats: Formats) -> dict[str, str]:
    """The placeholders of a kind of letter, with what they stand for in one letter."""
    return {name: value(facts, formats) or "" for name, value in PLACEHOLDERS[kind].items()}
