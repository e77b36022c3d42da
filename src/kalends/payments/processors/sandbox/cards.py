"""Test cards and test bank accounts: the token says how everything that is done with it will go.

A token reads ``tok_<method>_<outcome>[.number[.number]][-label]``: ``tok_card_approved-anna``,
``tok_sepa_approved.14-7``, ``tok_card_dispute_won.30.60-x``. The numbers are those of the outcome (days, tries); what
follows the hyphen is anything that tells two customers' tokens apart. Well-known test numbers stand for tokens too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from kalends.core.banking_days import SLOWEST_SETTLEMENT_DAYS, settlement_days
from kalends.payments.processors.interface import Decline

CARD = frozenset({"card"})
DEBITS = frozenset({"ach", "sepa", "bacs", "pads"})
ANY = CARD | DEBITS

Wire = Literal["answers", "loses answer", "loses request"]
Telling = Literal["once", "twice", "late", "reversed"]
Dispute = Literal["none", "open", "won", "lost"]


class UnknownToken(ValueError):
    """The token is none of the sandbox's; the message says what would be one."""


class Failure(NamedTuple):
    """Why money did not move: whether another day may help, and a sentence for staff."""

    decline: Decline
    message: str


FAILURES: dict[str, Failure] = {
    "card_declined": Failure("soft", "The bank declined the card without giving a reason."),
    "incorrect_postal_code": Failure("soft", "The postal code is not the one that the bank knows."),
    "insufficient_funds": Failure("soft", "There was not enough money in the account."),
    "expired_card": Failure("hard", "The card has expired."),
    "lost_card": Failure("hard", "The card was reported lost."),
    "stolen_card": Failure("hard", "The card was reported stolen."),
    "account_closed": Failure("hard", "The account is closed."),
    "debit_not_authorized": Failure("hard", "The customer told the bank not to accept this debit."),
    "authentication_required": Failure("hard", "The bank wants the customer to confirm the payment."),
    "refund_failed": Failure("hard", "The customer's bank sent the refund back."),
    "charge_failed": Failure("hard", "The charge to be refunded failed, so there is nothing to give back."),
}
"""By failure code. Hard: no later day helps until the customer does something (another method, a confirmation)."""

UNCONFIRMED = "authentication_required"
"""The failure of a charge whose customer was not there to confirm it, did not in time, or refused to."""


class Number(NamedTuple):
    """A number that an outcome's token carries: its meaning, and what holds when it is left out."""

    meaning: str
    default: int
    least: int
    most: int


class Outcome(NamedTuple):
    """One way in which the world may go, and the methods for which it exists."""

    methods: frozenset[str]
    meaning: str
    failure: str | None = None
    numbers: tuple[Number, ...] = ()
    wire: Wire = "answers"
    telling: Telling = "once"
    dispute: Dispute = "none"
    refund_fails: bool = False


_TRIES = Number("tries", 3, 2, 99)
_LATE = Number("days late", 3, 1, 60)
_DISPUTED = (Number("days until the dispute", 30, 1, 500), Number("days until its decision", 60, 1, 500))

OUTCOMES: dict[str, Outcome] = {
    "approved": Outcome(ANY, "succeeds"),
    "declined": Outcome(CARD, "is declined without a reason (soft)", "card_declined"),
    "postal_code": Outcome(CARD, "is declined for its postal code (soft)", "incorrect_postal_code"),
    "insufficient_funds": Outcome(ANY, "fails for lack of money (soft)", "insufficient_funds"),
    "expired": Outcome(CARD, "is declined as expired (hard)", "expired_card"),
    "lost": Outcome(CARD, "is declined as lost (hard)", "lost_card"),
    "stolen": Outcome(CARD, "is declined as stolen (hard)", "stolen_card"),
    "closed": Outcome(ANY, "fails because the account is closed (hard)", "account_closed"),
    "not_authorized": Outcome(
        DEBITS, "comes back: the debit was not authorized (hard)", "debit_not_authorized"
    ),
    "needs_authentication": Outcome(
        CARD, "asks a customer who is there to confirm; else declined (hard)", UNCONFIRMED
    ),
    "approved_after": Outcome(ANY, "fails softly, and succeeds at the given try", numbers=(_TRIES,)),
    "dispute": Outcome(ANY, "succeeds; disputed later, undecided", numbers=_DISPUTED[:1], dispute="open"),
    "dispute_won": Outcome(ANY, "succeeds; disputed later, then won", numbers=_DISPUTED, dispute="won"),
    "dispute_lost": Outcome(ANY, "succeeds; disputed later, then lost", numbers=_DISPUTED, dispute="lost"),
    "timeout_charged": Outcome(ANY, "succeeds, but the answer is lost", wire="loses answer"),
    "timeout_declined": Outcome(
        CARD, "is declined (soft), but the answer is lost", "card_declined", wire="loses answer"
    ),
    "timeout_not_charged": Outcome(
        ANY, "first sending of each key is lost on the way; the second succeeds", wire="loses request"
    ),
    "reports_twice": Outcome(
        ANY, "succeeds; told by one event delivered twice and by a second event", telling="twice"
    ),
    "reports_late": Outcome(ANY, "succeeds; told that many days late", numbers=(_LATE,), telling="late"),
    "reports_out_of_order": Outcome(
        ANY, "succeeds, is disputed and won; told in the opposite order", telling="reversed", dispute="won"
    ),
    "refund_fails": Outcome(ANY, "succeeds; refunds of it fail days later", refund_fails=True),
}
"""By the name that stands in the token."""

_SETTLING = frozenset({"approved", "insufficient_funds", "closed", "not_authorized"})
"""Outcomes whose number, for a bank debit, is how many banking days it takes."""


@dataclass(frozen=True, slots=True)
class Script:
    """How charges of one token go. ``banking_days`` is 0 for cards, which settle at once; days are calendar days."""

    method: str
    failure: str | None
    wire: Wire
    telling: Telling
    dispute: Dispute
    refund_fails: bool
    banking_days: int
    tries: int = 1
    days_late: int = 0
    disputed_after_days: int = 0
    decided_after_days: int = 0


_TOKEN = re.compile(r"tok_(card|ach|sepa|bacs|pads)_([a-z_]+)((?:\.\d{1,3}){0,2})")


def script_of(token: str) -> Script:
    """What the token says.

    Raises :class:`UnknownToken` for anything that is no sandbox token.

    >>> script_of("tok_sepa_approved.14-anna").banking_days
    14
    >>> script_of("tok_card_lost").failure
    'lost_card'
    """
    return _script(token.partition("-")[0])


@lru_cache(maxsize=1024)
def _script(base: str) -> Script:
    found = _TOKEN.fullmatch(base)
    if found is None:
        raise UnknownToken(f"{base!r} is not a sandbox token; one reads like tok_card_approved-anna.")
    method, name, digits = found.groups()
    outcome = OUTCOMES.get(name)
    if outcome is None or method not in outcome.methods:
        known = ", ".join(name for name, outcome in OUTCOMES.items() if method in outcome.methods)
        raise UnknownToken(f"{base!r}: {method} has no outcome {name!r}; it has {known}.")
    wanted = numbers_of(method, name)
    given = [int(number) for number in digits.split(".")[1:]]
    if len(given) > len(wanted):
        raise UnknownToken(
            f"{base!r}: outcome {name!r} of {method} takes {len(wanted)} numbers, not {len(given)}."
        )
    for number, value in zip(wanted, given, strict=False):
        if not number.least <= value <= number.most:
            raise UnknownToken(
                f"{base!r}: {number.meaning} lies from {number.least} to {number.most}, not {value}."
            )
    values = [*given, *(number.default for number in wanted[len(given) :])]
    return _compose(method, name, outcome, values)


def _compose(method: str, name: str, outcome: Outcome, values: list[int]) -> Script:
    days = settlement_days(method) if method in DEBITS else 0
    dispute_days = (*values, 0) if outcome.dispute != "none" else (0, 0)
    if outcome.telling == "reversed":
        dispute_days = (1, 1)
    return Script(
        method=method,
        failure=outcome.failure,
        wire=outcome.wire,
        telling=outcome.telling,
        dispute=outcome.dispute,
        refund_fails=outcome.refund_fails,
        banking_days=values[0] if days and name in _SETTLING else days,
        tries=values[0] if name == "approved_after" else 1,
        days_late=values[0] if outcome.telling == "late" else 0,
        disputed_after_days=dispute_days[0],
        decided_after_days=dispute_days[1],
    )


def numbers_of(method: str, outcome: str) -> tuple[Number, ...]:
    """The numbers that a token of this method and outcome may carry."""
    if method in DEBITS and outcome in _SETTLING:
        return (Number("banking days", settlement_days(method), 1, SLOWEST_SETTLEMENT_DAYS[method]),)
    return OUTCOMES[outcome].numbers


def new_token(method: str, outcome: str, *numbers: int, label: str = "") -> str:
    """A token for that outcome; ``label`` tells two customers' tokens apart.

    Raises :class:`UnknownToken` when the method has no such outcome or a number is out of its bounds.

    >>> new_token("card", "approved_after", 3, label="anna")
    'tok_card_approved_after.3-anna'
    """
    base = "".join([f"tok_{method}_{outcome}", *(f".{number}" for number in numbers)])
    script_of(base)
    return f"{base}-{label}" if label else base


class KnownNumber(NamedTuple):
    """A well-known test card or bank account: its token, and what a person recognizes it by."""

    token: str
    brand_or_bank: str
    last4: str


_NUMBERS: dict[str, tuple[str, str]] = {
    "4242424242424242": ("tok_card_approved", "Visa"),
    "5555555555554444": ("tok_card_approved", "Mastercard"),
    "378282246310005": ("tok_card_approved", "American Express"),
    "6011111111111117": ("tok_card_approved", "Discover"),
    "3056930009020004": ("tok_card_approved", "Diners Club"),
    "3566002020360505": ("tok_card_approved", "JCB"),
    "6200000000000005": ("tok_card_approved", "UnionPay"),
    "4000000000000036": ("tok_card_postal_code", "Visa"),
    "4000000000000002": ("tok_card_declined", "Visa"),
    "4000000000009995": ("tok_card_insufficient_funds", "Visa"),
    "4000000000000069": ("tok_card_expired", "Visa"),
    "4000000000009987": ("tok_card_lost", "Visa"),
    "4000000000009979": ("tok_card_stolen", "Visa"),
    "4000002760003184": ("tok_card_needs_authentication", "Visa"),
    "4000000000000259": ("tok_card_dispute", "Visa"),
    "4000000000005126": ("tok_card_refund_fails", "Visa"),
    "110000000/000123456789": ("tok_ach_approved", "Test bank (US)"),
    "110000000/000222222227": ("tok_ach_insufficient_funds", "Test bank (US)"),
    "110000000/000111111113": ("tok_ach_closed", "Test bank (US)"),
    "110000000/000333333335": ("tok_ach_not_authorized", "Test bank (US)"),
    "108800/00012345": ("tok_bacs_approved", "Test bank (UK)"),
    "108800/22222227": ("tok_bacs_insufficient_funds", "Test bank (UK)"),
    "108800/33333335": ("tok_bacs_not_authorized", "Test bank (UK)"),
    "000/11000/000123456789": ("tok_pads_approved", "Test bank (Canada)"),
    "000/11000/000222222227": ("tok_pads_insufficient_funds", "Test bank (Canada)"),
    "AT611904300234573201": ("tok_sepa_approved", "Test bank (Austria)"),
    "AT861904300235473202": ("tok_sepa_insufficient_funds", "Test bank (Austria)"),
}


def token_for_number(number: str, label: str = "") -> KnownNumber:
    """The token behind a test number: a card, ``routing/account``, ``sort code/account``, or an IBAN.

    Raises :class:`UnknownToken` for any other number: real ones have no business here, and are not repeated.

    >>> token_for_number("4000 0000 0000 9995")
    KnownNumber(token='tok_card_insufficient_funds', brand_or_bank='Visa', last4='9995')
    """
    plain = number.replace(" ", "")
    found = _NUMBERS.get(plain)
    if found is None:
        raise UnknownToken(
            "This is not a test number; `describe_tokens` lists those that are. Never use a real one."
        )
    token, brand = found
    return KnownNumber(f"{token}-{label}" if label else token, brand, plain[-4:])


def known_numbers() -> dict[str, KnownNumber]:
    """Every test number, cards first, with the token that it stands for."""
    return {number: KnownNumber(token, brand, number[-4:]) for number, (token, brand) in _NUMBERS.items()}


class TokenDescription(NamedTuple):
    """One row of the list of test tokens, for help and documentation."""

    token: str
    methods: str
    meaning: str
    numbers: str


def describe_tokens() -> list[TokenDescription]:
    """Every outcome: its token with default numbers, the methods that have it, what it does, its test numbers.

    >>> print(*describe_tokens()[9], sep="\\n")
    tok_card_needs_authentication
    card
    asks a customer who is there to confirm; else declined (hard)
    4000002760003184
    """
    return [_described(name, outcome) for name, outcome in OUTCOMES.items()]


def _described(name: str, outcome: Outcome) -> TokenDescription:
    methods = [method for method in ("card", "ach", "sepa", "bacs", "pads") if method in outcome.methods]
    defaults = "".join(f".{number.default}" for number in outcome.numbers)
    meanings = ", ".join(f"{number.meaning} {number.least} to {number.most}" for number in outcome.numbers)
    tokens = {f"tok_{method}_{name}" for method in methods}
    return TokenDescription(
        f"tok_{methods[0]}_{name}{defaults}",
        " ".join(methods),
        f"{outcome.meaning} ({meanings})" if meanings else outcome.meaning,
        ", ".join(number for number, (token, _) in _NUMBERS.items() if token in tokens),
    )
