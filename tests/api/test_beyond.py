"""What Kalends has beyond HubSpot's API: explanations, rehearsals and clocks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.billing.changes import cancel_subscriptions
from tests.api.conftest import Api, NewApi, in_order
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect
from tests.world import World

OURS = "/kalends/v1"
NONSENSE = (b"{", b"[]", b"7", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b"[" * 50_000)


# ---------------------------------------------------------------- explanations


def test_an_invoice_is_explained_by_its_number_or_its_id(api: Api, books: World, active: int) -> None:
    ((id_, number),) = books.invoices(active, "id", "number")

    told = api.get(f"{OURS}/invoices/{id_}/explanation")

    assert told == api.get(f"{OURS}/invoices/{number.lower()}/explanation/")
    assert number in told["title"]
    assert any(step["amount_minor"] == 10_000 for step in told["steps"])


def test_the_next_payment_is_explained(api: Api, active: int) -> None:
    told = api.get(f"{OURS}/subscriptions/{active}/explanation")

    assert told["currency"] == "EUR"
    assert told["steps"]


def test_what_is_not_there_is_not_explained(api: Api, another: NewApi, books: World, active: int) -> None:
    (id_,) = books.invoices(active, "id")
    for wanted in ("1", "INV-0", "%00", "9" * 300, "%F0%9F%92%A9", "'%20OR%201=1--"):
        assert api.get(f"{OURS}/invoices/{wanted}/explanation", 404)["category"] == "OBJECT_NOT_FOUND"
        api.get(f"{OURS}/subscriptions/{wanted}/explanation", 404)
        api.post(f"{OURS}/subscriptions/{wanted}/preview", {}, 404)
    other = another()
    other.get(f"{OURS}/invoices/{id_}/explanation", 404)
    other.get(f"{OURS}/subscriptions/{active}/explanation", 404)


# ---------------------------------------------------------------- rehearsals


def test_a_rehearsal_says_what_a_run_would_do_and_does_nothing(api: Api, books: World) -> None:
    customer = books.customer()
    id_ = books.subscribe(customer, "80", start=dt.date(2026, 1, 1), method=books.method(customer))
    books.db.execute("UPDATE account SET clock_at = '2026-01-01 12:00+00' WHERE id = %s", [books.ctx.id])

    told = api.get(f"{OURS}/billing/rehearsal?catchUp=TRUE")

    assert (told["invoices"], told["charges"], told["parked"]) == (1, 1, 0)
    assert told["invoicedMinor"] == told["chargedMinor"] == {"EUR": 8_000}
    (first,) = told["firstInvoices"]
    assert (first["subscriptionId"], first["subscriptionName"]) == (str(id_), "Fleet Core")
    assert (first["periodStart"], first["totalMinor"]) == ("2026-01-01", 8_000)
    assert told["billingDay"] == "2026-01-01"
    assert books.invoices(id_, "id") == []
    api.get(f"{OURS}/billing/rehearsal?catchUp=perhaps", 400)


def test_a_rehearsal_names_who_is_billed_no_longer(api: Api, books: World) -> None:
    customer = books.customer()
    id_ = books.subscribe(customer, "80", start=dt.date(2026, 1, 1), method=books.method(customer))
    books.until("2026-01-10")
    cancel_subscriptions(books.db, books.ctx, [id_])
    books.db.execute("UPDATE account SET clock_at = '2026-02-01 12:00+00' WHERE id = %s", [books.ctx.id])

    told = api.get(f"{OURS}/billing/rehearsal")

    assert (told["noLongerBilled"], told["noLongerBilledMinor"]) == (1, {"EUR": 8_000})
    (ended,) = told["firstNoLongerBilled"]
    assert (ended["subscriptionId"], ended["dueDate"], ended["beforeMinor"]) == (
        str(id_),
        "2026-02-01",
        8_000,
    )
    assert (ended["reason"], ended["since"]) == ("canceled", "2026-01-10")
    assert ended["why"] == "canceled since 2026-01-10"


# ---------------------------------------------------------------- clocks


def test_a_sandbox_moves_its_clock_and_what_falls_due_happens(api: Api, books: World, active: int) -> None:
    assert api.get(f"{OURS}/clock")["now"] == "2026-01-02T12:00:00.000Z"

    moved = api.post(f"{OURS}/clock/advance", {"duration": "1mo3d"}, 200)
    assert (moved["from"], moved["now"]) == ("2026-01-02T12:00:00.000Z", "2026-02-05T12:00:00.000Z")
    assert moved["happened"]["invoiced"] == 1
    assert moved["happened"]["invoiced_minor"] == {"EUR": 10_000}

    moved = api.post(f"{OURS}/clock/set", {"to": "2026-03-01T12:00"}, 200)
    assert moved["now"] == "2026-03-01T11:00:00.000Z"
    assert api.get(f"{OURS}/clock")["today"] == "2026-03-01"
    assert len(books.invoices(active, "id")) == 3
    in_order(books)


def test_the_same_key_lets_time_pass_once(api: Api) -> None:
    key = {"Idempotency-Key": "one day"}

    first = api.ask("POST", f"{OURS}/clock/advance", {"duration": "1d"}, headers=key)
    again = api.ask("POST", f"{OURS}/clock/advance", {"duration": "1d"}, headers=key)

    assert first.text == again.text
    assert api.get(f"{OURS}/clock")["now"] == first.json()["now"] == "2026-01-02T05:00:00.000Z"


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("advance", {}),
        ("advance", {"duration": ""}),
        ("advance", {"duration": "1"}),
        ("advance", {"duration": 1}),
        ("advance", {"duration": "-1d"}),
        ("advance", {"duration": "99999d"}),
        ("advance", {"duration": "99y"}),
        ("advance", {"duration": "٣d"}),
        ("set", {}),
        ("set", {"to": "2025-12-31"}),
        ("set", {"to": "9999-12-31"}),
        ("set", {"to": "0001-01-01T00:00:00+14:00"}),
        ("set", {"to": 10**30}),
        ("set", {"to": True}),
        ("set", {"to": [1]}),
        ("set", {"to": "2026-01-05T25:00"}),
    ],
)
def test_a_move_that_cannot_be_is_refused_and_the_clock_stands(
    api: Api, verb: str, body: dict[str, Any]
) -> None:
    assert api.post(f"{OURS}/clock/{verb}", body, 400)["category"] == "VALIDATION_ERROR"
    assert api.get(f"{OURS}/clock")["now"] == "2026-01-01T05:00:00.000Z"


def test_the_clock_of_a_live_account_is_shown_and_never_moved(another: NewApi, db: AnyConnection) -> None:
    ctx = create_account(
        db, name="Live AS", time_zone="Europe/Oslo", currency="EUR", country="NO", now=FIRST_MOMENT
    )
    live = another(ctx)

    assert live.get(f"{OURS}/clock")["mode"] == "live"
    for verb, body in (("advance", {"duration": "1d"}), ("set", {"to": "2099-01-01"})):
        assert "live" in live.post(f"{OURS}/clock/{verb}", body, 400)["message"]


def test_a_clock_that_somebody_else_moves_is_a_conflict(api: Api, books: World, connect: Connect) -> None:
    holder = connect()
    holder.execute("SELECT pg_advisory_lock(7, %s)", [books.ctx.id])

    assert api.post(f"{OURS}/clock/advance", {"duration": "1d"}, 409)["category"] == "CONFLICT"


# ---------------------------------------------------------------- who may, and nonsense


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: repr(body[:12]))
def test_a_body_that_makes_no_sense_is_refused_everywhere(api: Api, active: int, body: bytes) -> None:
    for path in (f"subscriptions/{active}/preview", "clock/advance", "clock/set"):
        answer = api.ask("POST", f"{OURS}/{path}", body)
        assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_each_address_needs_its_scopes(another: NewApi, account: AccountContext, active: int) -> None:
    stranger = another(account, "crm.objects.companies.read")
    for method, path in (
        ("POST", f"subscriptions/{active}/preview"),
        ("POST", f"subscriptions/{active}/edit"),
        ("GET", f"subscriptions/{active}/explanation"),
        ("GET", "invoices/1/explanation"),
        ("GET", "billing/rehearsal"),
        ("POST", "clock/advance"),
        ("POST", "clock/set"),
    ):
        answer = stranger.ask(method, f"{OURS}/{path}")
        assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES"), path
        wrong = stranger.ask("DELETE", f"{OURS}/{path}")
        assert (wrong.status_code, wrong.headers["Allow"]) == (405, method), path
    assert stranger.get(f"{OURS}/clock")["accountId"] == account.id
    stranger.get(f"{OURS}/nothing", 404)
