"""Who buys: what a checkout asks of its buyer, and whether the answers will do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kalends.crm.countries import shape_of
from kalends.crm.record_values import looks_like_email
from kalends.sales.offers import Terms
from kalends.sales.trouble import Trouble

ADDRESS_PARTS = ("name", "address", "address2", "city", "state", "zip", "country")
LONGEST, ANSWER_LONGEST = 200, 2_000
_COUNTRY = re.compile(r"[A-Z]{2}")
_EVERYWHERE = frozenset({"address"})
"""What an address is not without, of a country whose addresses are not known."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, as it was typed. ``billing`` and ``shipping`` have the parts of an address; ``custom`` the answers to
    the link's own questions by name. A country is its two-letter code."""

    email: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone: str = ""
    tax_id: str = ""
    billing: Mapping[str, str] = field(default_factory=dict[str, str])
    shipping: Mapping[str, str] = field(default_factory=dict[str, str])
    custom: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """First and last name together."""
        return f"{self.first_name} {self.last_name}".strip()

    def stored(self) -> dict[str, Any]:
        """The form in which a checkout keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Buyer:
        """From the form in which a checkout keeps it; who has not said anything yet is nobody."""
        return cls(**{"email": "", **stored})


def tidied(buyer: Buyer) -> Buyer:
    """The answers without spaces around them and without empty parts.

    >>> tidied(Buyer(" kari@example.com ", billing={"zip": " 0150 ", "city": ""})).billing
    {'zip': '0150'}
    """

    def whole(parts: Mapping[str, str]) -> dict[str, str]:
        return {name: value.strip() for name, value in parts.items() if value.strip()}

    words = {
        name: getattr(buyer, name).strip()
        for name in ("email", "first_name", "last_name", "company", "phone", "tax_id")
    }
    return Buyer(
        **words, billing=whole(buyer.billing), shipping=whole(buyer.shipping), custom=whole(buyer.custom)
    )


def troubles_of(buyer: Buyer, terms: Terms) -> list[Trouble]:
    """Everything that is wrong with the answers to what is asked."""
    return [
        *_about_words(buyer),
        *_about_address("billing", buyer.billing, needed=terms.collect_billing_address),
        *_about_address("shipping", buyer.shipping, needed=terms.collect_shipping_address),
        *_about_answers(buyer.custom, terms),
    ]


def _about_words(buyer: Buyer) -> Iterator[Trouble]:
    if not buyer.email:
        yield Trouble("email", "missing", "", "Give an email address: the receipt is sent there.")
    elif len(buyer.email) > LONGEST or not looks_like_email(buyer.email):
        yield Trouble("email", "invalid", buyer.email[:LONGEST], "Give an address such as kari@example.com.")
    for place in ("first_name", "last_name", "company", "phone", "tax_id"):
        yield from _too_long(place, getattr(buyer, place), LONGEST)


def needed_parts(country: str) -> list[str]:
    """The parts that an address has to have in the country of a code: by no means a city everywhere.

    >>> needed_parts("NO"), needed_parts("SG"), needed_parts("")
    (['address', 'city', 'country', 'zip'], ['address', 'country', 'zip'], ['address', 'country'])
    """
    try:
        needed = shape_of(country).required
    except LookupError:
        needed = _EVERYWHERE
    return sorted({*needed, "country"})


def _too_long(place: str, value: str, longest: int) -> Iterator[Trouble]:
    if len(value) > longest or "\x00" in value:
        yield Trouble(
            place,
            "too_long",
            value[:40].replace("\x00", ""),
            f"Give at most {longest} characters.",
            str(longest),
        )


def _about_address(which: str, parts: Mapping[str, str], *, needed: bool) -> Iterator[Trouble]:
    for name in parts:
        if name not in ADDRESS_PARTS:
            yield Trouble(f"{which}.{name}", "unknown", "", f"An address has {', '.join(ADDRESS_PARTS)}.")
        else:
            yield from _too_long(f"{which}.{name}", parts[name], LONGEST)
    if needed:
        for name in needed_parts(parts.get("country", "")):
            if not parts.get(name):
                yield Trouble(f"{which}.{name}", "missing", "", "This part of the address is needed.")
    country = parts.get("country")
    if country and not _COUNTRY.fullmatch(country):
        yield Trouble(f"{which}.country", "invalid", country[:40], "Give a two-letter code such as NO.")


def _about_answers(answers: Mapping[str, str], terms: Terms) -> Iterator[Trouble]:
    for asked in terms.custom_fields:
        place, answer = f"custom.{asked['name']}", answers.get(asked["name"], "")
        if not answer:
            if asked.get("required"):
                yield Trouble(place, "missing", "", "This question needs an answer.")
            continue
        yield from _too_long(place, answer, ANSWER_LONGEST)
        if not _fits(asked, answer):
            yield Trouble(place, "invalid", answer[:40], f"This is no answer of the type {asked['type']}.")


def _fits(asked: Mapping[str, Any], answer: str) -> bool:
    match asked["type"]:
        case "number":
            try:
                return Decimal(answer).is_finite()
            except InvalidOperation:
                return False
        case "date":
            try:
                return bool(date.fromisoformat(answer))
            except ValueError:
                return False
        case "choice":
            return answer in asked.get("options", [])
        case "checkbox":
            return answer == "yes"
        case _:
            return True
