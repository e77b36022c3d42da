"""Two records are tied once, seen from both, and only where a tie has a meaning."""

import pytest

from kalends.accounts.create import create_account
from kalends.crm.associations import CannotAssociate, End, associate, associated, dissociate
from kalends.crm.create import NewCompany, create_companies
from tests.conftest import FIRST_MOMENT, Connect
from tests.world import World


@pytest.fixture
def ends(world: World) -> tuple[End, End]:
    """A contact and a company."""
    contact = world.customer()
    (company,) = create_companies(world.db, world.ctx, [NewCompany("Brekke Transport AS")])
    return End("contact", contact), End("company", company)


def test_a_tie_is_seen_from_both_records(world: World, ends: tuple[End, End]) -> None:
    contact, company = ends

    assert associate(world.db, world.ctx, contact, company)

    assert associated(world.db, world.ctx, contact, "company") == [company.id]
    assert associated(world.db, world.ctx, company, "contact") == [contact.id]


def test_tying_twice_changes_nothing(world: World, ends: tuple[End, End]) -> None:
    associate(world.db, world.ctx, *ends)

    assert not associate(world.db, world.ctx, *reversed(ends))
    assert world.one("SELECT count(*) FROM association WHERE account_id = %s", world.ctx.id) == (2,)
    assert world.one("SELECT count(*) FROM event WHERE kind = 'contact.associated'") == (1,)


def test_untying_removes_both_directions(world: World, ends: tuple[End, End]) -> None:
    associate(world.db, world.ctx, *ends)

    assert dissociate(world.db, world.ctx, ends[1], ends[0])
    assert not dissociate(world.db, world.ctx, *ends)
    assert associated(world.db, world.ctx, ends[1], "contact") == []


def test_what_a_record_tells_itself_is_not_tied_a_second_time(world: World) -> None:
    subscription = world.subscribe(world.customer())
    world.until("2026-01-01")
    invoice = world.invoices(subscription, "id")[0]

    assert not associate(world.db, world.ctx, End("invoice", invoice), End("subscription", subscription))
    assert world.one("SELECT count(*) FROM association WHERE account_id = %s", world.ctx.id) == (0,)
    other = world.subscribe(world.customer())
    with pytest.raises(CannotAssociate, match="told by the record itself"):
        associate(world.db, world.ctx, End("invoice", invoice), End("subscription", other))


def test_objects_without_a_meaning_for_each_other_are_refused(world: World, ends: tuple[End, End]) -> None:
    with pytest.raises(CannotAssociate, match="cannot be associated"):
        associate(world.db, world.ctx, ends[1], End("product", 1))


def test_a_record_of_another_account_does_not_exist_here(
    world: World, ends: tuple[End, End], connect: Connect
) -> None:
    other = connect()
    ctx = create_account(
        other, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    (theirs,) = create_companies(other, ctx, [NewCompany("Theirs")])

    with pytest.raises(CannotAssociate, match=f"no company {theirs}"):
        associate(world.db, world.ctx, ends[0], End("company", theirs))
