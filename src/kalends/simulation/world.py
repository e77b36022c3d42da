"""The simulated world: days that pass, people and processes in it, and a look at everything when a day is over."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, LiteralString

from kalends.accounts.context import AccountSettings
from kalends.accounts.create import create_account
from kalends.platform import database
from kalends.proof.verify import verify
from kalends.simulation import checks, checks_outside, learn
from kalends.simulation.bank import HostileBank
from kalends.simulation.checks import Finding
from kalends.simulation.crashes import Processes
from kalends.simulation.days import live_a_day
from kalends.simulation.letterbox import Letterbox
from kalends.simulation.office import Office
from kalends.simulation.rounds import BrokeOff

FIRST_DAY = date(2027, 1, 24)
"""Five weeks before the end of a February; the world of seed 1 begins a year later, before a 29 February."""
VERIFY_EVERY_DAYS = 7
CHECKS = (
    checks.schedule,
    checks.numbers,
    checks.ledger,
    checks.totals,
    checks.revenue_and_tax,
    checks_outside.statement,
    checks_outside.letters,
    learn.turns,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which world: everything in it follows from these. ``wildness`` 1 is the usual one, 0 a world without trouble."""

    seed: int
    days: int
    customers: int
    wildness: float = 1.0

    def command(self) -> str:
        """The command that lives this world again."""
        given = [
            "kalends",
            "simulate",
            "--seed",
            self.seed,
            "--days",
            self.days,
            "--customers",
            self.customers,
        ]
        more = [] if self.wildness == 1.0 else ["--wildness", self.wildness]
        return "./" + shlex.join(str(each) for each in [*given, *more])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the world was like. ``tally`` counts what happened in it, ``looked`` what was compared."""

    plan: Plan
    first: date
    last: date
    tally: dict[str, int]
    facts: dict[str, int]


class FaultFound(AssertionError):
    """Something is not as it must be: in which world, on which day, and what."""

    def __init__(self, plan: Plan, day: date, account: str, found: list[Finding]) -> None:
        self.plan, self.day, self.account, self.found = plan, day, account, found
        listed = "\n".join(f"  {each}" for each in found[:20])
        more = f"\n  and {len(found) - 20} more" if len(found) > 20 else ""
        super().__init__(
            f"Seed {plan.seed}, {day}, account {account}:\n{listed}{more}\nLive it again with: {plan.command()}"
        )


Progress = Callable[[int, str], None]


@dataclass(slots=True)
class World:
    """Two accounts that share a server and nothing else."""

    plan: Plan
    tally: Counter[str] = field(default_factory=Counter[str])
    offices: list[Office] = field(default_factory=list[Office])
    verified: int = 0

    def live(self, progress: Progress = lambda done, words: None) -> Outcome:
        """Let the days pass. Raises :class:`FaultFound` on the first on which something is wrong."""
        calendar = Random(f"{self.plan.seed}/calendar")  # noqa: S311 - a world, not a secret
        first = FIRST_DAY.replace(year=FIRST_DAY.year + self.plan.seed % 4)
        day, last = first, first + timedelta(days=self.plan.days)
        while day < last:
            outage = min(_days_without_anybody(calendar, self.plan.wildness), (last - day).days)
            if outage > 1:
                self.tally["days without anybody"] += outage - 1
            day += timedelta(days=outage)
            for office in self.offices:
                self._one_day(office, day)
            progress((day - first).days, f"{day}, {self.tally['processes killed']} kills")
        return Outcome(self.plan, first, last, dict(sorted(self.tally.items())), self._facts())

    def _one_day(self, office: Office, day: date) -> None:
        try:
            live_a_day(office, day, share=self.plan.customers // len(self.offices))
        except BrokeOff as end:
            raise FaultFound(self.plan, day, office.ctx.name, [Finding("broke off", str(end))]) from end
        found = self.look(office, full=day.toordinal() % VERIFY_EVERY_DAYS == 0)
        if found:
            raise FaultFound(self.plan, day, office.ctx.name, found)

    def look(self, office: Office, *, full: bool) -> list[Finding]:
        """Everything that is wrong now; ``full`` has the product prove its books as well."""
        found = [Finding("seen", each) for each in office.accusations]
        for check in CHECKS:
            found += check(office)
        self.tally["looks at everything"] += 1
        if full:
            with office.bank.honest():
                report = verify(office.eye, office.ctx, processors=office.processors)
            found += [Finding("verify", f"[{each.check}] {each}") for each in report.differences]
            self.tally["full proofs"] += 1
        return found

    def _facts(self) -> dict[str, int]:
        facts: Counter[str] = Counter()
        for office in self.offices:
            for status, count in office.rows(
                "SELECT status, count(*) FROM subscription WHERE account_id = %s GROUP BY status"
            ):
                facts[f"subscriptions {status.replace('_', ' ')}"] += count
            for table in (
                "invoice",
                "payment",
                "credit_note",
                "refund",
                "dispute",
                "ledger_transfer",
                "message",
            ):
                facts[_PLURALS[table]] += office.rows(_COUNTS[table])[0][0]
            facts["charges asked of the processor"] += len(office.bank.book.charges)
        return dict(sorted(facts.items()))


_PLURALS: dict[LiteralString, str] = {
    "invoice": "invoices",
    "payment": "payments",
    "credit_note": "credit notes",
    "refund": "refunds",
    "dispute": "disputes",
    "ledger_transfer": "ledger transfers",
    "message": "letters",
}
_COUNTS: dict[str, LiteralString] = {
    table: f"SELECT count(*) FROM {table} WHERE account_id = %s" for table in _PLURALS
}


def _days_without_anybody(calendar: Random, wildness: float) -> int:
    chance = calendar.random()
    if chance < 0.01 * wildness:
        return calendar.randint(11, 35)
    if chance < 0.06 * wildness:
        return calendar.randint(2, 10)
    return 1


@contextmanager
def opened_world(plan: Plan) -> Iterator[World]:
    """A world before its first day, in the database that is in use."""
    world = World(plan)
    with ExitStack() as opened:
        for name, zone, currency, country, settings in (
            ("Oslo", "Europe/Oslo", "EUR", "NO", {"letters": "queued"}),
            (
                "New York",
                "America/New_York",
                "USD",
                "US",
                {"letters": "kept", "retry_bank_debits": True, "cancel_after_last_retry": True},
            ),
        ):
            eye = opened.enter_context(database.connect(autocommit=True))
            eye.execute("SET synchronous_commit = off")
            office = _office(world, name, zone, currency, country, settings, eye)
            opened.callback(office.processes.close)
            world.offices.append(office)
        yield world


def _office(
    world: World, name: str, zone: str, currency: str, country: str, settings: dict[str, Any], eye: Any
) -> Office:
    plan = world.plan
    year = FIRST_DAY.year + plan.seed % 4
    begins = datetime.combine(FIRST_DAY.replace(year=year), time(5), tzinfo=UTC)
    ctx = create_account(
        eye,
        name=name,
        time_zone=zone,
        currency=currency,
        country=country,
        now=begins,
        clock_at=begins,
        settings=AccountSettings(partial_payments=True, **settings),
    )

    def dice(whose: str) -> Random:
        return Random(f"{plan.seed}/{name}/{whose}")  # noqa: S311 - a world, not a secret

    bank = HostileBank(dice("bank"), plan.wildness, world.tally, begins)
    box = Letterbox(dice("letters"), plan.wildness, world.tally)
    processes = Processes(ctx.id)
    return Office(ctx, eye, bank, box, dice("people"), dice("fate"), plan.wildness, world.tally, processes)
