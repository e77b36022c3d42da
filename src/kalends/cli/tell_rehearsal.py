"""What a billing run would do, in words and in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kalends.cli.progress import Progress
from kalends.cli.session import Session
from kalends.cli.show import count, facts, money, print_json, say, table
from kalends.core.money import format_minor

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.rehearse import Rehearsal


def rehearse_account(session: Session, ctx: AccountContext, *, catch_up: bool, as_json: bool) -> int:
    """Rehearse a run over the account and show what would happen; returns how many would be parked."""
    from kalends.billing.rehearse import rehearse

    with Progress("invoices") as progress:
        result = rehearse(
            session.db, ctx, catch_up=catch_up, progress=lambda result: progress(result.invoices)
        )
    if as_json:
        print_json({"account": ctx.id, "as_of": ctx.now, "rehearsal": rehearsal_as_json(result)})
    else:
        tell_rehearsal(result)
    return result.parked


def rehearsal_as_json(result: Rehearsal) -> dict[str, Any]:
    """The rehearsal for programs; amounts in minor units by currency."""
    return {
        "invoices": result.invoices,
        "invoiced_minor": result.invoiced_minor,
        "charges": result.charges,
        "charged_minor": result.charged_minor,
        "sent_minor": result.sent_minor,
        "credited_minor": result.credited_minor,
        "retries": result.retries,
        "retried_minor": result.retried_minor,
        "waiting": result.waiting,
        "parked": result.parked,
        "compared": {
            "same": result.same,
            "differing": result.differing,
            "first_time": result.first_time,
            "before_minor": result.before_minor,
            "no_longer_billed": result.no_longer_billed,
            "no_longer_billed_minor": result.no_longer_billed_minor,
        },
        "first_invoices": _rows(result.first_invoices, result),
        "first_parked": _rows(result.first_parked, result),
        "first_differences": _rows(result.first_differences, result),
        "first_no_longer_billed": [
            {**told, "why": each.why}
            for told, each in zip(
                _rows(result.first_no_longer_billed, result), result.first_no_longer_billed, strict=True
            )
        ],
    }


def _rows(kept: Sequence[Any], result: Rehearsal) -> list[dict[str, Any]]:
    """What is kept for programs: the words of a difference say what its lines would."""
    return [
        {
            **{name: value for name, value in item._asdict().items() if name != "lines"},
            "name": result.names.get(item.subscription_id, ""),
        }
        for item in kept
    ]


def tell_rehearsal(result: Rehearsal) -> None:
    """The rehearsal for people."""
    say("This is a rehearsal: nothing was written and nobody was charged.")
    facts(
        [
            ("would invoice", f"{count(result.invoices, 'invoice')}, {money(result.invoiced_minor)}"),
            ("would charge", f"{count(result.charges, 'customer payment')}, {money(result.charged_minor)}"),
            (
                "would send",
                f"{count(result.invoices - result.charges, 'invoice')}, {money(result.sent_minor)}",
            ),
            (
                "would use credit",
                money(+result.credited_minor) if any(result.credited_minor.values()) else None,
            ),
            ("would retry", f"{count(result.retries, 'charge')}, {money(result.retried_minor)}"),
            ("left for later", count(result.waiting, "overdue cycle") if result.waiting else None),
            ("would park", count(result.parked, "subscription")),
            ("compared", _compared(result)),
            ("no longer billed", _ended(result) if result.no_longer_billed else None),
        ]
    )
    _tell_invoices(result)
    for item in result.first_parked:
        say(f"\nwould be parked: {item.subscription_id} ({result.names.get(item.subscription_id, '')})")
        say(f"  {item.reason}\n  {item.remedy}")
    _tell_differences(result)
    _tell_ended(result)


def _ended(result: Rehearsal) -> str:
    return f"{count(result.no_longer_billed, 'subscription')}, {money(result.no_longer_billed_minor)} the cycle before"


def _compared(result: Rehearsal) -> str:
    compared = f"{result.same:,} as the cycle before, {result.differing:,} other than it"
    told = f"{compared}, {result.first_time:,} for the first time"
    return f"{told}; then {money(result.before_minor)}" if result.before_minor else told


def _tell_invoices(result: Rehearsal) -> None:
    if result.first_invoices:
        rows = [
            (
                item.subscription_id,
                result.names.get(item.subscription_id, ""),
                item.cycle + 1,
                item.period_start,
                item.collection,
                format_minor(item.total_minor, item.currency),
                format_minor(item.credit_minor, item.currency) if item.credit_minor else "",
            )
            for item in result.first_invoices
        ]
        more = "" if result.invoices == len(rows) else f" {len(rows)} of {result.invoices:,}"
        columns = ("subscription", "name", "payment", "period from", "collection", "total", "of it credit")
        if not any(row[-1] for row in rows):
            columns, rows = columns[:-1], [row[:-1] for row in rows]
        say()
        table(columns, rows, title=f"Invoices{more}", right=("payment", "total", "of it credit"))


def _tell_differences(result: Rehearsal) -> None:
    if result.first_differences:
        rows = [
            (
                item.subscription_id,
                result.names.get(item.subscription_id, ""),
                format_minor(item.before_minor, item.currency),
                format_minor(item.now_minor, item.currency),
                item.why,
            )
            for item in result.first_differences
        ]
        more = "" if result.differing == len(rows) else f" {len(rows)} of {result.differing:,}"
        say()
        table(
            ("subscription", "name", "before", "now", "why"),
            rows,
            title=f"Other than the cycle before{more}",
            right=("before", "now"),
        )


def _tell_ended(result: Rehearsal) -> None:
    if result.first_no_longer_billed:
        rows = [
            (
                item.subscription_id,
                result.names.get(item.subscription_id, ""),
                item.due_date,
                format_minor(item.before_minor, item.currency),
                item.why,
            )
            for item in result.first_no_longer_billed
        ]
        more = "" if result.no_longer_billed == len(rows) else f" {len(rows)} of {result.no_longer_billed:,}"
        say()
        table(
            ("subscription", "name", "would be due", "before", "why"),
            rows,
            title=f"No longer billed{more}",
            right=("before",),
        )
