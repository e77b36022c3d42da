"""What people do on a day: customers who buy and change their minds, staff who edit, credit, record and hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from kalends.billing.changes import cancel, cancel_at_period_end, keep_after_all, pause, resume
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewContact, create_contacts
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.simulation.acts import Act, perform
from kalends.simulation.crashes import Mortal
from kalends.simulation.diary import Agreement, Item
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


def subscribe(office: Office) -> Act:
    """A subscription by hand: by card, bank debit or invoice, for ever or for some payments, now or later."""
    dice = office.dice
    contact = dice.choice(office.people) if office.people and dice.random() < 0.3 else new_person(office)
    items, frequency = some_items(office), dice.choice(FREQUENCIES)
    start = some_start(office)
    automatic = dice.random() < 0.7
    payments = dice.choice([None, None, None, 2, 3, 6])
    token = new_token(office, some_kind(office)) if automatic else None
    terms = 0 if automatic else dice.choice([0, 14, 30])

    def do(db: Mortal, key: str) -> int:  # noqa: ARG001
        fresh = NewSubscription(
            name=f"Plan {office.serial}",
            contact_id=contact,
            frequency=Frequency(frequency),
            start=start,
            currency=office.ctx.currency,
            lines=lines_of(items),
            automatic=automatic,
            payments=payments,
            payment_method_id=None if token is None else store_method(office, db, contact, token),
            net_terms_days=terms,
        )
        return create_subscriptions(db, office.ctx, [fresh])[0]

    def remember(id_: int) -> None:
        office.diary.agreements[id_] = Agreement(id_, contact, frequency, start, items, automatic, payments)

    return Act("subscribe", do, remember)


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
    """One of those that are in one of these states."""
    found = [each for each in office.diary.agreements.values() if each.state in states]
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


def keep_one(office: Office) -> Act | None:
    """It goes on after all."""
    return change(
        office,
        "keep after all",
        some_agreement(office, "ending"),
        lambda db, id_: keep_after_all(db, office.ctx, id_),
        lambda agreement, billed: agreement.keep(),
    )
