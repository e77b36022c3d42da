"""Stories of the books: refunds, disputes, money by hand, voided invoices; what the ledger says of each."""

from __future__ import annotations

import pytest

from kalends.billing.credit import CannotCredit, CreditedLine, issue_credit_note
from kalends.billing.void import CannotVoid, void_invoice
from kalends.payments.give_back import send_refunds
from kalends.payments.record import CannotRecord, allow_partial_payments
from kalends.payments.refund import request_refund
from tests.scenarios.shop import Bill, Paid, Shop, item


@pytest.mark.feature("F67")
def test_a_card_refund_returns_all_but_the_processors_fee(shop: Shop) -> None:
    anja = shop.customer("Anja Moe", language="nb", country="NO")
    hosting = shop.sells(anja, item("Hosting", "100"), by=anja.card())
    shop.until("2026-03-01")

    shop.does(request_refund, hosting.payment_ids[0], 10000)
    shop.does(send_refunds, shop.world.processors)

    assert hosting.payments == [Paid("2026-03-01", "100.00 EUR", "refunded")]
    assert shop.balance("processor_balance") == "-2.90 EUR"
    assert (hosting.status, hosting.collected, hosting.payments_made) == ("active", "0.00 EUR", 1)
    assert anja.letter("refund").says("100,00 EUR")


@pytest.mark.feature("F67")
def test_a_debit_refund_is_on_its_way_for_banking_days(shop: Shop) -> None:
    bo = shop.customer("Bo Lund")
    hosting = shop.sells(bo, by=bo.bank_account(), start="2026-03-02", payments=1)
    shop.until("2026-03-10")

    shop.does(request_refund, hosting.payment_ids[0], 2500)
    shop.does(send_refunds, shop.world.processors)
    assert [each.status for each in hosting.payments] == ["processing_refund"]
    assert "refund" not in bo.inbox

    shop.until("2026-03-31")
    assert [each.status for each in hosting.payments] == ["refunded"]
    assert bo.inbox[-1] == "refund"


@pytest.mark.feature("F45")
@pytest.mark.parametrize(
    ("ends", "written_off"), [("dispute_won", "0.00 EUR"), ("dispute_lost", "25.00 EUR")]
)
def test_cato_disputes_a_charge_the_team_is_told_and_the_ledger_follows(
    shop: Shop, ends: str, written_off: str
) -> None:
    marit = shop.colleague("Marit Lie")
    cato = shop.customer("Cato Ruud")
    hosting = shop.sells(cato, by=cato.card(ends, 5, 20), payments=1)

    shop.until("2026-03-10")
    assert [each.status for each in hosting.payments] == ["disputed_action_required"]
    assert shop.balance("disputes") == "25.00 EUR"
    shop.until("2026-03-31")

    assert (shop.balance("disputes"), shop.balance("write_offs")) == ("0.00 EUR", written_off)
    assert marit.inbox == ["payment_made", "dispute_opened", ends]
    assert cato.inbox == ["receipt"]


@pytest.mark.feature("F43")
def test_money_that_does_not_fit_the_invoice_is_not_recorded(shop: Shop) -> None:
    dina = shop.customer("Dina Fjell")
    hosting = shop.sells(dina, net_terms_days=30)
    shop.until("2026-03-01")

    with pytest.raises(CannotRecord, match=r"owes 25\.00 EUR"):
        shop.receives(hosting.bill_ids[0], 2501)

    shop.does(allow_partial_payments, hosting.bill_ids[0])
    shop.receives(hosting.bill_ids[0], 1000, "cash")
    shop.receives(hosting.bill_ids[0], 1500, "check")
    assert hosting.bills == [Bill("2026-03-01", "25.00 EUR", "paid")]
    assert shop.balance("bank") == "25.00 EUR"


@pytest.mark.feature("F57")
def test_a_mistaken_invoice_is_voided_keeps_its_number_and_nothing_is_owed(shop: Shop) -> None:
    egil = shop.customer("Egil Dahl")
    hosting = shop.sells(egil, item("Hosting", "100", tax="25"), net_terms_days=14)
    shop.until("2026-03-20")
    assert hosting.status == "past_due"

    shop.does(void_invoice, hosting.bill_ids[0], reason="Sent by mistake")

    assert (hosting.status, hosting.bills) == ("active", [Bill("2026-03-01", "125.00 EUR", "voided")])
    assert [shop.balance(each) for each in ("receivable", "revenue", "tax_payable")] == ["0.00 EUR"] * 3
    with pytest.raises(CannotVoid, match="is voided"):
        shop.does(void_invoice, hosting.bill_ids[0])
    shop.until("2026-04-01")
    assert [hosting.document(number).number for number in (0, 1)] == ["INV-1001", "INV-1002"]


@pytest.mark.feature("F67")
def test_a_wrong_line_is_credited_on_an_open_invoice_and_the_customer_pays_the_rest(shop: Shop) -> None:
    finn = shop.customer("Finn Ek", country="GB")
    hosting = shop.sells(
        finn, item("Hosting", "100", tax="25"), item("Support", "40", tax="25"), net_terms_days=14
    )
    shop.until("2026-03-05")
    (support, _) = hosting.invoice_lines()[1]

    note = shop.does(
        issue_credit_note, hosting.bill_ids[0], [CreditedLine(support)], reason="No support this month"
    )

    assert (note.total_minor, note.applied_minor, note.to_balance_minor) == (5000, 5000, 0)
    assert hosting.document().due_minor == 12500
    assert shop.balance("receivable") == "125.00 EUR"
    assert finn.letter("credit_note").says("50.00 EUR")
    shop.receives(hosting.bill_ids[0], 12500)
    assert hosting.bills == [Bill("2026-03-01", "175.00 EUR", "paid")]


@pytest.mark.feature("F67", "F62")
def test_what_is_credited_of_a_paid_invoice_pays_the_next_one(shop: Shop) -> None:
    gerd = shop.customer("Gerd Li")
    hosting = shop.sells(gerd, item("Hosting", "100"), by=gerd.card())
    shop.until("2026-03-05")

    shop.does(issue_credit_note, hosting.bill_ids[0], [CreditedLine(hosting.invoice_lines()[0][0], 3000)])
    assert shop.credit_of(gerd) == "30.00 EUR"
    shop.until("2026-04-01")

    assert [paid.amount for paid in hosting.payments] == ["100.00 EUR", "70.00 EUR"]
    assert shop.credit_of(gerd) == "0.00 EUR"
    assert hosting.bills[1] == Bill("2026-04-01", "100.00 EUR", "paid")


@pytest.mark.feature("F67")
def test_nothing_is_given_back_twice_by_a_refund_and_a_credit_note(shop: Shop) -> None:
    hans = shop.customer("Hans Li")
    hosting = shop.sells(hans, item("Hosting", "100"), by=hans.card())
    shop.until("2026-03-05")
    shop.does(request_refund, hosting.payment_ids[0], 7000)
    shop.does(send_refunds, shop.world.processors)

    with pytest.raises(
        CannotCredit, match=r"70\.00 EUR was given back by refunds.*Credit at most 30\.00 EUR"
    ):
        shop.does(issue_credit_note, hosting.bill_ids[0])
