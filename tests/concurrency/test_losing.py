"""A deadlock at any statement of anybody's request is tried again: the deed is done once, and nobody is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from kalends.accounts.scopes import ALL
from kalends.accounts.tokens import create_token
from kalends.billing.run import run_due
from kalends.payments.refund import request_refund
from kalends.platform import database
from kalends.proof.verify import verify
from kalends.worker.loop import Worker
from tests.buyer.shop import Shop
from tests.cli.conftest import Give
from tests.cli.conftest import give as give  # noqa: PLC0414 - a fixture, found under this name
from tests.concurrency.losing import Losing
from tests.staff.deeds import Company, companies

Deed = Callable[[], None]


@pytest.fixture(scope="module")
def company(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    """One company for all of these: what is done is done to new records each time."""
    with django_db_blocker.unblock():
        for made in companies():
            made.world.until("2026-01-01", hour=12)
            yield made


@pytest.fixture(autouse=True)
def books(company: Company) -> Iterator[None]:
    yield
    assert verify(company.world.db, company.world.ctx).differences == []


@pytest.fixture
def shop(company: Company) -> Shop:
    return Shop(company.world, Client())


class Cast:
    """Whom the deeds are done to."""

    def __init__(self, company: Company) -> None:
        self.world = company.world

    def run(self) -> None:
        run_due(self.world.db, self.world.ctx, self.world.processors)

    def paid(self) -> tuple[int, int]:
        """A subscription whose first payment came; with that."""
        kari = self.world.customer()
        id_ = self.world.subscribe(kari, method=self.world.method(kari))
        self.run()
        return id_, self.world.one("SELECT id FROM payment WHERE subscription_id = %s", id_)[0]

    def owed(self) -> tuple[int, int, int]:
        """A customer who owes the first invoice of a subscription; with that and this."""
        kari = self.world.customer()
        id_ = self.world.subscribe(kari, net_terms_days=30)
        self.run()
        (invoice,) = self.world.invoices(id_, "id")
        self.world.db.execute("UPDATE invoice SET allow_partial_payments = false WHERE id = %s", [invoice])
        return kari, id_, invoice

    def standing(self, invoice: int) -> tuple[str, int]:
        return self.world.one("SELECT status, paid_minor::int FROM invoice WHERE id = %s", invoice)


@pytest.fixture
def cast(company: Company) -> Cast:
    return Cast(company)


def test_staff_give_money_back(company: Company, cast: Cast, loses: Losing) -> None:
    def prepare() -> Deed:
        _, payment = cast.paid()

        def deed() -> None:
            told = {"amount": "40", "reason": "Late", "request_key": f"back{payment}"}
            assert company.send("payments", payment, "refund", **told).status_code == 303
            rows = company.world.rows(
                "SELECT status, amount_minor FROM refund WHERE payment_id = %s", payment
            )
            assert rows == [("succeeded", 4_000)]

        return deed

    assert loses.at_each(prepare) >= 8


def test_staff_charge_a_new_method_at_once(company: Company, cast: Cast, loses: Losing) -> None:
    def prepare() -> Deed:
        kari = company.world.customer()
        id_ = company.world.subscribe(kari, method=company.world.method(kari, "expired"))
        cast.run()
        good = company.world.method(kari)

        def deed() -> None:
            told = {"method": str(good), "overdue": "on", "request_key": f"method{id_}"}
            assert company.send("subscriptions", id_, "method", **told).status_code == 303
            assert company.world.invoices(id_, "status") == ["paid"]

        return deed

    assert loses.at_each(prepare) >= 8


def test_staff_pause_and_cancel(company: Company, cast: Cast, loses: Losing) -> None:
    def prepare() -> Deed:
        id_, _ = cast.paid()

        def deed() -> None:
            assert company.send("subscriptions", id_, "pause", begins="now").status_code == 303
            assert (
                company.send("subscriptions", id_, "cancel", when="now", acknowledged="on").status_code == 303
            )
            assert company.world.subscription(id_, "status") == "canceled"

        return deed

    assert loses.at_each(prepare) >= 4


def test_a_customer_pays_an_invoice_on_its_page(shop: Shop, cast: Cast, loses: Losing) -> None:
    def prepare() -> Deed:
        kari, _, invoice = cast.owed()
        stored = shop.world.method(kari)
        page = shop.link("invoice", invoice, kari)
        form = shop.form(page, method=str(stored))

        def deed() -> None:
            assert shop.client.post(page, form).status_code == 303
            assert cast.standing(invoice) == ("paid", 10_000)
            charges = "SELECT count(*) FROM sandbox_charge WHERE metadata ->> 'invoice_id' = %s"
            assert shop.world.one(charges, str(invoice)) == (1,)

        return deed

    assert loses.at_each(prepare) >= 8


def test_a_customer_changes_their_address(shop: Shop, cast: Cast, loses: Losing) -> None:
    def prepare() -> Deed:
        kari = shop.world.customer()
        shop.client = Client()
        shop.client.post(shop.link("portal", kari, kari))
        page = f"/portal/{shop.world.ctx.id}/details"
        street = {"at-country": "NO", "at-address": "Storgata 1", "at-zip": "0155", "at-city": "Oslo"}
        form = shop.form(page, firstname="Karin", lastname="Nordmann", **street)

        def deed() -> None:
            assert shop.client.post(page, form).status_code == 303
            assert shop.world.one("SELECT first_name FROM contact WHERE id = %s", kari) == ("Karin",)

        return deed

    assert loses.at_each(prepare) >= 3


def test_a_program_cancels(company: Company, cast: Cast, loses: Losing) -> None:
    world = company.world
    token = create_token(world.db, world.ctx.id, name="Test", scopes=(ALL,), now=world.ctx.now).token
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def prepare() -> Deed:
        id_, _ = cast.paid()

        def deed() -> None:
            path = f"/payments-subscriptions/v1/subscriptions/crm/{id_}/cancel"
            answer = client.post(path, "{}", content_type="application/json")
            assert answer.status_code < 300, (path, answer.content)
            assert world.subscription(id_, "status") == "canceled"

        return deed

    assert loses.at_each(prepare) >= 3


def test_a_command_bills_all_that_is_due(company: Company, loses: Losing, give: Give) -> None:
    world = company.world

    def prepare() -> Deed:
        subscriptions = []
        for outcome in ("approved", "declined", None):
            kari = world.customer()
            method = world.method(kari, outcome) if outcome else None
            subscriptions.append(world.subscribe(kari, method=method))

        def deed() -> None:
            answer = give("bill", "--account", world.ctx.id)
            assert answer.code == 0, answer
            assert [world.invoices(id_, "status") for id_ in subscriptions] == [["paid"], ["open"], ["open"]]

        return deed

    assert loses.at_each(prepare) >= 10


def test_a_command_lets_go_what_was_parked(company: Company, cast: Cast, loses: Losing, give: Give) -> None:
    world = company.world

    def prepare() -> Deed:
        id_, _ = cast.paid()
        query = (
            "INSERT INTO parked_subscription (account_id, id, cycle, since, code, reason, remedy) "
            "VALUES (%s, %s, 0, %s, 'lines', 'no lines', 'Add one.')"
        )
        world.db.execute(query, [world.ctx.id, id_, world.ctx.now])

        def deed() -> None:
            assert give("release", id_, "--account", world.ctx.id).code == 0

        return deed

    assert loses.at_each(prepare) >= 2


def test_a_worker_does_all_that_waits(
    company: Company, cast: Cast, loses: Losing, settings: Any, tmp_path: Any
) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    world = company.world

    def prepare() -> Deed:
        _, payment = cast.paid()
        request_refund(world.db, world.ctx, payment, 1_000)
        worker = Worker(
            lambda: dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC),
            lambda: database.connect(autocommit=True),
            only=world.ctx.id,
        )

        def deed() -> None:
            assert worker.run_once() == 0
            waiting = "SELECT count(*) FROM message WHERE account_id = %s AND status <> 'sent'"
            assert world.one(waiting, world.ctx.id) == (0,)

        return deed

    assert loses.at_each(prepare) >= 3
