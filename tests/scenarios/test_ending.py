"""Stories of ending: canceled now or later, paused, expired, deleted; and what is owed to whom then."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.changes import (
    cancel,
    cancel_at_period_end,
    cancel_subscriptions,
    delete_subscription,
    keep_after_all,
    pause,
    pause_later,
    resume,
)
from kalends.billing.switch_on import start_billing
from kalends.billing.unused import unused_days
from kalends.billing.void import void_invoice
from kalends.core.lifecycle import RefusedTransition
from kalends.payments.give_back import send_refunds
from kalends.payments.refund import CannotRefund, request_refund
from tests.scenarios.shop import Bill, Dated, Shop, item


@pytest.mark.feature("F57", "F61", "F66")
def test_anders_cancels_in_the_middle_of_april_and_is_never_charged_again(shop: Shop) -> None:
    anders = shop.customer("Anders Bø", language="nb", country="NO")
    hosting = shop.sells(anders, by=anders.card())
    shop.until("2026-04-15")

    shop.does(cancel_subscriptions, [hosting.id])
    assert (hosting.status, hosting.churn_date, hosting.next_payment) == ("canceled", "2026-04-15", None)
    shop.until("2027-04-15")

    assert len(hosting.payments) == shop.charges_asked() == 2
    letter = anders.letter("canceled")
    assert letter.language == "nb"
    assert letter.says("15. april 2026")
    with pytest.raises(RefusedTransition, match="create a new subscription"):
        shop.does(cancel_subscriptions, [hosting.id])


@pytest.mark.feature("F62")
def test_berit_lets_the_paid_month_run_out(shop: Shop) -> None:
    berit = shop.customer("Berit Moe", country="GB")
    hosting = shop.sells(berit, by=berit.card())
    shop.until("2026-03-10")

    assert shop.does(cancel_at_period_end, hosting.id) == dt.date(2026, 4, 1)
    assert (hosting.status, hosting.next_payment) == ("active", None)
    assert berit.letter("to_be_canceled").says("1 April 2026")
    shop.until("2026-03-31")
    assert hosting.status == "active"

    shop.until("2026-04-01")
    assert (hosting.status, hosting.churn_date) == ("canceled", "2026-04-01")
    assert len(hosting.bills) == 1
    assert berit.inbox[-1] == "canceled"


@pytest.mark.feature("F62")
def test_berit_thinks_better_of_it_in_time(shop: Shop) -> None:
    berit = shop.customer("Berit Moe")
    hosting = shop.sells(berit, by=berit.card())
    shop.until("2026-03-10")
    shop.does(cancel_at_period_end, hosting.id)

    shop.until("2026-03-31")
    shop.does(keep_after_all, hosting.id)
    assert hosting.next_payment == Dated("2026-04-01", "25.00 EUR")

    shop.until("2026-06-01")
    assert [bill.day for bill in hosting.bills] == ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"]
    assert [kind for kind in berit.inbox if kind != "receipt"] == ["to_be_canceled", "kept"]


@pytest.mark.feature("F63", "F61")
def test_canceling_stops_no_debit_that_is_under_way_and_the_answer_says_so(shop: Shop) -> None:
    carl = shop.customer("Carl Eide", country="GB")
    hosting = shop.sells(carl, by=carl.bank_account(), start="2026-03-02")
    shop.until("2026-03-03")

    canceled = shop.does(cancel_subscriptions, [hosting.id])
    assert canceled.debits_under_way == 1
    assert carl.letter("canceled").says("bank debit of 25.00 EUR", "neither stopped nor refunded")

    shop.until("2026-03-20")
    assert [paid.status for paid in hosting.payments] == ["succeeded"]
    assert (hosting.status, hosting.collected) == ("canceled", "25.00 EUR")


@pytest.mark.feature("F63", "F67")
def test_a_debit_under_way_is_given_back_by_a_refund_once_it_has_settled(shop: Shop) -> None:
    dora = shop.customer("Dora Lie")
    hosting = shop.sells(dora, by=dora.bank_account(), start="2026-03-02")
    shop.until("2026-03-03")
    shop.does(cancel_subscriptions, [hosting.id])

    shop.does(request_refund, hosting.payment_ids[0], 2500)
    shop.until("2026-03-31")

    assert [paid.status for paid in hosting.payments] == ["refunded"]
    assert dora.inbox[-1] == "refund"


@pytest.mark.feature("F67")
def test_emil_gets_half_his_money_back_and_his_subscription_goes_on(shop: Shop) -> None:
    emil = shop.customer("Emil Dal", country="GB")
    hosting = shop.sells(emil, by=emil.card())
    shop.until("2026-03-10")

    shop.does(request_refund, hosting.payment_ids[0], 1250, reason="Two weeks of trouble")
    shop.does(send_refunds, shop.world.processors)

    assert [paid.status for paid in hosting.payments] == ["partially_refunded"]
    assert emil.letter("refund").says("We have given back 12.50 EUR", "Stays paid 12.50 EUR")
    with pytest.raises(CannotRefund, match=r"12\.50 EUR is left"):
        shop.does(request_refund, hosting.payment_ids[0], 1251)
    shop.until("2026-04-01")
    assert (hosting.status, hosting.payments_made) == ("active", 2)


@pytest.mark.feature("F57")
@pytest.mark.parametrize("voided", [True, False])
def test_open_invoices_of_a_canceled_subscription_are_left_or_voided_as_staff_decides(
    shop: Shop, voided: bool
) -> None:
    frida = shop.customer("Frida Ås")
    hosting = shop.sells(frida, net_terms_days=30)
    shop.until("2026-03-05")
    shop.does(cancel_subscriptions, [hosting.id])

    if voided:
        shop.does(void_invoice, hosting.bill_ids[0], reason="Canceled within the first week")

    assert hosting.bills == [Bill("2026-03-01", "25.00 EUR", "voided" if voided else "open")]
    assert shop.balance("receivable") == ("0.00 EUR" if voided else "25.00 EUR")


@pytest.mark.feature("F58")
def test_a_fixed_term_does_not_expire_while_its_last_payment_is_owed(shop: Shop) -> None:
    geir = shop.customer("Geir Hauge")
    hosting = shop.sells(geir, net_terms_days=10, payments=2)
    shop.until("2026-03-05")
    shop.receives(hosting.bill_ids[0], 2500)

    shop.until("2026-05-10")
    assert (hosting.status, hosting.end_date) == ("past_due", "2026-05-01")

    shop.until("2026-05-11")
    shop.receives(hosting.bill_ids[1], 2500)
    shop.until("2026-05-12")
    assert (hosting.status, hosting.churn_date) == ("expired", "2026-05-11")


@pytest.mark.feature("F70", "F72", "F71")
def test_only_what_has_ended_is_deleted_for_good_and_what_it_was_can_still_be_read(shop: Shop) -> None:
    hanne = shop.customer("Hanne Li")
    hosting = shop.sells(hanne, by=hanne.card())
    shop.until("2026-03-10")
    with pytest.raises(RefusedTransition, match="cancel it first"):
        shop.does(delete_subscription, hosting.id)

    shop.does(cancel_subscriptions, [hosting.id])
    shop.does(delete_subscription, hosting.id)  # before the worker came round with her letters
    shop.posts()

    world = shop.world
    assert world.rows("SELECT FROM subscription WHERE id = %s", hosting.id) == []
    kept = world.one("SELECT count(*), sum(total_minor) FROM invoice WHERE account_id = %s", world.ctx.id)
    assert kept == (1, 2500)
    (was,) = world.one(
        "SELECT data->'was' FROM event WHERE account_id = %s AND kind = 'subscription.deleted'", world.ctx.id
    )
    assert (was["status"], was["collected_minor"], was["start_date"]) == ("canceled", 2500, "2026-03-01")
    assert hanne.inbox == ["receipt", "canceled"]
    shop.until("2026-06-01")
    assert shop.charges_asked() == 1


@pytest.mark.feature("F60")
def test_ivar_pauses_for_the_summer_and_the_months_between_are_never_billed(shop: Shop) -> None:
    ivar = shop.customer("Ivar Sund", country="GB")
    hosting = shop.sells(ivar, by=ivar.card(), payments=4)
    shop.until("2026-04-10")
    shop.does(pause, hosting.id)
    assert (hosting.status, hosting.next_payment) == ("paused", None)

    shop.until("2026-08-20")
    shop.does(resume, hosting.id)
    assert (hosting.status, hosting.next_payment) == ("active", Dated("2026-09-01", "25.00 EUR"))
    assert hosting.end_date == "2026-11-01"  # four payments were agreed, and four it will be

    shop.until("2026-12-01")
    assert [bill.day for bill in hosting.bills] == ["2026-03-01", "2026-04-01", "2026-09-01", "2026-10-01"]
    assert hosting.status == "expired"
    assert [kind for kind in ivar.inbox if kind != "receipt"] == ["paused", "resumed"]


@pytest.mark.feature("F60")
def test_a_pause_that_was_agreed_in_advance_begins_and_ends_by_itself(shop: Shop) -> None:
    janne = shop.customer("Janne Vik")
    hosting = shop.sells(janne, by=janne.card())
    shop.until("2026-03-10")
    shop.does(pause_later, hosting.id, dt.date(2026, 4, 15), resume_on=dt.date(2026, 6, 15))

    shop.until("2026-05-01")
    assert hosting.status == "paused"
    shop.until("2026-07-01")

    assert [bill.day for bill in hosting.bills] == ["2026-03-01", "2026-04-01", "2026-07-01"]


@pytest.mark.feature("F62", "F67", "F61")
def test_kjell_cancels_on_16_april_and_gets_half_of_april_back(shop: Shop) -> None:
    kjell = shop.customer("Kjell Moe")
    hosting = shop.sells(kjell, item("Hosting", "30"), by=kjell.card())
    shop.until("2026-04-16")

    suggested = shop.does(unused_days, hosting.id)
    (line,) = suggested.lines
    assert (line.days, line.days_left, line.full_minor, line.amount_minor) == (30, 15, 3000, 1500)
    canceled = shop.does(cancel, hosting.id, refund_unused=True, reason="Moved away")
    shop.does(send_refunds, shop.world.processors)

    assert [back.amount_minor for back in canceled.refunds] == [suggested.suggested_minor] == [1500]
    assert [paid.status for paid in hosting.payments] == ["succeeded", "partially_refunded"]
    assert (hosting.status, hosting.collected) == ("canceled", "45.00 EUR")
    assert sorted(kjell.inbox[2:]) == ["canceled", "refund"]


@pytest.mark.feature("F63", "F62")
def test_of_a_debit_under_way_nothing_is_suggested_to_be_given_back(shop: Shop) -> None:
    liv = shop.customer("Liv Dal")
    hosting = shop.sells(liv, by=liv.bank_account(), start="2026-03-02")
    shop.until("2026-03-03")

    suggested = shop.does(unused_days, hosting.id)
    assert (suggested.suggested_minor, suggested.under_way_minor) == (0, 2500)
    canceled = shop.does(cancel, hosting.id, refund_unused=True)
    assert (canceled.debits_under_way, canceled.refunds) == (1, [])


@pytest.mark.feature("F70", "F14")
def test_a_record_of_what_is_billed_elsewhere_sends_nothing_until_it_is_switched_on(shop: Shop) -> None:
    mads = shop.customer("Mads Li")
    hosting = shop.sells(mads, billed_elsewhere=True, start="2025-03-01")
    shop.until("2026-05-15")
    assert (hosting.bills, mads.inbox) == ([], [])

    shop.does(start_billing, hosting.id, dt.date(2026, 6, 1), cycles_before=15)
    shop.until("2026-07-01")

    assert [bill.day for bill in hosting.bills] == ["2026-06-01", "2026-07-01"]
