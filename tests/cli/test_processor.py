"""``kalends processor`` and ``kalends reconcile``: connected by a key from standard input, compared, disconnected."""

from __future__ import annotations

import io

import pytest

from kalends.platform.errors import ExitCode
from tests.business.stripe.conftest import stripe  # noqa: F401
from tests.cli.conftest import Give
from tests.fakes.stripe_server import StripeServer

KEY = "rk_test_0123456789abcdef"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, stripe: StripeServer) -> StripeServer:  # noqa: F811
    """A key on standard input, for the test world of Stripe's."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    stripe.key_of_merchant = KEY
    return stripe


def test_an_account_is_connected_tested_shown_and_disconnected(here: Give, typed: StripeServer) -> None:
    assert "sandbox processor" in here("processor", "show").out

    connected = here("processor", "connect", "--json")
    assert (connected.code, connected.json()["name"]) == (ExitCode.OK, "Nordlys Butikk")
    assert KEY not in connected.out + connected.err
    shown = here("processor", "show", "--json").json()
    assert (shown["processor"], shown["stripe"]["is_test"], shown["stripe"]["hears"]) == (
        "stripe",
        True,
        False,
    )
    assert "Nordlys Butikk" in here("processor", "test").out
    assert here("processor", "disconnect").code == ExitCode.BAD_INPUT
    assert here("processor", "disconnect", "--yes").out == "Disconnected.\n"
    assert here("processor", "test").code == ExitCode.BAD_INPUT


def test_a_key_for_the_other_world_is_refused_with_the_remedy(
    here: Give, typed: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk_live_0123456789\n"))

    refused = here("processor", "connect")

    assert refused.code == ExitCode.BAD_INPUT
    assert "must not charge real cards" in refused.err
    assert "Give a test key" in refused.err
    assert "sk_live_0123456789" not in refused.err


def test_a_days_books_are_compared_and_no_answer_is_told_as_such(here: Give, typed: StripeServer) -> None:
    here("processor", "connect")

    done = here("reconcile", "--day", "2026-01-01", "--json")
    assert (done.code, [each["differences"] for each in done.json()["processors"]]) == (ExitCode.OK, [0, 0])
    assert "0 differences" in here("reconcile").out
    typed.key_of_merchant = "rk_test_another0000"
    silent = here("reconcile")
    assert silent.code == ExitCode.PROBLEM_FOUND
    assert "gives no answer" in silent.err
