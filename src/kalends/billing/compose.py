"""What one cycle of one subscription comes to: pure arithmetic, no database, no clock."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from kalends.core.calendar import Frequency, due_date
from kalends.core.lifecycle import Cause, Status, may_be_billed, transition
from kalends.core.money import format_minor, minimum_charge
from kalends.core.pricing import LineTerms, PricedDocument, price_document


class DueSubscription(NamedTuple):
    """What the billing path reads of a subscription that is due."""

    id: int
    status: str
    collection: str
    currency: str
    frequency: str
    anchor_date: date
    anchor_cycle: int
    next_cycle: int
    next_due_date: date
    next_amount_minor: int | None
    expected_payments: int | None
    net_terms_days: int
    payment_method_id: int | None
    contact_id: int | None
    email_invoices: bool


class AgreedLine(NamedTuple):
    """A line item of a subscription, with the cycles it bills: from ``from_cycle`` up to before ``until_cycle``."""

    id: int
    subscription_id: int
    from_cycle: int
    until_cycle: int | None
    terms: LineTerms


class Composed(NamedTuple):
    """One cycle, worked out: the invoice's figures and what the subscription says afterwards.

    ``total = credit + charge`` where it is charged; what an invoice asks for is ``total - credit``. ``reason`` is why
    there is an invoice: a ``cycle`` moves the subscription on, any other leaves it where it stands. ``cycle_start`` is
    set where a part of a cycle is billed, to the day on which the whole one began.
    """

    subscription: DueSubscription
    period_start: date
    period_end: date
    invoice_date: date
    due_date: date
    lines: Sequence[AgreedLine]
    priced: PricedDocument
    charge_minor: int
    status: str
    next_due_date: date | None
    next_amount_minor: int | None
    credit_minor: int = 0
    reason: str = "cycle"
    cycle_start: date | None = None

    @property
    def owed_minor(self) -> int:
        """What is still to be paid of the invoice when it is issued."""
        return self.priced.total_minor - self.credit_minor


class Refusal(Exception):
    """A subscription that must not be billed before a person has looked: code, reason and remedy in plain words."""

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.remedy = code, reason, remedy


def lines_of_cycle(lines: Sequence[AgreedLine], cycle: int) -> list[AgreedLine]:
    """The lines that bill in ``cycle``."""
    return [
        line
        for line in lines
        if line.from_cycle <= cycle and (line.until_cycle is None or cycle < line.until_cycle)
    ]


def price_cycle(lines: Sequence[AgreedLine], currency: str) -> PricedDocument:
    """The price of lines that bill together."""
    return price_document(tuple([line.terms for line in lines]), currency)


def cycle_date(subscription: DueSubscription, cycle: int) -> date:
    """The day on which a cycle falls due, counted from the anchor and never from the cycle before."""
    return due_date(
        subscription.anchor_date, Frequency(subscription.frequency), cycle - subscription.anchor_cycle
    )


def compose(subscription: DueSubscription, lines: Sequence[AgreedLine], today: date) -> Composed:
    """The next cycle of ``subscription`` as an invoice dated ``today``.

    A cycle that is billed late is dated the day it is billed, so that its customer has the full time to pay.
    Raises ``Refusal`` when the result would break what was promised, ``ValueError`` when a value is impossible.
    """
    cycle = subscription.next_cycle
    start, end = cycle_date(subscription, cycle), cycle_date(subscription, cycle + 1)
    billed = lines_of_cycle(lines, cycle)
    _refuse_to_misbill(subscription, start, billed)
    priced = price_cycle(billed, subscription.currency)
    _refuse_unpromised(subscription, priced.total_minor, start)
    is_last = subscription.expected_payments is not None and cycle + 1 >= subscription.expected_payments
    if is_last:
        next_due, next_amount = None, None
    else:
        following = lines_of_cycle(lines, cycle + 1)
        same = len(following) == len(billed) and following == billed
        next_due = end
        next_amount = (
            priced.total_minor if same else price_cycle(following, subscription.currency).total_minor
        )
    status = subscription.status
    if status == Status.SCHEDULED:
        status = transition(Status.SCHEDULED, Cause.START_REACHED).value
    automatic = subscription.collection == "automatic"
    return Composed(
        subscription=subscription,
        period_start=start,
        period_end=end,
        invoice_date=today,
        due_date=today if automatic else today + timedelta(days=subscription.net_terms_days),
        lines=billed,
        priced=priced,
        charge_minor=priced.total_minor if automatic else 0,
        status=status,
        next_due_date=next_due,
        next_amount_minor=next_amount,
    )


def _refuse_to_misbill(subscription: DueSubscription, start: date, billed: Sequence[AgreedLine]) -> None:
    if not may_be_billed(Status(subscription.status)):
        raise Refusal(
            "status",
            f"The subscription is {subscription.status}, and such a subscription is never billed.",
            "Clear its next payment due date, or resume it.",
        )
    if start != subscription.next_due_date:
        raise Refusal(
            "date",
            f"Payment {subscription.next_cycle + 1} falls on {start} by its schedule, but the subscription "
            f"says {subscription.next_due_date}.",
            "Set the next payment due date again; the schedule then follows it.",
        )
    if not billed:
        raise Refusal(
            "lines",
            f"No line item bills the period from {start}.",
            "Add a line item, or cancel the subscription.",
        )
    if subscription.collection == "automatic" and subscription.payment_method_id is None:
        raise Refusal(
            "method",
            "The subscription is charged automatically but has no payment method.",
            "Ask the customer for a payment method, or send invoices instead.",
        )


def _refuse_unpromised(subscription: DueSubscription, total_minor: int, start: date) -> None:
    currency = subscription.currency
    if total_minor != subscription.next_amount_minor:
        promised = subscription.next_amount_minor
        shown = "nothing" if promised is None else format_minor(promised, currency)
        raise Refusal(
            "amount",
            f"The payment of {start} comes to {format_minor(total_minor, currency)}, but {shown} was announced.",
            "Check the line items and save the subscription again; the announced amount is then worked out anew.",
        )
    smallest = minimum_charge(currency, start)
    if subscription.collection == "automatic" and 0 < total_minor < smallest:
        raise Refusal(
            "minimum",
            f"{format_minor(total_minor, currency)} is below the smallest charge of "
            f"{format_minor(smallest, currency)}.",
            "Raise the price, bill less often, or send invoices instead of charging.",
        )
