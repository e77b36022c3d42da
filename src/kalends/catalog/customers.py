"""What contacts and companies have in common: roll-ups over their subscriptions and their deals."""

from __future__ import annotations

from kalends.catalog.associations import tie
from kalends.catalog.expressions import ACCOUNT_CURRENCY, Expression, digits, linked_records, major, rate
from kalends.catalog.line_sums import DEAL_IN_ACCOUNT_CURRENCY, IS_WON


def _subscriptions_of(customer: str) -> str:
    return linked_records(tie(customer, "subscription"), customer, "subscription", "sub")


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


def _deals_of(customer: str) -> str:
    return linked_records(tie(customer, "deal"), customer, "deal", "dea")


def _won(customer: str) -> str:
    return f"{_deals_of(customer)} AND {IS_WON.replace('{t}', 'dea')}"


_AMOUNT = DEAL_IN_ACCOUNT_CURRENCY.replace("{t}", "dea")


def associated_deals(customer: str) -> Expression:
    """How many deals a contact or company has, open and closed."""
    return Expression(f"(SELECT count(*) FROM {_deals_of(customer)})")


def won_amount(customer: str) -> Expression:
    """What a customer's won deals come to in the account's currency; empty without any.

    Null too when the amount of one is not known in that currency: a sum without it would be wrong.
    """
    return Expression(
        "(SELECT CASE WHEN count(*) = count(own.amount) THEN sum(own.amount) END "
        f"FROM (SELECT {_AMOUNT} AS amount FROM {_won(customer)}) own)"
    )


def _of_last_won(customer: str, value: str) -> Expression:
    return Expression(
        f"(SELECT {value} FROM {_won(customer)} ORDER BY dea.close_at DESC NULLS LAST, dea.id DESC LIMIT 1)"
    )


def last_won_amount(customer: str) -> Expression:
    """The amount of the deal that was won last, in the account's currency."""
    return _of_last_won(customer, _AMOUNT)


def last_won_at(customer: str) -> Expression:
    """When the deal that was won last was closed."""
    return _of_last_won(customer, "dea.close_at")
