"""``kalends status``: what stands where, and what a person should look at."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, facts, json_option, money, print_json, say, table
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.operations.installation import Installation
    from kalends.operations.standing import Standing
    from kalends.operations.troubles import Trouble

PARKED_SHOWN = 20
FOUND_SHOWN = 10


@click.command(epilog="Exit codes: 0 shown, 2 no such account, 3 no database.")
@account_option
@json_option
def status(account: str | None, as_json: bool) -> None:
    """Show what is due, late, parked or waiting in every account, the last proof, and the installation: its folder, its
    database, the workers and servers that were seen. What wants attention is named, with what to do about it.

    Parked subscriptions were set aside rather than billed wrongly: each is shown with its reason and what would mend
    it. Unknown charges were sent and got no answer; the next run asks the processor before anything else.

    \b
    Examples:
      kalends status
      kalends status --account 3 --json
    """
    from kalends.operations.installation import installation

    with open_session() as session:
        whole = installation(session.db)
        document: dict[str, Any] = {"installation": _installation(session, whole)}
        document["accounts"] = [_account(session, whole, ctx) for ctx in _each(session, account)]
    if as_json:
        print_json(document)
    else:
        _tell(document)


def _each(session: Session, account: str | None) -> Any:
    """The accounts, each entered while it is looked at."""
    choices = [account] if account else [str(id_) for id_, _ in session.known_accounts()]
    for choice in choices:
        yield session.account(choice)


def _installation(session: Session, whole: Installation) -> dict[str, Any]:
    from kalends.operations.processes import WEB, this_process
    from kalends.operations.troubles import troubles_of_all

    # What this very command has is compared with what the processes have: keys, files, version.
    here = this_process(session.home, WEB, session.now)
    compared = replace(whole, processes=(*whole.processes, here))
    return {
        "version": whole.version,
        "home": str(session.home.path),
        "postgresql": whole.postgresql,
        "database": whole.database,
        "database_bytes": whole.database_bytes,
        "connections": whole.connections,
        "connections_most": whole.connections_most,
        "backup": _backup(session),
        "processes": [
            {
                "kind": each.kind,
                "host": each.host,
                "pid": each.pid,
                "version": each.version,
                "account": each.only,
                "started_at": each.started_at,
                "seen_at": each.seen_at,
                "seen_seconds": max(0, int((session.now - each.seen_at).total_seconds())),
                "alive": each.is_alive(session.now),
            }
            for each in whole.processes
        ],
        "attention": _attention(troubles_of_all(compared, session.now)),
    }


def _backup(session: Session) -> dict[str, Any] | None:
    """Where the log of the server in the home is kept, and since when it can be restored; None for another server."""
    from kalends.platform.archive import kept_by
    from kalends.platform.backup import backups_in

    if os.environ.get("DATABASE_URL"):
        return None
    log = kept_by(session.home.postgres / "conf")
    if log is None:
        return {"folder": None, "last": None}
    try:
        return {"folder": str(log.parent), "last": backups_in(log.parent)[-1].ended}
    except (UserFacing, OSError):
        return {"folder": str(log.parent), "last": None}


def _attention(found: list[Trouble]) -> list[dict[str, Any]]:
    from kalends.staff.status.words import in_words

    return [
        {
            "trouble": each.code,
            "number": each.number,
            "name": each.name,
            "what": told.what,
            "remedy": told.remedy,
        }
        for each in found
        for told in (in_words(each),)
    ]


def _account(session: Session, whole: Installation, ctx: AccountContext) -> dict[str, Any]:
    from kalends.billing.parking import parked
    from kalends.operations.standing import by_status, overdue, standing
    from kalends.operations.troubles import troubles_of

    found = standing(session.db, ctx, session.now)
    late = overdue(session.db, ctx.id)
    aside = parked(session.db, ctx, limit=PARKED_SHOWN)
    return {
        "account": ctx.id,
        "name": ctx.name,
        "mode": ctx.mode,
        "now": ctx.now,
        "time_zone": ctx.time_zone,
        "held": None if found.hold is None else found.hold._asdict(),
        "subscriptions": by_status(session.db, ctx.id),
        "due": {
            "subscriptions": found.due_count,
            "amount_minor": {each.currency: each.amount_minor for each in found.due},
        },
        "late": found.late,
        "overdue": {
            "invoices": sum(each.invoices for each in late),
            "open_minor": {each.currency: each.open_minor for each in late},
        },
        "parked": {"subscriptions": found.parked, "first": [item._asdict() for item in aside]},
        "charges": {
            "waiting": found.to_be_sent,
            "unknown": found.unknown,
            "first": [each._asdict() for each in found.unanswered],
        },
        "letters": {"waiting": found.letters_waiting, "failed": found.letters_failed},
        "backlogs": {each.kind: {"count": each.count, "seconds": each.seconds} for each in found.backlogs},
        "webhooks_given_up": found.webhooks_given_up,
        "proof": None if found.proof is None else found.proof._asdict(),
        "reconciled": _reconciled(found),
        "runs": [
            {name: value for name, value in run._asdict().items() if name not in ("id", "is_running")}
            for run in found.runs
        ],
        "attention": _attention(troubles_of(found, whole, session.now)),
    }


def _reconciled(found: Standing) -> dict[str, Any] | None:
    done = found.reconciled
    if done is None:
        return None
    return {
        "processor": done.processor,
        "first": done.first,
        "last": done.last,
        "made_at": done.made_at,
        "movements": done.movements,
        "differences": done.differences,
    }


def _tell(document: dict[str, Any]) -> None:
    installation = document["installation"]
    facts(
        [
            ("home", installation["home"]),
            ("version", installation["version"]),
            (
                "database",
                _database(installation),
            ),
            ("backup", _backup_in_words(installation["backup"])),
            *((_KINDS[each["kind"]], _process(each)) for each in installation["processes"]),
        ]
    )
    _tell_attention(installation["attention"])
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
            ("waiting", _backlogs(account["backlogs"])),
            ("billing held", _held(account["held"])),
            ("last proof", _proof(account["proof"])),
            ("books compared", _compared(account["reconciled"])),
        ]
    )
    _tell_attention(account["attention"])
    _tell_found(account["proof"])
    _tell_unanswered(account["charges"])
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


_A_WHILE = 120
_KINDS = {"worker": "worker", "once": "worker --once", "web": "server"}


def _database(installation: dict[str, Any]) -> str:
    size = f"{installation['database_bytes'] / 1e6:,.0f} MB"
    connections = f"{installation['connections']} of {installation['connections_most']} connections"
    return f"PostgreSQL {installation['postgresql']}, {size}, {connections}"


def _backup_in_words(backup: dict[str, Any] | None) -> str | None:
    if backup is None:
        return None
    if backup["folder"] is None:
        return "none, and the log is not kept; `kalends backup make FOLDER` begins"
    if backup["last"] is None:
        return f"{backup['folder']}, none that can be read; the log is kept there"
    return f"{backup['folder']}, the last one of {backup['last']:%Y-%m-%d %H:%M} UTC; the log is kept since"


def _process(process: dict[str, Any]) -> str:
    whose = "all accounts" if process["account"] is None else f"account {process['account']}"
    seconds = process["seen_seconds"]
    ago = count(seconds, "second") if seconds < _A_WHILE else count(seconds // 60, "minute")
    seen = f"seen {ago} ago" if process["alive"] else f"GONE, last seen {ago} ago"
    name = f"{process['host']}, process {process['pid']}, {process['version']}"
    return f"{name}, {seen}" if process["kind"] == "web" else f"{name}, {whose}, {seen}"


def _backlogs(backlogs: dict[str, Any]) -> str:
    return (
        ", ".join(f"{each['count']:,} {kind}" for kind, each in backlogs.items() if each["count"])
        or "nothing"
    )


def _proof(proof: dict[str, Any] | None) -> str:
    if proof is None:
        return "never; a worker makes one each night, `kalends verify` at once"
    found = count(proof["differences"], "difference") if proof["differences"] else "everything agreed"
    by = "at night" if proof["night"] else "by hand"
    return f"{proof['made_at']:%Y-%m-%d %H:%M} UTC, {by}, {count(proof['invoices'], 'invoice')}, {found}"


def _compared(reconciled: dict[str, Any] | None) -> str | None:
    if reconciled is None:
        return None
    found = (
        count(reconciled["differences"], "difference") if reconciled["differences"] else "everything agreed"
    )
    return f"{reconciled['made_at']:%Y-%m-%d %H:%M} UTC with {reconciled['processor']}, {found}"


def _tell_found(proof: dict[str, Any] | None) -> None:
    """The first differences that the last proof found."""
    named = proof["found"][:FOUND_SHOWN] if proof else ()
    for each in named:
        say(f"  {each}")
    if proof and proof["differences"] > len(named):
        say(f"  and {proof['differences'] - len(named):,} more, which `kalends verify` names")


def _tell_unanswered(charges: dict[str, Any]) -> None:
    """The charges without an answer by name, with what somebody needs to look them up at the processor."""
    for each in charges["first"]:
        amount = money({each["currency"]: each["amount_minor"]})
        say(
            f"  payment {each['payment_id']}: {amount} of invoice {each['invoice']} at {each['processor']}, "
            f"no answer since {each['since']:%Y-%m-%d %H:%M} UTC"
        )
    more = charges["unknown"] - len(charges["first"])
    if more > 0:
        say(f"  and {count(more, 'more charge')} without an answer")


def _tell_attention(attention: list[dict[str, Any]]) -> None:
    for each in attention:
        say(f"  ! {each['what']}\n    {each['remedy']}")


def _held(held: dict[str, Any] | None) -> str | None:
    if held is None:
        return None
    why = f": {held['reason']}" if held["reason"] else ""
    if held["put_back"]:
        return f"since {held['since']:%Y-%m-%d %H:%M} UTC{why} `kalends restored` lets it go on"
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
