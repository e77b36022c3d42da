"""The billing page: who may see it, what it says, and what its buttons do, each once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.sql import enter_account
from kalends.billing.hold import find_hold, hold_billing, release_billing
from kalends.billing.no_longer_billed import NoLongerBilled
from kalends.billing.rehearse import Rehearsal, WouldPark
from kalends.events import background
from kalends.staff.billing.rehearsal import stored
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user


@pytest.fixture
def client(stage: Stage) -> Client:
    client = Client()
    client.force_login(stage.user)
    return client


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> Any:
    """The stage's account, which is not held when the test begins or ends."""
    enter_account(db, stage.ctx.id)
    yield db
    if find_hold(db, stage.ctx.id):
        release_billing(db, stage.ctx, actor="test")


def address(stage: Stage, name: str = "") -> str:
    return f"/{stage.ctx.id}/billing{name}"


def test_the_page_counts_what_falls_due_and_lists_what_failed(client: Client, stage: Stage) -> None:
    text = client.get(address(stage)).content.decode()

    assert "What falls due" in text
    assert "Charges that failed" in text
    assert "Not enough funds" in text


def test_holding_is_asked_for_and_done_once(client: Client, stage: Stage, inside: AnyConnection) -> None:
    form = {"reason": "Prices are wrong", "request_key": "k" * 20}

    first = client.post(address(stage, "/hold"), form)
    second = client.post(address(stage, "/hold"), form)

    assert (first.status_code, second.status_code) == (303, 303)
    held = find_hold(inside, stage.ctx.id)
    assert held is not None
    assert held.reason == "Prices are wrong"
    assert "Prices are wrong" in client.get(address(stage)).content.decode()


def test_holding_what_somebody_else_holds_is_told_in_words(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    hold_billing(inside, stage.ctx, actor="user:1")

    answer = client.post(address(stage, "/hold"), {"reason": ""})

    assert answer.status_code == 422
    assert "Somebody else was quicker" in answer.content.decode()


def test_a_reason_that_is_too_long_stays_in_the_form(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    answer = client.post(address(stage, "/hold"), {"reason": "x" * 501})

    assert answer.status_code == 422
    assert "x" * 501 in answer.content.decode()
    assert find_hold(inside, stage.ctx.id) is None


def test_billing_that_is_held_goes_on_by_its_button(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    hold_billing(inside, stage.ctx, actor="user:1")

    assert client.post(address(stage, "/go-on"), {}).status_code == 303

    assert find_hold(inside, stage.ctx.id) is None


@pytest.mark.parametrize("name", ["", "/run", "/hold", "/go-on", "/rehearsal"])
def test_who_may_not_run_billing_does_not_see_the_whole_accounts_money(
    stage: Stage, inside: AnyConnection, name: str
) -> None:
    reader = new_user("Rolf Reader")
    give_place(inside, reader, stage.ctx.id)
    inside.execute("UPDATE membership SET role = 'reader' WHERE user_id = %s", [reader.id])
    client = Client()
    client.force_login(reader)

    assert client.get(address(stage, name)).status_code == 403
    assert "/billing" not in client.get(stage.index).content.decode()


def test_what_is_not_put_aside_cannot_be_released(client: Client, stage: Stage) -> None:
    assert client.get(address(stage, f"/parked/{stage.ids['main']}")).status_code == 404
    assert client.post(address(stage, f"/parked/{stage.ids['main']}"), {}).status_code == 404


def test_the_clock_goes_forward_only(client: Client, stage: Stage) -> None:
    answer = client.post(f"/{stage.ctx.id}/clock", {"to": "2020-01-01"})

    assert answer.status_code == 422
    assert "only goes forward" in answer.content.decode()


@pytest.mark.parametrize("day", ["", "soon", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_or_too_far_is_refused_at_its_field(
    client: Client, stage: Stage, day: str
) -> None:
    assert client.post(f"/{stage.ctx.id}/clock", {"to": day}).status_code == 422


def test_work_of_a_kind_is_not_shown_as_another(client: Client, stage: Stage, inside: AnyConnection) -> None:
    with background.begun(inside, stage.ctx.id, "clock", actor="user:1", now=stage.ctx.now) as id_:
        assert client.get(address(stage, f"/rehearsal/{id_}")).status_code == 404
        assert client.get(f"/{stage.ctx.id}/clock/{id_}").status_code == 200
    background.end(inside, stage.ctx.id, id_, now=stage.ctx.now, problem="over")


def _rehearsed(inside: AnyConnection, stage: Stage, result: dict[str, Any]) -> None:
    with background.begun(inside, stage.ctx.id, "rehearsal", actor="user:1", now=stage.ctx.now) as id_:
        background.end(inside, stage.ctx.id, id_, now=stage.ctx.now, result=result)


def test_a_rehearsal_names_who_is_billed_no_longer_and_what_would_be_put_aside_in_the_readers_language(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    day = stage.ctx.today
    ended = NoLongerBilled(stage.ids["main"], day, "NOK", 123_400, "paused", day)
    aside = WouldPark(stage.ids["debit"], 1, "The payment of 2026-06-15 comes to ...", "Check ...", "amount")
    result = Rehearsal(
        parked=1,
        no_longer_billed=1,
        no_longer_billed_minor=Counter(NOK=123_400),
        first_parked=[aside],
        first_no_longer_billed=[ended],
        names={stage.ids["main"]: "Fleet Pro, 46 vehicles", stage.ids["debit"]: "Route Planner"},
    )
    _rehearsed(inside, stage, {"as_of": stage.ctx.now, **stored(result)})
    inside.execute("UPDATE app_user SET language = 'nb' WHERE id = %s", [stage.user.id])
    try:
        page = client.get(address(stage, "/rehearsal")).content.decode()
    finally:
        inside.execute("UPDATE app_user SET language = 'en' WHERE id = %s", [stage.user.id])
    section = page.partition('id="ended"')[2]
    assert "Faktureres ikke lenger" in section
    assert "Fleet Pro, 46 vehicles" in section
    assert "Satt på pause" in section
    assert "1\u00a0234" in section
    assert "Beløpet er et annet enn det som ble varslet" in page


def test_a_rehearsal_that_an_earlier_version_kept_is_still_shown(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    kept = stored(Rehearsal())
    for name in ("no_longer_billed", "no_longer_billed_minor", "first_no_longer_billed"):
        del kept[name]
    _rehearsed(inside, stage, {"as_of": stage.ctx.now, **kept})
    page = client.get(address(stage, "/rehearsal"))
    assert page.status_code == 200
    assert 'id="ended"' not in page.content.decode()
