"""Whatever is edited in a period, and however often: it comes to what its days cost, and the books add up."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalends.billing.changes import cancel_subscriptions
from kalends.billing.create import NewLine
from kalends.billing.edit import Edit, EditRefused, LineEdit, apply_edit, preview_edit
from kalends.core.pricing import LineTerms, price_document
from kalends.proof.verify import verify
from tests.world import World

cents = st.integers(200, 50_000)
edits = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(["replace", "replace", "add", "remove"]), cents), max_size=5
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=cents, changes=edits, automatic=st.booleans(), rate=st.sampled_from([0, 25]))
def test_a_period_comes_to_its_days_times_their_prices(
    world: World, first: int, changes: list[tuple[int, str, int]], automatic: bool, rate: int
) -> None:
    start = world.ctx.today + dt.timedelta(days=1)
    kari = world.customer()
    id_ = world.subscribe(
        kari, lines=[line(first, rate)], start=start, method=world.method(kari) if automatic else None
    )
    world.until(start)
    end = world.subscription(id_, "next_due_date")
    exact, since, roundings = Fraction(0), start, 1
    for hour, (offset, what, price) in enumerate(sorted(changes), start=13):
        on = start + dt.timedelta(days=offset)
        world.until(on, hour=hour)  # what the edit before has charged is collected by then
        before = cycle_price(world, id_)
        prorated = make(world, id_, what, line(price, rate))
        exact += Fraction(before * (on - since).days, (end - start).days)
        since, roundings = on, roundings + prorated
    exact += Fraction(cycle_price(world, id_) * (end - since).days, (end - start).days)

    assert abs(came_to(world, id_) - exact) <= roundings
    world.until(end + dt.timedelta(days=1))
    assert [str(each) for each in verify(world.db, world.ctx).differences] == []
    cancel_subscriptions(world.db, world.ctx, [id_])


def line(cents: int, rate: int) -> NewLine:
    return NewLine("Fleet Core", LineTerms(Decimal(cents) / 100, Decimal(1), tax_rate=Decimal(rate)))


def make(world: World, subscription: int, what: str, new: NewLine) -> int:
    """Make a prorated edit of the latest line, if it may be made; returns how many amounts were rounded."""
    (latest,) = world.one(
        "SELECT max(id) FROM line_item WHERE parent_id = %s AND until_cycle IS NULL", subscription
    )
    edit = {
        "replace": Edit(lines=[LineEdit(latest, new)]),
        "add": Edit(lines=[LineEdit(line=new)]),
        "remove": Edit(lines=[LineEdit(latest)]),
    }[what]
    try:
        prorated = preview_edit(world.db, world.ctx, subscription, edit, prorate=True).prorated
    except EditRefused:  # the last line; a charge below the smallest
        return 0
    assert prorated is not None
    made = apply_edit(world.db, world.ctx, subscription, edit, prorate=True, offer=prorated.offer).prorated
    assert made is not None
    assert made.offer == prorated.offer
    # Lines that are agreed together share their tax: to take one out of force may move a cent of it to another.
    return 2 * len(prorated.amounts)


def cycle_price(world: World, subscription: int) -> int:
    """What a whole cycle of the lines now agreed comes to."""
    rows = world.rows(
        "SELECT unit_price, quantity, tax_rate FROM line_item WHERE parent_id = %s AND until_cycle IS NULL "
        "ORDER BY position, id",
        subscription,
    )
    terms = [LineTerms(price, quantity, tax_rate=rate) for price, quantity, rate in rows]
    return price_document(terms, "EUR").total_minor


def came_to(world: World, subscription: int) -> int:
    """What was invoiced for the first cycle, less what was credited of it."""
    invoiced, credited = world.one(
        "SELECT sum(i.total_minor)::bigint, coalesce(sum((SELECT sum(n.total_minor) FROM credit_note AS n "
        "WHERE n.invoice_id = i.id)), 0)::bigint FROM invoice AS i WHERE i.subscription_id = %s AND i.cycle = 0",
        subscription,
    )
    return invoiced - credited
