"""What a billing run did, in words and in JSON; the same for ``bill`` and for the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalends.cli.show import count, facts, money, say

if TYPE_CHECKING:
    from kalends.billing.run import RunResult


def run_as_json(result: RunResult) -> dict[str, Any]:
    """The numbers for programs; amounts are in minor units by currency."""
    return result.as_json()


def tell_run(result: RunResult) -> None:
    """The numbers for people; what did not happen is not told."""
    charges = result.charges
    lines: list[tuple[str, object]] = []
    if result.invoiced:
        lines.append(("invoiced", f"{count(result.invoiced, 'invoice')}, {money(result.invoiced_minor)}"))
    if charges.sent:
        lines.append(("charged", _charges(result)))
    for name, number, noun in (
        ("settled", result.settled, "payment"),
        ("returned", result.returned, "payment"),
        ("tried again", result.retried, "charge"),
        ("fell overdue", result.overdue, "invoice"),
        ("resumed", result.resumed, "subscription"),
        ("expired", result.expired, "subscription"),
        ("canceled after the last retry", result.given_up, "subscription"),
    ):
        if number:
            lines.append((name, count(number, noun)))
    if result.waiting:
        lines.append(
            (
                "left for later",
                f"{count(result.waiting, 'overdue cycle')}: a customer is charged for one a day",
            )
        )
    if charges.unknown:
        lines.append(
            ("unknown", f"{count(charges.unknown, 'charge')} without an answer; asked about on the next run")
        )
    if result.parked:
        lines.append(
            ("parked", f"{count(result.parked, 'subscription')}: see `kalends status` for the reasons")
        )
    if lines:
        facts(lines)
    else:
        say("Nothing was due.")


def _charges(result: RunResult) -> str:
    charges = result.charges
    parts = (
        ("succeeded", charges.succeeded),
        ("being processed", charges.processing),
        ("failed", charges.failed),
    )
    told = ", ".join(f"{number:,} {word}" for word, number in parts if number)
    return f"{count(charges.sent, 'charge')}: {told}" if told else count(charges.sent, "charge")
