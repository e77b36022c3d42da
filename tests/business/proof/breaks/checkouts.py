"""Checkouts that are wrong."""

from tests.business.proof.breaks.making import FIRST, broken, delete, of_attempt

_OF_LINK = "WHERE account_id = %(account)s AND id = (SELECT min(id) FROM payment_link WHERE account_id = %(account)s)"

CHECKOUTS = (
    broken(
        "a charge that was split wrongly",
        "checkouts",
        "Checkout",
        "amount paid on invoices is 64.71 EUR, but should be 64.70 EUR",
        of_attempt("bea", "amount_minor = amount_minor + 1"),
    ),
    broken(
        "a part of the charge that nobody knows of",
        "checkouts",
        "Checkout",
        "amount paid on invoices is 3.45 EUR, but should be 64.70 EUR",
        delete("charge_attempt", f"invoice_id = {FIRST.format('bea')} AND attempt = 1"),
    ),
    broken(
        "a checkout that charged something else than was agreed",
        "checkouts",
        "Checkout",
        "amount charged is 64.70 EUR, but should be 64.00 EUR",
        "UPDATE checkout SET due_minor = 6400 WHERE account_id = %(account)s",
    ),
    broken(
        "attempts of a charge that no checkout made",
        "checkouts",
        "Charge kalends-",
        "amount paid on invoices is 64.70 EUR, but should be 0.00 EUR",
        "DELETE FROM checkout_charge WHERE account_id = %(account)s",
    ),
    broken(
        "a link whose uses were not counted",
        "checkouts",
        "Payment link",
        "number of uses is 0, but should be 1",
        f"UPDATE payment_link SET uses = 0 {_OF_LINK}",
    ),
    broken(
        "a code whose uses were counted twice",
        "checkouts",
        "Discount code SPRING",
        "number of uses is 2, but should be 1",
        "UPDATE discount_code SET uses = 2 WHERE account_id = %(account)s",
    ),
    broken(
        "a checkout without its contact",
        "references",
        "Checkout",
        "contact is 1, which does not exist",
        "UPDATE checkout SET contact_id = 1 WHERE account_id = %(account)s",
    ),
)
