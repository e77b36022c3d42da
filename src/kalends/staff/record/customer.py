"""The middle of a contact's or a company's page: the money at a glance, in each currency."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from kalends.catalog import OBJECTS
from kalends.query import compile_filter, parse
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.visit import Visit

_BILLED = """
    SELECT t.currency, sum(t.total_minor - t.paid_minor - t.credited_minor)::bigint,
        coalesce(sum(t.total_minor - t.paid_minor - t.credited_minor) FILTER (WHERE t.due_date < %(today)s), 0)::bigint
    FROM invoice AS t WHERE t.status = 'open' AND {where} GROUP BY t.currency
"""
_COLLECTED = """
    SELECT t.currency, sum(t.amount_minor - t.refunded_minor)::bigint
    FROM payment AS t WHERE t.settled_at IS NOT NULL AND t.status NOT IN ('failed', 'disputed_lost') AND {where}
    GROUP BY t.currency
"""


def of_contact(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """What a contact paid and owes, and its credit."""
    cursor.execute(
        "SELECT currency, balance_minor FROM customer_credit WHERE account_id = %s AND contact_id = %s",
        [visit.ctx.id, id_],
    )
    credit = dict(cursor.fetchall()) if visit.may("view", "invoice") else {}
    return _money(cursor, visit, "contact", id_, credit)


def of_company(cursor: Cursor, visit: Visit, id_: int) -> dict[str, Any]:
    """What a company paid and owes."""
    return _money(cursor, visit, "company", id_, {})


def _money(cursor: Cursor, visit: Visit, name: str, id_: int, credit: dict[str, int]) -> dict[str, Any]:
    found: dict[str, dict[str, int]] = defaultdict(
        lambda: {"collected": 0, "open": 0, "overdue": 0, "credit": 0}
    )
    for currency, owed, overdue in _sums(cursor, visit, _BILLED, "invoice", name, id_):
        found[currency] |= {"open": owed, "overdue": overdue}
    for currency, collected in _sums(cursor, visit, _COLLECTED, "payment", name, id_):
        found[currency]["collected"] = collected
    for currency, balance in credit.items():
        if balance:
            found[currency]["credit"] = balance
    return {
        "money": [
            {
                key: formatting.minor(amount, currency) if amount or key == "collected" else None
                for key, amount in each.items()
            }
            for currency, each in sorted(found.items())
        ]
    }


def _sums(cursor: Cursor, visit: Visit, query: str, what: str, name: str, id_: int) -> list[Any]:
    """Sums over the visible documents of a customer."""
    this = {"property": "hs_object_id", "operator": "is_any_of", "values": [str(id_)]}
    obj = OBJECTS[what]
    asked = parse(obj, {"groups": [[{"associated": name, "conditions": [this]}]]})
    where = compile_filter(obj, asked, visit.asking)
    cursor.execute(query.format(where=where.text), where.params)
    return list(cursor.fetchall())
