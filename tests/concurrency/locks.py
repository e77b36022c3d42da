"""Which rows a statement locks, read from its text, and whether a transaction keeps to the order that is agreed.

The order stands in ``docs/architecture.md``: what is bought, the code it is bought with, the checkout; subscriptions;
their charge attempts, payments and invoices, which the subscription's lock keeps for whoever holds it; customers'
balances; and the series of invoice numbers at the very end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tests.concurrency.recording import Sent

ORDER = {
    "payment_link": 0,
    "quote": 0,
    "discount_code": 1,
    "checkout": 2,
    "subscription": 3,
    "charge_attempt": 4,
    "payment": 4,
    "invoice": 4,
    "customer_credit": 5,
    "invoice_series": 6,
}
OWN_ROWS = ("SELECT status, contact_id, currency, invoice_date, due_date, net_terms_days FROM invoice",)
"""Statements that lock, where a checkout issues its second invoice, a row that their own transaction has made."""

_COMMENT = re.compile(r"--[^\n]*")
_GROUP = re.compile(r"\(([^()]*)\)")
_LOCKS = re.compile(
    r"\bFOR (?:NO KEY )?UPDATE\b(?:\s+OF\s+([\w\s,]+?))?(?=\s+SKIP|\s+NOWAIT|\s*$|\s*;|\s*§)", re.I
)
_READS = re.compile(
    r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(?!WHERE|JOIN|LEFT|CROSS|ON|ORDER|FOR|SET|USING)(\w+))?", re.I
)
_CHANGES = re.compile(r"\b(?:UPDATE|DELETE FROM)\s+(?:ONLY\s+)?(\w+)\b", re.I)
_UPSERTS = re.compile(r"\bINSERT INTO\s+(\w+)\b.*\bON CONFLICT\b.*\bDO UPDATE\b", re.I | re.S)


def locked_by(text: str) -> list[str]:
    """The tables of which a statement locks rows that are there, those in inner parts first.

    >>> locked_by("SELECT FROM a WHERE id IN (SELECT id FROM b) FOR UPDATE")
    ['a']
    >>> locked_by("WITH x AS (SELECT FROM a AS s JOIN b ON true FOR UPDATE OF s SKIP LOCKED) UPDATE b SET c = 1")
    ['a', 'b']
    """
    text, found = _COMMENT.sub(" ", text), []
    while match := _GROUP.search(text):
        found += _of_part(match[1])
        text = f"{text[: match.start()]} § {text[match.end() :]}"
    return [*found, *_of_part(text)]


def _of_part(text: str) -> Iterator[str]:
    if match := _LOCKS.search(text):
        read = _READS.findall(text)
        known = {alias or table: table for table, alias in read}
        names = [name.strip() for name in match[1].split(",")] if match[1] else list(known)
        yield from (known[name] for name in names if name in known)
    if not re.search(r"\bFOR (?:NO KEY )?UPDATE\b", text, re.I) and (match := _CHANGES.search(text)):
        yield match[1]
    if match := _UPSERTS.search(text):
        yield match[1]


def out_of_order(sent: Iterable[Sent]) -> list[str]:
    """What was locked after something that comes behind it, with the statement that did."""
    wrong: list[str] = []
    held: dict[int, set[int]] = {}
    for each in sent:
        if each.is_first:
            held[each.connection] = set()
        ranks = held.setdefault(each.connection, set())
        for table in locked_by(each.text):
            rank = ORDER.get(table)
            if rank is None:
                continue
            if (
                rank not in ranks
                and ranks
                and rank < max(ranks)
                and not any(own in each.text for own in OWN_ROWS)
            ):
                wrong.append(f"{table} after {sorted(ranks)}: {' '.join(each.text.split())[:160]}")
            ranks.add(rank)
    return list(dict.fromkeys(wrong))
