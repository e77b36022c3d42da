"""What left the house: the processor's book beside ours, and every letter once.

As in :mod:`kalends.simulation.checks` nothing is asked of the code under test; keys are taken apart here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple

from kalends.simulation.bank_book import DISPUTE_FEE_MINOR, BookedCharge
from kalends.simulation.checks import Finding
from kalends.simulation.office import Office

EXPLAINED_FOR = timedelta(days=40)
"""How long a difference to the processor may be explained by an answer that is still to come. One that was lost comes
when somebody asks for it, and there are weeks without anybody."""

_KEY = re.compile(r"kalends-(\d+)-(\d+)-(\d+)")


class _Attempt(NamedTuple):
    status: str
    amount: int
    payment: int
    fee_of_failure: int
    sandbox: bool


class _Books:
    """Our side: attempts by the key under which the processor knows them."""

    def __init__(self, office: Office) -> None:
        self.attempts: dict[str, list[_Attempt]] = defaultdict(list)
        for invoice, attempt, status, amount, payment, key, fee, method in office.rows(
            "SELECT invoice_id, attempt, status, amount_minor, payment_id, charge_key, failure_fee_minor, "
            "payment_method_id FROM charge_attempt WHERE account_id = %s"
        ):
            name = key or f"kalends-{office.ctx.id}-{invoice}-{attempt}"
            self.attempts[name].append(_Attempt(status, amount, payment, fee, method is not None))
        self.checkouts = {
            f"kalends-{office.ctx.id}-{checkout}-{attempt}": status
            for checkout, attempt, status in office.rows(
                "SELECT checkout_id, attempt, status FROM checkout_charge WHERE account_id = %s"
            )
        }


def statement(office: Office) -> list[Finding]:
    """Every charge at the processor is in our books, or explained by name; what we collected was collected there."""
    books, now = _Books(office), office.ctx.now
    found = [
        Finding("processor", f"key {key} was sent again with other parameters") for key in office.bank.reused
    ]
    taken: Counter[int] = Counter()
    for charge in office.bank.book.charges.values():
        if charge.status_at(now) == "succeeded":
            found += _one_charge(office, books, charge, now)
            match = _KEY.fullmatch(charge.key)
            if match is not None and charge.key not in books.checkouts:
                taken[int(match[2])] += charge.amount_minor
    found += _ours_at_the_processor(office, books, now)
    totals = dict(office.rows("SELECT id, total_minor FROM invoice WHERE account_id = %s"))
    for invoice, cents in taken.items():
        if cents > totals.get(invoice, 0):
            found.append(
                Finding(
                    "charged once", f"invoice {invoice} is of {totals.get(invoice)}, and {cents} was taken"
                )
            )
    return found + _balance(office, books, now)


def _one_charge(office: Office, books: _Books, charge: BookedCharge, now: datetime) -> list[Finding]:
    ours = books.attempts.get(charge.key)
    what = f"charge {charge.reference} ({charge.key}) of {charge.amount_minor} {charge.currency}"
    if ours is None:
        status = books.checkouts.get(charge.key)
        if status in ("sent", "processing"):
            return []
        return [Finding("processor", f"{what} succeeded, and our books have none ({status or 'nothing'})")]
    statuses = {each.status for each in ours}
    amount = sum(each.amount for each in ours)
    if statuses == {"succeeded"}:
        if amount != charge.amount_minor:
            return [Finding("processor", f"{what} stands with {amount} in our books")]
        return []
    to_come = now - charge.settles_at < EXPLAINED_FOR or office.bank.post.is_lost(charge.key)
    if statuses <= {"sent", "processing", "succeeded"} and to_come:
        office.tally["differences explained by an answer to come"] += 1
        return []
    return [
        Finding("processor", f"{what} succeeded on {charge.settles_at:%Y-%m-%d}, and here it is {statuses}")
    ]


def _ours_at_the_processor(office: Office, books: _Books, now: datetime) -> list[Finding]:
    found: list[Finding] = []
    for key, attempts in books.attempts.items():
        if not all(each.sandbox and each.status == "succeeded" for each in attempts):
            continue
        charge = office.bank.book.charges.get(key)
        if charge is None or charge.status_at(now) != "succeeded":
            stands = "unknown" if charge is None else charge.status_at(now)
            found.append(
                Finding("processor", f"{key} is settled in our books, and {stands} at the processor")
            )
    return found


def _balance(office: Office, books: _Books, now: datetime) -> list[Finding]:
    """The money that the processor holds for us, to the cent, less what it has not told us yet."""
    holds: Counter[str] = Counter()
    for line in office.bank.book.lines(now):
        holds[line.currency] += line.net_minor
    untold: Counter[str] = Counter()
    disputes = dict(office.rows("SELECT payment_id, status FROM dispute WHERE account_id = %s"))
    for charge in office.bank.book.charges.values():
        ours = books.attempts.get(charge.key, [])
        untold[charge.currency] += _untold_charge(ours, charge, now)
        if charge.disputed_minor:
            known = {disputes.get(each.payment) for each in ours} - {None}
            untold[charge.currency] += _untold_dispute(office, charge, known, now)
    refunds = dict(office.rows("SELECT id, status FROM refund WHERE account_id = %s"))
    for refund in office.bank.book.refunds.values():
        status = refunds.get(int(refund.key.rpartition("-")[2]))
        if refund.end == "succeeded" and refund.settles_at <= now and status in ("sent", "processing"):
            untold[refund.charge.currency] -= refund.amount_minor
    says: Counter[str] = Counter()
    for debit, currency, cents in office.rows(
        "SELECT debit = 'processor_balance', currency, sum(amount_minor)::bigint FROM ledger_transfer "
        "WHERE account_id = %s AND 'processor_balance' IN (debit, credit) GROUP BY 1, 2"
    ):
        says[currency] += cents if debit else -cents
    return [
        Finding(
            "processor's balance",
            f"in {currency} our ledger has {says[currency]}, the processor {holds[currency]}, of which "
            f"{untold[currency]} is explained by what it has not told yet",
        )
        for currency in {*holds, *says}
        if says[currency] != holds[currency] - untold[currency]
    ]


def _untold_charge(ours: list[_Attempt], charge: BookedCharge, now: datetime) -> int:
    """What moved at the processor for a charge of which we know that it is under way, and not how it ended."""
    if ours and all(each.status not in ("sent", "processing", "intended") for each in ours):
        return 0
    status = charge.status_at(now)
    if status == "succeeded":
        return charge.amount_minor - charge.fee_minor
    return -charge.fee_minor if status == "failed" else 0


def _untold_dispute(office: Office, charge: BookedCharge, known: set[str | None], now: datetime) -> int:
    """What moved for a dispute, where the processor has yet to tell of it: in its outbox or unread in our inbox."""
    untold, amount, post = 0, charge.disputed_minor or 0, office.bank.post
    if not known and post.on_its_way(charge.key, "charge.disputed"):
        untold -= amount + DISPUTE_FEE_MINOR
    decided = charge.won and charge.decided_at is not None and charge.decided_at <= now
    if decided and "won" not in known:
        unread = office.rows(
            "SELECT 1 FROM processor_event WHERE account_id = %s AND handled_at IS NULL "
            "AND payload ->> 'kind' = 'dispute.won' AND payload ->> 'idempotency_key' = %s",
            charge.key,
        )
        if unread or post.on_its_way(charge.key, "dispute.won"):
            untold += amount
    return untold


# ---------------------------------------------------------------- letters


def letters(office: Office) -> list[Finding]:
    """Each letter that an event calls for was decided on, once; and each that is sent has arrived, once."""
    found: list[Finding] = []
    stands = Counter(
        office.rows(
            "SELECT kind, object_id, occasion FROM message WHERE account_id = %s AND kind = ANY(%s)",
            list(_CALLED_FOR),
        )
    )
    for kind, query in _CALLED_FOR.items():
        called_for = {(kind, *row) for row in office.rows(query)}
        there = {each for each in stands if each[0] == kind}
        found += [Finding("letters", f"{each} is missing") for each in sorted(called_for - there)[:5]]
        found += [Finding("letters", f"{each} was not called for") for each in sorted(there - called_for)[:5]]
    found += [Finding("letters", f"{each} was decided on {n} times") for each, n in stands.items() if n > 1]
    return found + _arrivals(office)


_WITH_ADDRESS = (
    "JOIN contact AS c ON c.account_id = x.account_id AND c.id = x.contact_id AND c.email IS NOT NULL"
)
_CALLED_FOR: dict[str, LiteralString] = {
    "receipt": (
        "SELECT min(x.id), min(a.attempt)::text FROM payment AS x JOIN charge_attempt AS a "
        "ON a.account_id = x.account_id AND a.payment_id = x.id AND a.status = 'succeeded' "
        + _WITH_ADDRESS
        + " "
        "WHERE x.account_id = %s GROUP BY coalesce(a.charge_key, x.id::text || '/' || a.attempt)"
    ),
    "charge_failed": (
        "SELECT x.id, a.attempt::text FROM payment AS x JOIN charge_attempt AS a ON a.account_id = x.account_id "
        "AND a.payment_id = x.id AND a.status = 'failed' AND coalesce(a.failure_code, '') "
        "NOT IN ('subscription_ended', 'subscription_paused') "
        + _WITH_ADDRESS
        + " WHERE x.account_id = %s AND x.archived_at IS NULL"
    ),
    "invoice": (
        "SELECT x.id, '' FROM invoice AS x "
        + _WITH_ADDRESS
        + " WHERE x.account_id = %s AND x.status <> 'draft' "
        "AND (x.account_id, x.id) NOT IN (SELECT k.account_id, jsonb_array_elements_text(k.made -> 'invoices')::bigint "
        "FROM checkout AS k WHERE k.status = 'done') "
        "AND (x.collection = 'manual' OR EXISTS (SELECT FROM credit_application AS u WHERE u.account_id = x.account_id "
        "AND u.invoice_id = x.id AND u.credit_note_id IS NULL AND u.amount_minor = x.total_minor))"
    ),
    "canceled": (
        "SELECT x.id, '' FROM subscription AS x " + _WITH_ADDRESS + " WHERE x.account_id = %s "
        "AND x.status = 'canceled'"
    ),
    "credit_note": "SELECT x.id, '' FROM credit_note AS x " + _WITH_ADDRESS + " WHERE x.account_id = %s",
}
"""By kind of letter: what it is about and its occasion, for everything that has happened."""


def _arrivals(office: Office) -> list[Finding]:
    ((sent,),) = office.rows("SELECT count(*) FROM message WHERE account_id = %s AND status = 'sent'")
    box = office.letterbox
    found: list[Finding] = []
    twice = {name: n for name, n in box.arrived.items() if n > 1 + box.doubted[name]}
    if twice:
        found.append(
            Finding("letters", f"{len(twice)} letters arrived twice without a reason: {list(twice)[:3]}")
        )
    open_ones = sum(1 for name in box.doubted if name)
    if not sent <= len(box.arrived) <= sent + open_ones:
        found.append(
            Finding("letters", f"{sent} letters are marked as sent, and {len(box.arrived)} have arrived")
        )
    return found
