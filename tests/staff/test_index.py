"""The index of subscriptions: tabs, filters, search, order, pages; all of its state is in the address."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection, transaction
from django.test import Client

from kalends.accounts.context import AccountContext
from kalends.catalog import OBJECTS, Sort
from kalends.query import Context, Filter, decode_key
from kalends.staff.paging import Wanted, page_after, page_before
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user

SUBSCRIPTION = OBJECTS["subscription"]


def _page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode()).replace("\xa0", " ")


def _names(page: str) -> list[str]:
    return re.findall(r"data-row-link>([^<]+)<", page)


def _found(client: Client, address: str) -> set[str]:
    return set(_names(_page(client, address)))


def _link(page: str, label: str) -> str:
    match = re.search(rf'rel="{label}" href="([^"]+)"', page)
    return match.group(1) if match else ""


def test_tabs_count_their_records_and_lead_to_them(client: Client, stage: Stage) -> None:
    page = _page(client, stage.index)
    assert re.findall(r'class="tab" id="tab-\w+".*?>([^<]+) <span class="count">(\d+)', page) == [
        ("All subscriptions", "40"),
        ("Unpaid", "1"),
        ("Scheduled", "1"),
    ]
    assert _found(client, stage.index + "?view=unpaid") == {"Fleet Core, 74 lorries"}
    assert _found(client, stage.index + "?view=scheduled") == {"Telematics data feed"}


def test_the_status_filter_takes_several_statuses(client: Client, stage: Stage) -> None:
    found = _found(client, stage.index + "?status=canceled&status=paused&status=expired")
    assert found == {"Route Planner, 9 seats", "Route Planner, 25 seats", "Winter tires, storage"}


def test_tab_filter_and_search_hold_together(client: Client, stage: Stage) -> None:
    assert _found(client, stage.index + "?view=unpaid&status=active") == set()
    page = _page(client, stage.index + "?view=unpaid&q=nothing+like+it")
    assert "Nothing matches" in page
    assert 'href="?view=unpaid' in page


@pytest.mark.parametrize("word", ["fleet pro", "BREKKE", "Ingrid Solberg"])
def test_search_finds_by_name_company_and_person(client: Client, stage: Stage, word: str) -> None:
    assert "Fleet Pro, 46 vehicles" in _found(client, f"{stage.index}?q={word}")


def test_search_finds_by_number_and_by_email(client: Client, stage: Stage) -> None:
    assert "Telematics data feed" in _found(client, f"{stage.index}?q={stage.ids['scheduled']}")
    assert "Fleet Pro, 46 vehicles" in _found(client, f"{stage.index}?q=ingrid.")
    assert _found(client, f"{stage.index}?q=%25") == set()


def test_presets_of_the_due_date_are_counted_from_the_accounts_today(client: Client, stage: Stage) -> None:
    """The sandbox's clock stands on Monday 15 June 2026."""
    assert "Cold-chain sensors, 30" in _found(client, stage.index + "?due=this_week")
    assert "Depot cleaning" in _found(client, stage.index + "?due=next_week")
    assert _found(client, stage.index + "?due=today") == set()


def test_a_day_of_the_strip_shows_what_falls_due_on_it(client: Client, stage: Stage) -> None:
    coming = _found(client, stage.index + "?day=2026-07-15")
    assert "Fleet Pro, 46 vehicles" in coming
    assert "Telematics data feed" not in coming
    past = _found(client, stage.index + "?day=2026-06-15")
    assert "Fleet Pro, 46 vehicles" in past
    assert "Fleet Core, 74 lorries" not in past


def test_dates_are_told_relative_to_the_accounts_today(client: Client, stage: Stage) -> None:
    page = _page(client, stage.index)
    assert re.search(r"20 Jun 2026</time><span class=\"rel\">in 5 days", page)
    assert "57 days late" in page
    assert "first payment in 16 days" in _page(client, stage.index + "?view=scheduled")
    assert "resumes 1 Sept 2026" in _page(client, stage.index + "?status=paused")


def test_the_foot_adds_up_next_payments_for_each_currency(client: Client, stage: Stage) -> None:
    page = _page(client, stage.index + "?view=scheduled")
    foot = re.sub(r"<[^>]+>", " ", page.partition('class="table-foot"')[2])
    assert re.search(r"1 subscription\s+Next payments\s+1,188 .00\s+USD", foot)


def test_what_is_not_understood_is_left_out_and_told(client: Client, stage: Stage) -> None:
    page = _page(
        client, stage.index + "?status=unpayed&due=someday&sort=hs_colour&day=2026-02-30&rows=7&view=mine"
    )
    told = re.search(r"It was left out: ([^<]+)\.", page)
    assert told
    assert set(told.group(1).split(", ")) == {"unpayed", "someday", "hs_colour", "2026-02-30", "7", "mine"}
    assert len(_names(page)) == 25


def test_a_page_mark_of_another_list_leads_to_the_first_page(client: Client, stage: Stage) -> None:
    response = client.get(stage.index + "?status=active&after=nonsense&start=26")
    assert response.status_code == 302
    assert response["Location"] == f"{stage.index}?status=active"


def test_next_and_previous_page_show_every_record_once(client: Client, stage: Stage) -> None:
    first = _page(client, stage.index)
    second = _page(client, stage.index + _link(first, "next"))
    assert len(_names(first)) == 25
    assert len(_names(second)) == 15
    assert "26–40" in second  # noqa: RUF001
    assert not set(_names(first)) & set(_names(second))
    assert _names(_page(client, stage.index + _link(second, "prev"))) == _names(first)
    assert _names(_page(client, stage.index + "?rows=50")) == _names(first) + _names(second)


def test_headers_sort_and_turn_around(client: Client, stage: Stage) -> None:
    ascending = _page(client, stage.index + "?sort=hs_name&rows=50")
    assert re.search(
        r'aria-sort="ascending"><a id="sort-hs_name" href="\?sort=-hs_name&rows=50">Name', ascending
    )
    names = _names(ascending)
    assert names == sorted(names, key=str.lower)
    assert _names(_page(client, stage.index + "?sort=-hs_name&rows=50"))[0] == names[-1]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", SUBSCRIPTION.default_columns)
def test_walking_back_retraces_the_way_in_every_order(stage: Stage, name: str, descending: bool) -> None:
    """Also where records have no value to sort by: they come last in both directions."""
    ctx = stage.ctx
    asking = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone)
    wanted = Wanted(SUBSCRIPTION, ("hs_name",), Filter(), Sort(name, descending), None)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kalends.account_id', %s, true)", [str(ctx.id)])
        pages = [page_after(cursor, wanted, asking, 7, None)]
        while pages[-1].next:
            pages.append(
                page_after(cursor, wanted, asking, 7, decode_key(SUBSCRIPTION, wanted.sort, pages[-1].next))
            )
        ids = [[row["id"] for row in page.rows] for page in pages]
        assert len({id_ for page in ids for id_ in page}) == 40
        back, mark = [], pages[-1].previous
        while mark:
            page = page_before(cursor, wanted, asking, 7, decode_key(SUBSCRIPTION, wanted.sort, mark))
            back.append([row["id"] for row in page.rows])
            mark = page.previous
    assert back[::-1] == ids[:-1]


def test_the_strip_shows_one_currency_and_never_adds_two(client: Client, stage: Stage) -> None:
    def big(address: str) -> str:
        page = _page(client, address)
        return re.sub(r"<[^>]+>", "", page.partition('class="big">')[2].partition("</div>")[0])

    assert big(stage.index).endswith("EUR")
    assert big(stage.index + "?currency=NOK").endswith("NOK")
    assert big(stage.index + "?month=2026-07&currency=USD").endswith("USD")
    assert "Falling due in July 2026" in _page(client, stage.index + "?month=2026-07")


def test_an_account_without_subscriptions_says_what_will_be_here(
    db: object, account: AccountContext, sign_in: SignIn
) -> None:
    user = new_user()
    give_place(db, user, account.id)  # type: ignore[arg-type]
    page = _page(sign_in(user), f"/{account.id}/subscriptions")
    assert "No subscriptions yet" in page


def test_columns_have_the_catalogues_labels_in_the_users_language(
    stage: Stage, db: object, sign_in: SignIn
) -> None:
    for language, heading, money in (
        ("nb", "Neste betalingsfrist", "40 582"),
        ("fi", "Seuraavan maksun eräpäivä", "40 582"),
    ):
        user = new_user(language=language)
        give_place(db, user, stage.ctx.id)  # type: ignore[arg-type]
        page = _page(sign_in(user), stage.index + "?rows=50")
        assert heading in page
        assert f'{money}<span class="dec">,50</span>' in page


def test_a_sandbox_says_so_with_its_clock(client: Client, stage: Stage) -> None:
    assert re.search(r"Its clock stands at\s+<b>15 Jun 2026 11:00</b>", _page(client, stage.index))
