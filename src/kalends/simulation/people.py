"""What people do on a day: customers who buy and change their minds, staff who edit, credit, record and hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from kalends.billing.changes import cancel, cancel_at_period_end, pause, resume
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewContact, create_contacts
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.simulation.acts import Act, perform
from kalends.simulation.crashes import Mortal
from kalends.simulation.diary import Agreement, Item, nth_day
from kalends.simulation.office import Office

NATURES = ["good"] * 9 + ["poor"] * 4 + ["empty", "stolen", "quarrelsome", "quarrelsome"]
FREQUENCIES = ["weekly", "biweekly"] + ["monthly"] * 8 + ["quarterly", "quarterly", "annually"]
TAXES = [0, 25, 24, 8]


def new_person(office: Office) -> int:
    """Somebody who did not buy before; a few have no address to write to."""
    office.serial += 1
    email = None if office.dice.random() < 0.08 else f"buyer.{office.serial}@customers.test"
    language = office.dice.choice(["en", "nb", "fi"])
    made: list[int] = []

    def do(db: Mortal, key: str) -> int:  # noqa: ARG001
        fresh = NewContact(
            email=email, first_name="Kari", last_name=f"No. {office.serial}", language=language
        )
        return create_contacts(db, office.ctx, [fresh])[0]

    perform(office, Act("a person came", do, made.append))
    office.people.append(made[0])
    return made[0]


def new_token(office: Office, kind: str) -> str:
    """A card or a bank account that nobody had before, and the nature that it has."""
    office.serial += 1
    return f"sim-{kind}-{office.dice.choice(NATURES)}-{office.serial}"


def store_method(office: Office, db: Mortal, contact: int, token: str) -> int:
    """Take down a way to pay."""
    kind = token.split("-")[1]
    brand = "Visa" if kind == "card" else None
    fresh = NewPaymentMethod(contact, kind, token, "4242", brand)
    return create_payment_methods(db, office.ctx, [fresh])[0]


def some_kind(office: Office) -> str:
    """A card, or the bank debit that knows the account's currency."""
    debit = {"EUR": "sepa", "USD": "ach"}[office.ctx.currency]
    return office.dice.choice(["card", "card", "card", debit])


def some_items(office: Office) -> tuple[Item, ...]:
    """One or two things that are paid for each period."""
    dice = office.dice
    count = dice.choice([1, 1, 2])
    return tuple(
        Item(dice.randint(500, 20_000), dice.randint(1, 4), dice.choice(TAXES)) for _ in range(count)
    )


def lines_of(items: tuple[Item, ...]) -> list[NewLine]:
    """Items in the words of the product."""

    def terms(item: Item) -> LineTerms:
        return LineTerms(
            Decimal(item.cents) / 100, Decimal(item.quantity), tax_rate=Decimal(item.tax_percent)
        )

    return [NewLine(f"Item {n}", terms(item)) for n, item in enumerate(items)]


class Beginning(NamedTuple):
    """When a subscription began or begins, how many of its periods were paid elsewhere, and whether all still are."""

    start: date
    before: int = 0
    elsewhere: bool = False


def subscribe(office: Office) -> Act:
    """A subscription by hand: by card, bank debit or invoice, for ever or for some payments."""
    dice = office.dice
    contact = dice.choice(office.people) if office.people and dice.random() < 0.3 else new_person(office)
    items, frequency = some_items(office), dice.choice(FREQUENCIES)
    begun = some_beginning(office, frequency)
    automatic = dice.random() < 0.7
    payments = dice.choice([None, None, None, 2, 3, 6])
    term = None if payments is None else payments + begun.before
    token = new_token(office, some_kind(office)) if automatic else None
    terms = 0 if automatic else dice.choice([0, 14, 30])

    def do(db: Mortal, key: str) -> int:  # noqa: ARG001
        fresh = NewSubscription(
            name=f"Plan {office.serial}",
            contact_id=contact,
            frequency=Frequency(frequency),
            start=begun.start,
            currency=office.ctx.currency,
            lines=lines_of(items),
            automatic=automatic,
            payments=term,
            payment_method_id=None if token is None else store_method(office, db, contact, token),
            net_terms_days=terms,
            billed_elsewhere=begun.elsewhere,
            cycles_before=begun.before,
        )
        return create_subscriptions(db, office.ctx, [fresh])[0]

    def remember(id_: int) -> None:
        agreement = Agreement(id_, contact, frequency, begun.start, items, automatic, payments, term=term)
        if begun.before:
            agreement.begin_after(begun.before)
        agreement.state = "elsewhere" if begun.elsewhere else "running"
        office.diary.agreements[id_] = agreement

    return Act("subscribe", do, remember)


def some_beginning(office: Office, frequency: str) -> Beginning:
    """Mostly it is new. Some were paid elsewhere until today, and some still are."""
    today, dice = office.ctx.today, office.dice
    chance = dice.random()
    if chance > 0.25:
        return Beginning(some_start(office))
    start = today - timedelta(days=dice.randint(1, 500))
    if chance < 0.1:
        return Beginning(start, elsewhere=True)
    before = 1
    while nth_day(start, frequency, before) < today:
        before += 1
    return Beginning(start, before)


def some_start(office: Office) -> date:
    """Today, soon, or at the end of a month: there the calendar is least friendly."""
    today, dice = office.ctx.today, office.dice
    choice = dice.random()
    if choice < 0.4:
        return today
    if choice < 0.7:
        return today + timedelta(days=dice.randint(1, 25))
    ends = date(today.year + today.month // 12, today.month % 12 + 1, 1) - timedelta(days=dice.randint(1, 3))
    return max(today, ends)


def some_agreement(office: Office, *states: str) -> Agreement | None:
    """One of those that are in one of these states, and not over for long."""
    lately = office.ctx.today - timedelta(days=40)
    found = [
        each
        for each in office.diary.agreements.values()
        if each.state in states and (not each.is_over() or (each.promised and each.promised[-1].day > lately))
    ]
    return office.dice.choice(found) if found else None


Change = Callable[[Mortal, int], Any]


def change(
    office: Office,
    name: str,
    agreement: Agreement | None,
    do: Change,
    remember: Callable[[Agreement, int], None],
) -> Act | None:
    """A change of a subscription; ``remember`` is told how many cycles were billed when it was made."""
    if agreement is None:
        return None
    return Act(
        name,
        lambda db, key: do(db, agreement.id) and None,
        lambda came_of_it: remember(agreement, office.billed(agreement.id)),
    )


def pause_one(office: Office) -> Act | None:
    """Somebody needs a break, perhaps until a day."""
    until = office.dice.choice([None, office.ctx.today + timedelta(days=office.dice.randint(1, 50))])
    return change(
        office,
        "pause",
        some_agreement(office, "running"),
        lambda db, id_: pause(db, office.ctx, id_, resume_on=until),
        lambda agreement, billed: agreement.pause(billed, until),
    )


def resume_one(office: Office) -> Act | None:
    """And comes back."""
    return change(
        office,
        "resume",
        some_agreement(office, "paused"),
        lambda db, id_: resume(db, office.ctx, id_),
        lambda agreement, billed: agreement.resume(office.ctx.today),
    )


def cancel_one(office: Office) -> Act | None:
    """It is over at once, with or without money back for the unused days."""
    refund = office.dice.random() < 0.4
    return change(
        office,
        "cancel",
        some_agreement(office, "running", "running", "running", "paused", "ending"),
        lambda db, id_: cancel(db, office.ctx, id_, refund_unused=refund),
        lambda agreement, billed: agreement.cancel(billed),
    )


def let_run_out(office: Office) -> Act | None:
    """It is over when the paid period ends."""
    return change(
        office,
        "let run out",
        some_agreement(office, "running"),
        lambda db, id_: cancel_at_period_end(db, office.ctx, id_),
        lambda agreement, billed: agreement.end(billed),
    )
