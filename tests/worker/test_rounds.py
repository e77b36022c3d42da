"""What a worker does in its rounds: billing and letters for every account, each at its time."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from kalends.platform import database
from kalends.worker import loop
from kalends.worker.cleaning import Cleaned, clean_up
from kalends.worker.loop import Pace, Worker
from kalends.worker.tasks import TASKS
from tests.worker.conftest import MORNING, Clock
from tests.world import World

NewWorld = Callable[..., World]


def files(mail: Path) -> int:
    return len(list(mail.glob("*.eml"))) if mail.exists() else 0


def customer_of(world: World, **more: Any) -> int:
    kari = world.customer()
    return world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari), **more)


def test_a_round_bills_what_is_due_and_sends_the_letters_of_it(
    worker: Worker, new_world: NewWorld, mail: Path
) -> None:
    world = new_world()
    subscription = customer_of(world)
    assert worker.round()
    assert world.invoices(subscription, "status") == ["paid"]
    assert world.letters() == [("receipt", world.letters()[0][1])]
    assert files(mail) == 1


def test_every_account_has_its_turn(worker: Worker, new_world: NewWorld, mail: Path) -> None:
    worlds = [new_world() for _ in range(3)]
    subscriptions = [customer_of(world) for world in worlds]
    worker.round()
    statuses = [world.invoices(id_, "status") for world, id_ in zip(worlds, subscriptions, strict=True)]
    assert statuses == [["paid"]] * 3
    assert files(mail) == 3


def test_a_sandbox_is_never_billed_by_the_clock_on_the_wall_but_its_letters_go_out(
    worker: Worker, new_world: NewWorld, mail: Path, clock: Clock
) -> None:
    world = new_world(live=False)
    subscription = customer_of(world)
    clock.move(days=400)
    worker.round()
    assert world.invoices(subscription, "id") == []
    world.until("2026-01-01")
    clock.move(minutes=1)
    worker.round()
    assert world.invoices(subscription, "status") == ["paid"]
    assert files(mail) == 1


def test_each_task_waits_for_its_time(worker: Worker, new_world: NewWorld, clock: Clock) -> None:
    world = new_world()
    worker.round()
    subscription = customer_of(world)
    billing = next(task for task in TASKS if task.name == "billing")
    clock.move(seconds=int(billing.every.total_seconds()) - 1)
    worker.round()
    assert world.invoices(subscription, "id") == []
    clock.move(seconds=1)
    worker.round()
    assert len(world.invoices(subscription, "id")) == 1


def test_a_month_later_the_next_cycle_is_billed(worker: Worker, new_world: NewWorld, clock: Clock) -> None:
    world = new_world()
    subscription = customer_of(world)
    worker.round()
    clock.now = dt.datetime(2026, 2, 1, 5, 59, tzinfo=dt.UTC)
    worker.round()
    assert len(world.invoices(subscription, "id")) == 1
    clock.move(minutes=1)
    worker.round()
    assert len(world.invoices(subscription, "id")) == 2


def test_a_failing_account_does_not_stop_the_others_and_is_told_with_its_number_and_reason(
    worker: Worker, new_world: NewWorld, clock: Clock, mail: Path
) -> None:
    broken, healthy = new_world(), new_world()
    customer_of(broken)
    subscription = customer_of(healthy)
    broken.db.execute("UPDATE account SET time_zone = 'Nowhere/Atlantis' WHERE id = %s", [broken.ctx.id])
    with structlog.testing.capture_logs() as logs:
        assert not worker.round()
    assert healthy.invoices(subscription, "status") == ["paid"]
    failures = [entry for entry in logs if entry["log_level"] == "error"]
    assert {(entry["account_id"], entry["event"]) for entry in failures} == {
        (broken.ctx.id, f"{task.name} failed") for task in TASKS
    }
    assert all("Nowhere/Atlantis" in entry["reason"] for entry in failures)


def test_a_failing_account_is_left_alone_for_longer_each_time_and_comes_back(
    worker: Worker, new_world: NewWorld, clock: Clock
) -> None:
    world = new_world()
    subscription = customer_of(world)
    world.db.execute("UPDATE account SET time_zone = 'Nowhere/Atlantis' WHERE id = %s", [world.ctx.id])
    pauses: list[int] = []
    for _ in range(3):
        with structlog.testing.capture_logs() as logs:
            worker.round()
        (pause,) = {entry["next_try_in_seconds"] for entry in logs if "next_try_in_seconds" in entry}
        pauses.append(pause)
        clock.move(seconds=pause - 1)
        with structlog.testing.capture_logs() as logs:
            worker.round()
        assert [entry for entry in logs if entry["log_level"] == "error"] == []
        clock.move(seconds=1)
    assert pauses == [5, 10, 20]
    world.db.execute("UPDATE account SET time_zone = 'Europe/Oslo' WHERE id = %s", [world.ctx.id])
    assert worker.round()
    assert world.invoices(subscription, "status") == ["paid"]


def test_letters_that_cannot_be_written_do_not_stop_billing_and_are_told_with_the_remedy(
    worker: Worker, new_world: NewWorld, clock: Clock, settings: Any, tmp_path: Path, mail: Path
) -> None:
    world = new_world()
    subscription = customer_of(world)
    (tmp_path / "file").touch()
    settings.EMAIL_FILE_PATH = str(tmp_path / "file" / "mail")
    with structlog.testing.capture_logs() as logs:
        assert not worker.round()
    assert world.invoices(subscription, "status") == ["paid"]
    (told,) = (entry for entry in logs if entry["event"] == "letters failed")
    assert told["where"] == settings.EMAIL_FILE_PATH
    assert told["value"] == "Not a directory"
    assert "KALENDS_SMTP_URL" in told["remedy"]
    settings.EMAIL_FILE_PATH = str(mail)
    clock.move(minutes=10)
    assert worker.round()
    assert files(mail) == 1


def test_a_database_that_comes_back_is_found_again(worker: Worker, new_world: NewWorld, clock: Clock) -> None:
    world = new_world()
    subscription = customer_of(world)
    worker.round()
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [worker._connected().info.backend_pid])
    reasons: list[str] = []

    def wait(seconds: float) -> bool:
        reasons.append(f"waited {seconds:g}")
        clock.now = dt.datetime(2026, 2, 1, 7, 0, tzinfo=dt.UTC)
        if len(reasons) == 2:
            worker.stop.set()
        return True

    event = worker.stop
    worker.stop = SimpleNamespace(is_set=event.is_set, set=event.set, wait=wait)  # type: ignore[assignment]
    with structlog.testing.capture_logs() as logs:
        assert worker.run() == 0
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["database gone"]
    assert reasons == ["waited 5", "waited 2"]
    with database.connect(autocommit=True) as db:
        assert len(World(db, world.ctx, world.processors).invoices(subscription, "id")) == 2


def test_two_workers_at_once_bill_and_write_once(new_world: NewWorld, mail: Path) -> None:
    world = new_world()
    ids = [customer_of(world) for _ in range(40)]
    workers = [Worker(Clock(), lambda: database.connect(autocommit=True)) for _ in range(2)]
    threads = [threading.Thread(target=worker.run_once) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workers[0].run_once() == 0
    assert [len(world.invoices(id_, "id")) for id_ in ids] == [1] * 40
    assert world.one("SELECT count(*), max(tries) FROM message WHERE account_id = %s", world.ctx.id) == (
        40,
        1,
    )
    assert files(mail) == 40


def test_a_worker_of_one_account_leaves_the_others_alone(
    new_world: NewWorld, clock: Clock, mail: Path
) -> None:
    worlds = [new_world(), new_world()]
    ids = [customer_of(world) for world in worlds]
    own = Worker(clock, lambda: database.connect(autocommit=True), only=worlds[0].ctx.id)

    assert own.run_once() == 0

    assert [len(world.invoices(id_, "id")) for world, id_ in zip(worlds, ids, strict=True)] == [1, 0]
    assert files(mail) == 1


def test_once_does_everything_however_recently_it_was_done(
    new_world: NewWorld, worker: Worker, mail: Path
) -> None:
    world = new_world()
    assert worker.run_once() == 0
    subscription = customer_of(world)
    assert worker.run_once() == 0
    assert world.invoices(subscription, "status") == ["paid"]
    assert files(mail) == 1


def test_once_says_by_its_exit_code_that_something_failed(new_world: NewWorld, worker: Worker) -> None:
    world = new_world()
    world.db.execute("UPDATE account SET time_zone = 'Nowhere/Atlantis' WHERE id = %s", [world.ctx.id])
    with structlog.testing.capture_logs():
        assert worker.run_once() == 1


def test_asked_to_stop_a_round_ends_before_the_next_account(
    new_world: NewWorld, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = [new_world(), new_world()]
    ids = [customer_of(world) for world in worlds]
    seen: list[int] = []

    def watching(db: Any, account_id: int, *, system_now: dt.datetime) -> Any:
        seen.append(account_id)
        worker.stop.set()
        return original(db, account_id, system_now=system_now)

    original = loop.load_context
    monkeypatch.setattr(loop, "load_context", watching)
    worker.round()
    assert seen == [worlds[0].ctx.id]
    assert len(worlds[0].invoices(ids[0], "id")) == 1
    assert worlds[1].invoices(ids[1], "id") == []


def test_expired_sessions_are_thrown_away_and_others_kept(new_world: NewWorld, mail: Path) -> None:
    world = new_world()
    for key, expires in (("old", MORNING - dt.timedelta(seconds=1)), ("new", MORNING + dt.timedelta(days=1))):
        world.db.execute("INSERT INTO django_session VALUES (%s, 'data', %s)", [key, expires])
    assert clean_up(world.db, MORNING) == Cleaned(sessions=1, drafts=0)
    assert world.rows("SELECT session_key FROM django_session") == [("new",)]


def test_pauses_double_up_to_a_limit() -> None:
    assert [Pace().pause(failures).seconds for failures in range(1, 9)] == [5, 10, 20, 40, 80, 160, 300, 300]
