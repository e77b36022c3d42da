"""What a processor answers: whatever comes back, a charge is known for certain or it is unknown."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kalends.accounts.context import AccountContext
from kalends.payments.processors.interface import ChargeRequest, ProcessorUnavailable, RefundRequest
from kalends.payments.processors.stripe.processor import StripeProcessor
from tests.business.stripe.conftest import account, connected, processor, stripe
from tests.conftest import FIRST_MOMENT
from tests.fakes.stripe_server import StripeServer
from tests.fakes.stripe_things import Thing
from tests.fuzz.making import often, scalars, spoiled_tree, tells, words

__all__ = ["account", "connected", "processor", "stripe"]
_serial = itertools.count(1)
METHODS = ("pm_card_ok", "pm_card_stolen_card", "pm_card_confirm", "pm_card_feeless", "pm_sepa_debit_ok")


class Spoiler:
    """Stands between us and Stripe: lets everything pass, until it is told what to make of an answer."""

    def __init__(self, server: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spoil: Callable[[int, Thing], tuple[int, Any]] | None = None
        plain = server.answer

        def answer(method: str, path: str, params: Thing, headers: dict[str, str]) -> tuple[int, Any]:
            status, told = plain(method, path, params, headers)
            return (status, told) if self.spoil is None else self.spoil(status, copy.deepcopy(told))

        monkeypatch.setattr(server, "answer", answer)


@pytest.fixture
def between(stripe: StripeServer, monkeypatch: pytest.MonkeyPatch) -> Spoiler:
    return Spoiler(stripe, monkeypatch)


def charge_of(ctx: AccountContext, method: str) -> ChargeRequest:
    """A charge under a key of its own."""
    number = next(_serial)
    return ChargeRequest(
        idempotency_key=f"kalends-{ctx.id}-{number}-1", token=f"cus_{number}:{method}-{number}", amount_minor=1_250,
        currency="EUR", metadata={"invoice_id": number}, at=FIRST_MOMENT,
        method_kind="sepa" if "sepa" in method else "card",
    )  # fmt: skip


@often(14)
@given(
    data=st.data(),
    method=st.sampled_from(METHODS),
    status=st.sampled_from((None, None, 200, 400, 402, 404, 409, 429, 500)),
)
@example(data=None, method="pm_card_ok", status=None)
def test_a_charge_is_certain_or_unknown_whatever_comes_back(
    data: st.DataObject | None, method: str, status: int | None, connected: AccountContext, processor: StripeProcessor,
    between: Spoiler, stripe: StripeServer,
) -> None:  # fmt: skip
    wanted = charge_of(connected, method)
    seed: list[Any] = (
        [None] if data is None else data.draw(st.lists(st.one_of(scalars, words), min_size=1, max_size=3))
    )
    cuts = [] if data is None else data.draw(st.lists(st.integers(0, 60), min_size=1, max_size=3))

    def spoil(was: int, told: Thing) -> tuple[int, Any]:
        """Leave out or replace some of the answer's values; without any, it is another object altogether."""
        if not cuts:
            return was, {"ok": True}
        for cut, value in zip(cuts, itertools.cycle(seed), strict=False):
            places = list(_places(told))
            if places:
                holder, key = places[cut % len(places)]
                if cut % 2:
                    holder.pop(key)
                else:
                    holder[key] = copy.deepcopy(value)
        return status or was, told

    between.spoil = spoil
    (first,) = processor.charge([wanted])
    assert first.status in ("succeeded", "processing", "failed", "unknown")
    between.spoil = None
    try:
        truth = processor.lookup([wanted.idempotency_key], FIRST_MOMENT).get(wanted.idempotency_key)
    except ProcessorUnavailable:
        return  # the answer named another charge than there is: that cannot be looked up, and stays open
    if first.status == "failed" and status is None:
        assert truth is None or truth.status == "failed", "money was taken, and we said that it was not"
    if first.status == "unknown" and truth is not None:
        assert truth.status in ("succeeded", "processing", "failed")


@often(9)
@given(
    answer=spoiled_tree(
        st.just({"id": "re_1", "object": "refund", "status": "succeeded", "metadata": {}, "amount": 100}),
        st.one_of(scalars, words),
    )
)
def test_a_refund_is_certain_or_unknown_whatever_comes_back(
    answer: Any, connected: AccountContext, processor: StripeProcessor, between: Spoiler
) -> None:
    charge = charge_of(connected, "pm_card_ok")
    processor.charge([charge])
    wanted = RefundRequest(
        idempotency_key=f"kalends-refund-{connected.id}-{next(_serial)}", charge_key=charge.idempotency_key,
        amount_minor=100, currency="EUR", metadata={}, at=FIRST_MOMENT,
    )  # fmt: skip
    between.spoil = lambda status, told: (status, answer)
    (outcome,) = processor.refund([wanted])
    assert outcome.status in ("succeeded", "processing", "failed", "unknown")
    try:
        processor.lookup_refunds([wanted.idempotency_key], FIRST_MOMENT)
        processor.lookup([charge.idempotency_key], FIRST_MOMENT + dt.timedelta(days=2))
    except ProcessorUnavailable as problem:
        tells(str(problem))
    between.spoil = None


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, dict):
        for key in list(node):
            yield node, key
            yield from _places(node[key])
    elif isinstance(node, list):
        for each in node:
            yield from _places(each)
