"""Kinds of ties: primary, labels of the catalogue and of the account, lines with one parent, and what records tell."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.accounts.sql import take_ids
from kalends.crm.association_reads import linked
from kalends.crm.association_types import (
    DEFINED,
    OWN,
    LabelRefused,
    UnknownLabel,
    create_label,
    delete_label,
    kind_of_text,
    pairing,
    target_of,
    update_label,
)
from kalends.crm.associations import (
    CannotAssociate,
    End,
    NotThere,
    TieChange,
    Wanted,
    associate,
    associate_all,
    associated,
    dissociate,
    take_labels,
)
from kalends.crm.create import NewCompany, create_companies
from kalends.crm.tying import TIE_RULES
from tests.world import World

_NEEDED: dict[str, dict[str, Any]] = {
    "deal": {"name": "Fleet", "stage": "contractsent"},
    "quote": {"title": "Offer", "expiration_date": "2026-03-01"},
    "line_item": {"name": "Van", "unit_price": 100, "quantity": 1, "currency": "EUR"},
    "ticket": {"subject": "Help", "stage": "1"},
    "discount": {"value_type": "PERCENT", "value": 10},
}


def make(world: World, name: str, **columns: Any) -> End:
    """A record of an object, written straight into its table."""
    (id_,) = take_ids(world.db, 1)
    row = {
        "account_id": world.ctx.id,
        "id": id_,
        "created_at": world.ctx.now,
        "updated_at": world.ctx.now,
        **_NEEDED[name],
        **columns,
    }
    places = ", ".join(["%s"] * len(row))
    world.db.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})", list(row.values()))
    return End(name, id_)


def company(world: World, name: str = "Brekke AS") -> End:
    """A company."""
    return End("company", create_companies(world.db, world.ctx, [NewCompany(name)])[0])


def kinds(world: World, one: End, other: End) -> list[tuple[int, str | None]]:
    """Type ids and labels of a tie, as seen from its first end."""
    found = linked(world.db, world.ctx, one.object, [one.id], other.object).get(one.id, [])
    return next(
        ([(kind.type_id, kind.label) for kind in each.kinds] for each in found if each.id == other.id), []
    )


def tie(world: World, one: End, other: End, *type_ids: int, replace: bool = False) -> bool:
    """Tie two records with kinds of the catalogue."""
    types = [(DEFINED, number) for number in type_ids]
    return associate(world.db, world.ctx, one, other, types=types, replace=replace)


def test_a_tie_is_seen_with_its_kinds_from_both_records(world: World) -> None:
    quote, kari = make(world, "quote"), End("contact", world.customer())

    assert tie(world, quote, kari, 69, 702)

    assert kinds(world, quote, kari) == [(69, None), (702, "Contact signer")]
    assert kinds(world, kari, quote) == [(70, None), (703, "Contact signer")]


def test_kinds_are_added_or_take_the_place_of_others(world: World) -> None:
    quote, kari = make(world, "quote"), End("contact", world.customer())
    tie(world, quote, kari, 702)

    tie(world, quote, kari, 1226)
    assert kinds(world, kari, quote) == [(70, None), (703, "Contact signer"), (1227, "Billing contact")]
    tie(world, quote, kari, 1226, replace=True)
    assert kinds(world, quote, kari) == [(69, None), (1226, "Billing contact")]
    assert tie(world, quote, kari, replace=True)
    assert not tie(world, quote, kari, replace=True)
    assert kinds(world, quote, kari) == [(69, None)]


def test_a_record_has_one_primary_company_and_keeps_the_former_one(world: World) -> None:
    deal, first, second = make(world, "deal"), company(world, "First"), company(world, "Second")

    tie(world, deal, first, 5)
    assert kinds(world, deal, first) == [(341, None), (5, "Primary")]
    tie(world, second, deal, 6)

    assert kinds(world, deal, first) == [(341, None)]
    assert kinds(world, second, deal) == [(342, None), (6, "Primary")]
    assert world.one("SELECT primary_company_id FROM deal WHERE id = %s", deal.id) == (second.id,)
    tie(world, deal, second, replace=True)
    assert kinds(world, deal, second) == [(341, None)]
    assert world.one("SELECT primary_company_id FROM deal WHERE id = %s", deal.id) == (None,)


def test_untying_takes_every_kind_away(world: World) -> None:
    contact, brekke = End("contact", world.customer()), company(world)
    tie(world, contact, brekke, 1, 279)

    assert dissociate(world.db, world.ctx, brekke, contact)

    assert kinds(world, contact, brekke) == []
    assert not dissociate(world.db, world.ctx, brekke, contact)


def test_taking_a_label_off_leaves_the_tie_and_taking_the_plain_kind_does_not(world: World) -> None:
    quote, kari = make(world, "quote"), End("contact", world.customer())
    tie(world, quote, kari, 702)

    assert take_labels(world.db, world.ctx, kari, quote, [(DEFINED, 703)])
    assert kinds(world, quote, kari) == [(69, None)]
    assert take_labels(world.db, world.ctx, quote, kari, [(DEFINED, 69)])
    assert kinds(world, quote, kari) == []


@pytest.mark.parametrize(
    "types", [[(DEFINED, 280)], [(DEFINED, 4711)], [(OWN, 279)], [("INTEGRATOR_DEFINED", 279)]]
)
def test_a_kind_that_does_not_lead_there_is_refused_and_nothing_is_tied(
    world: World, types: list[tuple[str, int]]
) -> None:
    contact, brekke = End("contact", world.customer()), company(world)

    with pytest.raises(CannotAssociate, match="no kind of tie from a contact to a company"):
        associate(world.db, world.ctx, contact, brekke, types=types)
    assert kinds(world, contact, brekke) == []


def test_the_other_end_follows_from_the_type_id(world: World) -> None:
    assert target_of(world.db, world.ctx, "subscription", DEFINED, 295) == "contact"
    assert target_of(world.db, world.ctx, "quote", DEFINED, 1334) == "company"
    assert target_of(world.db, world.ctx, "company", DEFINED, 6) == "deal"
    with pytest.raises(CannotAssociate, match="begins at a contact"):
        target_of(world.db, world.ctx, "contact", DEFINED, 295)


def test_the_older_api_names_kinds_by_text(world: World) -> None:
    pair = pairing(world.db, world.ctx, "contact", "company")

    assert [kind.name for kind in pair.kinds.values()] == [
        "contact_to_company_unlabeled",
        "contact_to_company",
    ]
    assert kind_of_text(pair, "Contact_to_Company").type_id == 1
    assert kind_of_text(pair, "279") == pair.plain
    payment = pairing(world.db, world.ctx, "payment", "contact")
    assert payment.plain.name == "commerce_payment_to_contact"
    with pytest.raises(CannotAssociate):
        kind_of_text(pair, "contact_to_deal")


def test_an_account_makes_labels_of_its_own(world: World) -> None:
    contact, brekke = End("contact", world.customer()), company(world)
    boss, staff = create_label(
        world.db,
        world.ctx,
        "contact",
        "company",
        label="Manager of",
        name="manager",
        inverse_label="Managed by",
    )
    associate(world.db, world.ctx, contact, brekke, types=[(OWN, boss.type_id)])

    assert kinds(world, contact, brekke) == [(279, None), (boss.type_id, "Manager of")]
    assert kinds(world, brekke, contact) == [(280, None), (staff.type_id, "Managed by")]
    assert target_of(world.db, world.ctx, "company", OWN, staff.type_id) == "contact"
    update_label(
        world.db, world.ctx, "contact", "company", boss.type_id, label="Leads", inverse_label="Led by"
    )
    assert kinds(world, brekke, contact) == [(280, None), (staff.type_id, "Led by")]

    delete_label(world.db, world.ctx, "company", "contact", staff.type_id)

    assert kinds(world, contact, brekke) == [(279, None)], "the tie stays"
    with pytest.raises(UnknownLabel):
        delete_label(world.db, world.ctx, "contact", "company", boss.type_id)


@pytest.mark.parametrize(
    ("label", "name"), [(" ", "x"), ("x" * 101, "x"), ("Manager", "Manager!"), ("Boss", "boss")]
)
def test_what_is_no_label_is_refused(world: World, label: str, name: str) -> None:
    create_label(world.db, world.ctx, "contact", "company", label="The boss", name="boss")

    with pytest.raises(LabelRefused):
        create_label(world.db, world.ctx, "contact", "company", label=label, name=name)


def test_a_line_belongs_to_exactly_one_parent(world: World) -> None:
    line, deal, quote = make(world, "line_item"), make(world, "deal"), make(world, "quote")

    assert tie(world, deal, line, 19)
    assert not tie(world, line, deal)
    with pytest.raises(
        CannotAssociate, match=f"belongs to the deal {deal.id}; a line has one parent. Copy it"
    ):
        tie(world, quote, line)

    assert kinds(world, line, deal) == [(20, None)]
    assert dissociate(world.db, world.ctx, line, deal)
    assert tie(world, line, quote)
    assert associated(world.db, world.ctx, quote, "line_item") == [line.id]


def test_the_lines_of_a_subscription_are_changed_by_its_own_rules_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(TIE_RULES, ("line_item", "subscription"), raising=False)
    subscription, line = End("subscription", world.subscribe(world.customer())), make(world, "line_item")

    with pytest.raises(CannotAssociate, match="told by the record itself"):
        tie(world, subscription, line)


def test_lines_that_are_billed_later_are_upcoming_and_those_that_ended_are_gone(world: World) -> None:
    subscription = End("subscription", world.subscribe(world.customer()))
    (old,) = associated(world.db, world.ctx, subscription, "line_item")
    world.until("2026-01-15")
    late = make(world, "line_item", parent_type="subscription", parent_id=subscription.id, from_cycle=1)
    world.db.execute("UPDATE line_item SET until_cycle = 1 WHERE id = %s", [old])

    assert kinds(world, subscription, End("line_item", old)) == [(301, None)]
    assert kinds(world, subscription, late) == [(301, None), (564, "Upcoming")]
    assert kinds(world, late, subscription) == [(302, None), (565, "Upcoming")]
    world.db.execute("UPDATE subscription SET next_cycle = 2 WHERE id = %s", [subscription.id])
    assert associated(world.db, world.ctx, subscription, "line_item") == [late.id]
    with pytest.raises(CannotAssociate, match="follows from the records"):
        tie(world, subscription, late, 564)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[TieChange]:
    """What a rule for the contact of a subscription was asked to do."""
    asked: list[TieChange] = []
    monkeypatch.setitem(TIE_RULES, ("subscription", "contact"), lambda db, ctx, change: asked.append(change))
    return asked


def test_the_contact_of_a_subscription_is_changed_through_its_rule(
    world: World, told: list[TieChange]
) -> None:
    kari, mona = (End("contact", world.customer()) for _ in range(2))
    subscription = End("subscription", world.subscribe(kari.id))

    assert kinds(world, kari, subscription) == [(296, None)]
    assert not tie(world, subscription, kari)
    assert dissociate(world.db, world.ctx, kari, subscription)
    assert told == [TieChange(subscription, "contact", kari.id, None, "system")]
    assert tie(world, subscription, mona), (
        "a further contact is a row, and no matter of the subscription itself"
    )
    assert len(told) == 1
    assert associated(world.db, world.ctx, subscription, "contact") == [kari.id, mona.id]


def test_without_a_rule_what_a_record_tells_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TIE_RULES, ("subscription", "contact"), raising=False)
    kari = End("contact", world.customer())
    subscription = End("subscription", world.subscribe(kari.id))

    with pytest.raises(CannotAssociate, match="told by the record itself"):
        dissociate(world.db, world.ctx, subscription, kari)


def test_of_many_pairs_the_right_ones_are_tied_and_the_others_say_why(world: World) -> None:
    deals = [make(world, "deal") for _ in range(3)]
    kari = world.customer()
    wanted = [
        Wanted(deals[0].id, kari),
        Wanted(deals[1].id, 999_999_999),
        Wanted(deals[2].id, kari, ((DEFINED, 4),)),
        Wanted(deals[0].id, kari),
    ]

    outcomes = associate_all(world.db, world.ctx, "deal", "contact", wanted)

    assert (outcomes[0], outcomes[3]) == (True, False)
    assert isinstance(outcomes[1], NotThere)
    assert isinstance(outcomes[2], CannotAssociate)
    assert associated(world.db, world.ctx, End("contact", kari), "deal") == [deals[0].id]


def test_archived_records_are_not_seen_and_long_lists_come_in_pages(world: World) -> None:
    kari = End("contact", world.customer())
    tickets = [make(world, "ticket") for _ in range(5)]
    for ticket in tickets:
        tie(world, kari, ticket)
    world.db.execute("UPDATE ticket SET archived_at = %s WHERE id = %s", [world.ctx.now, tickets[0].id])

    page = linked(world.db, world.ctx, "contact", [kari.id], "ticket", limit=2)[kari.id]
    assert [each.id for each in page] == [ticket.id for ticket in tickets[1:4]], "one more than the limit"
    rest = linked(world.db, world.ctx, "contact", [kari.id], "ticket", limit=2, after=page[1].id)[kari.id]
    assert [each.id for each in rest] == [ticket.id for ticket in tickets[3:]]
