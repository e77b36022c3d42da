"""How things go wrong in a book behind everybody's back, and the words in which a proof must say so."""

from typing import NamedTuple

FIRST = "(SELECT min(id) FROM invoice WHERE account_id = %(account)s AND subscription_id = %({0})s)"
LAST = "(SELECT max(id) FROM invoice WHERE account_id = %(account)s AND subscription_id = %({0})s)"


OPEN_LEDGER = "ALTER TABLE ledger_transfer DISABLE TRIGGER append_only"
OPEN_NOTES = (
    "ALTER TABLE credit_note DISABLE TRIGGER append_only",
    "ALTER TABLE credit_note_line DISABLE TRIGGER append_only",
    "ALTER TABLE credit_application DISABLE TRIGGER append_only",
)
OPEN_REVENUE = "ALTER TABLE revenue_movement DISABLE TRIGGER append_only"
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


def broken(title: str, check: str, record: str, says: str, *statements: str) -> Break:
    """A break; what the database would prevent is first allowed, by its owner."""
    doors = {
        " ledger_transfer ": (OPEN_LEDGER,),
        " revenue_movement ": (OPEN_REVENUE,),
        "DELETE FROM event ": (OPEN_JOURNAL,),
        " credit_": OPEN_NOTES,
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
        f"UPDATE charge_attempt SET {change} "
        f"WHERE account_id = %(account)s AND invoice_id = {FIRST.format(customer)}"
    )


def of_refund(customer: str, change: str, number: int = 1) -> str:
    """Change a refund of the payment of the customer's first invoice."""
    return f"UPDATE refund SET {change} WHERE account_id = %(account)s AND {of_first(customer)} AND number = {number}"


def of_dispute(customer: str, change: str) -> str:
    """Change the dispute of the payment of the customer's first invoice."""
    return f"UPDATE dispute SET {change} WHERE account_id = %(account)s AND {of_first(customer)}"


def of_first(customer: str) -> str:
    """Belonging to the payment of the customer's first invoice, as a condition."""
    return (
        "payment_id = (SELECT id FROM payment WHERE account_id = %(account)s "
        f"AND invoice_id = {FIRST.format(customer)})"
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
