"""A page of the sandbox processor's on which a customer gives a way to pay: test numbers only, and none is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kalends.accounts.sql import enter_account
from kalends.payments.processors.interface import SetupRequest
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.payments.processors.sandbox.cards import UnknownToken
from kalends.payments.processors.sandbox.setups import NotAccepted, account_of
from kalends.platform import database
from tests.business.processors.asking import FRIDAY, asked, charged, new_merchant, opened

BACK = "https://shop.example/checkout/7/back"


def setup(key: str = "checkout-1", **changes: object) -> SetupRequest:
    request = SetupRequest(
        idempotency_key=key,
        kinds=("card", "sepa"),
        currency="EUR",
        customer_name="Aino Kallio",
        customer_email="aino@kallio.example",
        return_url=BACK,
        cancel_url="https://shop.example/checkout/7",
        language="fi",
        metadata={"checkout_id": 7},
        at=FRIDAY,
    )
    return request._replace(**changes)  # type: ignore[arg-type]


def test_a_page_stands_beside_the_one_that_the_customer_comes_back_to(
    sandbox: SandboxProcessor, merchant: int
) -> None:
    page = sandbox.open_setup(setup())
    assert page.url == f"https://shop.example/sandbox/pay/{page.reference}"
    assert account_of(page.reference) == merchant
    assert sandbox.read_setup(page.reference, FRIDAY).status == "open"


def test_the_same_key_opens_the_same_page_and_another_key_another(sandbox: SandboxProcessor) -> None:
    first = sandbox.open_setup(setup())
    assert sandbox.open_setup(setup()) == first
    assert sandbox.open_setup(setup("checkout-2")).reference != first.reference


def test_a_test_card_is_given_and_can_be_charged(sandbox: SandboxProcessor) -> None:
    page = sandbox.open_setup(setup())
    sandbox.give(page.reference, "4242 4242 4242 4242", FRIDAY)
    given = sandbox.read_setup(page.reference, FRIDAY)
    assert given.status == "complete"
    assert given.method is not None
    assert given.method[1:6] == ("card", "4242", "Visa", date(2029, 12, 31), None)
    assert charged(sandbox, asked(given.method.token)).status == "succeeded"


def test_a_test_account_is_given_with_its_bank(sandbox: SandboxProcessor) -> None:
    page = sandbox.open_setup(setup())
    sandbox.give(page.reference, "AT61 1904 3002 3457 3201", FRIDAY)
    method = sandbox.read_setup(page.reference, FRIDAY).method
    assert method is not None
    assert method[1:6] == ("sepa", "3201", None, None, "Test bank (Austria)")


def test_two_customers_with_the_same_test_card_have_two_methods(sandbox: SandboxProcessor) -> None:
    tokens = set[str]()
    for key in ("a", "b"):
        page = sandbox.open_setup(setup(key))
        sandbox.give(page.reference, "4242424242424242", FRIDAY)
        method = sandbox.read_setup(page.reference, FRIDAY).method
        assert method is not None
        tokens.add(method.token)
    assert len(tokens) == 2


def test_what_is_given_first_stays(sandbox: SandboxProcessor) -> None:
    page = sandbox.open_setup(setup())
    sandbox.give(page.reference, "4242424242424242", FRIDAY)
    sandbox.give(page.reference, "5555555555554444", FRIDAY)
    method = sandbox.read_setup(page.reference, FRIDAY).method
    assert method is not None
    assert method.brand == "Visa"


@pytest.mark.parametrize("number", ["4111111111111111", "", "4242", "DE89370400440532013000"])
def test_any_other_number_is_refused_and_not_repeated(sandbox: SandboxProcessor, number: str) -> None:
    page = sandbox.open_setup(setup())
    with pytest.raises(UnknownToken) as refused:
        sandbox.give(page.reference, number, FRIDAY)
    assert not number or number not in str(refused.value)
    assert sandbox.read_setup(page.reference, FRIDAY).status == "open"


def test_no_number_is_kept(sandbox: SandboxProcessor, merchant: int) -> None:
    page = sandbox.open_setup(setup())
    sandbox.give(page.reference, "4000000000009995", FRIDAY)
    with database.connect() as db:
        enter_account(db, merchant)
        kept = db.execute(
            "SELECT s::text FROM sandbox_setup AS s WHERE account_id = %s", [merchant]
        ).fetchone()
    assert kept is not None
    assert "400000000000" not in kept[0]


def test_a_kind_that_is_not_asked_for_is_refused(sandbox: SandboxProcessor) -> None:
    page = sandbox.open_setup(setup())
    with pytest.raises(NotAccepted):
        sandbox.give(page.reference, "108800/00012345", FRIDAY)


def test_a_bank_debit_is_refused_in_a_currency_that_it_does_not_know(sandbox: SandboxProcessor) -> None:
    page = sandbox.open_setup(setup(currency="NOK"))
    with pytest.raises(NotAccepted):
        sandbox.give(page.reference, "AT611904300234573201", FRIDAY)
    assert {"4242424242424242"} <= sandbox.hosted_page(page.reference).numbers(FRIDAY.date()).keys()
    assert "AT611904300234573201" not in sandbox.hosted_page(page.reference).numbers(FRIDAY.date())


def test_a_page_expires_after_a_day_unless_something_was_given(sandbox: SandboxProcessor) -> None:
    left, used = sandbox.open_setup(setup("left")), sandbox.open_setup(setup("used"))
    sandbox.give(used.reference, "4242424242424242", FRIDAY)
    later = FRIDAY + timedelta(hours=24)
    assert sandbox.read_setup(left.reference, later).status == "expired"
    assert sandbox.read_setup(used.reference, later).status == "complete"
    with pytest.raises(LookupError):
        sandbox.give(left.reference, "4242424242424242", later)


def test_a_page_of_another_merchant_is_not_there(sandbox: SandboxProcessor) -> None:
    page = sandbox.open_setup(setup())
    with opened(new_merchant()) as other, pytest.raises(LookupError):
        other.read_setup(page.reference, FRIDAY)


@pytest.mark.parametrize("reference", ["", "setup_0_" + "0" * 32, "setup_7_xyz", "ch_7"])
def test_what_is_no_reference_names_nobody(reference: str) -> None:
    with pytest.raises(LookupError):
        account_of(reference)
