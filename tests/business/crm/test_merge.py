"""Two records become one: nothing that either had is lost, and nobody is billed in a name that is gone."""

from __future__ import annotations

import pytest

from kalends.catalog import get_object
from kalends.crm.associations import End, associate, associated
from kalends.crm.create import NewCompany, NewContact, create_companies, create_contacts
from kalends.crm.merge import MergeRefused, NotMerged, merge
from kalends.proof.verify import verify
from tests.world import World

CONTACT, COMPANY = get_object("contact"), get_object("company")


def contact(world: World, **properties: str | int | None) -> int:
    """A contact."""
    return create_contacts(world.db, world.ctx, [NewContact(**properties)])[0]  # type: ignore[arg-type]


def company(world: World, name: str, domain: str | None = None) -> int:
    """A company."""
    return create_companies(world.db, world.ctx, [NewCompany(name, domain=domain)])[0]


def test_the_survivors_values_win_and_the_gaps_are_filled(world: World) -> None:
    kept = contact(world, email="kari@customers.test", first_name="Kari", city=None)
    gone = contact(world, email="k.nordmann@customers.test", first_name="K.", city="Oslo")

    merge(world.db, world.ctx, CONTACT, kept, gone)

    assert world.one(
        "SELECT email, additional_emails, first_name, city, archived_at FROM contact WHERE id = %s", kept
    ) == ("kari@customers.test", "k.nordmann@customers.test", "Kari", "Oslo", None)
    assert world.one("SELECT archived_at FROM contact WHERE id = %s", gone) == (world.ctx.now,)


def test_a_survivor_without_an_address_takes_the_others(world: World) -> None:
    kept, gone = contact(world, first_name="Kari"), contact(world, email="kari@customers.test")

    merge(world.db, world.ctx, CONTACT, kept, gone)

    assert world.one("SELECT email FROM contact WHERE id = %s", kept) == ("kari@customers.test",)


def test_subscriptions_invoices_and_payments_go_over_and_are_billed_on(world: World) -> None:
    kept, gone = world.customer(), world.customer()
    method = world.method(gone)
    subscription = world.subscribe(gone, method=method)
    world.until("2026-01-15")

    merge(world.db, world.ctx, CONTACT, kept, gone)
    world.until("2026-02-15")

    assert world.subscription(subscription, "contact_id") == kept
    assert world.invoices(subscription, "contact_id") == [kept, kept]
    assert world.rows("SELECT DISTINCT contact_id FROM payment WHERE subscription_id = %s", subscription) == [
        (kept,)
    ]
    assert world.one("SELECT contact_id FROM payment_method WHERE id = %s", method) == (kept,)
    assert verify(world.db, world.ctx).clean


def test_ties_go_over_and_the_primary_company_stays_one(world: World) -> None:
    first, second = company(world, "First"), company(world, "Second")
    kept, gone = contact(world, company_id=first), contact(world, company_id=second)
    third = company(world, "Third")
    associate(world.db, world.ctx, End("contact", gone), End("company", third))

    merge(world.db, world.ctx, CONTACT, kept, gone)

    assert associated(world.db, world.ctx, End("contact", kept), "company") == [first, second, third]
    assert associated(world.db, world.ctx, End("company", third), "contact") == [kept]
    assert world.one("SELECT primary_company_id FROM contact WHERE id = %s", kept) == (first,)


def test_companies_keep_their_people_their_domains_and_their_daughters(world: World) -> None:
    kept, gone = company(world, "Brekke", "brekke.test"), company(world, "Brekke AS", "brekke-as.test")
    employee = contact(world, company_id=gone)
    daughter = company(world, "Daughter")
    for child in (daughter, kept):
        world.db.execute("UPDATE company SET parent_company_id = %s WHERE id = %s", [gone, child])

    merge(world.db, world.ctx, COMPANY, kept, gone)

    assert associated(world.db, world.ctx, End("company", kept), "contact") == [employee]
    assert world.one(
        "SELECT domain, additional_domains, parent_company_id FROM company WHERE id = %s", kept
    ) == ("brekke.test", "brekke-as.test", None)
    assert world.one("SELECT parent_company_id FROM company WHERE id = %s", daughter) == (kept,)


def test_what_cannot_be_merged_is_refused(world: World) -> None:
    kari = world.customer()

    with pytest.raises(MergeRefused, match="with itself"):
        merge(world.db, world.ctx, CONTACT, kari, kari)
    with pytest.raises(NotMerged, match="no contact 999999999"):
        merge(world.db, world.ctx, CONTACT, kari, 999_999_999)
    with pytest.raises(MergeRefused, match="Subscriptions cannot be merged"):
        merge(world.db, world.ctx, get_object("subscription"), 1, 2)


def test_a_contact_with_credit_notes_survives(world: World) -> None:
    kari, mona = world.customer(), world.customer()
    world.db.execute(
        "INSERT INTO customer_credit (account_id, contact_id, currency, balance_minor) VALUES (%s, %s, 'EUR', 500)",
        [world.ctx.id, kari],
    )

    with pytest.raises(MergeRefused, match="Merge the other way round"):
        merge(world.db, world.ctx, CONTACT, mona, kari)
    merge(world.db, world.ctx, CONTACT, kari, mona)
