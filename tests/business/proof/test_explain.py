"""Why this amount: in plain words, and for other languages by rule and values."""

import datetime as dt

import pytest

from kalends.proof.explain import (
    Explanation,
    UnknownInvoice,
    UnknownSubscription,
    explain_invoice,
    explain_next,
)
from tests.business.proof.books import Book


def told(explanation: Explanation, part: str) -> list[str]:
    """The steps of a part as a person reads them."""
    return [
        f"{step.sign} {explanation.money(step.amount_minor)} {step.text}"
        if step.amount_minor is not None
        else step.text
        for step in explanation.steps
        if step.part == part
    ]


def rules(explanation: Explanation) -> list[str]:
    """The rules that were applied, in order."""
    return [step.rule for step in explanation.steps]


def explained(book: Book, customer: str, cycle: int) -> Explanation:
    """The explanation of a customer's invoice."""
    number = book.world.invoices(book.subscriptions[customer], "number")[cycle]
    return explain_invoice(book.world.db, book.world.ctx, number)


def test_it_says_which_cycle_is_billed_and_why_it_falls_on_its_day(book: Book) -> None:
    explanation = explained(book, "kari", 1)
    kari = book.subscriptions["kari"]

    assert told(explanation, "reason") == [
        f"It bills cycle 2 of subscription {kari} (Fleet Core), which is billed every month.",
        "Cycle 2 falls on 28 Feb 2026: 1 month after 31 Jan 2026, and February 2026 has no 31st.",
        "It is charged automatically, and so due at once, on 28 Feb 2026.",
    ]


def test_it_goes_line_by_line_with_every_rounding_and_ends_at_the_invoices_total(book: Book) -> None:
    explanation = explained(book, "kari", 1)

    assert told(explanation, "price") == [
        "+ 11.90 EUR Fiber: 1 x 11.90 is 11.90",
        "- 1.79 EUR 15 % discount of 11.90 is 1.785, rounded half up to 1.79",
        "+ 13.00 EUR Telephone: 3 x 4.333333 is 12.999999, rounded half up to 13.00",
        "- 1.50 EUR Discount of 3 x 0.50 is 1.50",
        "= 21.61 EUR Subtotal",
        "+ 5.40 EUR 25 % tax on 21.61 is 5.4025, rounded half up to 5.40",
        "= 27.01 EUR Total",
    ]


def test_it_ends_with_what_was_paid_and_what_is_due(book: Book) -> None:
    assert told(explained(book, "kari", 1), "payments") == [
        "- 27.01 EUR Paid on 28 Feb 2026 by card Visa 4242",
        "= 0.00 EUR Nothing is due any more",
    ]
    assert told(explained(book, "olga", 0), "payments") == [
        "- 30.00 EUR Paid on 10 Mar 2026 by check",
        "= 50.00 EUR Still due; it should have been paid by 15 Jan 2026",
    ]


def test_a_failed_charge_is_told_with_its_day_and_its_reason(book: Book) -> None:
    charges = told(explained(book, "tina", 0), "payments")
    failed = "Charge 1 of 100.00 EUR by card Visa 4242 failed"

    assert charges == [
        f"{failed} on 1 Jan 2026: The bank declined the card without giving a reason.",
        "- 100.00 EUR Paid on 2 Jan 2026 by card Visa 4242",
        "= 0.00 EUR Nothing is due any more",
    ]


def test_a_debit_under_way_is_told_and_counts_as_due(book: Book) -> None:
    assert told(explained(book, "sven", -1), "payments") == [
        "100.00 EUR was asked for on 15 Apr 2026 by bank debit (SEPA) 4242 and is being processed by the bank.",
        "= 100.00 EUR Still due, of which 100.00 EUR is being collected",
    ]


def test_net_terms_a_late_bill_and_a_pause_are_explained(book: Book) -> None:
    assert "due-after-net-terms" in rules(explained(book, "mona", 0))
    assert "It was billed on 1 Jan 2026, 1 day after that, and is dated then." in told(
        explained(book, "rita", 0), "reason"
    )
    after_the_pause = told(explained(book, "rita", 1), "reason")
    assert "Cycle 2 falls on 31 Mar 2026: 3 months after 31 Dec 2025." in after_the_pause
    assert (
        "Dates that were passed over while it was paused are counted, and never billed: 2." in after_the_pause
    )


def test_every_step_has_a_rule_and_values_for_other_languages(book: Book) -> None:
    explanation = explained(book, "kari", 1)

    assert all(step.rule for step in explanation.steps)
    counted = next(step for step in explanation.steps if step.rule == "cycle-counted-from-anchor")
    assert counted.params == {
        "cycle": "2", "periods": "1", "anchor": "2026-01-31", "frequency": "monthly", "every": "every month",
    }  # fmt: skip
    assert explanation.as_json()["steps"][1]["rule"] == "cycle-counted-from-anchor"
    assert explanation.as_json()["facts"]["due_date"] == "28 Feb 2026"


def test_an_invoice_is_found_by_its_number_in_any_case_and_by_its_id(book: Book) -> None:
    id_, number = book.world.one("SELECT id, number FROM invoice ORDER BY id LIMIT 1")

    by_number = explain_invoice(book.world.db, book.world.ctx, f" {number.lower()} ")

    assert by_number == explain_invoice(book.world.db, book.world.ctx, str(id_))
    assert by_number.title == f"Invoice {number}"


def test_an_unknown_number_is_named_with_one_that_would_be_right(book: Book) -> None:
    newest = book.world.one("SELECT number FROM invoice ORDER BY id DESC LIMIT 1")[0]

    with pytest.raises(
        UnknownInvoice, match=f"no invoice 'INV-7' in account Proof AS; give a number such as {newest}"
    ):
        explain_invoice(book.world.db, book.world.ctx, "INV-7")


def test_an_amount_that_is_not_what_its_lines_come_to_is_not_explained_away(book: Book) -> None:
    kari = "SELECT min(id) FROM invoice WHERE subscription_id = %(kari)s"
    with book.broken(f"UPDATE invoice SET total_minor = 2801, subtotal_minor = 2261 WHERE id = ({kari})"):
        number = book.world.invoices(book.subscriptions["kari"], "number")[0]
        explanation = explain_invoice(book.owner, book.world.ctx, number)

    assert "= 28.01 EUR The invoice itself says another total: run 'kalends verify'" in told(
        explanation, "price"
    )


def test_the_next_payment_is_explained_like_an_invoice(book: Book) -> None:
    explanation = explain_next(book.world.db, book.world.ctx, book.subscriptions["kari"])

    assert "Cycle 4 falls on 30 Apr 2026: 3 months after 31 Jan 2026, and April 2026 has no 31st." in told(
        explanation, "reason"
    )
    assert told(explanation, "price")[-1] == "= 27.01 EUR Total"
    assert [step.rule for step in explanation.steps if step.part == "change"] == [
        "last-invoice",
        "next-payment",
    ]


def test_the_difference_to_the_last_invoice_is_told_line_by_line(book: Book) -> None:
    lines = "UPDATE line_item SET until_cycle = 3 WHERE parent_id = %(kari)s"
    copied = (
        "INSERT INTO line_item (account_id, id, created_at, updated_at, parent_type, parent_id, position, name, "
        "unit_price, quantity, "
        "tax_rate, currency, from_cycle) SELECT account_id, nextval('record_id'), created_at, updated_at, "
        "parent_type, parent_id, {position}, '{name}', {price}, 1, 25, currency, 3 FROM line_item "
        "WHERE parent_id = %(kari)s AND name = 'Fiber' AND until_cycle = 3"
    )
    with book.broken(
        lines,
        copied.format(position=0, name="Fiber", price=20),
        copied.format(position=2, name="Television", price=8),
        "UPDATE subscription SET next_amount_minor = 3500 WHERE id = %(kari)s",
    ):
        explanation = explain_next(book.owner, book.world.ctx, book.subscriptions["kari"])

    assert told(explanation, "change") == [
        f"= 27.01 EUR Last invoice {book.world.invoices(book.subscriptions['kari'], 'number')[-1]} of 31 Mar 2026",
        "+ 12.36 EUR Fiber changes from 12.64 EUR to 25.00 EUR",
        "+ 10.00 EUR Television is added",
        "- 14.37 EUR Telephone ends",
        "= 35.00 EUR Next payment",
    ]


@pytest.mark.parametrize(
    ("customer", "words"),
    [
        ("carl", "It was canceled on 20 Jan 2026: nothing more is billed."),
        ("paul", "It is paused since 20 Jan 2026: nothing is billed before it is resumed."),
        ("erik", "All 2 payments of its term have been billed."),
    ],
)
def test_where_nothing_is_to_come_the_reason_is_told(book: Book, customer: str, words: str) -> None:
    explanation = explain_next(book.world.db, book.world.ctx, book.subscriptions[customer])

    assert [step.text for step in explanation.steps] == [words]


def test_a_first_payment_has_nothing_to_be_compared_with(book: Book) -> None:
    explanation = explain_next(book.world.db, book.world.ctx, book.subscriptions["late"])

    assert rules(explanation)[-1] == "first-payment"
    assert ("due_date", "Next due date", "1 Jun 2026") in explanation.facts


def test_an_unknown_subscription_is_named(book: Book) -> None:
    with pytest.raises(UnknownSubscription, match="no subscription 999999999 in account Proof AS"):
        explain_next(book.world.db, book.world.ctx, 999_999_999)


def test_a_book_kept_until_a_day_is_explained_by_that_day_and_not_by_todays(book: Book) -> None:
    assert book.world.ctx.today == dt.date(2026, 4, 16)
    assert told(explained(book, "mona", -1), "payments") == ["= 500.00 EUR Still due"]


def test_it_says_what_was_given_back_and_that_nothing_is_owed_again(book: Book) -> None:
    assert told(explained(book, "pia", 0), "payments")[1:] == [
        "= 0.00 EUR Nothing is due any more",
        "25.00 EUR was given back on 20 Jan 2026, and the invoice stays paid.",
        "15.00 EUR was given back on 20 Jan 2026, and the invoice stays paid.",
    ]
    assert told(explained(book, "dag", 0), "payments")[-1] == (
        "A refund of 60.00 EUR was decided on 16 Apr 2026 and is under way."
    )
    assert told(explained(book, "rolf", 0), "payments")[-1].startswith(
        "A refund of 100.00 EUR failed after 20 Jan 2026: "
    )


def test_it_says_what_became_of_a_dispute(book: Book) -> None:
    sentences = [told(explained(book, customer, 0), "payments")[-1] for customer in ("otto", "wilma", "lars")]

    assert sentences == [
        "The customer disputes 100.00 EUR since 11 Jan 2026, and the bank has not decided.",
        "The bank decided a dispute about 100.00 EUR for the business on 31 Jan 2026.",
        "The bank decided a dispute about 100.00 EUR for the customer on 31 Jan 2026, and it is written off.",
    ]


def test_it_says_what_credit_paid_and_what_credit_notes_took_back(book: Book) -> None:
    assert told(explained(book, "cora", -1), "payments") == [
        "- 83.33 EUR Paid from the customer's credit on 1 Apr 2026, so 41.67 EUR was charged",
        "- 41.67 EUR Paid on 1 Apr 2026 by card Visa 4242",
        "= 0.00 EUR Nothing is due any more",
    ]
    assert told(explained(book, "hugo", -1), "payments")[0].endswith("so nothing was left to pay")
    assert told(explained(book, "gina", 0), "payments")[0].startswith(
        "- 7.01 EUR Taken back by credit note CN-"
    )
    sentence = told(explained(book, "cora", 0), "payments")[1]
    assert sentence.startswith("Of what was paid, 33.33 EUR became the customer's credit by credit note CN-")


def test_the_invoice_of_a_prorated_edit_says_for_which_days_of_which_price_it_is(book: Book) -> None:
    ulla = book.subscriptions["ulla"]
    (number,) = [
        number for number, reason in book.world.invoices(ulla, "number", "reason") if reason == "proration-1"
    ]
    explanation = explain_invoice(book.world.db, book.world.ctx, number)

    assert told(explanation, "reason") == [
        "An edit of 20 Jan 2026 counted at once: it bills the days left of cycle 1 of Fleet Core, 12 of 31 days.",
        "It is charged automatically, and so due at once, on 20 Jan 2026.",
    ]
    assert told(explanation, "price") == [
        "+ 72.58 EUR Fleet Core: 187.50 EUR x 12 of 31 days",
        "+ 4.84 EUR Map: 12.50 EUR x 12 of 31 days",
        "= 77.42 EUR Total, of which 15.49 EUR is tax",
    ]


def test_an_invoice_says_which_of_its_days_a_credit_note_took_back(book: Book) -> None:
    explanation = explained(book, "ulla", 0)

    (credited,) = [step for step in explanation.steps if step.rule == "days-credited"]
    assert credited.text == (
        f"Credit note {credited.params['number']} of 20 Jan 2026 takes back the days of Fleet Core from 20 Jan 2026 "
        f"on: 125.00 EUR x 12 of 31 days is 48.39 EUR."
    )


def test_it_says_what_of_the_next_payment_credit_is_expected_to_pay(book: Book) -> None:
    explanation = explain_next(book.world.db, book.world.ctx, book.subscriptions["cora"])

    assert told(explanation, "change")[-1] == (
        "The customer has 10.00 EUR to their credit. Unless another invoice uses it first, 10.00 EUR of this payment "
        "comes from there, and 115.00 EUR is charged."
    )
