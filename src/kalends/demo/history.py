"""Living through the demo's two years, day by day, on the sandbox clock.

Every number in it comes from the billing path. What people do on a day happens at noon, in one transaction with a
note of how far the story has been told; a demo that was killed goes on from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from kalends.accounts.change import change_settings
from kalends.accounts.context import AccountContext, AccountSettings, load_context
from kalends.accounts.create import create_account
from kalends.accounts.people import add_member, add_user
from kalends.accounts.sql import enter_account
from kalends.billing.changes import cancel_subscriptions, change_payment_method, pause, resume
from kalends.billing.clock import advance
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.core.calendar import start_of_day
from kalends.core.lifecycle import RefusedTransition
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewCompany, NewContact, create_companies, create_contacts
from kalends.demo import company
from kalends.demo.people import BRANDS, Buyer, draw_buyers
from kalends.demo.sales import sell
from kalends.payments.collect import Processors
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.payments.processors.sandbox.cards import new_token
from kalends.payments.record import ReceivedPayment, record_payments

SEED = 1582
FIRST_DAY = date(2024, 12, 1)
LAST_DAY = date(2026, 12, 1)
CUSTOMERS = 240
ZONE = ZoneInfo(company.TIME_ZONE)

OpenProcessors = Callable[[AccountContext], Processors]
Progress = Callable[[date], None]
NO_MORE_PAYMENTS_FROM = LAST_DAY - timedelta(days=70)


@dataclass(slots=True)
class Story:
    """The demo's account, its customers by subscription, and how far their story has been told."""

    ctx: AccountContext
    buyers: Sequence[Buyer]
    staff: Sequence[int]
    told_until: date


def tell(
    db: Connection[Any],
    *,
    now: datetime,
    open_processors: OpenProcessors,
    progress: Progress = lambda day: None,
    until: date = LAST_DAY,
) -> AccountContext:
    """Make the demo's account and live through its history, or go on where an earlier start was stopped."""
    story = _find(db, now) or _begin(db, now)
    processors = open_processors(story.ctx)
    day = story.told_until
    while day < until:
        noon = datetime.combine(day, time(12), ZONE)
        if story.ctx.now <= noon:
            story.ctx, _ = advance(db, story.ctx, processors, noon)
        live_through(db, story, day)
        day += timedelta(days=1)
        progress(day)
    last_moment = datetime.combine(until, time(10), ZONE)
    if story.ctx.now < last_moment:
        story.ctx, _ = advance(db, story.ctx, processors, last_moment)
    sell(db, story.ctx, story.buyers, story.staff)
    return story.ctx


def _find(db: Connection[Any], now: datetime) -> Story | None:
    rows = db.execute(
        "SELECT id, settings ->> 'demo_told_until' FROM account WHERE settings ? 'demo_told_until' ORDER BY id"
    ).fetchall()
    if not rows:
        return None
    account_id, told_until = rows[0]
    enter_account(db, account_id)
    ctx = load_context(db, account_id, system_now=now)
    staff = [add_user(db, email=person.email, name=person.name) for person in company.STAFF]
    return Story(
        ctx, list(draw_buyers(SEED, CUSTOMERS, FIRST_DAY, LAST_DAY)), staff, date.fromisoformat(told_until)
    )


def _begin(db: Connection[Any], now: datetime) -> Story:
    with db.transaction():
        ctx = create_account(
            db,
            name=company.NAME,
            time_zone=company.TIME_ZONE,
            currency=company.CURRENCY,
            currencies=company.CURRENCIES,
            country="NO",
            now=now,
            clock_at=start_of_day(FIRST_DAY, company.TIME_ZONE),
            settings=AccountSettings(letters="kept"),
        )
        ctx = change_settings(db, ctx, company.LETTERHEAD).ctx
        staff: list[int] = []
        for number, person in enumerate(company.STAFF):
            user = add_user(db, email=person.email, name=person.name, language=person.language)
            add_member(db, ctx.id, user, "member" if number else "admin")
            staff.append(user)
        _note(db, ctx, FIRST_DAY)
    return Story(ctx, list(draw_buyers(SEED, CUSTOMERS, FIRST_DAY, LAST_DAY)), staff, FIRST_DAY)


def _note(db: Connection[Any], ctx: AccountContext, told_until: date) -> None:
    db.execute(
        "UPDATE account SET settings = settings || jsonb_build_object('demo_told_until', %s::text) WHERE id = %s",
        [told_until.isoformat(), ctx.id],
    )


def live_through(db: Connection[Any], story: Story, day: date) -> None:
    """What people do on a day: some sign, some pay an invoice, some cancel, pause, resume, or get a new card."""
    with db.transaction():
        signing = [buyer for buyer in story.buyers if buyer.signed_on == day]
        if signing:
            _sign(db, story, signing)
        _pay_invoices(db, story, day)
        for buyer in story.buyers:
            if day in (buyer.canceled_on, buyer.paused_on, buyer.resumed_on, buyer.card_fails_from):
                _act(db, story, buyer, day)
        _note(db, story.ctx, day + timedelta(days=1))


def _sign(db: Connection[Any], story: Story, signing: Sequence[Buyer]) -> None:
    ctx = story.ctx
    companies = create_companies(
        db,
        ctx,
        [
            NewCompany(
                name=buyer.company,
                domain=buyer.domain,
                city=buyer.city,
                zip=buyer.zip,
                country=buyer.market.country,
                owner_id=_owner(story, buyer),
            )
            for buyer in signing
        ],
    )
    contacts = create_contacts(
        db,
        ctx,
        [
            NewContact(
                email=buyer.email,
                first_name=buyer.first_name,
                last_name=buyer.last_name,
                company_id=company_id,
                language=buyer.market.language,
                city=buyer.city,
                zip=buyer.zip,
                country=buyer.market.country,
                owner_id=_owner(story, buyer),
                import_key=_key(buyer),
            )
            for buyer, company_id in zip(signing, companies, strict=True)
        ],
    )
    for buyer, company_id, contact_id in zip(signing, companies, contacts, strict=True):
        method = _store_method(db, ctx, buyer, contact_id, buyer.outcome) if buyer.method else None
        create_subscriptions(db, ctx, [_subscription(story, buyer, company_id, contact_id, method)])


def _owner(story: Story, buyer: Buyer) -> int:
    return story.staff[buyer.number % len(story.staff)]


def _key(buyer: Buyer) -> str:
    return f"demo-{buyer.number}"


def _store_method(
    db: Connection[Any], ctx: AccountContext, buyer: Buyer, contact_id: int, outcome: Sequence[str | int]
) -> int:
    assert buyer.method is not None
    kind, *numbers = outcome
    label = f"{_key(buyer)}{'' if outcome == buyer.outcome else '-new'}"
    fresh = NewPaymentMethod(
        contact_id=contact_id,
        kind=buyer.method,
        token=new_token(buyer.method, str(kind), *(int(number) for number in numbers), label=label),
        last4=f"{buyer.number * 7919 % 10_000:04d}",
        brand=BRANDS[buyer.number % len(BRANDS)] if buyer.method == "card" else None,
        bank_or_issuer=None if buyer.method == "card" else "Test bank",
        expires_on=date(2028, buyer.number % 12 + 1, 28) if buyer.method == "card" else None,
    )
    return create_payment_methods(db, ctx, [fresh])[0]


def _subscription(
    story: Story, buyer: Buyer, company_id: int, contact_id: int, method: int | None
) -> NewSubscription:
    currency, vat = buyer.market.currency, buyer.market.vat
    plan = buyer.plan
    label = plan.name if plan.usual == (1, 1) else f"{plan.name}, {buyer.quantity} {plan.unit}"
    lines = [
        NewLine(
            plan.name,
            LineTerms(
                plan.price(currency),
                Decimal(buyer.quantity),
                discount_percent=Decimal(buyer.discount_percent),
                tax_rate=vat,
            ),
            tax_label="VAT" if vat else None,
        )
    ]
    if buyer.support:
        terms = LineTerms(company.SUPPORT.price(currency), Decimal(1), tax_rate=vat)
        lines.append(NewLine(company.SUPPORT.name, terms, tax_label="VAT" if vat else None))
    return NewSubscription(
        name=label,
        contact_id=contact_id,
        company_id=company_id,
        frequency=buyer.frequency,
        start=buyer.start,
        currency=currency,
        lines=lines,
        automatic=method is not None,
        payments=buyer.payments,
        payment_method_id=method,
        owner_id=_owner(story, buyer),
        net_terms_days=buyer.net_terms_days,
        language=buyer.market.language,
        address={
            "address": f"Havnegata {buyer.number}",
            "city": buyer.city,
            "zip": buyer.zip,
            "country": buyer.market.country,
        },
        import_key=_key(buyer),
    )


def _pay_invoices(db: Connection[Any], story: Story, day: date) -> None:
    """The invoices whose customers pay today; some stop paying in the last weeks."""
    rows = db.execute(
        "SELECT i.id, i.total_minor - i.paid_minor, s.import_key, i.invoice_date, i.number FROM invoice AS i "
        "JOIN subscription AS s ON s.account_id = i.account_id AND s.id = i.subscription_id "
        "WHERE i.account_id = %s AND i.status = 'open' AND i.collection = 'manual' ORDER BY i.id",
        [story.ctx.id],
    ).fetchall()
    received: list[ReceivedPayment] = []
    for invoice_id, owed, key, issued, number in rows:
        buyer = story.buyers[int(key.removeprefix("demo-")) - 1]
        after = buyer.pays_after_days
        if after is None:
            after = 12 if issued < NO_MORE_PAYMENTS_FROM else 10_000
        if (day - issued).days >= after:
            received.append(ReceivedPayment(invoice_id, owed, "wire_transfer", story.ctx.now, number))
    record_payments(db, story.ctx, received)


def _act(db: Connection[Any], story: Story, buyer: Buyer, day: date) -> None:
    rows = db.execute(
        "SELECT id, contact_id FROM subscription WHERE account_id = %s AND import_key = %s",
        [story.ctx.id, _key(buyer)],
    ).fetchall()
    for subscription, contact in rows:
        try:
            with db.transaction():
                if day == buyer.canceled_on:
                    cancel_subscriptions(db, story.ctx, [subscription])
                elif day == buyer.paused_on:
                    pause(db, story.ctx, subscription)
                elif day == buyer.resumed_on:
                    resume(db, story.ctx, subscription)
                elif buyer.method is not None:
                    method = _store_method(db, story.ctx, buyer, contact, ("insufficient_funds",))
                    change_payment_method(db, story.ctx, subscription, method)
        except RefusedTransition:
            # The customer wanted what cannot be had any more, as customers do: nothing happens.
            continue
