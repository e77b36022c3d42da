"""Saved views: who keeps, sees, changes and shares them, and how they stand as tabs."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.context import AccountContext
from kalends.accounts.models import User
from kalends.catalog import OBJECTS
from kalends.views import (
    TABS_MAX,
    ColumnChoice,
    Content,
    Viewer,
    ViewRefused,
    clone_view,
    delete_view,
    open_tabs,
    overwrite_view,
    rename_view,
    save_view,
    set_default_tabs,
    set_tabs,
    share_view,
    views_of,
)
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import give_place, new_user

SUBSCRIPTION = OBJECTS["subscription"]
MINE, COLLEAGUE, TEAMMATE = Viewer(11), Viewer(12), Viewer(13, team=(11, 13))
BOSS = Viewer(14, is_administrator=True)
UNPAID = Content(groups=([{"property": "hs_status", "operator": "is_any_of", "values": ["unpaid"]}],))


def _save(db: AnyConnection, ctx: AccountContext, name: str = "Late ones", **more: Any) -> int:
    return save_view(db, ctx, SUBSCRIPTION, MINE, name=name, content=UNPAID, **more)


def _names(db: AnyConnection, ctx: AccountContext, viewer: Viewer) -> list[str]:
    return [view.name for view in views_of(db, ctx, SUBSCRIPTION, viewer)]


def _refused(call: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(ViewRefused) as refusal:
        call(*args, **named)
    return refusal.value.reason


def test_a_new_view_is_seen_by_its_maker_and_by_administrators(
    db: AnyConnection, account: AccountContext
) -> None:
    _save(db, account)
    assert _names(db, account, MINE) == _names(db, account, BOSS) == ["Late ones"]
    assert _names(db, account, COLLEAGUE) == _names(db, account, TEAMMATE) == []
    assert views_of(db, account, OBJECTS["invoice"], MINE) == []


def test_a_view_keeps_filters_columns_widths_frozen_columns_and_order(
    db: AnyConnection, account: AccountContext
) -> None:
    content = Content(
        UNPAID.groups,
        {"due": ("this_week",)},
        (ColumnChoice("hs_mrr", 140), ColumnChoice("hs_status")),
        2,
        "-hs_mrr",
    )
    save_view(db, account, SUBSCRIPTION, MINE, name="All of it", content=content)
    assert views_of(db, account, SUBSCRIPTION, MINE)[0].content == content


def test_a_view_shared_with_a_team_is_seen_by_the_team_and_one_for_everyone_by_all(
    db: AnyConnection, account: AccountContext
) -> None:
    id_ = _save(db, account)
    share_view(db, account, SUBSCRIPTION, MINE, id_, "team")
    assert _names(db, account, TEAMMATE) == ["Late ones"]
    assert _names(db, account, COLLEAGUE) == []
    share_view(db, account, SUBSCRIPTION, MINE, id_, "everyone")
    assert _names(db, account, COLLEAGUE) == ["Late ones"]


def test_only_its_maker_and_administrators_change_a_view(db: AnyConnection, account: AccountContext) -> None:
    id_ = _save(db, account, sharing="everyone")
    for change, more in (
        (overwrite_view, [Content()]),
        (rename_view, ["Mine now"]),
        (share_view, ["private"]),
        (delete_view, []),
    ):
        assert _refused(change, db, account, SUBSCRIPTION, COLLEAGUE, id_, *more) == "not_yours"
    rename_view(db, account, SUBSCRIPTION, BOSS, id_, "Everybody's late ones")
    assert _names(db, account, MINE) == ["Everybody's late ones"]


def test_a_private_view_is_not_there_for_others(db: AnyConnection, account: AccountContext) -> None:
    id_ = _save(db, account)
    assert _refused(clone_view, db, account, SUBSCRIPTION, COLLEAGUE, id_, "Taken over") == "gone"


def test_a_copy_is_private_and_its_copiers(db: AnyConnection, account: AccountContext) -> None:
    id_ = _save(db, account, sharing="everyone")
    clone_view(db, account, SUBSCRIPTION, COLLEAGUE, id_, "My late ones")
    copy = next(view for view in views_of(db, account, SUBSCRIPTION, COLLEAGUE) if view.owner_id == 12)
    assert (copy.name, copy.sharing, copy.content) == ("My late ones", "private", UNPAID)


def test_a_name_is_given_once_by_each_maker(db: AnyConnection, account: AccountContext) -> None:
    id_ = _save(db, account)
    assert _refused(_save, db, account, "  Late   ones ") == "name_taken"
    assert _refused(_save, db, account, " ") == "name_missing"
    assert _refused(_save, db, account, "x" * 101) == "name_long"
    other = _save(db, account, "Later ones")
    assert _refused(rename_view, db, account, SUBSCRIPTION, MINE, other, "Late ones") == "name_taken"
    rename_view(db, account, SUBSCRIPTION, MINE, id_, "Late ones")
    save_view(db, account, SUBSCRIPTION, COLLEAGUE, name="Late ones", content=UNPAID)


def test_a_view_whose_filter_does_not_hold_is_not_kept(db: AnyConnection, account: AccountContext) -> None:
    wrong = Content(groups=([{"property": "hs_mmr", "operator": "known"}],))
    assert _refused(save_view, db, account, SUBSCRIPTION, MINE, name="Wrong", content=wrong) == "filter"


def test_who_may_not_share_keeps_views_alone(db: AnyConnection, account: AccountContext) -> None:
    reader = Viewer(15, may_share=False)
    save_view(db, account, SUBSCRIPTION, reader, name="Alone", content=UNPAID)
    assert (
        _refused(
            save_view,
            db,
            account,
            SUBSCRIPTION,
            reader,
            name="For all",
            content=UNPAID,
            sharing="everyone",
        )
        == "sharing"
    )


def test_what_is_done_with_views_stands_in_the_journal(db: AnyConnection, account: AccountContext) -> None:
    id_ = _save(db, account, actor="user:11")
    rename_view(db, account, SUBSCRIPTION, MINE, id_, "Very late ones", "user:11")
    delete_view(db, account, SUBSCRIPTION, MINE, id_, "user:11")
    rows = db.execute(
        "SELECT kind, actor, data FROM event WHERE account_id = %s AND object_id = %s ORDER BY id",
        [account.id, id_],
    ).fetchall()
    assert [row[0] for row in rows] == ["saved_view.created", "saved_view.updated", "saved_view.deleted"]
    assert {row[1] for row in rows} == {"user:11"}
    assert rows[1][2]["changes"] == {"name": ["Late ones", "Very late ones"]}


def test_tabs_are_a_users_own_and_begin_as_an_administrator_says(
    db: AnyConnection, account: AccountContext
) -> None:
    assert open_tabs(db, account, "subscription", 11) is None
    kept = set_default_tabs(db, account, "subscription", BOSS, ["unpaid", "77", "all"], ["all", "unpaid"])
    assert kept == ["unpaid", "all"]
    assert open_tabs(db, account, "subscription", 11) == ["unpaid", "all"]
    set_tabs(db, account, "subscription", 11, ["all", "all", "scheduled"])
    assert open_tabs(db, account, "subscription", 11) == ["all", "scheduled"]
    assert _refused(set_default_tabs, db, account, "subscription", MINE, ["all"], ["all"]) == "not_yours"
    too_many = [str(number) for number in range(TABS_MAX + 1)]
    assert _refused(set_tabs, db, account, "subscription", 11, too_many) == "too_many"


# ---- on the pages


class Desk:
    """A user at the list of subscriptions of an account of the test's own."""

    def __init__(self, client: Client, account: AccountContext, user: User) -> None:
        self.client, self.user = client, user
        self.base = f"/{account.id}/subscriptions"

    def page(self, address: str = "") -> str:
        response = self.client.get(self.base + address)
        assert response.status_code == 200, address
        return unescape(response.content.decode())

    def tabs(self, address: str = "") -> list[str]:
        found = re.findall(r'class="tab" id="tab-\w+".*?>([^<]+?) <span', self.page(address))
        return [name.strip() for name in found]

    def post(self, address: str, **fields: Any) -> Any:
        return self.client.post(self.base + address, fields)

    def save_as(self, name: str, **fields: Any) -> str:
        response = self.post("/views/new", name=name, **{"sharing": "private", **fields})
        assert response.status_code == 303, response.content.decode()[:2000]
        return str(response["Location"]).rpartition("view=")[2]


@pytest.fixture
def desk(db: AnyConnection, account: AccountContext, sign_in: SignIn) -> Desk:
    user = new_user()
    give_place(db, user, account.id)
    return Desk(sign_in(user), account, user)


def test_a_changed_list_is_marked_and_can_be_saved_as_a_view(desk: Desk) -> None:
    assert "Changed and not saved" not in desk.page()
    changed = desk.page("?status=active&sort=hs_name")
    assert "Changed and not saved" in changed
    assert 'id="save-view"' not in changed
    assert 'id="save-view-as"' in changed
    key = desk.save_as("Active by name", status="active", sort="hs_name")
    assert desk.tabs()[-1] == "Active by name"
    page = desk.page(f"?view={key}")
    assert "Changed and not saved" not in page
    assert re.search(r'id="quick-status" data-set[^>]*>Status <b[^>]*>Active</b>', page)


def test_what_a_view_does_not_say_needs_no_word_and_what_it_says_can_be_taken_away(desk: Desk) -> None:
    key = desk.save_as("Active", status="active")
    without = f"?view={key}&status=-"
    page = desk.page(without)
    assert "Changed and not saved" in page
    assert 'id="quick-status" popovertarget' in page
    assert f'id="reset-view" href="?view={key}"' in page


def test_saving_over_a_view_lets_it_show_what_is_seen(desk: Desk) -> None:
    key = desk.save_as("Mine")
    response = desk.post(f"/views/{key}/save", view=key, status="paused", cols="hs_mrr:140,hs_status")
    assert response.status_code == 303
    assert response["Location"] == f"{desk.base}?view={key}"
    page = desk.page(f"/columns?view={key}")
    assert re.findall(r'name="col" value="(\w+)" checked', page) == ["hs_mrr", "hs_status"]
    assert re.search(r'name="width-hs_mrr" value="140"', page)
    assert "Changed and not saved" not in page


def test_a_name_that_is_taken_is_told_at_its_field_and_nothing_is_lost(desk: Desk) -> None:
    desk.save_as("Mine")
    response = desk.post("/views/new", name="Mine", sharing="private", status="paused")
    assert response.status_code == 422
    page = unescape(response.content.decode())
    assert "You have a view of this name already" in page
    assert 'name="status" value="paused"' in page
    assert 'value="Mine"' in page


def test_views_are_renamed_cloned_shared_and_deleted(desk: Desk) -> None:
    key = desk.save_as("First")
    assert desk.post(f"/views/{key}/rename", name="Renamed").status_code == 303
    assert desk.tabs()[-1] == "Renamed"
    assert 'value="Renamed, copy"' in desk.page(f"/views/{key}/clone")
    assert desk.post(f"/views/{key}/clone", name="Copy").status_code == 303
    assert desk.tabs()[-2:] == ["Renamed", "Copy"]
    assert desk.post(f"/views/{key}/share", sharing="everyone").status_code == 303
    assert "No record is deleted" in desk.page(f"/views/{key}/delete")
    assert desk.post(f"/views/{key}/delete").status_code == 303
    assert desk.tabs()[-1] == "Copy"
    assert desk.client.get(f"{desk.base}/views/{key}/rename").status_code == 404


def test_my_team_is_offered_to_whoever_has_one(
    desk: Desk, db: AnyConnection, account: AccountContext
) -> None:
    key = desk.save_as("Mine")
    assert "My team" not in desk.page("/views/new")
    assert "My team" not in desk.page(f"/views/{key}/share")
    assert desk.post(f"/views/{key}/share", sharing="team").status_code == 422
    db.execute(
        "WITH t AS (INSERT INTO team (account_id, name) VALUES (%s, 'North') RETURNING id) "
        "UPDATE membership SET team_id = t.id FROM t WHERE user_id = %s",
        [account.id, desk.user.id],
    )
    assert "My team" in desk.page("/views/new")
    assert desk.post(f"/views/{key}/share", sharing="team").status_code == 303


def test_standard_views_can_be_cloned_and_neither_renamed_nor_deleted(desk: Desk) -> None:
    for what in ("rename", "share", "delete"):
        assert desk.client.get(f"{desk.base}/views/unpaid/{what}").status_code == 404
        assert desk.post(f"/views/unpaid/{what}", name="x", sharing="private").status_code == 404
    desk.post("/views/unpaid/clone", name="Unpaid of mine")
    assert desk.tabs()[-1] == "Unpaid of mine"


def test_tabs_are_opened_closed_and_moved_and_the_leftmost_opens_by_default(desk: Desk) -> None:
    assert desk.tabs() == ["All subscriptions", "Unpaid", "Scheduled"]
    desk.post("/views/tabs", do="right", key="all")
    assert desk.tabs() == ["Unpaid", "All subscriptions", "Scheduled"]
    assert re.search(r'id="tab-unpaid"[^>]*aria-current="page"', desk.page())
    desk.post("/views/tabs", do="close", key="scheduled")
    assert desk.tabs() == ["Unpaid", "All subscriptions"]
    assert desk.tabs("?view=scheduled") == ["Unpaid", "All subscriptions", "Scheduled"]
    desk.post("/views/tabs", do="open", key="scheduled")
    desk.post("/views/tabs", do="order", order=["scheduled", "all", "unpaid"])
    assert desk.tabs() == ["Scheduled", "All subscriptions", "Unpaid"]
    assert desk.post("/views/tabs", do="open", key="4711").status_code == 404


def test_the_last_tab_stays(desk: Desk) -> None:
    for key in ("all", "unpaid", "scheduled"):
        desk.post("/views/tabs", do="close", key=key)
    assert desk.tabs() == ["Scheduled"]


def test_an_administrators_tabs_can_be_what_everybody_begins_with(
    desk: Desk, db: AnyConnection, account: AccountContext, sign_in: SignIn
) -> None:
    other = new_user("Henrik Aas")
    give_place(db, other, account.id)
    private = desk.save_as("Private of mine")
    desk.post("/views/tabs", do="left", key="unpaid")
    assert desk.post("/views/tabs", do="default", key="unpaid").status_code == 303
    newcomer = Desk(sign_in(other), account, other)
    assert newcomer.tabs() == ["Unpaid", "All subscriptions", "Scheduled"]
    assert private not in newcomer.tabs()


def test_a_property_that_a_view_names_and_that_is_gone_is_told_and_left_out(
    desk: Desk, db: AnyConnection, account: AccountContext
) -> None:
    key = desk.save_as("Old", cols="hs_status,hs_mrr")
    db.execute(
        "UPDATE saved_view SET content = jsonb_set(content, '{columns,0,name}', '\"gone_by_now\"') "
        "WHERE account_id = %s AND id = %s",
        [account.id, int(key)],
    )
    page = desk.page(f"?view={key}")
    assert re.search(r"It was left out: gone_by_now\b", page)
