"""Everything that can go wrong in a book behind everybody's back, and the words in which a proof must say so."""

from typing import NamedTuple

FIRST = "(SELECT min(id) FROM invoice WHERE account_id = %(account)s AND subscription_id = %({0})s)"
LAST = "(SELECT max(id) FROM invoice WHERE account_id = %(account)s AND subscription_id = %({0})s)"


OPEN_LEDGER = "ALTER TABLE ledger_transfer DISABLE TRIGGER append_only"
OPEN_JOURNAL = "ALTER TABLE event DISABLE TRIGGER append_only"
LOOSE_CONTACTS = (
    "ALTER TABLE subscription DROP CONSTRAINT subscription_contact_id_fk",
    "ALTER TABLE payment_method DROP CONSTRAINT payment_method_contact_id_fk",
)


class Break(NamedTuple):
    """What is done to the tables, and the check, the record and the words that must come of it."""

    title: str
    check: str
    record: str
    says: str
    statements: tuple[str, ...]


def _broken(title: str, check: str, record: str, says: str, *statements: str) -> Break:
    """A break; what the database would prevent is first allowed, by its owner."""
    doors = {
        " ledger_transfer ": (OPEN_LEDGER,),
        "DELETE FROM event ": (OPEN_JOURNAL,),
        "DELETE FROM contact": LOOSE_CONTACTS,
        "payment_method SET contact_id": LOOSE_CONTACTS,
    }
    opened = [door for words, needed in doors.items() if words in " ".join(statements) for door in needed]
    return Break(title, check, record, says, (*opened, *statements))


def of_invoice(customer: str, change: str) -> str:
    """Change the customer's first invoice."""
    return f"UPDATE invoice SET {change} WHERE account_id = %(account)s AND id = {FIRST.format(customer)}"


def of_lines(customer: str, change: str, where: str = "position = 0") -> str:
    """Change lines of the customer's first invoice."""
    return (
        f"UPDATE line_item SET {change} WHERE account_id = %(account)s AND parent_id = {FIRST.format(customer)} "
        f"AND {where}"
    )


def of_subscription(customer: str, change: str) -> str:
    """Change the customer's subscription."""
    return f"UPDATE subscription SET {change} WHERE account_id = %(account)s AND id = %({customer})s"


def of_payment(customer: str, change: str) -> str:
    """Change the payment of the customer's first invoice."""
    return f"UPDATE payment SET {change} WHERE account_id = %(account)s AND invoice_id = {FIRST.format(customer)}"


def of_attempt(customer: str, change: str) -> str:
    """Change the charge attempts of the customer's first invoice."""
    return (
        f"UPDATE charge_attempt SET {change} WHERE account_id = %(account)s AND invoice_id = {FIRST.format(customer)}"
    )


def of_ledger(customer: str, change: str, where: str) -> str:
    """Change postings of the customer's first invoice."""
    return (
        f"UPDATE ledger_transfer SET {change} WHERE account_id = %(account)s "
        f"AND invoice_id = {FIRST.format(customer)} AND {where}"
    )


def delete(table: str, where: str) -> str:
    """Delete rows of the account."""
    return f"DELETE FROM {table} WHERE account_id = %(account)s AND {where}"


INVOICES = (
    _broken("a line's amount", "invoice lines", "Invoice", "line 1: net amount is 10.12 EUR, but should be 10.11 EUR",
        of_lines("kari", "net_minor = 1012")),
    _broken("a line's discount", "invoice lines", "Invoice", "discount is 1.78 EUR, but should be 1.79 EUR",
        of_lines("kari", "discount_minor = 178")),
    _broken("a line's gross amount", "invoice lines", "Invoice", "gross amount is 11.91 EUR, but should be 11.90 EUR",
        of_lines("kari", "gross_minor = 1191")),
    _broken("a cent of tax on the wrong line", "invoice lines", "Invoice", "line 1: tax is 2.54 EUR, but should be 2.53 EUR",
        of_lines("kari", "tax_minor = tax_minor + 1"), of_lines("kari", "tax_minor = tax_minor - 1", "position = 1")),
    _broken("a line without amounts", "invoice lines", "Invoice", "total is nothing, but should be 12.64 EUR",
        of_lines("kari", "total_minor = NULL")),
    _broken("a line in another currency", "invoice lines", "Invoice", "currency is NOK, but should be EUR",
        of_lines("kari", "currency = 'NOK'")),
    _broken("an included tax taken twice", "invoice totals", "Invoice", "tax is 39.96 NOK, but should be 19.98 NOK",
        of_invoice("nora", "tax_minor = tax_minor * 2, subtotal_minor = subtotal_minor - tax_minor")),
    _broken("a line that was lost", "invoice totals", "Invoice", "total is 27.01 EUR, but should be 12.64 EUR",
        delete("line_item", f"parent_id = {FIRST.format('kari')} AND position = 1")),
    _broken("a line that was lost, seen from the agreement", "invoice agreements", "Invoice",
        "list of lines (payment 1 of subscription",
        delete("line_item", f"parent_id = {FIRST.format('kari')} AND position = 1")),
    _broken("a line that nobody agreed to", "invoice agreements", "Invoice",
        "is 1 x 101 EUR, but should be 1 x 100 EUR",
        of_lines("fred", "unit_price = 101, gross_minor = 10100, net_minor = 10100, total_minor = 10100"),
        of_invoice("fred", "subtotal_minor = 10100, total_minor = 10100")),
    _broken("a price that was changed after it was billed", "invoice agreements", "Invoice",
        "is 1 x 100 EUR, but should be 1 x 90 EUR",
        "UPDATE line_item SET unit_price = 90 WHERE account_id = %(account)s AND parent_id = %(fred)s"),
    _broken("another tax rate", "invoice agreements", "Invoice", "tax 25 %",
        "UPDATE line_item SET tax_rate = 15 WHERE account_id = %(account)s AND parent_id = %(mona)s"),
    _broken("a period that is a day off", "invoice periods", "Invoice",
        "is 2026-02-01 to 2026-02-28, but should be 2026-01-31 to 2026-02-28",
        of_invoice("kari", "period_start = '2026-02-01'")),
    _broken("a line of another period", "invoice periods", "Invoice", "line 1: period is",
        of_lines("kari", "period_end = '2026-03-01'")),
    _broken("an anchor that was moved behind the journal's back", "invoice periods", "Invoice", "period (payment 1 of",
        of_subscription("kari", "anchor_date = '2026-01-30'")),
    _broken("a period before a pause that moved the schedule", "invoice periods", "Invoice", "period (payment 1 of",
        of_invoice("rita", "period_start = '2026-01-01'")),
    _broken("an unknown frequency", "invoice periods", "Invoice", "fortnightly",
        of_subscription("kari", "frequency = 'fortnightly'")),
    _broken("a due date", "invoice dates", "Invoice", "due date is 2026-02-01, but should be 2026-01-31",
        of_invoice("mona", "due_date = '2026-02-01'")),
    _broken("an invoice date", "invoice dates", "Invoice", "invoice date is 2026-01-02, but should be 2026-01-01",
        of_invoice("mona", "invoice_date = '2026-01-02', due_date = '2026-02-01'")),
    _broken("an invoice before its period", "invoice dates", "Invoice", "should be 2026-01-31 or later",
        of_invoice("kari", "invoice_date = '2026-01-30', issued_at = '2026-01-30 08:00+00', due_date = '2026-01-30'")),
    _broken("a paid invoice that calls itself open", "invoice dates", "Invoice", "status is open, but should be paid",
        of_invoice("kari", "status = 'open'")),
    _broken("an open invoice that calls itself paid", "invoice dates", "Invoice", "status is paid, but should be open",
        of_invoice("fred", "status = 'paid'")),
    _broken("a day of payment on an open invoice", "invoice dates", "Invoice", "day of payment is set",
        of_invoice("fred", "paid_at = issued_at")),
    _broken("overdue before its due date", "invoice dates", "Invoice", "day it fell overdue is 2026-01-01",
        of_invoice("olga", "past_due_at = issued_at")),
    _broken("an invoice in another currency", "invoice dates", "Invoice", "currency is NOK, but should be EUR",
        of_invoice("fred", "currency = 'NOK'")),
    _broken("an invoice after the cancellation", "invoice dates", "Invoice", "issue is 2026-03-01",
        of_invoice("carl", "issued_at = '2026-03-01 08:00+00'")),
    _broken("a number that was skipped", "invoice numbers", "Invoice INV-", "number is INV-1004, but should be INV-1003",
        delete("invoice", "number = 'INV-1003'")),
    _broken("a first number other than 1001", "invoice numbers", "Invoice INV-1002", "the first of its series",
        delete("invoice", "number = 'INV-1001'")),
    _broken("a number that stands twice", "invoice numbers", "Invoice INV-1002", "one that no other invoice has",
        "ALTER TABLE invoice DROP CONSTRAINT IF EXISTS invoice_number_once",
        "DROP INDEX IF EXISTS invoice_number_once",
        "UPDATE invoice SET number = 'INV-1002' WHERE account_id = %(account)s AND number = 'INV-1003'"),
    _broken("a number of no series", "invoice numbers", "Invoice", "number is BILL-7, but should be a number of one of",
        of_invoice("fred", "number = 'BILL-7'")),
    _broken("a counter that runs ahead", "invoice numbers", "Invoice series INV-", "next number is",
        "UPDATE invoice_series SET next_number = next_number + 1 WHERE account_id = %(account)s"),
)  # fmt: skip

SUBSCRIPTIONS = (
    _broken("a next due date", "subscription schedules", "Subscription", "next due date is 2026-04-29, but should be 2026-04-30",
        of_subscription("kari", "next_due_date = '2026-04-29'")),
    _broken("a paused one that would be billed", "subscription schedules", "Subscription",
        "next due date is 2026-05-01, but should be nothing",
        "ALTER TABLE subscription DROP CONSTRAINT subscription_due_only_while_billed",
        of_subscription("paul", "next_due_date = '2026-05-01'")),
    _broken("a next amount", "subscription schedules", "Subscription", "next amount is 27.03 EUR, but should be 27.01 EUR",
        of_subscription("kari", "next_amount_minor = 2703")),
    _broken("an end date", "subscription schedules", "Subscription", "end date is 2026-03-25, but should be 2026-03-26",
        of_subscription("finn", "end_date = '2026-03-25'")),
    _broken("an end date of what never ends", "subscription schedules", "Subscription", "but should be nothing",
        of_subscription("kari", "end_date = '2026-12-31'")),
    _broken("an agreed line in another currency", "subscription schedules", "Subscription", "currency of a line is NOK",
        "UPDATE line_item SET currency = 'NOK' WHERE account_id = %(account)s AND parent_id = %(late)s"),
    _broken("a schedule that cannot be told", "subscription schedules", "Subscription", "fortnightly",
        of_subscription("late", "frequency = 'fortnightly'")),
    _broken("an MRR with tax in it", "subscription worth", "Subscription", "MRR is 27.01 EUR, but should be 21.61 EUR",
        of_subscription("kari", "mrr_minor = 2701")),
    _broken("an ARR of twelve rounded months", "subscription worth", "Subscription", "ARR is",
        of_subscription("finn", "arr_minor = mrr_minor * 12")),
    _broken("a cycle that was never invoiced", "subscription cycles", "Subscription", "(payment 2 has none)",
        delete("invoice", "subscription_id = %(kari)s AND cycle = 1")),
    _broken("a first cycle whose invoice was lost", "subscription cycles", "Subscription", "(payment 1 has none)",
        delete("invoice", "subscription_id = %(kari)s AND cycle = 0")),
    _broken("a cycle that was invoiced twice", "subscription cycles", "Subscription", "(a cycle has two)",
        "ALTER TABLE invoice DROP CONSTRAINT IF EXISTS invoice_once_per_cycle",
        "DROP INDEX IF EXISTS invoice_once_per_cycle",
        "UPDATE invoice SET cycle = 1 WHERE account_id = %(account)s AND subscription_id = %(kari)s AND cycle = 0"),
    _broken("a cycle that was skipped", "subscription cycles", "Subscription", "number of cycles billed is 4, but should be 3",
        of_subscription("kari", "next_cycle = next_cycle + 1")),
    _broken("a counter of payments", "subscription counters", "Subscription", "number of payments made is 4",
        of_subscription("kari", "completed_payments = 4")),
    _broken("a counter of failures", "subscription counters", "Subscription", "number of failed charges is 0",
        of_subscription("fred", "failed_payments = 0")),
    _broken("a total that was collected", "subscription counters", "Subscription", "total collected is",
        of_subscription("kari", "collected_minor = collected_minor + 1")),
    _broken("a last payment amount", "subscription counters", "Subscription", "last payment amount is 1.00 EUR",
        of_subscription("kari", "last_payment_amount_minor = 100")),
    _broken("a last payment date", "subscription counters", "Subscription",
        "last payment date is 2026-04-01, but should be 2026-03-31",
        of_subscription("kari", "last_payment_on = '2026-04-01'")),
    _broken("a last payment status", "subscription counters", "Subscription", "last payment status is failed",
        of_subscription("kari", "last_payment_status = 'failed'")),
    _broken("active although a charge failed", "subscription statuses", "Subscription",
        "status is active, but should be unpaid: a charge failed",
        of_subscription("fred", "status = 'active'")),
    _broken("active although an invoice is overdue", "subscription statuses", "Subscription",
        "status is active, but should be past_due",
        of_subscription("olga", "status = 'active'")),
    _broken("past due although nothing is overdue", "subscription statuses", "Subscription",
        "status is past_due, but should be active: no invoice is overdue",
        of_subscription("kari", "status = 'past_due'")),
    _broken("unpaid although nothing is owed", "subscription statuses", "Subscription",
        "status is unpaid, but should be active: nothing",
        of_subscription("kari", "status = 'unpaid'")),
    _broken("scheduled although it was billed", "subscription statuses", "Subscription", "should be active: it was billed",
        of_subscription("kari", "status = 'scheduled'")),
    _broken("expired too early", "subscription statuses", "Subscription", "active: not all its payments were billed",
        of_subscription("erik", "next_cycle = 1")),
    _broken("expired although something is open", "subscription statuses", "Subscription", "active: not all is paid",
        of_invoice("erik", "status = 'open'")),
    _broken("a status that does not exist", "subscription statuses", "Subscription", "one of the seven statuses",
        of_subscription("kari", "status = 'asleep', next_due_date = NULL")),
    _broken("canceled at a time and going on", "subscription statuses", "Subscription", "status is active, but should be canceled",
        of_subscription("kari", "canceled_at = '2026-04-01'")),
    _broken("a status that the journal does not tell of", "subscription statuses", "Subscription",
        "status is canceled, but should be active or scheduled",
        of_subscription("kari", "status = 'canceled', canceled_at = '2026-04-15', churn_date = '2026-04-15', next_due_date = NULL")),
    _broken("canceled without a time", "subscription statuses", "Subscription", "time of cancellation is empty",
        of_subscription("carl", "canceled_at = NULL")),
    _broken("paused without a time", "subscription statuses", "Subscription", "time of pausing is empty",
        of_subscription("paul", "paused_at = NULL")),
    _broken("a day of resuming for what runs", "subscription statuses", "Subscription", "day of resuming is set",
        of_subscription("kari", "resume_on = '2026-05-01'")),
    _broken("a churn date of a customer who stayed", "subscription statuses", "Subscription",
        "churn date is 2026-02-02, but should be nothing",
        of_subscription("kari", "churn_date = '2026-02-02'")),
    _broken("a churn date of a cancellation", "subscription statuses", "Subscription",
        "churn date is 2026-02-02, but should be 2026-01-20",
        of_subscription("carl", "churn_date = '2026-02-02'")),
    _broken("a churn date of a failure", "subscription statuses", "Subscription",
        "churn date is 2026-02-02, but should be 2026-01-01",
        of_subscription("fred", "churn_date = '2026-02-02'")),
    _broken("a churn date before the end of the term", "subscription statuses", "Subscription",
        "churn date is 2026-02-02, but should be 2026-03-01",
        of_subscription("erik", "churn_date = '2026-02-02'")),
    _broken("an automatic one without a method", "subscription statuses", "Subscription", "payment method is nothing",
        of_subscription("kari", "payment_method_id = NULL")),
    _broken("a charge after the cancellation", "no charge after the end", "Charge 1 of invoice INV-", "should be before",
        of_attempt("carl", "intended_at = '2026-03-01 08:00+00'")),
    _broken("a charge while paused", "no charge after the end", "Charge 1 of invoice INV-", "was paused",
        of_attempt("paul", "intended_at = '2026-03-01 08:00+00'")),
)  # fmt: skip

PAYMENTS = (
    _broken("a payment that failed and says otherwise", "payment attempts", "Payment", "status is succeeded, but should be failed",
        of_payment("fred", "status = 'succeeded'")),
    _broken("an attempt that was lost", "payment attempts", "Payment", "number of attempts is",
        delete("charge_attempt", f"invoice_id = {FIRST.format('fred')} AND attempt = 2")),
    _broken("an attempt that was lost, seen from the invoice", "invoice payments", "Invoice", "number of the last charge attempt is",
        delete("charge_attempt", f"invoice_id = {FIRST.format('fred')} AND attempt = 2")),
    _broken("two charges that both succeeded", "payment attempts", "Payment", "number of successful attempts is 2, but should be 1",
        of_attempt("tina", "status = 'succeeded'")),
    _broken("a payment of another amount than was charged", "payment attempts", "Payment", "amount is 100.01 EUR, but should be 100.00 EUR",
        of_payment("fred", "amount_minor = 10001")),
    _broken("a charge of another amount", "payment attempts", "Payment", "amount is 100.00 EUR, but should be 100.01 EUR",
        of_attempt("fred", "amount_minor = 10001")),
    _broken("a charge in another currency", "payment attempts", "Payment", "currency is EUR, but should be NOK",
        of_attempt("fred", "currency = 'NOK'")),
    _broken("a payment on another invoice", "payment attempts", "Payment", "invoice is",
        of_payment("fred", f"invoice_id = {FIRST.format('kari')}")),
    _broken("a payment of another subscription", "payment attempts", "Payment", "subscription is",
        of_payment("fred", "subscription_id = %(kari)s")),
    _broken("a payment of another person", "payment attempts", "Payment", "contact is",
        of_payment("fred", "contact_id = contact_id + 1")),
    _broken("a reference that is not the processor's", "payment attempts", "Payment", "processor reference is ch_other",
        of_payment("kari", "processor_ref = 'ch_other'")),
    _broken("settled without a time", "payment attempts", "Payment", "time of settlement is empty",
        of_payment("kari", "settled_at = NULL")),
    _broken("a fee on what failed", "payment attempts", "Payment", "fee is 0.30 EUR, but should be 0.00 EUR",
        of_payment("fred", "fee_minor = 30")),
    _broken("a retry of what is paid", "payment attempts", "Payment", "next retry is 2026-05-01, but should be nothing",
        of_payment("kari", "next_retry_on = '2026-05-01'")),
    _broken("a retry after the cancellation", "payment attempts", "Payment", "next retry is 2026-05-01",
        of_payment("fred", "next_retry_on = '2026-05-01'"), of_subscription("fred", "status = 'canceled', next_due_date = NULL")),
    _broken("a retry although the invoice is paid", "payment attempts", "Payment", "next retry is 2026-05-01",
        of_payment("fred", "next_retry_on = '2026-05-01'"), of_invoice("fred", "status = 'paid'")),
    _broken("a charge that never ended", "payment attempts", "Payment", "status is succeeded, but should be processing",
        of_attempt("kari", "status = 'sent'")),
    _broken("an amount paid", "invoice payments", "Invoice", "amount paid is 30.01 EUR, but should be 30.00 EUR",
        of_invoice("olga", "paid_minor = 3001")),
    _broken("more collected than billed", "invoice payments", "Invoice",
        "amount collected or being collected is 54.02 EUR, but should be 27.01 EUR",
        f"UPDATE payment SET invoice_id = {FIRST.format('kari')} WHERE account_id = %(account)s "
        f"AND invoice_id = {LAST.format('kari')}"),
    _broken("an automatic invoice that nobody is charged for", "invoice payments", "Invoice", "number of payments is 0",
        delete("payment", f"invoice_id = {FIRST.format('kari')}")),
)  # fmt: skip

LEDGER = (
    _broken("an invoice that was not posted", "ledger postings", "Posting invoice_issued (leg 2)", "posting is nowhere",
        delete("ledger_transfer", f"document_id = {FIRST.format('mona')} AND leg = 2")),
    _broken("a settlement that was posted twice", "ledger postings", "Posting payment_settled", "no invoice or charge explains it",
        "INSERT INTO ledger_transfer (account_id, document_id, posting, occasion, leg, posted_on, debit, credit, "
        "currency, amount_minor, invoice_id, payment_id) "
        "SELECT account_id, document_id, posting, occasion + 9, leg, posted_on, debit, credit, currency, amount_minor, "
        f"invoice_id, payment_id FROM ledger_transfer WHERE account_id = %(account)s AND posting = 'payment_settled' "
        f"AND invoice_id = {FIRST.format('kari')}"),
    _broken("a posting of a document that does not exist", "ledger postings", "Posting invoice_issued (leg 1) of invoice unknown",
        "no invoice or charge explains it",
        "INSERT INTO ledger_transfer (account_id, document_id, posting, occasion, leg, posted_on, debit, credit, "
        "currency, amount_minor) VALUES (%(account)s, 999999999, 'invoice_issued', 0, 1, '2026-01-01', 'receivable', "
        "'revenue', 'EUR', 100)"),
    _broken("an amount in the ledger", "ledger postings", "Posting invoice_issued (leg 1)", "amount is 0.01 EUR",
        of_ledger("mona", "amount_minor = 1", "leg = 1 AND posting = 'invoice_issued'")),
    _broken("the wrong account", "ledger postings", "Posting invoice_issued (leg 2)", "credited account is revenue",
        of_ledger("mona", "credit = 'revenue'", "leg = 2 AND posting = 'invoice_issued'")),
    _broken("the wrong side", "ledger postings", "Posting invoice_issued (leg 2)", "debited account is bank",
        of_ledger("mona", "debit = 'bank'", "leg = 2 AND posting = 'invoice_issued'")),
    _broken("a posting in another currency", "ledger postings", "Posting invoice_issued (leg 1)", "currency is NOK",
        of_ledger("mona", "currency = 'NOK'", "leg = 1 AND posting = 'invoice_issued'")),
    _broken("a posting on another day", "ledger postings", "Posting invoice_issued (leg 1)",
        "day is 2026-01-02, but should be 2026-01-01",
        of_ledger("mona", "posted_on = '2026-01-02'", "leg = 1 AND posting = 'invoice_issued'")),
    _broken("a settlement on another day", "ledger postings", "Posting payment_settled", "day is 2026-02-01",
        of_ledger("kari", "posted_on = '2026-02-01'", "posting = 'payment_settled'")),
    _broken("a debit that came back on another day", "ledger postings", "Posting payment_failed", "day is 2026-04-15",
        of_ledger("bert", "posted_on = '2026-04-15'", "posting = 'payment_failed'")),
    _broken("a submission that was not posted", "ledger postings", "Posting payment_pending", "posting is nowhere",
        of_ledger("sven", "document_id = 0", "posting = 'payment_pending'")),
    _broken("a fee that was not posted", "ledger postings", "Posting payment_settled (leg 2)", "posting is nowhere",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('kari')} AND debit = 'processing_fees'")),
    _broken("a fee that was not written on the payment", "ledger postings", "Posting payment_settled (leg 2)", "amount is",
        of_payment("kari", "fee_minor = fee_minor + 1")),
    _broken("a posting to another invoice", "ledger postings", "Posting payment_settled", "invoice is",
        of_ledger("kari", f"invoice_id = {FIRST.format('fred')}", "posting = 'payment_settled'")),
    _broken("a posting to another payment", "ledger postings", "Posting payment_settled", "payment is",
        of_ledger("kari", "payment_id = payment_id + 1", "posting = 'payment_settled'")),
    _broken("a claim that the invoice does not know", "ledger claims", "Invoice INV-",
        "balance due is 50.00 EUR, but should be 80.00 EUR",
        of_ledger("olga", "credit = 'revenue'", "posting = 'payment_recorded'")),
    _broken("a debit under way that the ledger does not know", "ledger claims", "Invoice INV-", "amount being collected is 100.00 EUR",
        delete("ledger_transfer", f"invoice_id = {LAST.format('sven')} AND posting = 'payment_pending'")),
    _broken("a receivable", "ledger balances", "Ledger account receivable in EUR", "balance is",
        of_ledger("mona", "amount_minor = 1", "leg = 1 AND posting = 'invoice_issued'")),
    _broken("tax", "ledger balances", "Ledger account tax_payable in EUR", "balance is",
        of_invoice("mona", "tax_minor = tax_minor + 1, subtotal_minor = subtotal_minor - 1")),
    _broken("what the processor holds", "ledger balances", "Ledger account processor_balance in EUR", "balance is",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('kari')} AND debit = 'processing_fees'")),
    _broken("what is under way", "ledger balances", "Ledger account payments_in_transit in EUR", "balance is",
        delete("ledger_transfer", f"invoice_id = {LAST.format('sven')} AND posting = 'payment_pending'")),
    _broken("what came by bank", "ledger balances", "Ledger account bank in EUR", "balance is",
        of_ledger("mona", "debit = 'processor_balance'", "posting = 'payment_recorded'")),
    _broken("refunds that nobody gave", "ledger balances", "Ledger account refunds in EUR", "balance is",
        of_ledger("mona", "debit = 'refunds'", "posting = 'payment_recorded'")),
    _broken("an account that is not on the chart", "ledger balances", "Ledger in EUR", "sum of debits less credits is",
        of_ledger("mona", "debit = 'petty_cash'", "posting = 'payment_recorded'")),
)  # fmt: skip

ROWS = (
    _broken("a customer who is gone", "references", "Subscription", "contact is",
        "DELETE FROM contact USING subscription AS s WHERE contact.account_id = %(account)s AND contact.id = s.contact_id "
        "AND s.account_id = %(account)s AND s.id = %(late)s"),
    _broken("a line without a parent", "references", "Line item", "invoice is",
        delete("invoice", f"id = {FIRST.format('kari')}")),
    _broken("a charge without a payment", "references", "Charge of invoice", "payment is",
        delete("payment", f"invoice_id = {FIRST.format('kari')}")),
    _broken("an invoice without a subscription", "references", "Invoice", "subscription is",
        delete("subscription", "id = %(mona)s")),
    _broken("an event of nothing", "references", "Event", "subscription is",
        delete("subscription", "id = %(late)s")),
    _broken("a parked subscription that does not exist", "references", "Parked subscription", "subscription is",
        "INSERT INTO parked_subscription (account_id, id, cycle, since, code, reason, remedy) "
        "VALUES (%(account)s, 999999999, 0, '2026-01-01', 'amount', 'a', 'b')"),
    _broken("a payment method of nobody", "references", "Payment method", "contact is 999999999",
        "UPDATE payment_method SET contact_id = 999999999 "
        "WHERE account_id = %(account)s AND id = (SELECT payment_method_id FROM subscription WHERE id = %(kari)s)"),
    _broken("an issue that was not announced", "journal", "Invoice INV-", "number of events invoice.issued is 0, but should be 1",
        delete("event", f"kind = 'invoice.issued' AND object_id = {FIRST.format('kari')}")),
    _broken("a settlement that was announced twice", "journal", "Payment", "number of events payment.succeeded is 2",
        "INSERT INTO event (account_id, at, actor, kind, object_type, object_id, parent_id, data) "
        "SELECT account_id, at, actor, kind, object_type, object_id, parent_id, data FROM event "
        "WHERE account_id = %(account)s AND kind = 'payment.succeeded' AND object_id = "
        f"(SELECT id FROM payment WHERE account_id = %(account)s AND invoice_id = {FIRST.format('kari')})"),
)  # fmt: skip

STATEMENTS = (
    _broken("a charge of which our books know nothing", "processor statements", "Charge", "should be a charge of one of our invoices",
        delete("charge_attempt", f"invoice_id = {FIRST.format('kari')}")),
    _broken("a settlement that was never booked", "processor statements", "Charge", "amount in the ledger is 0.00 EUR, but should be 27.01 EUR",
        delete("ledger_transfer", f"invoice_id = {FIRST.format('kari')} AND posting = 'payment_settled'")),
    _broken("a fee that is not the processor's", "processor statements", "Charge", "fee in the ledger is 0.01 EUR",
        of_ledger("kari", "amount_minor = 1", "debit = 'processing_fees'")),
    _broken("a settlement that the processor denies", "processor statements", "Charge 1 of invoice INV-", "should be failed, as the processor says",
        of_attempt("bert", "status = 'succeeded'"),
        of_payment("bert", "status = 'succeeded'"),
        of_ledger("bert", "posting = 'payment_settled', debit = 'processor_balance', credit = 'receivable'",
            "posting = 'payment_failed'")),
)  # fmt: skip

ALL = (*INVOICES, *SUBSCRIPTIONS, *PAYMENTS, *LEDGER, *ROWS, *STATEMENTS)
