"""What contacts and companies have in common: roll-ups over their subscriptions, and deals, of which there are none."""

from __future__ import annotations

from kalends.catalog.associations import tie
from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression, digits, linked_ids, major, rate

NO_AMOUNT = Expression("NULL::numeric")
NO_INSTANT = Expression("NULL::timestamptz")
NO_DEALS = Expression("0::bigint")


def _subscriptions_of(customer: str) -> str:
    linked = linked_ids(tie(customer, "subscription"), customer, "subscription")
    return (
        "subscription sub WHERE sub.account_id = {t}.account_id AND sub.archived_at IS NULL "
        f"AND sub.id IN ({linked})"
    )


def active_subscriptions(customer: str) -> Expression:
    """How many subscriptions of a contact or company are Active."""
    return Expression(f"(SELECT count(*) FROM {_subscriptions_of(customer)} AND sub.status = 'active')")


def subscription_mrr(customer: str) -> Expression:
    """The MRR of a customer's active and past due subscriptions, in the account's currency at today's rates.

    Null when a rate is missing: a sum that leaves a subscription out would be a wrong figure, not a smaller one.
    """
    in_own = f"{major('sub.mrr_minor', 'sub.currency')} * {rate('sub.currency', '{today}')}"
    counted = (
        f"SELECT {in_own} AS mrr FROM {_subscriptions_of(customer)} AND sub.status IN ('active', 'past_due')"
    )
    total = f"round(coalesce(sum(own.mrr), 0), {digits(ACCOUNT_CURRENCY)})"
    return Expression(f"(SELECT CASE WHEN count(*) = count(own.mrr) THEN {total} END FROM ({counted}) own)")
