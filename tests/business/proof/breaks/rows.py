"""Rows that lead nowhere, a journal that is wrong."""

from tests.business.proof.breaks.making import FIRST, broken, delete

ROWS = (
    broken(
        "a customer who is gone",
        "references",
        "Subscription",
        "contact is",
        "DELETE FROM contact USING subscription AS s WHERE contact.account_id = %(account)s "
        "AND contact.id = s.contact_id "
        "AND s.account_id = %(account)s AND s.id = %(late)s",
    ),
    broken(
        "a line without a parent",
        "references",
        "Line item",
        "invoice is",
        delete("invoice", f"id = {FIRST.format('kari')}"),
    ),
    broken(
        "a charge without a payment",
        "references",
        "Charge of invoice",
        "payment is",
        delete("payment", f"invoice_id = {FIRST.format('kari')}"),
    ),
    broken(
        "an invoice without a subscription",
        "references",
        "Invoice",
        "subscription is",
        delete("subscription", "id = %(mona)s"),
    ),
    broken(
        "an event of nothing",
        "references",
        "Event",
        "subscription is",
        delete("subscription", "id = %(late)s"),
    ),
    broken(
        "a parked subscription that does not exist",
        "references",
        "Parked subscription",
        "subscription is",
        "INSERT INTO parked_subscription (account_id, id, cycle, since, code, reason, remedy) "
        "VALUES (%(account)s, 999999999, 0, '2026-01-01', 'amount', 'a', 'b')",
    ),
    broken(
        "a payment method of nobody",
        "references",
        "Payment method",
        "contact is 999999999",
        "UPDATE payment_method SET contact_id = 999999999 "
        "WHERE account_id = %(account)s AND id = (SELECT payment_method_id FROM subscription WHERE id = %(kari)s)",
    ),
    broken(
        "an issue that was not announced",
        "journal",
        "Invoice INV-",
        "number of events invoice.issued is 0, but should be 1",
        delete("event", f"kind = 'invoice.issued' AND object_id = {FIRST.format('kari')}"),
    ),
    broken(
        "a voiding that was not announced",
        "journal",
        "Invoice INV-",
        "number of events invoice.voided is 0, but should be 1",
        delete("event", f"kind = 'invoice.voided' AND object_id = {FIRST.format('vera')}"),
    ),
    broken(
        "a settlement that was announced twice",
        "journal",
        "Payment",
        "number of events payment.succeeded is 2",
        "INSERT INTO event (account_id, at, actor, kind, object_type, object_id, parent_id, data) "
        "SELECT account_id, at, actor, kind, object_type, object_id, parent_id, data FROM event "
        "WHERE account_id = %(account)s AND kind = 'payment.succeeded' AND object_id = "
        f"(SELECT id FROM payment WHERE account_id = %(account)s AND invoice_id = {FIRST.format('kari')})",
    ),
)
