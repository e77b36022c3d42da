"""The demo's customers, drawn from a seed: who they are, what they buy, how they pay, and what they will do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from unicodedata import normalize

from kalends.core.calendar import Frequency
from kalends.demo.company import MARKET_WEIGHTS, MARKETS, PLANS, SUPPORT, Market, Plan

FREQUENCIES = (
    Frequency.MONTHLY,
    Frequency.QUARTERLY,
    Frequency.ANNUALLY,
    Frequency.PER_SIX_MONTHS,
    Frequency.WEEKLY,
)
FREQUENCY_WEIGHTS = (72, 13, 9, 4, 2)
BRANDS = ("Visa", "Mastercard", "American Express")


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer of the demo and everything that will happen.

    ``pays_after_days`` is for customers who get invoices (None: the last invoices stay unpaid).
    """

    number: int
    market: Market
    company: str
    first_name: str
    last_name: str
    city: str
    zip: str
    plan: Plan
    quantity: int
    support: bool
    discount_percent: int
    frequency: Frequency
    signed_on: date
    start: date
    payments: int | None
    method: str | None
    outcome: tuple[str | int, ...]
    net_terms_days: int
    pays_after_days: int | None
    canceled_on: date | None
    paused_on: date | None
    resumed_on: date | None
    card_fails_from: date | None

    @property
    def domain(self) -> str:
        """The customer's invented internet domain."""
        return f"{_plain(self.company)}{self.number}.example"

    @property
    def email(self) -> str:
        """Where the customer's letters go."""
        return f"{_plain(self.first_name)}@{self.domain}"


def _plain(name: str) -> str:
    """A name as addresses have it.

    >>> _plain("Håkon"), _plain("Järvi & Bælt ApS")
    ('hakon', 'jarvibaeltaps')
    """
    spelled = name.lower().replace("ø", "o").replace("æ", "ae")
    return "".join(ch for ch in normalize("NFKD", spelled) if ch.isascii() and ch.isalnum())


def draw_buyers(seed: int, count: int, first: date, last: date) -> Iterator[Buyer]:
    """``count`` customers who sign between the days ``first`` and ``last``; the same seed gives the same customers."""
    random = Random(seed)  # noqa: S311
    for number in range(1, count + 1):
        yield _draw(random, number, first, last)


def _draw(random: Random, number: int, first: date, last: date) -> Buyer:
    market = random.choices(MARKETS, MARKET_WEIGHTS)[0]
    plan = random.choice(PLANS)
    frequency = random.choices(FREQUENCIES, FREQUENCY_WEIGHTS)[0]
    span = (last - first).days
    signed = first + timedelta(days=int(span * random.random() ** 0.8))
    starts_later = random.random() < 0.06
    start = signed + timedelta(days=random.choice((14, 30, 45)) if starts_later else 0)
    if signed > last - timedelta(days=20) and random.random() < 0.5:
        start = last + timedelta(days=random.randint(5, 60))
    method = _method(random, market)
    city, postal_code = random.choice(market.cities)
    company = f"{random.choice(market.company_words)} {random.choice(market.company_forms)}"
    low, high = plan.usual
    canceled, paused, resumed = _later(random, start, last)
    return Buyer(
        number=number,
        market=market,
        company=company,
        first_name=random.choice(market.first_names),
        last_name=random.choice(market.last_names),
        city=city,
        zip=postal_code,
        plan=plan,
        quantity=random.randint(low, high),
        support=plan is not SUPPORT and random.random() < 0.22,
        discount_percent=random.choices((0, 5, 10, 15), (70, 10, 14, 6))[0],
        frequency=frequency,
        signed_on=signed,
        start=start,
        payments=_payments(random, frequency),
        method=method,
        outcome=_outcome(random, method),
        net_terms_days=0 if method else random.choice((15, 30, 30, 30, 45)),
        pays_after_days=None if method else _habit(random),
        canceled_on=canceled,
        paused_on=paused,
        resumed_on=resumed,
        card_fails_from=last - timedelta(days=random.randint(6, 40))
        if method == "card" and random.random() < 0.06
        else None,
    )


def _method(random: Random, market: Market) -> str | None:
    """``card``, the market's bank debit, or None for invoices."""
    return random.choices(("card", market.debit, None), market.weights)[0]


def _outcome(random: Random, method: str | None) -> tuple[str | int, ...]:
    """How the stored method behaves: nearly always it is approved, sometimes at the second or third try."""
    if method == "card" and random.random() < 0.05:
        return ("approved_after", random.choice((2, 3)))
    return ("approved",)


def _payments(random: Random, frequency: Frequency) -> int | None:
    """How many payments are agreed: mostly no fixed number."""
    if random.random() > 0.12:
        return None
    return {Frequency.MONTHLY: random.choice((6, 12)), Frequency.QUARTERLY: 4}.get(frequency, 2)


def _habit(random: Random) -> int | None:
    """After how many days an invoice is paid: mostly in time, sometimes late, a few not any more."""
    return random.choices((10, 14, 21, 29, 50, None), (20, 30, 25, 13, 7, 5))[0]


def _later(random: Random, start: date, last: date) -> tuple[date | None, date | None, date | None]:
    """When the customer cancels, or pauses and resumes; mostly never."""
    chance = random.random()
    if chance < 0.13:
        canceled = start + timedelta(days=random.randint(60, 600))
        return (canceled if canceled < last else None), None, None
    if chance < 0.18:
        paused = start + timedelta(days=random.randint(90, 400))
        return None, (paused if paused < last else None), (paused + timedelta(days=random.randint(30, 120)))
    if chance < 0.20:
        return None, last - timedelta(days=random.randint(5, 30)), None
    return None, None, None
