"""A proof of an installation's own books: copied, billed forward by processes that are killed, and compared.

Two copies lie on a server of the proof's own. In one the due months are billed by several processes at once, which are
killed again and again, with the server itself; then what was left is done. The other is billed in peace. The books of
both are worked out anew, and must be the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.sql import enter_account
from kalends.platform.copying import refuse_without_room
from kalends.proving import books, compare, once
from kalends.proving.copy import (
    Copied,
    Room,
    copy_books,
    megabytes,
    reading,
    refuse_other_version,
    room_for,
)
from kalends.proving.findings import Finding
from kalends.proving.harmless import harmless_environment, make_harmless
from kalends.proving.kills import Killer, Trouble
from kalends.proving.once import Since
from kalends.proving.server import own_server
from kalends.proving.stage import Stage
from kalends.proving.theater import QUIET, TROUBLED, Tell, Theater, Wishes

_ROWS_BETWEEN_WORDS = 500_000


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed in the meantime: invoices and charges with their amounts by currency, and letters."""

    invoices: Counter[str] = field(default_factory=Counter[str])
    invoiced_minor: Counter[str] = field(default_factory=Counter[str])
    charges: Counter[str] = field(default_factory=Counter[str])
    collected_minor: Counter[str] = field(default_factory=Counter[str])
    letters: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class Proof:
    """A proof that was made. ``first`` and ``until`` are the days that were billed, the earliest and the latest."""

    wishes: Wishes
    copied: Copied
    room: Room
    first: date
    until: date
    trouble: Trouble
    billed: Billed
    findings: list[Finding]

    @property
    def holds(self) -> bool:
        """Whether everything that was asked has the right answer."""
        return all(finding.holds for finding in self.findings)


def prove(
    source: psycopg.Connection[Any],
    accounts: Sequence[tuple[int, str]],
    wishes: Wishes,
    *,
    place: Path,
    stage_command: Sequence[str],
    now: datetime,
    tell: Tell = lambda sentence: None,
) -> Proof:
    """Prove the books of these accounts on copies; ``source`` is a connection of the owner, and is only read.

    Everything lies in ``place`` and is gone afterwards. ``stage_command`` starts the process of
    :func:`kalends.proving.stage.play`. Raises ``UserFacing`` where there is no room, no server can be started, or the
    tables are those of another version.
    """
    room = room_for(source)
    refuse_without_room(place, room.needed, "set KALENDS_PROVING to a folder on another disk")
    tell(f"Copying {megabytes(room.original)} onto a server of the proof's own in {place}.")
    with own_server(place) as server:
        environment = harmless_environment(server.folder / "home-stage", server.dsn(QUIET))
        with Stage(stage_command, environment, server.folder / "told") as stage:
            theater = Theater(server, stage, [id_ for id_, _ in accounts], wishes, tell, wishes.months)
            copied = _copy(source, accounts, theater, now)
            return _play(theater, copied, room)


def _copy(
    source: psycopg.Connection[Any], accounts: Sequence[tuple[int, str]], theater: Theater, now: datetime
) -> Copied:
    with theater.server.administer(QUIET) as target:
        with reading(source):
            refuse_other_version(source, target)
            copied = copy_books(source, target, accounts, _now_and_then(theater.tell))
        make_harmless(target, theater.accounts, now)
        for account, clock, zone in target.execute("SELECT id, clock_at, time_zone FROM account").fetchall():
            theater.began[account], theater.zones[account] = clock, zone
    return copied


def _now_and_then(tell: Tell) -> Callable[[str, int], None]:
    """Tells of a large copy each time that so many more rows are copied."""
    told = 0

    def hear(table: str, rows: int) -> None:
        nonlocal told
        if rows - told >= _ROWS_BETWEEN_WORDS:
            told = rows
            tell(f"{rows:,} rows are copied, up to {table}.")

    return hear


def _play(theater: Theater, copied: Copied, room: Room) -> Proof:
    theater.tell(
        f"{copied.count('subscription'):,} subscriptions are copied. Working their books out as they are."
    )
    findings = [books.as_copied(_entered(theater, QUIET), theater.accounts)]
    theater.server.clone(QUIET, TROUBLED)
    trouble = _trouble(theater)
    _peace(theater, trouble)
    theater.tell("Comparing both, and working everything out again.")
    findings += _ask(theater, trouble)
    ends = [theater.end(account).date() for account in theater.accounts]
    return Proof(
        wishes=theater.wishes,
        copied=copied,
        room=room,
        first=min(moment.date() for moment in theater.began.values()),
        until=max(ends),
        trouble=trouble,
        billed=_billed(theater),
        findings=findings,
    )


def _trouble(theater: Theater) -> Trouble:
    """Bill the one copy with processes that are killed, and then do what was left."""
    wishes = theater.wishes

    def tell(kills: int) -> None:
        if kills % max(wishes.kills // 10, 1) == 0 or kills == wishes.kills:
            months = "the month" if wishes.months == 1 else f"{wishes.months} months"
            theater.tell(f"{kills} of {wishes.kills} kills, {theater.done():.0%} of {months} billed.")

    killer = Killer(theater.stage, theater.server, Random(wishes.seed), tell)  # noqa: S311 - moments, not secrets
    killer.make_trouble(wishes.kills, theater.parts, theater.done)
    theater.tell("The trouble is over; what was left half done is finished.")
    for account in theater.accounts:
        killer.finish(theater.mover(account))
    killer.finish(theater.worker(once=True))
    return killer.trouble


def _peace(theater: Theater, trouble: Trouble) -> None:
    """Bill the other copy by one process at a time, which nobody disturbs."""
    theater.tell("The second copy is billed in peace.")
    calm = Killer(theater.stage, theater.server, Random(0))  # noqa: S311 - nobody is killed
    for account in theater.accounts:
        calm.finish(theater.mover(account, QUIET))
    calm.finish(theater.worker(QUIET, once=True))
    trouble.faulty += calm.trouble.faulty


def _ask(theater: Theater, trouble: Trouble) -> list[Finding]:
    """Every question to the two copies, each over all accounts."""
    by_name: dict[str, Finding] = {}
    with theater.connect(QUIET) as quiet, theater.connect(TROUBLED) as troubled:
        for account in theater.accounts:
            since = Since(account, theater.began[account])
            enter_account(quiet, account)
            enter_account(troubled, account)
            for finding in (
                once.invoices_once(troubled, since),
                once.charges_once(troubled, since),
                once.letters_once(troubled, since),
                once.nothing_half_done(troubled, since, quiet=quiet),
                compare.same_invoices(quiet, troubled, since),
                compare.same_money(quiet, troubled, since),
                compare.same_letters(quiet, troubled, since),
                compare.same_schedules(quiet, troubled, since),
            ):
                together(by_name, finding)
    ledger = books.worked_out_again(_entered(theater, TROUBLED), theater.accounts)
    return [*by_name.values(), *ledger, _processes(trouble)]


def together(by_name: dict[str, Finding], finding: Finding) -> None:
    """Add what one account answered to what others did."""
    known = by_name.setdefault(finding.name, finding)
    if known is not finding:
        known.looked_at += finding.looked_at
        known.wrong += finding.wrong
        known.first += finding.first


def _processes(trouble: Trouble) -> Finding:
    finding = Finding("processes", "Did every process that was not killed end as it should?", "processes")
    finding.looked_at = trouble.started
    for each in trouble.faulty:
        finding.add(f"A process ({each.name}) ended by itself with code {each.code}. {each.reason}")
    return finding


def _entered(theater: Theater, database: str) -> books.Enter:
    """Enters an account of a copy: a connection and the account at its own moment."""

    @contextmanager
    def enter(account: int) -> Iterator[tuple[psycopg.Connection[Any], AccountContext, books.Connect]]:
        def connect() -> psycopg.Connection[Any]:
            return theater.connect(database)

        with connect() as db:
            enter_account(db, account)
            yield db, load_context(db, account, system_now=theater.began[account]), connect

    return enter


def _billed(theater: Theater) -> Billed:
    billed = Billed()
    with theater.connect(TROUBLED) as db:
        for account in theater.accounts:
            enter_account(db, account)
            params = [account, theater.began[account]]
            for currency, count, amount in db.execute(
                "SELECT currency, count(*), sum(total_minor)::bigint FROM invoice "
                "WHERE account_id = %s AND issued_at >= %s AND subscription_id IS NOT NULL GROUP BY currency",
                params,
            ):
                billed.invoices[currency] += count
                billed.invoiced_minor[currency] += amount
            for currency, count, amount in db.execute(
                "SELECT currency, count(*), sum(amount_minor)::bigint FROM sandbox_charge "
                "WHERE account_id = %s AND created_at >= %s AND status = 'succeeded' GROUP BY currency",
                params,
            ):
                billed.charges[currency] += count
                billed.collected_minor[currency] += amount
            for kind, count in db.execute(
                "SELECT kind, count(*) FROM message WHERE account_id = %s AND created_at >= %s GROUP BY kind",
                params,
            ):
                billed.letters[kind] += count
    return billed
