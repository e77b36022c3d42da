"""What must be true whatever happened: read from the tables, the processor's book and the diary, and added up here.

Nothing here calls the code under test. Every statement is written for this purpose alone and reads plain columns.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time
from typing import LiteralString, NamedTuple

from kalends.simulation.diary import Agreement, Promise
from kalends.simulation.office import Office


class Finding(NamedTuple):
    """Something that is not as it must be: by which check, and what."""

    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"


# ---------------------------------------------------------------- one invoice for each cycle


class _Invoice(NamedTuple):
    id: int
    subscription: int
    cycle: int
    reason: str
    day: date
    cents: int
    number: str | None


def schedule(office: Office) -> list[Finding]:
    """Each agreement has exactly one invoice for each payment that it promises: its day, its amount, oldest first."""
    rows = office.rows(
        "SELECT id, subscription_id, cycle, reason, period_start, total_minor, number FROM invoice "
        "WHERE account_id = %s AND subscription_id IS NOT NULL AND status <> 'draft' ORDER BY cycle, id"
    )
    billed: dict[int, list[_Invoice]] = defaultdict(list)
    for row in rows:
        invoice = _Invoice(*row)
        if invoice.reason == "cycle":
            billed[invoice.subscription].append(invoice)
    parked = {row[0] for row in office.rows("SELECT id FROM parked_subscription WHERE account_id = %s")}
    waiting = _charged_today(office)
    found: list[Finding] = []
    for agreement in office.diary.agreements.values():
        may_wait = office.diary.held or agreement.id in parked
        may_wait |= agreement.automatic and agreement.contact_id in waiting
        found += _of_agreement(agreement, billed[agreement.id], office, may_wait=may_wait)
    for stranger in billed.keys() - office.diary.agreements.keys():
        found.append(
            Finding("one invoice per cycle", f"subscription {stranger} is billed, and nobody agreed to it")
        )
    for id_ in parked - office.diary.parked:
        found.append(Finding("parked", f"subscription {id_} is parked, and nobody gave it a reason to be"))
    return found


def _charged_today(office: Office) -> set[int]:
    """Customers who have a payment of today, so that an overdue one of theirs waits for tomorrow."""
    today = office.ctx.now.astimezone(office.zone).date()
    begins = office.moment(today, time(0))
    rows = office.rows(
        "SELECT DISTINCT s.contact_id FROM payment AS p JOIN subscription AS s ON s.account_id = p.account_id "
        "AND s.id = p.subscription_id WHERE p.account_id = %s AND p.initiated_at >= %s",
        begins,
    )
    return {row[0] for row in rows}


def _of_agreement(
    agreement: Agreement, invoices: list[_Invoice], office: Office, *, may_wait: bool
) -> list[Finding]:
    name, found = "one invoice per cycle", list[Finding]()
    promised: list[Promise] = agreement.promised
    who = f"subscription {agreement.id} ({agreement.frequency} from {agreement.anchor}, {agreement.state})"
    for invoice, promise in zip(invoices, promised, strict=False):
        if (invoice.day, invoice.cents) != (promise.day, promise.cents):
            found.append(
                Finding(
                    name,
                    f"{who}: invoice {invoice.number} is of {invoice.day} with {invoice.cents}, and was to be of "
                    f"{promise.day} with {promise.cents}",
                )
            )
    for invoice in invoices[len(promised) :]:
        found.append(
            Finding(
                name,
                f"{who}: invoice {invoice.number} of {invoice.day} with {invoice.cents} was never promised",
            )
        )
    if len(invoices) < len(promised) and not may_wait:
        missing = promised[len(invoices)]
        found.append(Finding(name, f"{who}: {missing.day} with {missing.cents} was not invoiced"))
    cycles = Counter(invoice.cycle for invoice in invoices)
    for cycle, times in cycles.items():
        if times > 1:
            found.append(Finding(name, f"{who}: cycle {cycle} has {times} invoices"))
    if office.diary.held and len(invoices) > len(promised):
        found.append(Finding("held", f"{who}: was invoiced while the account is held"))
    return found


# ---------------------------------------------------------------- numbers


_NUMBERS: dict[str, LiteralString] = {
    "invoice": "SELECT number FROM invoice WHERE account_id = %s AND number IS NOT NULL",
    "credit_note": "SELECT number FROM credit_note WHERE account_id = %s AND number IS NOT NULL",
}


def numbers(office: Office) -> list[Finding]:
    """Invoices are numbered without a gap and without a double, in each series."""
    found: list[Finding] = []
    for table, query in _NUMBERS.items():
        counted = sorted(int(row[0].rpartition("-")[2]) for row in office.rows(query))
        if counted and counted != list(range(counted[0], counted[0] + len(counted))):
            doubles = [number for number, times in Counter(counted).items() if times > 1]
            gaps = sorted(set(range(counted[0], counted[-1])) - set(counted))
            found.append(Finding("numbers", f"{table}: gaps {gaps[:5]}, doubles {doubles[:5]}"))
    return found


# ---------------------------------------------------------------- the ledger and the totals


def ledger(office: Office) -> list[Finding]:
    """What the ledger says of each invoice is what stands on it, and money in it is money that moved."""
    found: list[Finding] = []
    owed: Counter[int] = Counter()
    for invoice, debit, credit, cents in office.rows(
        "SELECT invoice_id, debit, credit, sum(amount_minor)::bigint FROM ledger_transfer WHERE account_id = %s "
        "AND invoice_id IS NOT NULL AND 'receivable' IN (debit, credit) GROUP BY invoice_id, debit, credit"
    ):
        owed[invoice] += cents if debit == "receivable" else -cents if credit == "receivable" else 0
    in_transit = dict(
        office.rows(
            "SELECT invoice_id, sum(CASE WHEN debit = 'payments_in_transit' THEN amount_minor ELSE -amount_minor END)"
            "::bigint FROM ledger_transfer WHERE account_id = %s AND invoice_id IS NOT NULL "
            "AND 'payments_in_transit' IN (debit, credit) GROUP BY invoice_id"
        )
    )
    for id_, number, status, total, paid, credited in office.rows(
        "SELECT id, number, status, total_minor, paid_minor, credited_minor FROM invoice WHERE account_id = %s "
        "AND status <> 'draft'"
    ):
        stands = 0 if status == "voided" else total - paid - credited
        says = owed[id_] + in_transit.get(id_, 0)
        if stands != says:
            found.append(
                Finding("ledger", f"invoice {number} ({status}) owes {stands}, and the ledger says {says}")
            )
    return found


def totals(office: Office) -> list[Finding]:
    """What is counted on records is what their parts come to."""
    found: list[Finding] = []
    parts = {
        row[0]: row[1:]
        for row in office.rows(
            "SELECT parent_id, sum(net_minor)::bigint, sum(tax_minor)::bigint, sum(total_minor)::bigint FROM line_item "
            "WHERE account_id = %s AND parent_type = 'invoice' GROUP BY parent_id"
        )
    }
    paid: Counter[int] = Counter()
    collected: Counter[int] = Counter()
    for invoice, subscription, cents in office.rows(
        "SELECT invoice_id, subscription_id, amount_minor FROM payment WHERE account_id = %s "
        "AND settled_at IS NOT NULL AND status NOT IN ('failed', 'processing')"
    ):
        paid[invoice] += cents
        if subscription is not None:
            collected[subscription] += cents
    for subscription, cents in office.rows(
        "SELECT p.subscription_id, r.amount_minor FROM refund AS r JOIN payment AS p ON p.account_id = r.account_id "
        "AND p.id = r.payment_id WHERE r.account_id = %s AND r.status = 'succeeded' AND p.subscription_id IS NOT NULL"
    ):
        collected[subscription] -= cents
    for id_, number, total, was_paid in office.rows(
        "SELECT id, number, total_minor, paid_minor FROM invoice WHERE account_id = %s AND status <> 'draft'"
    ):
        lines = parts.get(id_, (0, 0, 0))[2]
        if lines != total:
            found.append(Finding("totals", f"invoice {number} comes to {total}, and its lines to {lines}"))
        if paid[id_] != was_paid:
            found.append(
                Finding("totals", f"invoice {number} says {was_paid} was paid, its payments {paid[id_]}")
            )
    for id_, says in office.rows("SELECT id, collected_minor FROM subscription WHERE account_id = %s"):
        if says != collected[id_]:
            found.append(
                Finding(
                    "totals", f"subscription {id_} says {says} was collected, its payments {collected[id_]}"
                )
            )
    return found


def revenue_and_tax(office: Office) -> list[Finding]:
    """Revenue and tax in the ledger are those of all invoices that stand, less what was taken back."""
    says = {
        (row[0], row[1]): row[2]
        for row in office.rows(
            "SELECT account, currency, sum(amount)::bigint FROM ("
            "SELECT account_id, credit AS account, currency, amount_minor AS amount FROM ledger_transfer "
            "UNION ALL SELECT account_id, debit, currency, -amount_minor FROM ledger_transfer) AS moved "
            "WHERE account_id = %s AND account IN ('revenue', 'tax_payable') GROUP BY account, currency"
        )
    }
    stands: Counter[tuple[str, str]] = Counter()
    for currency, net, tax in office.rows(
        "SELECT currency, sum(total_minor - tax_minor)::bigint, sum(tax_minor)::bigint FROM invoice "
        "WHERE account_id = %s AND status IN ('open', 'paid') GROUP BY currency"
    ):
        stands["revenue", currency] += net
        stands["tax_payable", currency] += tax
    for currency, net, tax in office.rows(
        "SELECT n.currency, sum(n.total_minor - n.tax_minor)::bigint, sum(n.tax_minor)::bigint FROM credit_note AS n "
        "WHERE n.account_id = %s GROUP BY n.currency"
    ):
        stands["revenue", currency] -= net
        stands["tax_payable", currency] -= tax
    return [
        Finding(
            "ledger", f"{account} in {currency} is {says.get((account, currency), 0)}, and was to be {cents}"
        )
        for (account, currency), cents in stands.items()
        if says.get((account, currency), 0) != cents
    ]
