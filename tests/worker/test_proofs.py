"""Books are proved once a night by one worker, whatever happens to it, and people are told of what is new."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.create import create_account
from kalends.billing.run import run_due
from kalends.operations.standing import standing
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.translations import compile_translations
from kalends.proof.made import ProofMade, keep_proof, last_proofs
from kalends.proof.night import TRIES_MAX, is_due, only_one
from kalends.proof.report import Report
from kalends.proof.run import Progress, Step
from kalends.worker import proofs
from kalends.worker.loop import Worker
from kalends.worker.proofs import Prover
from tests.business.messages.post import Post, administrator
from tests.conftest import AnyConnection
from tests.worker.conftest import MORNING, Clock
from tests.world import World

NIGHT = MORNING.date()


def connect() -> psycopg.Connection[Any]:
    return database.connect(autocommit=True)


def opened(*, live: bool = True) -> World:
    """An account whose only customer has paid, unless it is a sandbox whose clock stands at the first moment."""
    db = connect()
    ctx = create_account(
        db,
        name="Nordlys Nattlys AS",
        time_zone="Europe/Oslo",
        currency="EUR",
        country="NO",
        now=MORNING,
        clock_at=None if live else MORNING,
    )
    world = World(db, ctx, AccountProcessors(database.connect, ctx.id))
    kari = world.customer()
    world.subscribe(kari, "100", start=NIGHT, method=world.method(kari))
    if live:
        run_due(db, ctx, world.processors)
    return world


@pytest.fixture
def open_world(server: str) -> Iterator[Callable[..., World]]:
    """Makes accounts in the database of all tests, which a prover is pointed to."""
    made: list[World] = []

    def make(*, live: bool = True) -> World:
        made.append(opened(live=live))
        return made[-1]

    yield make
    for each in made:
        assert isinstance(each.processors, AccountProcessors)
        each.processors.close()
        each.db.close()


@pytest.fixture
def billed(open_world: Callable[..., World]) -> World:
    """A live account whose only customer has paid."""
    return open_world()


@pytest.fixture
def prover(billed: World, clock: Clock) -> Iterator[Prover]:
    """A prover that is told when to take its turns."""
    made = prover_of(billed, clock)
    yield made
    made._disconnect()


def prover_of(world: World, clock: Clock) -> Prover:
    return Prover(clock, connect, only=world.ctx.id)


def proved(world: World) -> list[ProofMade]:
    return last_proofs(world.db, world.ctx.id, 100)


def change(world: World, table: str, column: str) -> None:
    """Make the books wrong by one."""
    world.db.execute(
        f"UPDATE {table} SET {column} = {column} + 1 WHERE account_id = %s",  # type: ignore[arg-type]
        [world.ctx.id],
    )


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 1, day, hour, minute, tzinfo=dt.UTC)


def instead_of_verify(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[psycopg.Connection[Any]], object] = lambda db: None
) -> list[int]:
    """Each proof finds nothing, and this happens in its middle; returns the accounts whose proofs were begun."""
    begun: list[int] = []

    def verify(
        db: psycopg.Connection[Any], ctx: AccountContext, *, progress: Progress, sparing: bool
    ) -> Report:
        assert sparing
        begun.append(ctx.id)
        with db.transaction(force_rollback=True):
            happens(db)
            progress(Step("totals", 0, 1))
        return Report(checked=1)

    monkeypatch.setattr(proofs, "verify", verify)
    return begun


def test_a_night_begins_at_two_in_the_accounts_own_time_and_is_proved_once(
    billed: World, prover: Prover, clock: Clock
) -> None:
    assert prover.turn()
    assert prover.turn()
    (first,) = proved(billed)
    assert (first.night, first.made_at, first.as_of, first.invoices, first.differences) == (
        NIGHT, MORNING, MORNING, 1, 0,
    )  # fmt: skip
    clock.now = at(2, 0, 59)
    prover.turn()
    assert len(proved(billed)) == 1
    clock.now = at(2, 1)
    prover.turn()
    assert [each.night for each in proved(billed)] == [dt.date(2026, 1, 2), NIGHT]


def test_a_night_that_nobody_was_there_for_is_made_up_for_by_day_and_older_ones_are_not(
    billed: World, prover: Prover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_verify(monkeypatch)
    clock.now = at(9, 15)
    prover.turn()
    assert [(each.night, each.made_at) for each in proved(billed)] == [(dt.date(2026, 1, 9), at(9, 15))]


def test_a_proof_that_somebody_asked_for_does_not_stand_for_the_nights(
    billed: World, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_verify(monkeypatch)
    keep_proof(billed.db, billed.ctx, Report(), MORNING)
    prover.turn()
    assert [each.night for each in proved(billed)] == [NIGHT, None]


def test_an_account_without_books_has_nothing_to_prove(db: AnyConnection, account: AccountContext) -> None:
    assert not is_due(db, account, NIGHT)


def test_a_sandbox_is_proved_in_the_worlds_night_as_of_its_own_clock_unless_that_stood(
    open_world: Callable[..., World], clock: Clock
) -> None:
    world = open_world(live=False)
    prover = prover_of(world, clock)
    world.until("2026-03-01")
    prover.turn()
    clock.now = at(2, 3)
    prover.turn()
    (first,) = proved(world)
    assert (first.night, first.as_of, first.invoices, first.differences) == (NIGHT, world.ctx.now, 3, 0)
    world.until("2026-04-01")
    prover.turn()
    assert len(proved(world)) == 1, "this night is over for it"
    clock.now = at(3, 3)
    prover.turn()
    assert [(each.night, each.invoices) for each in proved(world)] == [(dt.date(2026, 1, 3), 4), (NIGHT, 3)]
    prover._disconnect()


def test_of_many_workers_at_once_one_proves_each_account_once(
    open_world: Callable[..., World], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = [open_world() for _ in range(2)]
    monkeypatch.setattr(Prover, "_accounts", lambda _: [world.ctx.id for world in worlds])
    now, most, lock = [0], [0], threading.Lock()

    def count(db: psycopg.Connection[Any]) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        db.execute("SELECT pg_sleep(0.05)")
        with lock:
            now[0] -= 1

    begun = instead_of_verify(monkeypatch, count)
    provers = [Prover(clock, connect) for _ in range(6)]
    threads = [threading.Thread(target=each.drain) for each in provers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [world.ctx.id for world in worlds]
    assert most == [1], "one proof at a time spares the server"
    assert [len(proved(world)) for world in worlds] == [1, 1]


def test_while_somebody_proves_the_others_go_on_and_what_they_left_is_looked_at_again(
    billed: World, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_verify(monkeypatch)
    with connect() as other, only_one(other) as is_ours:
        assert is_ours
        assert prover.turn()
        assert proved(billed) == []
    prover.turn()
    assert len(proved(billed)) == 1


def test_what_was_proved_between_the_look_and_the_claim_is_not_proved_again(
    billed: World, prover: Prover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = instead_of_verify(monkeypatch)

    def after_another(db: psycopg.Connection[Any]) -> AbstractContextManager[bool]:
        monkeypatch.setattr(proofs, "only_one", only_one)
        prover_of(billed, clock).drain()
        return only_one(db)

    monkeypatch.setattr(proofs, "only_one", after_another)
    prover.turn()
    assert begun == [billed.ctx.id]


def test_a_prover_that_is_killed_is_taken_over_by_the_next(
    billed: World, prover: Prover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = prover_of(billed, clock)
    begun = instead_of_verify(monkeypatch, lambda db: begun[1:] or kill(db))
    with pytest.raises(psycopg.OperationalError):
        victim.drain()
    assert proved(billed) == []
    assert prover.turn()
    assert len(proved(billed)) == 1
    assert len(begun) == 2
    assert billed.rows("SELECT FROM background_work WHERE account_id = %s", billed.ctx.id) == []


def kill(db: psycopg.Connection[Any]) -> None:
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [db.info.backend_pid])


def test_the_claim_of_a_prover_that_died_in_the_middle_of_a_long_statement_is_free_soon(server: str) -> None:
    victim = connect()
    claim = only_one(victim)
    assert claim.__enter__()
    victim.pgconn.send_query(b"SELECT pg_sleep(100000)")
    victim.pgconn.finish()
    with connect() as other:
        other.execute("SELECT pg_advisory_lock(8, 0)")


def test_a_proof_that_takes_its_worker_down_each_time_is_left_until_the_next_night(
    billed: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = instead_of_verify(monkeypatch, kill)
    for _ in range(TRIES_MAX):
        with pytest.raises(psycopg.OperationalError):
            prover_of(billed, clock).drain()
    assert prover_of(billed, clock).drain()
    assert len(begun) == TRIES_MAX
    assert proofs_stopped(billed, clock) == TRIES_MAX
    monkeypatch.undo()
    clock.now = at(2, 1)
    assert prover_of(billed, clock).drain()
    assert len(proved(billed)) == 1
    assert proofs_stopped(billed, clock) == 0


def proofs_stopped(world: World, clock: Clock) -> int:
    """What the status page tells of them."""
    return standing(world.db, world.ctx, clock.now).proofs_stopped


def test_a_proof_that_is_under_way_has_not_stopped(
    billed: World, prover: Prover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    instead_of_verify(monkeypatch, lambda db: told.append(proofs_stopped(billed, clock)))
    prover.turn()
    assert told == [0]


def test_told_to_stop_a_prover_leaves_the_statement_at_hand_and_it_counts_as_not_begun(
    billed: World, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_for_ever(db: psycopg.Connection[Any]) -> None:
        threading.Timer(0.05, prover.stop.set).start()
        db.execute("SELECT pg_sleep(100000)")

    instead_of_verify(monkeypatch, take_for_ever)
    assert prover.turn()
    assert proved(billed) == []
    assert billed.rows("SELECT FROM background_work WHERE account_id = %s", billed.ctx.id) == []
    monkeypatch.undo()
    prover.stop.clear()
    prover.turn()
    assert len(proved(billed)) == 1


def test_told_to_stop_between_two_checks_a_prover_leaves_the_proof(
    billed: World, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_verify(monkeypatch, lambda db: prover.stop.set())
    prover.turn()
    assert proved(billed) == []


def test_billing_goes_on_while_books_are_proved_and_the_proof_sees_one_moment(
    billed: World, prover: Prover, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = dt.datetime(2026, 2, 1, 7, 0, tzinfo=dt.UTC)
    ctx = load_context(billed.db, billed.ctx.id, system_now=clock.now)
    steps: list[str] = []
    before = Prover._breathe

    def meanwhile(self: Prover, step: Any) -> None:
        steps.append(step.check)
        if len(steps) == 2:
            run_due(billed.db, ctx, billed.processors)
        before(self, step)

    monkeypatch.setattr(Prover, "_breathe", meanwhile)
    assert prover.turn()
    assert billed.one("SELECT count(*) FROM invoice WHERE account_id = %s", billed.ctx.id) == (2,)
    (proof,) = proved(billed)
    assert (proof.invoices, proof.differences) == (1, 0)


def test_a_proof_uses_one_process_of_the_server_and_changes_nothing(
    billed: World, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: set[tuple[Any, ...]] = set()
    names = "max_parallel_workers_per_gather", "transaction_read_only", "transaction_isolation"

    def look(self: Prover, step: Any) -> None:
        assert self._db is not None
        told.add(tuple(self._db.execute(f"SHOW {name}").fetchone()[0] for name in names))  # type: ignore[index,arg-type]

    monkeypatch.setattr(Prover, "_breathe", look)
    prover.turn()
    assert told == {("0", "on", "repeatable read")}


def test_a_difference_that_was_not_there_the_night_before_is_told_to_administrators_once(
    billed: World, prover: Prover, clock: Clock
) -> None:
    compile_translations()
    boss = administrator(billed, "nb")
    post = Post(billed)
    prover.turn()
    assert post.rows("proof_differs") == []

    change(billed, "line_item", "unit_price")
    clock.now = at(2, 3)
    with structlog.testing.capture_logs() as logs:
        prover.turn()
    (told,) = (entry for entry in logs if entry["event"] == "proof")
    assert (told["log_level"], told["new"]) == ("warning", told["differences"])
    letter = post.letter("proof_differs")
    assert [row.recipient for row in post.rows("proof_differs")] == [boss]
    assert "Regnskapet går ikke opp" in letter.subject
    assert billed.one("SELECT number FROM invoice WHERE account_id = %s", billed.ctx.id)[0] in letter.text
    assert f"/{billed.ctx.id}/status" in letter.text

    change(billed, "line_item", "unit_price")  # the same figure is off by more
    clock.now = at(3, 3)
    prover.turn()
    assert len(post.rows("proof_differs")) == 1
    assert proved(billed)[0].differences == proved(billed)[1].differences > 0

    change(billed, "invoice", "period_end")
    clock.now = at(4, 3)
    prover.turn()
    assert len(post.rows("proof_differs")) == 2


def test_one_account_whose_proof_fails_does_not_hold_up_the_others_and_is_left_alone_for_an_hour(
    billed: World, open_world: Callable[..., World], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound, prover = billed, open_world(), Prover(clock, connect)
    monkeypatch.setattr(Prover, "_accounts", lambda _: [broken.ctx.id, sound.ctx.id])

    def fail(db: psycopg.Connection[Any]) -> None:
        if begun[-1] == broken.ctx.id:
            raise ArithmeticError("this cannot be")

    begun = instead_of_verify(monkeypatch, fail)
    with structlog.testing.capture_logs() as logs:
        assert not prover.turn()
    (told,) = (entry for entry in logs if entry["log_level"] == "error")
    assert (told["event"], told["account_id"], told["reason"]) == (
        "proof failed",
        broken.ctx.id,
        "this cannot be",
    )
    assert (len(proved(broken)), len(proved(sound))) == (0, 1)
    clock.move(minutes=59)
    assert prover.turn()
    clock.move(minutes=1)
    assert not prover.turn()
    assert begun == [broken.ctx.id, sound.ctx.id, broken.ctx.id]
    prover._disconnect()


def test_once_proves_where_a_night_has_begun_and_nothing_is_proved_where_others_do_it(
    billed: World, settings: Any, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_verify(monkeypatch)
    settings.EMAIL_FILE_PATH = str(tmp_path)
    only = billed.ctx.id
    assert Worker(clock, connect, only=only).run_once() == 0
    assert proved(billed) == []
    for _ in range(2):
        assert Worker(clock, connect, only=only, proves=True).run_once() == 0
    assert len(proved(billed)) == 1
