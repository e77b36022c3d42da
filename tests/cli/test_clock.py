"""A sandbox's clock on command."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.accounts.create import create_account
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.world import World


def test_advancing_bills_what_falls_due_on_the_way(world: World, here: Give) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, method=world.method(kari))

    answer = here("clock", "advance", "1mo12h", "--json")
    assert answer.code == 0
    assert answer.json()["today"] == "2026-02-01"
    assert answer.json()["happened"]["invoiced"] == 2
    assert len(world.invoices(subscription, "id")) == 2
    assert here("clock", "show", "--json").json()["now"] == answer.json()["now"]


def test_setting_a_date_stops_at_its_first_moment(here: Give) -> None:
    assert here("clock", "set", "2026-03-01", "--json").json()["now"] == "2026-02-28T23:00:00+00:00"
    assert here("clock", "set", "2026-03-01T12:00", "--json").json()["now"] == "2026-03-01T11:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("advance", "3x"), "12h, 3d, 2w, 1mo, 1y"),
        (("advance", "9999y"), "beyond the calendar"),
        (("set", "2026-02-30"), "2026-02-30"),
        (("set", "tomorrow"), "tomorrow"),
    ],
)
def test_what_is_no_time_is_named(here: Give, words: tuple[str, str], named: str) -> None:
    answer = here("clock", *words)
    assert answer.code == ExitCode.BAD_INPUT
    assert named in answer.err


def test_a_clock_does_not_go_back(here: Give) -> None:
    answer = here("clock", "set", "2020-01-01")
    assert answer.code == ExitCode.REFUSED
    assert "cannot go back" in answer.err


def test_a_live_account_has_the_real_clock(db: AnyConnection, give: Give) -> None:
    live = create_account(db, name="Live AS", time_zone="Europe/Oslo", currency="NOK", now=FIRST_MOMENT)
    answer = give("clock", "advance", "1d", "--account", live.id)
    assert answer.code == ExitCode.REFUSED
    assert "is live" in answer.err
    shown = give("clock", "show", "--account", live.id, "--json").json()
    assert dt.datetime.fromisoformat(shown["now"]) > FIRST_MOMENT
