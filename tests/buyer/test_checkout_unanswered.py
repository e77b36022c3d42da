"""Paying when the processor does not answer, or the bank asks first: one payment, and a page that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable
from kalends.payments.processors.sandbox.processor import SandboxProcessor
from kalends.sales import charges
from kalends.sales.charges import NoProcessor
from tests.business.sales.shop import Shop, item
from tests.buyer.buying import Buyer
from tests.world import World

BANK = "/bank/confirm"


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


@pytest.fixture
def kari(shop: Shop) -> Buyer:
    """Somebody at the processor's page, about to give a card."""
    return Buyer(shop).comes_to(shop.link(item("Fleet Core", "49", "monthly"))).buys()


def unavailable(*_: Any, **__: Any) -> Any:
    raise ProcessorUnavailable("no answer")


class Bank:
    """A bank that asks its customer first: the charge goes on when ``answer`` is set."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.answer: str | None = None
        self.charge_really = SandboxProcessor.charge
        self.asked: dict[str, ChargeRequest] = {}
        bank = self

        def charge(_processor: SandboxProcessor, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
            bank.asked |= {each.idempotency_key: each for each in requests}
            return [
                ChargeOutcome(each.idempotency_key, "processing", reference="ch_3d", action_url=BANK)
                for each in requests
            ]

        def lookup(
            processor: SandboxProcessor, keys: Sequence[str], _at: datetime
        ) -> dict[str, ChargeOutcome]:
            if bank.answer == "yes":
                found = bank.charge_really(processor, [bank.asked[key] for key in keys])
                return {each.idempotency_key: each for each in found}
            if bank.answer == "no":
                return {
                    key: ChargeOutcome(key, "failed", failure_code="authentication_required", decline="hard")
                    for key in keys
                }
            return {key: ChargeOutcome(key, "processing", reference="ch_3d", action_url=BANK) for key in keys}

        patch.setattr(SandboxProcessor, "charge", charge)
        patch.setattr(SandboxProcessor, "lookup", lookup)


def test_the_bank_is_asked_first_and_the_payment_is_one(
    shop: Shop, kari: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(monkeypatch)
    kari.gives()
    assert kari.address == BANK
    (key,) = shop.world.one("SELECT public_key FROM checkout")
    own = f"/checkout/{shop.ctx.id}/{key}"
    kari.opens(own).sees("Your bank wants you to confirm", "49,00 EUR is charged once you have confirmed it")
    assert f'href="{BANK}"' in kari.html
    assert 'http-equiv="refresh"' in kari.html
    bank.answer = "yes"
    kari.opens(f"{own}/back").sees("49,00 EUR is paid").reloads()
    monkeypatch.undo()
    assert shop.charges() == [(4900, "succeeded")]
    shop.assert_clean()


def test_what_is_not_confirmed_is_declined_and_can_be_paid_again(
    shop: Shop, kari: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(monkeypatch)
    kari.gives()
    bank.answer = "no"
    (key,) = shop.world.one("SELECT public_key FROM checkout")
    kari.opens(f"/checkout/{shop.ctx.id}/{key}/back")
    kari.sees("49,00 EUR was declined", "The bank wants the payment to be confirmed.")
    monkeypatch.undo()
    kari.buys().gives().sees("49,00 EUR is paid")
    assert shop.charges() == [(4900, "succeeded")]
    shop.assert_clean()


def test_a_lost_answer_is_a_page_that_waits_and_finds_out_without_a_second_charge(
    shop: Shop, kari: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = SandboxProcessor.charge

    def lost(processor: SandboxProcessor, requests: Sequence[ChargeRequest]) -> Any:
        really(processor, requests)
        raise ProcessorUnavailable("the answer is lost")

    monkeypatch.setattr(SandboxProcessor, "charge", lost)
    monkeypatch.setattr(SandboxProcessor, "lookup", unavailable)
    kari.gives().sees("We are finding out what became of your payment", "nothing is charged twice")
    assert '<noscript><meta http-equiv="refresh"' in kari.html
    kari.reloads().sees("We are finding out")
    waiting = (kari.address, kari.status, kari.html)
    monkeypatch.undo()
    kari.reloads().sees("49,00 EUR is paid")
    assert shop.charges() == [(4900, "succeeded")]
    kari.address, kari.status, kari.html = waiting
    kari.reloads().sees("49,00 EUR is paid")
    shop.assert_clean()


def test_a_link_that_is_being_paid_leads_back_to_the_wait(
    shop: Shop, kari: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxProcessor, "charge", unavailable)
    monkeypatch.setattr(SandboxProcessor, "lookup", unavailable)
    wait = kari.gives().address
    (link,) = shop.world.one("SELECT id FROM payment_link")
    assert kari.comes_to(link).address == wait
    monkeypatch.undo()
    kari.reloads().sees("49,00 EUR is paid")
    assert shop.charges() == [(4900, "succeeded")]


def test_while_the_processor_cannot_be_reached_nothing_is_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = Buyer(shop).comes_to(shop.link(item("Setup", "100")))
    monkeypatch.setattr(SandboxProcessor, "open_setup", unavailable)
    kari.buys(company="Nordmann AS").sees("Nothing was charged", "cannot be reached at the moment")
    assert kari.status == 503
    assert 'value="Nordmann AS"' in kari.html
    monkeypatch.undo()
    kari.buys()
    monkeypatch.setattr(SandboxProcessor, "read_setup", unavailable)
    (key,) = shop.world.one("SELECT public_key FROM checkout")
    kari.opens(f"/checkout/{shop.ctx.id}/{key}/back").sees("cannot be reached at the moment")
    monkeypatch.undo()
    kari.buys().gives().sees("100,00 EUR is paid")
    assert shop.charges() == [(10000, "succeeded")]


def test_an_account_that_takes_no_test_cards_any_more_says_so_to_who_comes_back(
    shop: Shop, kari: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any) -> None:
        raise NoProcessor("Test means of payment are for sandbox accounts; connect a processor first.")

    monkeypatch.setattr(charges, "_refuse_processor", none)
    kari.gives().sees("Nothing was charged", "Payments are not taken here at the moment.")
    assert kari.status == 503
    assert shop.charges() == []
