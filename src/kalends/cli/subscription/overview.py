"""``kalends subscription show``: where a subscription stands, with the numbers that other commands ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from kalends.cli.asking import RECORD_ID
from kalends.cli.records import called, find_subscription, plain, spoken
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, facts, json_option, print_json, say, table
from kalends.core.money import format_minor

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

SHOWN = 12

_HEAD = """
    SELECT s.id, s.name, s.status, s.currency,
        c.id AS contact_id, nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), '') AS contact, c.email,
        s.collection, s.creates_invoices, s.net_terms_days,
        s.payment_method_id, method.kind AS method_kind, method.brand, method.last4,
        s.frequency, s.start_date, s.anchor_date, s.anchor_cycle, s.next_cycle, s.next_due_date, s.next_amount_minor,
        s.expected_payments, s.end_date, s.pause_on, s.resume_on, s.cancel_on, s.churn_date,
        s.paused_at, s.canceled_at, s.mrr_minor, s.arr_minor, s.collected_minor,
        s.completed_payments, s.failed_payments, parked.reason AS parked_reason, parked.remedy AS parked_remedy
    FROM subscription AS s
    LEFT JOIN contact AS c ON c.account_id = s.account_id AND c.id = s.contact_id
    LEFT JOIN payment_method AS method ON method.account_id = s.account_id AND method.id = s.payment_method_id
    LEFT JOIN parked_subscription AS parked ON parked.account_id = s.account_id AND parked.id = s.id
    WHERE s.account_id = %(account_id)s AND s.id = %(id)s
"""
_LINES = """
    SELECT id, name, unit_price, quantity, discount_per_unit, discount_percent, tax_rate, tax_inclusive,
        from_cycle, until_cycle
    FROM line_item
    WHERE account_id = %(account_id)s AND parent_id = %(id)s AND parent_type = 'subscription'
    ORDER BY from_cycle, position, id
"""
_INVOICES = """
    SELECT id, number, status, cycle, invoice_date, due_date, total_minor,
        total_minor - paid_minor - credited_minor AS owed_minor, past_due_at IS NOT NULL AS overdue
    FROM invoice
    WHERE account_id = %(account_id)s AND subscription_id = %(id)s
    ORDER BY invoice_date DESC NULLS FIRST, id DESC
    LIMIT %(limit)s
"""
_PAYMENTS = """
    SELECT p.id, i.number AS invoice, p.status, p.initiated_at, p.amount_minor, p.fee_minor, p.refunded_minor,
        p.method_kind, p.brand, p.last4, p.failure_code, p.failure_reason, p.next_retry_on
    FROM payment AS p
    LEFT JOIN invoice AS i ON i.account_id = p.account_id AND i.id = p.invoice_id
    WHERE p.account_id = %(account_id)s AND p.subscription_id = %(id)s
    ORDER BY p.initiated_at DESC, p.id DESC
    LIMIT %(limit)s
"""
_METHODS = """
    SELECT method.id, method.kind, method.brand, method.last4, method.expires_on,
        method.id IS NOT DISTINCT FROM s.payment_method_id AS used
    FROM subscription AS s
    JOIN payment_method AS method ON method.account_id = s.account_id
        AND (method.contact_id = s.contact_id OR method.id = s.payment_method_id)
    WHERE s.account_id = %(account_id)s AND s.id = %(id)s
    ORDER BY method.id
"""
_COUNTS = """
    SELECT
        (SELECT count(*) FROM invoice AS i
            WHERE i.account_id = %(account_id)s AND i.subscription_id = %(id)s) AS invoices,
        (SELECT count(*) FROM payment AS p
            WHERE p.account_id = %(account_id)s AND p.subscription_id = %(id)s) AS payments
"""


@click.command(epilog="Exit codes: 0 shown, 2 no such subscription, 3 no database.")
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--all", "everything", is_flag=True, help="All invoices and payments, not only the latest.")
@account_option
@json_option
def show(id_: int, everything: bool, account: str | None, as_json: bool) -> None:
    """Show where the subscription ID stands: its status and schedule, line items, invoices and payments.

    Each is shown with the number by which other commands find it: line items and stored payment methods for
    `subscription edit`, invoices for `payment record` and `invoice void`, payments for `payment refund` and
    `payment retry`. Of invoices and payments
    the latest twelve are shown, unless --all is given.

    \b
    Examples:
      kalends subscription show 1042
      kalends subscription show 1042 --all --json
    """
    with open_session() as session:
        ctx = session.account(account)
        find_subscription(session, ctx, id_)
        document = _read(session, ctx, id_, limit=None if everything else SHOWN)
    if as_json:
        print_json(document)
    else:
        _tell(document, ctx)


def _read(session: Session, ctx: AccountContext, id_: int, *, limit: int | None) -> dict[str, Any]:
    params = {"account_id": ctx.id, "id": id_, "limit": limit}

    def rows(query: str) -> list[dict[str, Any]]:
        cursor = session.db.execute(query, params)  # type: ignore[call-overload]
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    (head,), (counts,) = rows(_HEAD), rows(_COUNTS)
    return {
        "subscription": head,
        "lines": rows(_LINES),
        "methods": rows(_METHODS),
        "invoices": {"count": counts["invoices"], "latest": rows(_INVOICES)},
        "payments": {"count": counts["payments"], "latest": rows(_PAYMENTS)},
    }


def _tell(document: dict[str, Any], ctx: AccountContext) -> None:
    head = document["subscription"]
    currency = head["currency"]
    say(f"{head['name']} ({head['id']})")
    facts(_facts(head))
    say()
    table(
        ("line", "name", "price", "quantity", "discount", "tax", "bills cycles"),
        [_line(line) for line in document["lines"]],
        title="Line items",
        right=("price", "quantity"),
    )
    _tell_methods(document["methods"])
    _tell_invoices(document["invoices"], currency)
    _tell_payments(document["payments"], currency, ZoneInfo(ctx.time_zone))


def _facts(head: dict[str, Any]) -> list[tuple[str, object]]:
    currency = head["currency"]
    return [
        ("status", spoken(head["status"])),
        ("customer", _customer(head)),
        ("collected", _collection(head)),
        ("schedule", _schedule(head)),
        ("next payment", _next(head)),
        ("will be paused on", head["pause_on"]),
        ("will be resumed on", head["resume_on"]),
        ("will be canceled on", head["cancel_on"]),
        ("term ends on", head["end_date"]),
        ("churned on", head["churn_date"]),
        ("parked", f"{head['parked_reason']} {head['parked_remedy']}" if head["parked_reason"] else None),
        ("recurring revenue", f"{format_minor(head['mrr_minor'], currency)} a month"),
        (
            "paid",
            f"{count(head['completed_payments'], 'payment')}, {format_minor(head['collected_minor'], currency)}",
        ),
    ]  # fmt: skip


def _customer(head: dict[str, Any]) -> str | None:
    if head["contact_id"] is None:
        return None
    email = f" <{head['email']}>" if head["contact"] and head["email"] else ""
    return f"{head['contact'] or head['email'] or 'without a name'}{email} ({head['contact_id']})"


def _collection(head: dict[str, Any]) -> str:
    if not head["creates_invoices"]:
        return "elsewhere: this is a record that is not billed here"
    if head["collection"] == "manual":
        return f"by invoice, {count(head['net_terms_days'], 'day')} to pay"
    if head["method_kind"] is None:
        return "automatically, but there is no payment method"
    method = called(head["method_kind"], head["brand"], head["last4"])
    return f"automatically by {method} ({head['payment_method_id']})"


def _schedule(head: dict[str, Any]) -> str:
    anchor = f"{spoken(head['frequency'])}, payment {head['anchor_cycle'] + 1} on {head['anchor_date']}"
    return f"{anchor}; started on {head['start_date']}" if head["anchor_cycle"] else anchor


def _next(head: dict[str, Any]) -> str | None:
    if head["next_due_date"] is None:
        return None
    of = f" of {head['expected_payments']}" if head["expected_payments"] else ""
    amount = format_minor(head["next_amount_minor"] or 0, head["currency"])
    return f"{amount} on {head['next_due_date']} (payment {head['next_cycle'] + 1}{of})"


def _line(line: dict[str, Any]) -> tuple[object, ...]:
    discount = f"{plain(line['discount_percent'])} %" if line["discount_percent"] else ""
    if line["discount_per_unit"]:
        discount = f"{plain(line['discount_per_unit'])} each"
    tax = f"{plain(line['tax_rate'])} %{' included' if line['tax_inclusive'] else ''}"
    first, until = line["from_cycle"] + 1, line["until_cycle"]
    bills = f"from {first} on" if until is None else (f"{first} to {until}" if until >= first else "none")
    return (
        line["id"], line["name"], plain(line["unit_price"]), plain(line["quantity"]), discount,
        tax if line["tax_rate"] else "", bills,
    )  # fmt: skip


def _tell_methods(methods: list[dict[str, Any]]) -> None:
    if not methods:
        return
    say()
    table(
        ("method", "name", "expires", ""),
        [
            (
                item["id"],
                called(item["kind"], item["brand"], item["last4"]),
                item["expires_on"],
                "charged" if item["used"] else "",
            )
            for item in methods
        ],
        title="Stored payment methods",
    )


def _tell_invoices(invoices: dict[str, Any], currency: str) -> None:
    if not invoices["count"]:
        return
    say()
    table(
        ("invoice", "cycle", "dated", "due", "amount", "owed", "status"),
        [
            (
                item["number"] or item["id"],
                None if item["cycle"] is None else item["cycle"] + 1,
                item["invoice_date"],
                item["due_date"],
                format_minor(item["total_minor"], currency),
                format_minor(item["owed_minor"], currency) if item["status"] == "open" else "",
                "overdue" if item["status"] == "open" and item["overdue"] else item["status"],
            )
            for item in invoices["latest"]
        ],
        title=_title("Invoices", invoices),
        right=("cycle", "amount", "owed"),
    )


def _tell_payments(payments: dict[str, Any], currency: str, zone: ZoneInfo) -> None:
    if not payments["count"]:
        return
    say()
    table(
        ("payment id", "invoice", "on", "amount", "refunded", "by", "status", "why"),
        [
            (
                item["id"],
                item["invoice"],
                item["initiated_at"].astimezone(zone).date(),
                format_minor(item["amount_minor"], currency),
                format_minor(item["refunded_minor"], currency) if item["refunded_minor"] else "",
                called(item["method_kind"], item["brand"], item["last4"]),
                spoken(item["status"]),
                _why(item),
            )
            for item in payments["latest"]
        ],
        title=_title("Payments", payments),
        right=("payment id", "amount", "refunded"),
    )


def _why(item: dict[str, Any]) -> str:
    if item["status"] != "failed":
        return ""
    again = f" (tried again on {item['next_retry_on']})" if item["next_retry_on"] else ""
    return f"{item['failure_reason'] or item['failure_code'] or ''}{again}"


def _title(name: str, listed: dict[str, Any]) -> str:
    shown = len(listed["latest"])
    return name if shown == listed["count"] else f"{name}, the latest {shown} of {listed['count']:,}"
