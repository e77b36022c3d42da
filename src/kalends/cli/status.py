"""``kalends status``: what stands where, and what a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, facts, json_option, money, print_json, say, table

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

PARKED_SHOWN = 20
RUNS_SHOWN = 5

_DUE = """
    SELECT s.currency, count(*), coalesce(sum(s.next_amount_minor), 0)::bigint,
        count(*) FILTER (WHERE s.next_due_date < %(day)s)
    FROM subscription AS s
    WHERE s.account_id = %(account_id)s AND s.creates_invoices AND s.next_due_date <= %(day)s
        AND NOT EXISTS (
            SELECT FROM parked_subscription AS p WHERE p.account_id = %(account_id)s AND p.id = s.id
        )
    GROUP BY s.currency
"""
_OVERDUE = """
    SELECT currency, count(*), sum(total_minor - paid_minor - credited_minor)::bigint FROM invoice
    WHERE account_id = %(account_id)s AND status = 'open' AND past_due_at IS NOT NULL GROUP BY currency
"""
_STATUSES = """
    SELECT status, count(*) FROM subscription WHERE account_id = %(account_id)s GROUP BY status ORDER BY status
"""
_CHARGES = """
    SELECT status, count(*) FROM charge_attempt
    WHERE account_id = %(account_id)s AND status IN ('intended', 'sent') GROUP BY status
"""
_LETTERS = """
    SELECT status, count(*) FROM message
    WHERE account_id = %(account_id)s AND status IN ('queued', 'failed') GROUP BY status
"""
_RUNS = """
    SELECT as_of, started_at, ended_at, due, invoiced, collected, processing, failed, unknown, parked
    FROM billing_run WHERE account_id = %(account_id)s ORDER BY id DESC LIMIT %(limit)s
"""
_RUN_NAMES = "as_of started_at ended_at due invoiced collected processing failed unknown parked".split()


@click.command(epilog="Exit codes: 0 shown, 2 no such account, 3 no database.")
@account_option
@json_option
def status(account: str | None, as_json: bool) -> None:
    """Show what is due, late, parked or waiting in every account, and the installation's database and folder.

    Parked subscriptions were set aside rather than billed wrongly: each is shown with its reason and what would mend
    it. Unknown charges were sent and got no answer; the next run asks the processor before anything else.

    \b
    Examples:
      kalends status
      kalends status --account 3 --json
    """
    with open_session() as session:
        document: dict[str, Any] = {"installation": _installation(session)}
        document["accounts"] = [_account(session, ctx) for ctx in _each(session, account)]
    if as_json:
        print_json(document)
    else:
        _tell(document)


def _each(session: Session, account: str | None) -> Any:
    """The accounts, each entered while it is looked at."""
    choices = [account] if account else [str(id_) for id_, _ in session.known_accounts()]
    for choice in choices:
        yield session.account(choice)


def _installation(session: Session) -> dict[str, Any]:
    row = session.db.execute(
        "SELECT current_setting('server_version'), current_database(), pg_database_size(current_database())"
    ).fetchone()
    assert row is not None
    return {
        "home": str(session.home.path),
        "postgresql": row[0],
        "database": row[1],
        "database_bytes": row[2],
    }


def _account(session: Session, ctx: AccountContext) -> dict[str, Any]:
    from kalends.billing.hold import find_hold
    from kalends.billing.parking import parked

    params: dict[str, Any] = {"account_id": ctx.id, "day": ctx.billing_day, "limit": RUNS_SHOWN}

    def rows(query: str) -> list[tuple[Any, ...]]:
        return session.db.execute(query, params).fetchall()  # type: ignore[call-overload]

    due = rows(_DUE)
    overdue = rows(_OVERDUE)
    charges, letters = dict(rows(_CHARGES)), dict(rows(_LETTERS))
    aside = parked(session.db, ctx, limit=PARKED_SHOWN)
    held = find_hold(session.db, ctx.id)
    total = rows("SELECT count(*) FROM parked_subscription WHERE account_id = %(account_id)s")
    return {
        "account": ctx.id,
        "name": ctx.name,
        "mode": ctx.mode,
        "now": ctx.now,
        "time_zone": ctx.time_zone,
        "held": None if held is None else held._asdict(),
        "subscriptions": dict(rows(_STATUSES)),
        "due": {"subscriptions": sum(row[1] for row in due), "amount_minor": {row[0]: row[2] for row in due}},
        "late": sum(row[3] for row in due),
        "overdue": {
            "invoices": sum(row[1] for row in overdue),
            "open_minor": {row[0]: row[2] for row in overdue},
        },
        "parked": {"subscriptions": total[0][0], "first": [item._asdict() for item in aside]},
        "charges": {"waiting": charges.get("intended", 0), "unknown": charges.get("sent", 0)},
        "letters": {"waiting": letters.get("queued", 0), "failed": letters.get("failed", 0)},
        "runs": [dict(zip(_RUN_NAMES, row, strict=True)) for row in rows(_RUNS)],
    }


def _tell(document: dict[str, Any]) -> None:
    installation = document["installation"]
    facts(
        [
            ("home", installation["home"]),
            (
                "database",
                f"PostgreSQL {installation['postgresql']}, {installation['database_bytes'] / 1e6:,.0f} MB",
            ),
        ]
    )
    for account in document["accounts"]:
        say()
        _tell_account(account)
    if not document["accounts"]:
        say("\nThere is no account yet: make one with `kalends init`, or try `kalends demo`.")


def _tell_account(account: dict[str, Any]) -> None:
    local = account["now"].astimezone(ZoneInfo(account["time_zone"]))
    due, overdue, charges, letters = (account[name] for name in ("due", "overdue", "charges", "letters"))
    late = f", {account['late']:,} of them late" if account["late"] else ""
    statuses = ", ".join(f"{number:,} {name}" for name, number in account["subscriptions"].items())
    facts(
        [
            ("account", f"{account['account']} ({account['name']}, {account['mode']})"),
            ("clock", f"{local:%Y-%m-%d %H:%M}, {account['time_zone']}"),
            ("subscriptions", statuses or "none"),
            ("due now", f"{count(due['subscriptions'], 'subscription')}{late}, {money(due['amount_minor'])}"),
            ("overdue", f"{count(overdue['invoices'], 'invoice')}, {money(overdue['open_minor'])}"),
            ("charges", f"{charges['waiting']:,} waiting to be sent, {charges['unknown']:,} unknown"),
            ("letters", f"{letters['waiting']:,} waiting, {letters['failed']:,} failed"),
            ("parked", count(account["parked"]["subscriptions"], "subscription")),
            ("billing held", _held(account["held"])),
        ]
    )
    _tell_parked(account["parked"])
    if account["runs"]:
        say()
        table(
            (
                "run started (UTC)",
                "for",
                "due",
                "invoiced",
                "collected",
                "processing",
                "failed",
                "parked",
                "ended",
            ),
            [_run_row(run) for run in account["runs"]],
            right=("due", "invoiced", "collected", "processing", "failed", "parked"),
        )


def _held(held: dict[str, Any] | None) -> str | None:
    if held is None:
        return None
    why = f": {held['reason']}" if held["reason"] else ""
    return f"since {held['since']:%Y-%m-%d %H:%M} UTC by {held['actor']}{why}; `kalends hold --release` lets it go on"


def _tell_parked(parked: dict[str, Any]) -> None:
    for item in parked["first"]:
        say(f"  {item['id']} (since {item['since']:%Y-%m-%d}): {item['reason']}\n    {item['remedy']}")
    more = parked["subscriptions"] - len(parked["first"])
    if more > 0:
        say(f"  and {more:,} more")


def _run_row(run: dict[str, Any]) -> list[object]:
    ended = f"{run['ended_at']:%H:%M:%S}" if run["ended_at"] else "not: it was killed or is under way"
    numbers = [
        f"{run[name]:,}" for name in ("due", "invoiced", "collected", "processing", "failed", "parked")
    ]
    return [f"{run['started_at']:%Y-%m-%d %H:%M:%S}", f"{run['as_of']:%Y-%m-%d %H:%M}", *numbers, ended]
