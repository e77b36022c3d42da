"""Ten schedulers, sixteen workers, people on pages and programs: all at the same moment, over the same records."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from kalends.accounts import connections
from kalends.accounts.scopes import ALL
from kalends.accounts.tokens import create_token
from kalends.billing.run import run_due
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.proof.verify import verify
from kalends.worker import tasks
from kalends.worker.loop import Worker
from tests.at_once import at_once
from tests.buyer.shop import Shop
from tests.staff.deeds import Company, companies, words
from tests.staff.test_actions_edit import filled
from tests.worker.conftest import MORNING
from tests.worker.conftest import mail as mail  # noqa: PLC0414 - fixtures, found under these names
from tests.worker.conftest import new_world as new_world  # noqa: PLC0414
from tests.worker.conftest import own_database as own_database  # noqa: PLC0414
from tests.world import World

SCHEDULERS, WORKERS = 10, 16
DAYS = 3


def scheduler(world: World) -> Any:
    """A billing run of a machine of its own."""
    with database.connect(autocommit=True) as db:
        processors = AccountProcessors(database.connect, world.ctx.id)
        try:
            return run_due(World(db, world.ctx, processors).db, world.ctx, processors, size=5)
        finally:
            processors.close()


def test_ten_schedulers_and_sixteen_workers_bill_each_cycle_once_and_leave_nothing(
    new_world: Callable[..., World], mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "run_due", partial(run_due, size=5))
    world = new_world()
    outcomes = ("approved", "declined", "timeout_charged", "timeout_not_charged", None)
    for number in range(90):
        kari = world.customer()
        outcome = outcomes[number % len(outcomes)]
        method = world.method(kari, outcome) if outcome else None
        start = MORNING.date() - dt.timedelta(days=number % DAYS)
        world.subscribe(kari, "10", start=start, method=method, net_terms_days=0 if method else 14)

    clock: Callable[[], dt.datetime] = lambda: MORNING  # noqa: E731
    open_one = partial(database.connect, autocommit=True)
    # A scheduler learns what there is to do before others have done it, a worker begins with a look at all accounts.
    everybody = [partial(scheduler, world)] * SCHEDULERS + [
        Worker(clock, open_one).run_once for _ in range(WORKERS)
    ]
    answers = at_once(*everybody)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert answers[SCHEDULERS:] == [0] * WORKERS, "a worker met a problem that it did not solve"
    account = world.ctx.id
    # Nothing is left for whoever comes next but what nobody answered, of which the processor is asked.
    last = scheduler(world)
    assert (last.invoiced, last.charges.sent) == (0, last.charges.sent)
    twice = (
        "SELECT subscription_id, cycle FROM invoice WHERE account_id = %s GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert world.rows(twice, account) == []
    due = "SELECT count(*) FROM subscription WHERE account_id = %s AND next_due_date <= %s"
    assert world.one(due, account, MORNING.date()) == (0,)
    charged = (
        "SELECT metadata ->> 'invoice_id' FROM sandbox_charge WHERE account_id = %s AND status = 'succeeded'"
    )
    paid = [row[0] for row in world.rows(charged, account)]
    assert len(paid) == len(set(paid)) == 54
    numbers = [
        row[0]
        for row in world.rows("SELECT substr(number, 5)::int FROM invoice WHERE account_id = %s", account)
    ]
    assert sorted(numbers) == list(range(1001, 1001 + 90))
    letters = "SELECT kind, object_id, occasion FROM message WHERE account_id = %s GROUP BY 1, 2, 3 HAVING count(*) > 1"
    assert world.rows(letters, account) == []
    written = world.one("SELECT count(*) FROM message WHERE account_id = %s AND status = 'sent'", account)[0]
    assert len(list(mail.glob("*.eml"))) == written > 0
    assert verify(world.db, world.ctx).differences == []


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


@pytest.fixture
def window(company: Company) -> Callable[[Callable[[Client], HttpResponse]], Callable[[], HttpResponse]]:
    """A request of the signed-in user from a browser of its own, in a thread that lets go of its connections."""
    cookies = company.client.cookies

    def opens(ask: Callable[[Client], HttpResponse]) -> Callable[[], HttpResponse]:
        def run() -> HttpResponse:
            client = Client()
            client.cookies.update(cookies)
            try:
                return ask(client)
            finally:
                connections.inside(company.world.ctx.id).close()
                connection.close()

        return run

    return opens


def program(company: Company) -> Client:
    """A client of the API that may do everything."""
    world = company.world
    token = create_token(world.db, world.ctx.id, name="Test", scopes=(ALL,), now=world.ctx.now).token
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_an_invoice_is_paid_recorded_credited_and_voided_at_once_and_settled_once(
    company: Company, window: Callable[..., Any]
) -> None:
    for _ in range(3):
        _settle_at_once(company, window)
    assert company.agrees()


def _settle_at_once(company: Company, window: Callable[..., Any]) -> None:
    world, shop = company.world, Shop(company.world, Client())
    kari = world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    form = shop.form(page, method=str(world.method(kari)))
    by_hand = {"amount": "100", "received": world.ctx.today.isoformat(), "kind": "cash"}

    def staff(client: Client, action: str, **fields: str) -> HttpResponse:
        return client.post(company.address("invoices", invoice, action), fields)

    answers = at_once(
        window(lambda client: client.post(page, form)),
        window(lambda client: client.post(page, form)),
        window(lambda client: staff(client, "record-payment", **by_hand, request_key=f"a{invoice}")),
        window(lambda client: staff(client, "record-payment", **by_hand, request_key=f"a{invoice}")),
        window(lambda client: staff(client, "void", reason="Wrong")),
        window(
            lambda client: staff(client, "credit", what="whole", reason="Wrong", request_key=f"c{invoice}")
        ),
        partial(scheduler, world),
    )

    told_in_words(answers[:6])
    assert not any("This field is required" in words(answer) for answer in answers[:6])
    status, paid = world.one("SELECT status, paid_minor::int FROM invoice WHERE id = %s", invoice)
    assert status in ("paid", "voided", "credited")
    money = world.one("SELECT count(*) FROM payment WHERE invoice_id = %s AND status = 'succeeded'", invoice)
    assert money == (1 if paid else 0,)


def test_a_subscription_is_edited_canceled_paused_refunded_and_billed_at_once(
    company: Company, window: Callable[..., Any]
) -> None:
    for _ in range(3):
        _change_at_once(company, window)
    assert company.agrees()


def _change_at_once(company: Company, window: Callable[..., Any]) -> None:
    world = company.world
    api = {name: program(company) for name in ("cancel", "pause", "change")}
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari))
    world.until(world.ctx.today + dt.timedelta(days=1))
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)
    page = company.client.get(company.address("subscriptions", id_, "edit")).content.decode()
    assert "lines-0-quantity" in filled(page), words(
        company.client.get(company.address("subscriptions", id_, "edit"))
    )
    edit = {**filled(page), "lines-0-quantity": "3", "counts": "next"}
    seen = filled(company.send("subscriptions", id_, "edit", **edit).content.decode())
    family = f"/payments-subscriptions/v1/subscriptions/crm/{id_}"

    def staff(client: Client, slug: str, record: int, action: str, **fields: str) -> HttpResponse:
        return client.post(company.address(slug, record, action), fields)

    def ask(verb: str, path: str, body: str = "{}") -> Callable[[], HttpResponse]:
        return alone(company, lambda: api[verb].generic("PATCH" if verb == "change" else "POST", path, body,
                                                        content_type="application/json"))  # fmt: skip

    answers = at_once(
        window(lambda client: staff(client, "subscriptions", id_, "edit", **seen)),
        window(lambda client: staff(client, "subscriptions", id_, "cancel", when="now", acknowledged="on")),
        window(lambda client: staff(client, "subscriptions", id_, "pause", begins="now")),
        window(
            lambda client: staff(client, "payments", payment, "refund", amount="30", request_key=f"r{id_}")
        ),
        window(
            lambda client: staff(client, "payments", payment, "refund", amount="30", request_key=f"r{id_}")
        ),
        window(
            lambda client: staff(client, "payments", payment, "refund", amount="80", request_key=f"s{id_}")
        ),
        ask("cancel", f"{family}/cancel"),
        ask("pause", f"{family}/pause"),
        ask("change", f"/crm/v3/objects/subscriptions/{id_}", '{"properties": {"hs_name": "Fleet North"}}'),
        partial(scheduler, world),
    )

    told_in_words(answers[:9])
    assert world.subscription(id_, "status") == "canceled"
    assert world.rows("SELECT count(*) FROM refund WHERE payment_id = %s", payment) == [(1,)]
    canceled = "SELECT count(*) FROM event WHERE kind = 'subscription.canceled' AND object_id = %s"
    assert world.one(canceled, id_) == (1,)


def alone(company: Company, ask: Callable[[], HttpResponse]) -> Callable[[], HttpResponse]:
    """The same in a thread that lets go of its connections."""

    def run() -> HttpResponse:
        try:
            return ask()
        finally:
            connections.inside(company.world.ctx.id).close()
            connection.close()

    return run


def told_in_words(answers: list[Any]) -> None:
    """Whoever came too late is told so, and by what: a page with its reason, or an answer of the API with a message."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
        assert answer.status_code in (200, 303, 400, 409, 422), (answer.status_code, words(answer))
        if answer.status_code >= 400:
            assert re.search(r"[a-z]{3}.*\.", words(answer)), words(answer)
            assert "deadlock" not in words(answer)
