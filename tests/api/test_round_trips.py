"""How often a read waits for the database: counted by what the driver writes down of its talk with the server."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from psycopg import pq

import kalends.api.gate  # noqa: F401 - registers the handlers
from kalends.accounts import connections
from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import revoke_token
from kalends.api import limits
from kalends.api.door import answer
from kalends.crm import record_reads
from tests.api.conftest import new_account, new_token
from tests.conftest import FIRST_MOMENT, AnyConnection

CONTACTS = "/crm/v3/objects/contacts"


def trips_of(trace: Iterable[str]) -> int:
    """How often a client that said this has waited for what the server says.

    Messages pile up until one asks the server to answer: ``Query``, ``Sync`` or ``Flush``. One that follows another
    of these, with nothing in between, asks for nothing more.

    >>> said = ["Query", "Parse", "Execute", "Flush", "Sync", "Flush"]
    >>> trips_of(f"F\\t4\\t{message}" for message in said)
    3
    """
    trips, asked = 0, True
    for line in trace:
        if not line.startswith("F\t"):
            continue
        message = line.split("\t")[2]
        if message == "Flush" and asked:
            continue
        asked = message in ("Query", "Sync", "Flush")
        trips += asked
    return trips


@dataclass
class Counted:
    """Sends requests to the door of this process, on a connection that writes down what is said."""

    token: str
    trips: int = 0

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        given: HttpResponse = self._traced(method, path, b"" if body is None else json.dumps(body).encode())
        assert given.status_code == status, given.content
        return json.loads(given.content or b"null")

    def _traced(self, method: str, path: str, body: bytes) -> HttpResponse:
        request = RequestFactory().generic(
            method, path, body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {self.token}"
        )
        kept = connections._kept.connection
        assert kept is not None
        with tempfile.NamedTemporaryFile() as file:
            kept.pgconn.trace(file.fileno())
            kept.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
            given = answer(request)
            if not kept.closed:
                kept.pgconn.untrace()
            self.trips = trips_of(Path(file.name).read_text("utf-8", "replace").splitlines())
        return given


@pytest.fixture
def counted(db: AnyConnection, account: AccountContext) -> Iterator[Counted]:
    """A program that was here before: its connection is open, and its use of the token was noted."""
    limits.forget()
    connections.inside(account.id)
    found = Counted(new_token(db, account))
    found.ask("GET", CONTACTS)
    yield found
    kept = connections._kept.connection
    if kept is not None:
        kept.close()


def test_a_read_waits_for_the_database_three_times_whatever_it_reads(
    counted: Counted,
) -> None:
    """To come in, to read, and to be done: token, account and object are asked for on the way in."""
    id_ = counted.ask("POST", CONTACTS, {"properties": {"email": "kari@fjord.example"}}, 201)["id"]
    for path in (f"{CONTACTS}/{id_}", CONTACTS, "/crm/v3/objects/deals", "/crm/v3/objects/subscriptions"):
        counted.ask("GET", path)
        assert counted.trips == 3, path
    counted.ask("POST", f"{CONTACTS}/search", {"filters": [filter_by("email", "kari@fjord.example")]})
    assert counted.trips == 3
    counted.ask("POST", f"{CONTACTS}/batch/read", {"inputs": [{"id": id_}], "properties": []})
    assert counted.trips == 3
    counted.ask("GET", f"{CONTACTS}/kari@fjord.example?idProperty=email")
    assert counted.trips == 4


def test_a_record_that_is_not_there_is_missed_as_quickly(counted: Counted) -> None:
    counted.ask("GET", f"{CONTACTS}/1", status=404)
    assert counted.trips == 3
    counted.ask("GET", f"{CONTACTS}/nobody", status=404)
    assert counted.trips == 2


def test_a_batch_of_creates_waits_as_often_as_a_single_one(counted: Counted) -> None:
    def trips(count: int) -> int:
        inputs = [{"properties": {"email": f"{count}-{number}@fjord.example"}} for number in range(count)]
        counted.ask("POST", f"{CONTACTS}/batch/create", {"inputs": inputs}, 201)
        return counted.trips

    assert trips(1) == trips(100) == 7


def test_counting_against_limits_is_one_more_trip_in_ten_requests(
    counted: Counted, db: AnyConnection
) -> None:
    ctx = new_account(db, "Counting AS", settings=AccountSettings(api_requests_per_ten_seconds=1_000))
    counted.token = new_token(db, ctx)
    counted.ask("GET", CONTACTS)
    told: list[int] = []
    for _ in range(9):
        counted.ask("GET", CONTACTS)
        told.append(counted.trips)
    assert told == [3] * 9


def test_each_request_enters_its_own_account_on_the_same_connection(
    counted: Counted, db: AnyConnection
) -> None:
    own = counted.ask("POST", CONTACTS, {"properties": {"email": "kari@fjord.example"}}, 201)["id"]
    ours = counted.token
    theirs = new_token(db, new_account(db, "Others AS"))
    for _ in range(2):
        counted.token = theirs
        counted.ask("GET", f"{CONTACTS}/{own}", status=404)
        assert counted.ask("GET", CONTACTS)["results"] == []
        counted.token = ours
        assert counted.ask("GET", f"{CONTACTS}/{own}")["id"] == own


def test_a_token_that_was_revoked_opens_nothing_from_the_next_request_on(
    counted: Counted, db: AnyConnection, account: AccountContext
) -> None:
    counted.ask("GET", CONTACTS)
    enter_account(db, account.id)
    revoke_token(db, account.id, "Test", FIRST_MOMENT)
    counted.ask("GET", CONTACTS, status=401)


def test_what_an_account_has_added_to_an_object_is_read_from_the_next_request_on(counted: Counted) -> None:
    id_ = counted.ask("POST", CONTACTS, {"properties": {"email": "kari@fjord.example"}}, 201)["id"]
    assert "fleet_size" not in counted.ask("GET", f"{CONTACTS}/{id_}?properties=fleet_size")["properties"]
    added = {"name": "fleet_size", "label": "Fleet size", "type": "number", "fieldType": "number"}
    counted.ask("POST", "/crm/v3/properties/contacts", {**added, "groupName": "contactinformation"}, 201)
    shown = counted.ask("GET", f"{CONTACTS}/{id_}?properties=fleet_size")["properties"]
    assert shown["fleet_size"] is None


def test_a_read_that_the_database_refuses_leaves_a_connection_that_goes_on(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = connections._kept.connection
    with monkeypatch.context() as patched:
        patched.setattr(
            record_reads, "fetch_rows", lambda cursor, query: cursor.execute("SELECT 1/0").fetchall()
        )
        counted.ask("GET", CONTACTS, status=500)
    counted.ask("GET", CONTACTS)
    assert connections._kept.connection is before


def test_a_connection_that_was_cut_is_replaced(counted: Counted, owner: AnyConnection) -> None:
    kept = connections._kept.connection
    assert kept is not None
    owner.execute("SELECT pg_terminate_backend(%s, 5000)", [kept.info.backend_pid])
    counted.ask("GET", CONTACTS)
    assert connections._kept.connection is not kept


def filter_by(name: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": "EQ", "value": value}
