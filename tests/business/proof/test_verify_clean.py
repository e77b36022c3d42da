"""A book that was kept by the billing path proves clean, whatever happened in it."""

from tests.business.proof.books import Book


def test_a_book_in_which_everything_happened_has_no_difference(book: Book) -> None:
    report = book.verify(with_processors=True)

    assert [str(difference) for difference in report.differences] == []
    assert report.clean
    assert report.checked == book.world.one("SELECT count(*) FROM invoice")[0]


def test_the_book_really_holds_one_of_everything(book: Book) -> None:
    statuses = {row[0] for row in book.world.rows("SELECT DISTINCT status FROM subscription")}
    attempts = {row[0] for row in book.world.rows("SELECT DISTINCT status FROM charge_attempt")}
    payments = {row[0] for row in book.world.rows("SELECT DISTINCT status FROM payment")}
    refunds = {row[0] for row in book.world.rows("SELECT DISTINCT status FROM refund")}
    disputes = {row[0] for row in book.world.rows("SELECT DISTINCT status FROM dispute")}
    postings = {row[0] for row in book.world.rows("SELECT DISTINCT posting FROM ledger_transfer")}

    assert statuses == {"active", "past_due", "unpaid", "canceled", "expired", "scheduled", "paused"}
    assert attempts == {"succeeded", "failed", "processing"}
    assert payments == {
        "succeeded", "processing", "failed", "processing_refund", "partially_refunded", "refunded",
        "disputed_action_required", "disputed_won", "disputed_lost",
    }  # fmt: skip
    assert refunds == {"intended", "processing", "succeeded", "failed"}
    assert disputes == {"open", "won", "lost"}
    assert postings == {
        "invoice_issued", "invoice_voided", "payment_pending", "payment_settled", "payment_failed", "payment_recorded",
        "refund_requested", "refund_settled", "refund_failed", "refund_recorded",
        "dispute_opened", "dispute_won", "dispute_lost", "credit_issued", "credit_applied",
    }  # fmt: skip


def test_the_report_says_what_was_checked_and_how_many_rows(book: Book) -> None:
    report = book.verify(with_processors=True)

    rows = {check.name: check.rows for check in report.checks}
    assert all(count > 0 for count in rows.values()), rows
    assert rows["invoice totals"] == report.checked
    assert rows["subscription worth"] == len(book.subscriptions)


def test_a_proof_changes_nothing_and_may_run_in_the_callers_transaction(book: Book) -> None:
    with book.world.db.transaction():
        assert book.verify().clean
    assert book.verify().clean
