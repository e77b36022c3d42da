"""Roles, and the places of users in an account: nobody gives more than they have, and an administrator stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.accounts.context import AccountContext
from kalends.accounts.people import UnknownMember, accounts_of, add_member, add_user
from kalends.accounts.permissions import (
    ABILITIES,
    PERMITTED,
    ROLES,
    VERBS,
    Grants,
    Place,
    Rights,
    UnknownGrant,
    place_of,
)
from kalends.accounts.roles import (
    RoleRefused,
    change_role,
    create_role,
    delete_role,
    give_role,
    invite_member,
    remove_member,
    roles,
    set_teams,
)
from kalends.crm.hand_over import CannotHandOver, hand_over
from kalends.query import Scope
from tests.conftest import AnyConnection
from tests.world import World

grants = st.builds(
    Grants,
    st.dictionaries(st.sampled_from(PERMITTED), st.builds(Rights, *(st.sampled_from(Scope) for _ in VERBS))),
    st.frozensets(st.sampled_from(ABILITIES)),
    st.booleans(),
)


def place(db: AnyConnection, account: AccountContext, user_id: int) -> Place:
    with db.cursor() as cursor:
        found = place_of(cursor, account.id, user_id)
    assert found is not None
    return found


@pytest.fixture
def admin(db: AnyConnection, account: AccountContext) -> Place:
    user = add_user(db, email=f"admin.{account.id}@roles.test", name="Maja")
    add_member(db, account.id, user, "admin")
    return place(db, account, user)


def somebody(db: AnyConnection, account: AccountContext, name: str, role: str = "member") -> int:
    user = add_user(db, email=f"{name}.{account.id}@roles.test", name=name)
    add_member(db, account.id, user, role)
    return user


class TestGrants:
    @settings(deadline=None)
    @given(grants)
    def test_survive_their_stored_form(self, given: Grants) -> None:
        again = Grants.read(json.loads(json.dumps(given.stored())))
        assert again.covers(given)
        assert given.covers(again)

    @settings(deadline=None)
    @given(grants)
    def test_nothing_is_edited_or_deleted_that_may_not_be_viewed(self, given: Grants) -> None:
        for name in PERMITTED:
            for verb in VERBS:
                assert given.scope(verb, name).rank <= given.scope("view", name).rank

    @given(grants, grants)
    def test_who_covers_another_allows_all_that_the_other_allows(self, one: Grants, other: Grants) -> None:
        if one.covers(other):
            assert all(
                one.allows(verb, name) or not other.allows(verb, name) for verb in VERBS for name in PERMITTED
            )
            assert all(one.allows(each) or not other.allows(each) for each in ABILITIES)

    @given(grants)
    def test_administrators_cover_everything(self, given: Grants) -> None:
        assert ROLES["admin"].covers(given)

    @pytest.mark.parametrize(
        "stored",
        [
            {"objects": {"planet": {"view": "all"}}},
            {"objects": {"contact": {"watch": "all"}}},
            {"objects": {"contact": {"view": "most"}}},
            {"abilities": ["fly"]},
        ],
    )
    def test_what_does_not_exist_is_refused(self, stored: dict[str, object]) -> None:
        with pytest.raises(UnknownGrant):
            Grants.read(stored)

    def test_a_slip_of_the_pen_lets_nobody_in(self) -> None:
        for what, name in (("refund", ""), ("view", "planet"), ("watch", "contact")):
            with pytest.raises(UnknownGrant):
                ROLES["admin"].allows(what, name)

    def test_members_may_all_but_settings_as_before_there_were_roles(self) -> None:
        lacking = {each for each in ABILITIES if not ROLES["member"].allows(each)}
        assert lacking == {"settings", "tokens", "users", "edit_property_settings"}
        assert all(ROLES["member"].scope(verb, name) is Scope.ALL for verb in VERBS for name in PERMITTED)


class TestRoles:
    def test_a_role_is_made_renamed_given_and_deleted(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        reads = Grants({"contact": Rights(Scope.OWNED)})
        role = create_role(db, account, name="  Field   sales ", grants=reads, by=admin)
        user = somebody(db, account, "henrik")
        give_role(db, account, user, role, by=admin)
        assert place(db, account, user).role == "Field sales"
        assert not place(db, account, user).grants.allows("view", "invoice")

        change_role(db, account, role, name="Field", grants=ROLES["reader"], by=admin)
        assert place(db, account, user).grants.allows("view", "invoice")
        assert [(each.name, each.users) for each in roles(db, account)] == [("Field", 1)]
        with pytest.raises(RoleRefused, match="Users have this role"):
            delete_role(db, account, role, by=admin)
        give_role(db, account, user, "finance", by=admin)
        delete_role(db, account, role, by=admin)
        assert roles(db, account) == []

    def test_every_change_is_in_the_journal_with_before_and_after(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        user = somebody(db, account, "henrik")
        give_role(db, account, user, "sales", by=admin)
        give_role(db, account, user, "sales", by=admin)
        events = db.execute(
            "SELECT actor, data FROM event WHERE account_id = %s AND kind = 'member.role_given'", [account.id]
        ).fetchall()
        assert events == [(f"user:{admin.user_id}", {"changes": {"role": ["member", "sales"]}})]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 61, "two\nlines\x00"])
    def test_a_role_has_a_proper_name(
        self, db: AnyConnection, account: AccountContext, admin: Place, name: str
    ) -> None:
        with pytest.raises(RoleRefused) as refused:
            create_role(db, account, name=name, grants=ROLES["reader"], by=admin)
        assert refused.value.reason == "name_empty"

    def test_two_roles_of_one_name_are_refused_in_whatever_case(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        create_role(db, account, name="Field", grants=ROLES["reader"], by=admin)
        with pytest.raises(RoleRefused) as refused:
            create_role(db, account, name="FIELD", grants=ROLES["reader"], by=admin)
        assert refused.value.reason == "name_taken"

    def test_nobody_gives_more_than_they_have(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        manager = create_role(
            db, account, name="Manager", grants=Grants(ROLES["sales"].objects, frozenset({"users"})), by=admin
        )
        user, other = somebody(db, account, "henrik"), somebody(db, account, "freja", "reader")
        give_role(db, account, user, manager, by=admin)
        henrik = place(db, account, user)
        attempts = (
            lambda: give_role(db, account, user, "admin", by=henrik),
            lambda: give_role(db, account, admin.user_id, "sales", by=henrik),
            lambda: create_role(db, account, name="All", grants=ROLES["finance"], by=henrik),
            lambda: change_role(db, account, manager, grants=ROLES["admin"], by=henrik),
            lambda: invite_member(db, account, email="x@roles.test", name="X", role="admin", by=henrik),
            lambda: remove_member(db, account, admin.user_id, by=henrik),
            lambda: give_role(db, account, other, "sales", by=henrik),
        )
        for attempt in attempts:
            with pytest.raises(RoleRefused) as refused:
                attempt()
            assert refused.value.reason == "beyond"


class TestPlaces:
    def test_who_is_invited_has_a_place_and_no_way_in_yet(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        user = invite_member(
            db, account, email=f"New.{account.id}@Roles.Test ", name="Ingrid", role="finance", by=admin
        )
        assert place(db, account, user).role == "finance"
        row = db.execute("SELECT email, password FROM app_user WHERE id = %s", [user]).fetchone()
        assert row == (f"new.{account.id}@roles.test", "!")
        with pytest.raises(RoleRefused) as refused:
            invite_member(db, account, email=f"new.{account.id}@roles.test", name="Ingrid", by=admin)
        assert refused.value.reason == "member_already"

    @pytest.mark.parametrize("email", ["", "maja", "maja@", "@x.no", "a b@x.no", "maja@x"])
    def test_an_address_that_is_none_is_refused(
        self, db: AnyConnection, account: AccountContext, admin: Place, email: str
    ) -> None:
        with pytest.raises(RoleRefused) as refused:
            invite_member(db, account, email=email, name="Maja", by=admin)
        assert refused.value.reason == "email"

    def test_an_account_keeps_an_administrator(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        for attempt in (
            lambda: give_role(db, account, admin.user_id, "member", by=admin),
            lambda: remove_member(db, account, admin.user_id, by=admin),
        ):
            with pytest.raises(RoleRefused) as refused:
                attempt()
            assert refused.value.reason == "last_administrator"
        somebody(db, account, "freja", "admin")
        remove_member(db, account, admin.user_id, by=admin)
        with db.cursor() as cursor:
            assert place_of(cursor, account.id, admin.user_id) is None

    def test_a_team_is_everybody_whose_main_team_is_one_of_mine(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        north, south = (
            db.execute(
                "INSERT INTO team (account_id, name) VALUES (%s, %s) RETURNING id", [account.id, name]
            ).fetchone()[0]  # type: ignore[index]
            for name in ("North", "South")
        )
        me, peer, guest = (somebody(db, account, name) for name in ("me", "peer", "guest"))
        set_teams(db, account, me, team_id=north, extra=[south], by=admin)
        set_teams(db, account, peer, team_id=south, by=admin)
        set_teams(db, account, guest, team_id=None, extra=[north], by=admin)
        assert place(db, account, me).team == tuple(sorted((me, peer)))
        assert place(db, account, peer).team == (peer,)
        assert place(db, account, guest).team == tuple(sorted((guest, me)))
        with pytest.raises(RoleRefused):
            set_teams(db, account, me, team_id=1, by=admin)

    def test_a_stranger_has_no_place_to_change(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        stranger = add_user(db, email="stranger@roles.test", name="Stranger")
        with pytest.raises(UnknownMember):
            give_role(db, account, stranger, "sales", by=admin)

    def test_a_user_sees_their_own_accounts_and_nothing_else_of_others(
        self, db: AnyConnection, account: AccountContext, admin: Place
    ) -> None:
        somebody(db, account, "henrik")
        with db.transaction(), db.cursor() as cursor:
            cursor.execute("SELECT set_config('kalends.account_id', '', true)")
            assert [each.id for each in accounts_of(cursor, admin.user_id)] == [account.id]
            cursor.execute("SELECT set_config('kalends.user_id', %s, true)", [str(admin.user_id)])
            cursor.execute("SELECT user_id FROM membership")
            assert cursor.fetchall() == [(admin.user_id,)]
            cursor.execute("UPDATE membership SET role = 'reader' WHERE user_id = %s", [admin.user_id])
            assert cursor.rowcount == 0


class TestHandingOver:
    def test_all_records_of_somebody_are_given_on_and_each_history_tells_it(
        self, world: World, admin: Place
    ) -> None:
        user = somebody(world.db, world.ctx, "henrik")
        kari = world.customer()
        world.db.execute("UPDATE contact SET owner_id = %s WHERE id = %s", [user, kari])
        moved = hand_over(world.db, world.ctx, user, admin.user_id, actor="user:1")
        assert moved == {"contact": 1}
        told = world.one("SELECT actor, data FROM event WHERE kind = 'contact.updated'")
        assert told == ("user:1", {"changes": {"owner_id": [user, admin.user_id]}})
        assert hand_over(world.db, world.ctx, user, None, actor="user:1") == {}

    def test_records_go_to_somebody_of_the_account(self, world: World, admin: Place) -> None:
        for to in (admin.user_id, 999_999_999):
            with pytest.raises(CannotHandOver):
                hand_over(world.db, world.ctx, admin.user_id, to, actor="user:1")
