"""What is charged is what was previewed, or the edit asks again; and what cannot be prorated is refused in words."""

import datetime as dt

import pytest

from kalends.billing.edit import (
    Edit,
    EditRefused,
    LineEdit,
    OfferChanged,
    apply_edit,
    preview_edit,
)
from tests.business.billing.prorating import agree, change, line, prorate, proven, replaced
from tests.world import World


def test_nothing_is_charged_without_an_offer(world: World) -> None:
    id_ = agree(world)

    with pytest.raises(EditRefused, match="Preview it first"):
        apply_edit(world.db, world.ctx, id_, replaced(world, id_, line("150")), prorate=True)
    assert len(world.invoices(id_, "id")) == 1


def test_a_preview_writes_nothing_and_uses_no_number(world: World) -> None:
    id_ = agree(world)
    tables = (
        "line_item",
        "invoice",
        "credit_note",
        "credit_application",
        "event",
        "message",
        "ledger_transfer",
    )
    count = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    before = world.one(count)

    preview_edit(world.db, world.ctx, id_, replaced(world, id_, line("150")), prorate=True)

    assert world.one(count) == before
    change(world, id_, line("150"))
    numbers = [int(number.removeprefix("INV-")) for number in world.invoices(id_, "number")]
    assert numbers[1] == numbers[0] + 1


def test_an_offer_of_another_day_is_asked_again_and_nothing_is_changed(world: World) -> None:
    id_ = agree(world)
    edit = replaced(world, id_, line("150"))
    offered = preview_edit(world.db, world.ctx, id_, edit, prorate=True).prorated
    assert offered is not None

    world.until("2026-04-18")
    with pytest.raises(OfferChanged) as asked:
        apply_edit(world.db, world.ctx, id_, edit, prorate=True, offer=offered.offer)

    again = asked.value.preview.prorated
    assert again is not None
    assert (offered.owed_minor, again.owed_minor) == (2500, 2167)
    assert len(world.invoices(id_, "id")) == 1
    assert world.subscription(id_, "next_amount_minor") == 10000
    apply_edit(world.db, world.ctx, id_, edit, prorate=True, offer=again.offer)
    proven(world)


def test_an_offer_is_asked_again_when_somebody_else_edited_meanwhile(world: World) -> None:
    id_ = agree(world, line("100"), line("20", name="Support"))
    edit = Edit(lines=[LineEdit(line=line("25", name="Map"))])
    offered = preview_edit(world.db, world.ctx, id_, edit, prorate=True).prorated
    assert offered is not None
    apply_edit(world.db, world.ctx, id_, replaced(world, id_, line("30", name="Support")))

    with pytest.raises(OfferChanged):
        apply_edit(world.db, world.ctx, id_, edit, prorate=True, offer=offered.offer)


def test_an_offer_is_asked_again_when_the_credit_it_counted_on_is_gone(world: World) -> None:
    id_ = agree(world, line("300"))
    edit = Edit(lines=[LineEdit(line=line("100", name="Map"))])
    change(world, id_, line("100"))
    offered = preview_edit(world.db, world.ctx, id_, edit, prorate=True).prorated
    assert offered is not None
    assert offered.used_minor == 5000
    kari, method = world.subscription(id_, "contact_id", "payment_method_id")
    world.subscribe(kari, "90", method=method)
    world.until(world.ctx.today, hour=13)

    with pytest.raises(OfferChanged):
        apply_edit(world.db, world.ctx, id_, edit, prorate=True, offer=offered.offer)


def test_a_double_click_charges_once(world: World) -> None:
    id_ = agree(world)
    edit = Edit(lines=[LineEdit(line=line("25", name="Support"))])
    offered = preview_edit(world.db, world.ctx, id_, edit, prorate=True).prorated
    assert offered is not None

    apply_edit(world.db, world.ctx, id_, edit, prorate=True, offer=offered.offer)
    with pytest.raises(OfferChanged):
        apply_edit(world.db, world.ctx, id_, edit, prorate=True, offer=offered.offer)

    world.until("2026-04-17")
    assert world.subscription(id_, "collected_minor") == 10000 + 1250
    proven(world)


def test_a_date_or_a_contact_is_changed_in_an_edit_of_its_own(world: World) -> None:
    id_ = agree(world)
    ola = world.customer("Ola Brekke")

    for edit in (Edit(next_due=dt.date(2026, 5, 10)), Edit(contact_id=ola)):
        with pytest.raises(EditRefused, match="in an edit of its own"):
            preview_edit(world.db, world.ctx, id_, edit, prorate=True)


def test_what_was_billed_elsewhere_cannot_be_credited_here(world: World) -> None:
    id_ = agree(world, start="2026-01-20", today="2026-01-10", cycles_before=0)
    moved = world.subscribe(world.customer(), start=dt.date(2026, 1, 5), cycles_before=1, net_terms_days=30)

    with pytest.raises(EditRefused, match="billed elsewhere"):
        preview_edit(world.db, world.ctx, moved, replaced(world, moved, line("150")), prorate=True)
    added = prorate(world, moved, Edit(lines=[LineEdit(line=line("31", name="Map"))]))

    # From 10 January to before 5 February are 26 of 31 days.
    assert added.prorated is not None
    assert added.prorated.owed_minor == 2600
    assert world.subscription(id_, "status") == "scheduled"
    world.until("2026-03-06")
    proven(world)


def test_a_charge_below_the_smallest_is_refused_and_nothing_is_changed(world: World) -> None:
    id_ = agree(world)

    with pytest.raises(EditRefused, match="below the smallest charge"):
        preview_edit(
            world.db, world.ctx, id_, Edit(lines=[LineEdit(line=line("0.60", name="Map"))]), prorate=True
        )
