"""The users of an account are the owners that records can name."""

import pytest

from kalends.accounts.people import add_member, add_user
from kalends.crm.owners import UnknownOwner, owner, owners
from tests.world import World


@pytest.fixture
def olive(world: World) -> int:
    """A user of the account, in a team."""
    id_ = add_user(world.db, email=f"olive.{world.ctx.id}@example.com", name="Olive Anne Owner")
    add_member(world.db, world.ctx.id, id_)
    (team,) = world.one("INSERT INTO team (account_id, name) VALUES (%s, 'Sales') RETURNING id", world.ctx.id)
    world.db.execute("UPDATE membership SET team_id = %s WHERE user_id = %s", [team, id_])
    return id_


def test_an_owner_is_a_user_with_names_and_team(world: World, olive: int) -> None:
    found = owner(world.db, world.ctx, olive)

    assert (found.id, found.first_name, found.last_name) == (olive, "Olive Anne", "Owner")
    assert found.team is not None
    assert (found.team.name, found.archived) == ("Sales", False)


def test_owners_are_found_by_address_in_any_case_and_page_by_page(world: World, olive: int) -> None:
    other = add_user(world.db, email=f"zoe.{world.ctx.id}@example.com", name="Zoe")
    add_member(world.db, world.ctx.id, other)

    assert [each.id for each in owners(world.db, world.ctx)] == [olive, other]
    assert [each.id for each in owners(world.db, world.ctx, after=olive, limit=1)] == [other]
    found = owners(world.db, world.ctx, email=f"OLIVE.{world.ctx.id}@Example.com")
    assert [each.id for each in found] == [olive]


def test_who_can_no_longer_sign_in_is_an_archived_owner(world: World, olive: int) -> None:
    world.db.execute("UPDATE app_user SET is_active = false WHERE id = %s", [olive])

    assert owners(world.db, world.ctx) == []
    assert [each.id for each in owners(world.db, world.ctx, archived=True)] == [olive]
    with pytest.raises(UnknownOwner):
        owner(world.db, world.ctx, olive)


def test_a_user_of_another_account_is_no_owner_here(world: World) -> None:
    stranger = add_user(world.db, email=f"stranger.{world.ctx.id}@example.com", name="Stranger")

    with pytest.raises(UnknownOwner, match=f"no owner {stranger}"):
        owner(world.db, world.ctx, stranger)
