"""Whoever locks several rows locks them in one order (docs/architecture.md): then nobody waits in a ring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kalends.billing.edit import Edit, apply_edit
from kalends.billing.run import run_due
from kalends.platform import database
from kalends.worker.loop import Worker
from tests.business.sales.shop import Shop as Sales
from tests.business.sales.shop import item
from tests.buyer.buying import CARD, Buyer
from tests.buyer.shop import Shop
from tests.concurrency.locks import locked_by, out_of_order
from tests.concurrency.recording import Sent, recorded
from tests.staff.deeds import Company, companies, words


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


def subscribed(company: Company, outcome: str | None = "approved") -> int:
    world = company.world
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, outcome) if outcome else None)
    run_due(world.db, world.ctx, world.processors)
    return id_


def test_people_pages_and_the_worker_lock_in_the_order_that_is_agreed(
    company: Company, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    world, shop = company.world, Shop(company.world, Client())

    def send(slug: str, id_: int, action: str, **fields: str) -> None:
        answer = company.send(slug, id_, action, **fields)
        assert answer.status_code == 303, (action, words(answer))

    world.until("2026-01-01", hour=12)
    with recorded() as sent:
        for deed in deeds(company, shop, send):
            deed()
        world.until("2026-03-10")
        Worker(lambda: world.ctx.now, lambda: database.connect(autocommit=True), only=world.ctx.id).run_once()
    assert out_of_order(sent) == []
    locked = {table for each in sent for table in locked_by(each.text)}
    assert {
        "subscription",
        "charge_attempt",
        "payment",
        "invoice",
        "customer_credit",
        "invoice_series",
    } <= locked


def deeds(company: Company, shop: Shop, send: Callable[..., None]) -> Iterator[Callable[[], object]]:
    """What people do to what has been billed."""
    world = company.world
    paid, debt, invoiced, paused, other = (
        subscribed(company, each) for each in ("approved", "expired", None, "approved", None)
    )
    (payment,) = world.one("SELECT id FROM payment WHERE subscription_id = %s", paid)
    invoice, (second,) = world.invoices(invoiced, "id")[0], world.invoices(other, "id")
    kari = world.one("SELECT contact_id FROM subscription WHERE id = %s", debt)[0]
    yield lambda: send("payments", payment, "refund", amount="40")
    yield lambda: apply_edit(world.db, world.ctx, paid, Edit(name="Fleet North"))
    yield lambda: send("subscriptions", debt, "method", method=str(world.method(kari)), overdue="on")
    yield lambda: send(
        "invoices", invoice, "record-payment", amount="100", received="2026-01-01", kind="cash"
    )
    yield lambda: send("invoices", invoice, "credit", what="whole", reason="Wrong")
    yield lambda: send("invoices", second, "void", reason="Wrong")
    yield lambda: send("subscriptions", paused, "pause", begins="now")
    yield lambda: send("subscriptions", paused, "resume", next_due="")
    yield lambda: send("subscriptions", other, "cancel", when="now", acknowledged="on")
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    form = shop.form(page, method=str(world.method(kari)))
    yield lambda: shop.client.post(page, form)


def test_so_do_buyers(company: Company) -> None:
    sales = Sales(company.world)
    with recorded() as sent:
        kari = Buyer(sales)
        kari.comes_to(sales.link(item("Fleet Core", "49", "monthly"), item("Setup", "10"))).buys().gives(CARD)
    assert out_of_order(sent) == []
    assert {"checkout", "payment_link"} <= {table for each in sent for table in locked_by(each.text)}


def test_an_order_that_is_not_kept_is_named() -> None:
    told = out_of_order(
        [
            Sent(1, "BEGIN", True),
            Sent(1, "SELECT FROM invoice WHERE id = 1 FOR UPDATE", False),
            Sent(2, "UPDATE subscription SET name = 'x'", True),
            Sent(1, "UPDATE subscription SET name = 'x'", False),
        ]
    )
    assert told == ["subscription after [4]: UPDATE subscription SET name = 'x'"]
