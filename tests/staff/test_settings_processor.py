"""The settings page of the payment processor: connecting Stripe, trying it, ending it, and last night's comparison."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.payments.processors.stripe.connection import find_connection
from tests.business.stripe.conftest import stripe  # noqa: F401
from tests.fakes.stripe_server import StripeServer
from tests.staff.settings_stage import Company, company  # noqa: F401


@pytest.fixture
def key(company: Company, stripe: StripeServer) -> str:  # noqa: F811
    """A key that fits the account."""
    if company.ctx.is_sandbox:
        stripe.key_of_merchant = "rk_test_0123456789abcdef"
    return stripe.key_of_merchant


def test_stripe_is_connected_tested_and_disconnected_with_the_consequence_in_words(
    company: Company,  # noqa: F811
    key: str,
) -> None:
    assert "Not connected" in company.read("processor")
    made = company.client.post(company.at("processor/connect"), {"key": key})
    assert made.status_code == 303, made.content.decode()
    page = company.read("processor")
    assert "Nordlys Butikk" in page
    assert "Card, SEPA" in page
    assert key not in page
    assert company.client.post(company.at("processor/test")).status_code == 303
    assert "0 subscriptions are charged through Stripe" in company.read("processor/disconnect")
    assert company.client.post(company.at("processor/disconnect")).status_code == 303
    assert "Not connected" in company.read("processor")
    assert company.client.post(company.at("processor/test")).status_code == 422
    assert [actor for actor, _ in company.events("processor.connected")] == [f"user:{company.user.id}"]
    log = company.read("audit")
    assert "Payment processor: Nordlys Butikk" in log
    assert "Disconnected" in log


def test_a_key_that_does_not_fit_is_told_at_its_field_and_kept_nowhere(
    company: Company,  # noqa: F811
    stripe: StripeServer,  # noqa: F811
) -> None:
    other = "sk_live_0123456789" if company.ctx.is_sandbox else "sk_test_0123456789"

    answer = company.client.post(company.at("processor/connect"), {"key": other})

    assert (answer.status_code, "id_key_error" in answer.content.decode()) == (422, True)
    assert other not in answer.content.decode()
    assert find_connection(company.db, company.ctx.id) is None
    assert (
        company.rows("SELECT asked::text FROM request WHERE account_id = %s AND asked::text LIKE '%%sk_%%'")
        == []
    )


def test_last_nights_differences_are_shown_by_name(company: Company) -> None:  # noqa: F811
    company.db.execute(
        "INSERT INTO reconciliation (account_id, id, processor, first_day, last_day, made_at, movements, differences, "
        "found) VALUES (%s, 1, 'stripe', %s, %s, %s, 12, 1, %s)",
        [
            company.ctx.id,
            dt.date(2026, 6, 12),
            dt.date(2026, 6, 14),
            dt.datetime(2026, 6, 15, 2, tzinfo=dt.UTC),
            '["Charge pi_1 at stripe: odd."]',
        ],
    )

    page = company.read("processor")

    assert "Charge pi_1 at stripe: odd." in page
    assert "1 difference" in page


def test_who_may_not_change_settings_sees_and_does_nothing_here(company: Company, key: str) -> None:  # noqa: F811
    _, member = company.employ()

    assert member.get(company.at("processor")).status_code == 403
    assert member.post(company.at("processor/connect"), {"key": key}).status_code == 403
    assert find_connection(company.db, company.ctx.id) is None
