"""Properties with a date and a time of day, edited where they stand, in the account's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client

from kalends.accounts.sql import enter_account
from tests.conftest import AnyConnection
from tests.staff.stage import Stage

HTMX = {"HX-Request": "true"}


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> AnyConnection:
    enter_account(db, stage.ctx.id)
    return db


Stored = Callable[[str], datetime | None]


@pytest.fixture
def deal(client: Client, stage: Stage) -> Iterator[str]:
    """The address of a deal that nobody gave a close date."""
    given = {"dealname": "Twelve vans", "dealstage": "appointmentscheduled"}
    address = client.post(f"/{stage.ctx.id}/deals/create", given)["Location"]
    yield address
    client.post(f"{address}/delete")


@pytest.fixture
def stored(stage: Stage, inside: AnyConnection) -> Stored:
    """When the deal of an address closes."""

    def close_at(deal: str) -> datetime | None:
        rows = inside.execute("SELECT close_at FROM deal WHERE id = %s", [int(deal.rsplit("/", 1)[1])])
        return next(row[0] for row in rows)

    return close_at


def _save(client: Client, deal: str, value: str) -> tuple[int, str]:
    """Opens the field, types and saves, as a browser does."""
    field = client.get(f"{deal}/properties/closedate/edit", headers=HTMX).content.decode()
    before = re.search(r'name="before" value="([^"]*)"', field)
    assert before
    given = {"value": value, "before": before[1]}
    answer = client.post(f"{deal}/properties/closedate/edit", given, headers=HTMX)
    return answer.status_code, answer.content.decode()


def test_a_time_of_day_is_taken_in_the_time_zone_of_the_account(
    client: Client, deal: str, stored: Stored
) -> None:
    field = client.get(f"{deal}/properties/closedate/edit", headers=HTMX).content.decode()
    assert 'type="datetime-local"' in field
    status, line = _save(client, deal, "2026-07-01T14:30")
    assert status == 200, line
    assert "1 Jul 2026 14:30" in line
    assert stored(deal) == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    again = client.get(f"{deal}/properties/closedate/edit", headers=HTMX).content.decode()
    assert 'value="2026-07-01T14:30"' in again


def test_a_time_that_clocks_skip_is_refused_and_says_why(client: Client, deal: str, stored: Stored) -> None:
    unchanged = stored(deal)
    status, field = _save(client, deal, "2026-03-29T02:30")
    assert status == 422
    assert "On 29 Mar 2026 clocks in Europe/Oslo go straight past 02:30." in field
    assert 'value="2026-03-29T02:30"' in field
    assert stored(deal) == unchanged


@pytest.mark.parametrize("typed", ["2026-07-01", "tomorrow", "2026-07-01T14:30Z", "9999-12-31T99:00"])
def test_what_is_no_date_with_a_time_is_refused(client: Client, deal: str, typed: str) -> None:
    status, field = _save(client, deal, typed)
    assert status == 422
    assert "Give a date and a time." in field


def test_a_moment_that_was_opened_and_saved_again_keeps_its_seconds(
    client: Client, deal: str, stored: Stored, inside: AnyConnection
) -> None:
    _save(client, deal, "2026-10-25T02:30")
    second_time = datetime(2026, 10, 25, 1, 30, 41, tzinfo=UTC)
    inside.execute("UPDATE deal SET close_at = %s WHERE id = %s", [second_time, int(deal.rsplit("/", 1)[1])])
    assert _save(client, deal, "2026-10-25T02:30")[0] == 200
    assert stored(deal) == second_time


def test_the_history_tells_the_times_of_day(client: Client, deal: str, stored: Stored) -> None:
    _save(client, deal, "2026-07-01T14:30")
    _save(client, deal, "")
    assert stored(deal) is None
    past = client.get(f"{deal}/properties/closedate/history").content.decode()
    assert "1 Jul 2026 14:30" in past


def test_many_records_get_the_same_moment_in_the_time_zone_of_the_account(
    client: Client, deal: str, stage: Stage, stored: Stored
) -> None:
    bulk = f"/{stage.ctx.id}/deals/bulk/edit"
    id_ = deal.rsplit("/", 1)[1]
    asked = client.get(bulk, {"id": id_, "property": "closedate"}, headers=HTMX).content.decode()
    assert 'type="datetime-local"' in asked
    given = {"id": id_, "property": "closedate", "value": "2026-03-29T02:30"}
    assert client.post(bulk, given, headers=HTMX).status_code == 422
    client.post(bulk, {**given, "value": "2026-07-01T14:30"}, headers=HTMX)
    assert stored(deal) == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def test_a_deal_is_made_with_the_day_on_which_it_should_close(
    client: Client, stage: Stage, stored: Stored
) -> None:
    form = client.get(f"/{stage.ctx.id}/deals/create", headers=HTMX).content.decode()
    assert 'type="datetime-local"' in form
    given = {"dealname": "Nine vans", "dealstage": "appointmentscheduled", "closedate": "2026-03-29T02:30"}
    refused = client.post(f"/{stage.ctx.id}/deals/create", given, headers=HTMX)
    assert refused.status_code == 422
    assert "clocks in Europe/Oslo go straight past 02:30" in refused.content.decode()
    made = client.post(f"/{stage.ctx.id}/deals/create", {**given, "closedate": "2026-07-01T14:30"})

    assert stored(made["Location"]) == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    client.post(f"{made['Location']}/delete")
