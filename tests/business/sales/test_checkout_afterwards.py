"""What comes after a purchase: refunds, disputes, declined debits, all of a charge that paid several invoices."""

from __future__ import annotations

import pytest

from kalends.payments.give_back import send_refunds
from kalends.payments.refund import request_refund
from kalends.proof.explain import explain_invoice
from tests.business.sales.shop import Shop, item


@pytest.fixture
def link(shop: Shop) -> int:
    """Three invoices in one charge."""
    return shop.link(
        item("Setup", "100"), item("Fleet Core", "49", "monthly"), item("Support", "99", "annually")
    )


def payments(shop: Shop) -> list[tuple[int, int, str]]:
    return shop.world.rows("SELECT id, amount_minor, status FROM payment ORDER BY amount_minor")


def test_each_payment_of_the_charge_is_given_back_by_itself(shop: Shop, link: int) -> None:
    shop.buy(link)
    for payment, amount, _ in payments(shop):
        request_refund(shop.db, shop.ctx, payment, amount, reason="changed their mind")
    send_refunds(shop.db, shop.ctx, shop.world.processors)
    assert [status for *_, status in payments(shop)] == ["refunded"] * 3
    refunded = shop.world.rows("SELECT charge_key, sum(amount_minor)::bigint FROM sandbox_refund GROUP BY 1")
    assert [amount for _, amount in refunded] == [24800]
    shop.assert_clean()


def test_a_dispute_of_the_charge_disputes_each_payment_with_its_share(shop: Shop, link: int) -> None:
    shop.buy(link, "dispute_won", 10, 20)
    shop.world.until("2026-01-15")
    assert [status for *_, status in payments(shop)] == ["disputed_action_required"] * 3
    assert shop.world.rows("SELECT amount_minor FROM dispute ORDER BY 1") == [(4900,), (9900,), (10000,)]
    fee = shop.world.one("SELECT dispute_fee_minor FROM sandbox_charge")
    assert shop.world.one("SELECT sum(fee_minor)::bigint FROM dispute") == fee
    shop.assert_clean()
    shop.world.until("2026-02-20")
    first = "SELECT DISTINCT status FROM dispute WHERE opened_at < '2026-01-20'"
    assert shop.world.rows(first) == [("won",)]
    shop.assert_clean()


def test_a_dispute_that_is_lost_and_reports_out_of_order(shop: Shop, link: int) -> None:
    shop.buy(link, "reports_out_of_order")
    shop.buy(link, "dispute_lost", 5, 5)
    shop.buy(link, "reports_twice")
    shop.world.until("2026-01-30")
    assert shop.count("dispute") == 6
    shop.assert_clean()


def test_a_debit_of_several_invoices_settles_with_fees_that_add_up(shop: Shop, link: int) -> None:
    shop.buy(link, kind="sepa")
    shop.world.until("2026-01-20")
    fee = shop.world.one("SELECT fee_minor FROM sandbox_charge WHERE status = 'succeeded'")
    assert shop.world.one("SELECT sum(fee_minor)::bigint FROM payment") == fee
    shop.assert_clean()


def test_a_failed_debit_is_tried_again_for_each_subscription_under_keys_of_their_own(
    shop: Shop, link: int
) -> None:
    shop.world.db.execute(
        "UPDATE account SET settings = settings || '{\"retry_bank_debits\": true}' WHERE id = %s",
        [shop.ctx.id],
    )
    shop.world.reload()
    shop.buy(link, "insufficient_funds", kind="sepa")
    shop.world.until("2026-02-20")
    second = shop.world.rows("SELECT DISTINCT charge_key FROM charge_attempt WHERE attempt = 2")
    assert second == [(None,)]
    assert shop.count("subscription", "status = 'unpaid'") == 2
    shop.assert_clean()


def test_an_invoice_explains_that_it_was_part_of_one_charge(shop: Shop, link: int) -> None:
    done = shop.buy(link)
    assert done.made is not None
    told = explain_invoice(shop.db, shop.ctx, str(done.made["invoices"][0]))
    assert any(
        "part of one charge of 248.00 EUR at checkout, which paid 3 invoices" in each.text
        for each in told.steps
    )
