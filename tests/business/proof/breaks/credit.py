"""Credit notes that are wrong, and balances that are not what notes brought and invoices used."""

from tests.business.proof.breaks.making import FIRST, LAST, broken, delete, of_invoice, of_ledger

NOTE = "(SELECT min(id) FROM credit_note WHERE account_id = %(account)s AND subscription_id = %({0})s)"


def of_note(customer: str, change: str) -> str:
    """Change the first credit note of the customer."""
    return f"UPDATE credit_note SET {change} WHERE account_id = %(account)s AND id = {NOTE.format(customer)}"


def of_note_line(customer: str, change: str) -> str:
    """Change the line of the first credit note of the customer."""
    return (
        f"UPDATE credit_note_line SET {change} "
        f"WHERE account_id = %(account)s AND credit_note_id = {NOTE.format(customer)}"
    )


def of_use(customer: str, change: str) -> str:
    """Change the use of credit by the customer's last invoice."""
    invoice = LAST.format(customer)
    return f"UPDATE credit_application SET {change} WHERE account_id = %(account)s AND invoice_id = {invoice}"


def of_balance(customer: str, change: str) -> str:
    """Change the customer's balance."""
    contact = f"(SELECT contact_id FROM subscription WHERE id = %({customer})s)"
    return f"UPDATE customer_credit SET {change} WHERE account_id = %(account)s AND contact_id = {contact}"


CREDIT = (
    broken(
        "a note that is not its lines",
        "credit notes",
        "Credit note CN-",
        "net amount is 26.67 EUR, but should be 26.66 EUR",
        of_note("cora", "net_minor = net_minor + 1, tax_minor = tax_minor - 1"),
    ),
    broken(
        "a note that made its invoice smaller by less than it says",
        "credit notes",
        "Credit note CN-",
        "part that made its invoice smaller is 7.00 EUR, but should be 7.01 EUR",
        of_note("gina", "applied_minor = applied_minor - 1, to_balance_minor = to_balance_minor + 1"),
    ),
    broken(
        "a note of another day",
        "credit notes",
        "Credit note CN-",
        "day of issue is",
        of_note("gina", "issued_on = issued_on + 1"),
    ),
    broken(
        "a note on a voided invoice",
        "credit notes",
        "Credit note CN-",
        "status of the invoice is voided, but should be open or paid",
        of_invoice("gina", "status = 'voided'"),
    ),
    broken(
        "a credit of what was paid back as well",
        "credit notes",
        "Invoice INV-",
        "amount given back to its customer is",
        "INSERT INTO refund (account_id, payment_id, number, amount_minor, currency, status, requested_at, "
        "requested_by) SELECT account_id, id, 1, amount_minor, currency, 'intended', initiated_at, 'nobody' "
        f"FROM payment WHERE account_id = %(account)s AND invoice_id = {FIRST.format('cora')}",
    ),
    broken(
        "more credited of a line than it is",
        "credit note lines",
        "Credit note CN-",
        "amount credited so far is",
        of_note_line("hugo", "total_minor = total_minor + 1, net_minor = net_minor + 1"),
    ),
    broken(
        "tax that was not taken back in proportion",
        "credit note lines",
        "Credit note CN-",
        "net amount credited so far is 26.67 EUR, but should be 26.66 EUR",
        of_note_line("cora", "net_minor = net_minor + 1, tax_minor = tax_minor - 1"),
    ),
    broken(
        "a line of another invoice",
        "credit note lines",
        "Credit note CN-",
        "invoice of line",
        of_note("hugo", f"invoice_id = {FIRST.format('mona')}"),
    ),
    broken(
        "a balance out of nothing",
        "customer credit",
        "Credit of contact",
        "balance is 10.01 EUR, but should be 10.00 EUR",
        of_balance("cora", "balance_minor = balance_minor + 1"),
    ),
    broken(
        "a balance that the ledger does not hold",
        "customer credit",
        "Credit of contact",
        "balance by the ledger is",
        of_ledger("cora", "credit = 'bank'", "posting = 'credit_issued' AND leg = 2"),
    ),
    broken(
        "credit that was not used though the invoice had room for it",
        "credit used",
        "Credit used by invoice INV-",
        "amount is 83.32 EUR, but should be 83.33 EUR",
        of_use("cora", "amount_minor = amount_minor - 1"),
    ),
    broken(
        "credit of somebody else",
        "credit used",
        "Credit used by invoice INV-",
        "contact is",
        of_use("hugo", "contact_id = (SELECT contact_id FROM subscription WHERE id = %(cora)s)"),
    ),
    broken(
        "a use that the invoice does not count",
        "invoice payments",
        "Invoice INV-",
        "amount credited is 83.32 EUR, but should be 83.33 EUR",
        f"UPDATE invoice SET credited_minor = credited_minor - 1 WHERE account_id = %(account)s "
        f"AND id = {LAST.format('cora')}",
    ),
    broken(
        "a note that was not announced",
        "journal",
        "Invoice",
        "number of events credit_note.issued is 0, but should be 1",
        delete("event", f"kind = 'credit_note.issued' AND object_id = {FIRST.format('hugo')}"),
    ),
    broken(
        "a note that was not posted",
        "ledger postings",
        "Posting credit_issued (leg 2)",
        "posting is nowhere",
        delete("ledger_transfer", f"document_id = {NOTE.format('cora')} AND leg = 2"),
    ),
    broken(
        "credit that was used and not posted",
        "ledger postings",
        "Posting credit_applied (leg 1)",
        "posting is nowhere",
        delete("ledger_transfer", f"posting = 'credit_applied' AND invoice_id = {LAST.format('cora')}"),
    ),
    broken(
        "what customers have to their credit",
        "ledger balances",
        "Ledger account customer_credit in EUR",
        "balance is",
        of_ledger("cora", "credit = 'bank'", "posting = 'credit_issued' AND leg = 1"),
    ),
    broken(
        "a hole in the numbers of credit notes",
        "invoice numbers",
        "Credit note CN-",
        "number is CN-9999",
        of_note("gina", "number = 'CN-9999'"),
    ),
    broken(
        "a note of an invoice that does not exist",
        "references",
        "Credit note",
        "invoice is 1, which does not exist",
        of_note("gina", "invoice_id = 1"),
    ),
)
