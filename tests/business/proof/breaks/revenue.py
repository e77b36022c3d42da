"""Movements of revenue that are wrong."""

from tests.business.proof.breaks.making import broken, delete, of_subscription

_SHUT = "ALTER TABLE subscription DISABLE TRIGGER revenue_moves"
_OF_KARI = "WHERE account_id = %(account)s AND subscription_id = %(kari)s"

REVENUE = (
    broken(
        "a subscription that ended and moved nothing",
        "revenue movements",
        "Subscription",
        "revenue that moved is 21.61 EUR, but should be 0.00 EUR",
        _SHUT,
        of_subscription("kari", "status = 'canceled', next_due_date = NULL"),
    ),
    broken(
        "a movement that is gone",
        "revenue movements",
        "Subscription",
        "revenue that moved is 0.00 EUR, but should be 21.61 EUR",
        delete("revenue_movement", "subscription_id = %(kari)s"),
    ),
    broken(
        "a movement for another reason",
        "revenue movements",
        "Subscription",
        "reason is reactivation, but should be new",
        f"UPDATE revenue_movement SET reason = 'reactivation' {_OF_KARI} AND number = 1",
    ),
    broken(
        "a movement of another amount",
        "revenue movements",
        "Subscription",
        "amount with unpaid is",
        f"UPDATE revenue_movement SET amount_with_unpaid_minor = 1 {_OF_KARI} AND number = 1",
    ),
    broken(
        "a movement that is counted wrongly",
        "revenue movements",
        "Subscription",
        "number is 7, but should be",
        f"UPDATE revenue_movement SET number = 7 {_OF_KARI} AND number = 1",
    ),
)
