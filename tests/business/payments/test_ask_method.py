"""Taking in what a customer gave at a processor's page: it is theirs, and nobody else's."""

from __future__ import annotations

from uuid import UUID

import pytest

from kalends.payments import ask_method
from kalends.payments.ask_method import Visitor, Wanted
from kalends.payments.methods import GivenToAnother, NewPaymentMethod, create_payment_methods
from kalends.payments.processors.interface import GivenMethod, Setup
from kalends.payments.processors.sandbox.processor import SandboxProcessor
from tests.world import World

TOKEN = "tok_card_approved-7"


def asked(world: World, contact: int) -> ask_method.Request:
    """Somebody who was sent to the processor's page for their subscription."""
    keys: list[str] = []
    ask_method.ask(
        world.db, world.ctx, world.processors, "sandbox",
        Wanted("subscription", 1, "EUR", ("card",), contact), Visitor("Kari", None, "en"),
        back="https://shop.test/back/{key}", cancel_url="https://shop.test",
    )  # fmt: skip
    keys += [row[0] for row in world.rows("SELECT key FROM method_request WHERE contact_id = %s", contact)]
    return ask_method.find_request(world.db, world.ctx, UUID(str(keys[-1])), "subscription", 1)


@pytest.fixture
def _gives_one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Setup("page", "complete", GivenMethod(TOKEN, "card", "4242"))
    monkeypatch.setattr(SandboxProcessor, "read_setup", lambda *_: given)


@pytest.mark.usefixtures("_gives_one_token")
def test_a_method_of_somebody_else_is_not_taken_over(world: World) -> None:
    kari, ola = world.customer(), world.customer()
    create_payment_methods(world.db, world.ctx, [NewPaymentMethod(kari, "card", TOKEN, "4242")])

    with pytest.raises(GivenToAnother, match="belongs to another customer"):
        ask_method.take_in(world.db, world.ctx, world.processors, asked(world, ola))

    owners = world.rows("SELECT contact_id FROM payment_method WHERE token = %s", TOKEN)
    assert owners == [(kari,)]


@pytest.mark.usefixtures("_gives_one_token")
def test_a_method_of_ones_own_that_is_given_again_is_stored_once(world: World) -> None:
    kari = world.customer()
    (own,) = create_payment_methods(world.db, world.ctx, [NewPaymentMethod(kari, "card", TOKEN, "4242")])

    assert ask_method.take_in(world.db, world.ctx, world.processors, asked(world, kari)) == own
