"""What a process left behind at a checkout the worker settles, in sandboxes too; what nobody goes on with goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest
from kalends.sales.checkouts import checkout_of
from kalends.worker.cleaning import forget_old
from kalends.worker.loop import Worker
from tests.business.sales.shop import Shop, item
from tests.worker.conftest import Clock
from tests.world import World

NewWorld = Callable[..., World]


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """A processor that charges, and whose answer nobody hears."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def charge(self, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        self._real.charge(requests)
        raise Killed


def test_the_worker_settles_a_checkout_whose_process_ended(
    worker: Worker, new_world: NewWorld, clock: Clock
) -> None:
    shop = Shop(new_world(live=False))
    worker.round()
    checkout = shop.ready(shop.link(item("Fleet Core", "49", "monthly")))
    with pytest.raises(Killed):
        shop.back(checkout, processors=lambda name: Dying(shop.world.processors(name)))  # type: ignore[arg-type]
    assert checkout_of(shop.db, shop.ctx, checkout.id).status == "paying"
    clock.move(seconds=30)
    assert worker.round()
    assert checkout_of(shop.db, shop.ctx, checkout.id).status == "done"
    assert shop.charges() == [(4900, "succeeded")]
    shop.assert_clean()


def test_open_checkouts_are_forgotten_after_thirty_days_of_their_account(new_world: NewWorld) -> None:
    shop = Shop(new_world(live=False))
    shop.visit(shop.link(item("Cap", "20")))
    assert forget_old(shop.db, shop.ctx, shop.ctx.now).checkouts == 0
    shop.world.until(shop.ctx.today + dt.timedelta(days=31))
    assert forget_old(shop.db, shop.ctx, shop.ctx.now).checkouts == 1
    assert shop.count("checkout") == 0
