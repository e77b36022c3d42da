"""The sandbox processor's page: test numbers only, marked as a test, and gone for whoever has no business there."""

from __future__ import annotations

import pytest
from django.test import Client

from kalends.accounts.create import create_account
from kalends.payments.processors.interface import SetupPage, SetupRequest
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.platform import database
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.world import World

BACK, AWAY = "http://testserver/checkout/1/back", "http://testserver/checkout/1"


def opened(processor: SandboxProcessor, **changes: object) -> SetupPage:
    request = SetupRequest(
        "page", ("card", "sepa"), "EUR", "Aino Kallio", None, BACK, AWAY, "en", {}, FIRST_MOMENT
    )
    return processor.open_setup(request._replace(**changes))  # type: ignore[arg-type]


@pytest.fixture
def page(processors: AccountProcessors) -> SetupPage:
    return opened(processors("sandbox"))  # type: ignore[arg-type]


def test_it_is_marked_as_a_test_and_lists_cards_and_accounts(client: Client, page: SetupPage) -> None:
    answer = client.get(page.url)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "This is a test. No real money is moved." in text
    assert "4242 4242 4242 4242" in text
    assert "AT61 1904 3002 3457 3201" in text
    assert "108800" not in text
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_a_choice_leads_back_with_a_method_given(
    client: Client, page: SetupPage, processors: AccountProcessors
) -> None:
    answer = client.post(page.url, {"choice": "4000000000009995"})
    assert (answer.status_code, answer["Location"]) == (303, BACK)
    method = processors("sandbox").read_setup(page.reference, FIRST_MOMENT).method
    assert method is not None
    assert method.last4 == "9995"


def test_a_typed_number_wins_over_the_choice(
    client: Client, page: SetupPage, processors: AccountProcessors
) -> None:
    client.post(page.url, {"choice": "4242424242424242", "number": "5555 5555 5555 4444"})
    method = processors("sandbox").read_setup(page.reference, FIRST_MOMENT).method
    assert method is not None
    assert method.brand == "Mastercard"


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "108800/00012345", ""])
def test_another_number_is_refused_in_words_and_not_repeated(
    client: Client, page: SetupPage, number: str
) -> None:
    answer = client.post(page.url, {"number": number})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not number or number not in answer.content.decode()


def test_once_given_it_leads_back_by_itself(client: Client, page: SetupPage) -> None:
    client.post(page.url, {"choice": "4242424242424242"})
    assert client.get(page.url)["Location"] == BACK
    assert client.post(page.url, {"choice": "4000000000000002"})["Location"] == BACK


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Choose how to pay in this test"), ("nb", "Velg hvordan"), ("fi", "Valitse maksutapa")],
)
def test_it_speaks_the_language_that_the_merchant_asked_for(
    client: Client, processors: AccountProcessors, language: str, words: str
) -> None:
    page = opened(processors("sandbox"), language=language)  # type: ignore[arg-type]
    assert words in client.get(page.url).content.decode()


@pytest.mark.parametrize("reference", ["setup_999999999_" + "0" * 32, "nonsense", "setup_1_x"])
def test_what_was_never_there_is_a_page_in_words(client: Client, reference: str) -> None:
    answer = client.get(f"/sandbox/pay/{reference}")
    assert answer.status_code == 404
    assert "This page is not there" in answer.content.decode()


def test_an_expired_page_looks_like_one_that_never_was(client: Client, page: SetupPage, world: World) -> None:
    never = "/sandbox/pay/setup_1_" + "0" * 32
    world.until("2026-01-03")
    expired = page.url.removeprefix("http://testserver")
    told = [client.get(path).content.decode().replace(path, "") for path in (never, expired)]
    assert told[0] == told[1]


def test_on_an_account_with_real_money_there_is_no_test_page(client: Client, db: AnyConnection) -> None:
    live = create_account(
        db, name="Live AS", time_zone="Europe/Oslo", currency="EUR", country="NO", now=FIRST_MOMENT
    )
    assert not live.is_sandbox
    processor = SandboxProcessor(database.connect, live.id)
    page = opened(processor)
    processor.close()
    assert client.get(page.url).status_code == 404
    assert client.post(page.url, {"choice": "4242424242424242"}).status_code == 404


def test_who_guesses_has_to_wait(client: Client) -> None:
    answers = [client.get("/sandbox/pay/nonsense").status_code for _ in range(25)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_without_a_token_of_its_own_form_nothing_is_taken(page: SetupPage) -> None:
    answer = Client(enforce_csrf_checks=True).post(page.url, {"choice": "4242424242424242"})
    assert answer.status_code == 403
