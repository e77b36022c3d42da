"""Exports are made beside everything else, each once, however often a worker is stopped, and thrown away in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kalends.accounts.sql import enter_account
from kalends.crm.erasure import erase_contact
from kalends.crm.schema import account_object
from kalends.exports import exports, work
from kalends.exports.request import Progress, Request
from kalends.platform import database
from kalends.worker.exports import Maker
from tests.worker.conftest import Clock
from tests.world import World


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """The installation's folder for files."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def maker(folder: Path, mail: Path, clock: Clock) -> Iterator[Maker]:
    """A maker of exports that is told when to take its turns."""
    made = Maker(clock, lambda: database.connect(autocommit=True))
    yield made
    made._disconnect()


class Office:
    """An account with three contacts and a user who asks for exports."""

    def __init__(self, world: World, clock: Clock, folder: Path) -> None:
        self.world, self.clock = world, clock
        self.folder = work.folder_of(folder, world.ctx.id)
        row = world.db.execute(
            "INSERT INTO app_user (password, email, name, language, is_active) "
            "VALUES ('', 'maja@kalends.test', 'Maja', 'en', true) RETURNING id"
        ).fetchone()
        assert row is not None
        self.user_id = row[0]
        world.db.execute(
            "INSERT INTO membership (account_id, id, user_id, role, told_of_payments_made, told_of_payments_failed) "
            "VALUES (%s, nextval('record_id'), %s, 'member', true, true)",
            [world.ctx.id, self.user_id],
        )
        for name in ("Kari", "Ola", "Anna"):
            world.customer(name)

    def ask(self, asked: Request | None = None) -> int:
        db, ctx = self.world.db, self.world.ctx
        obj = account_object(db, ctx, "contact")
        asked = asked or Request(object="contact", columns=("email",))
        return exports.ask(
            db, ctx, obj, asked, now=self.clock(), user_id=self.user_id, actor=f"user:{self.user_id}"
        )

    def export(self, id_: int) -> exports.Export:
        found = exports.find(self.world.db, self.world.ctx, id_)
        assert found is not None
        return found

    def letters(self) -> list[tuple[Any, ...]]:
        return self.world.db.execute(
            "SELECT object_id, kind FROM message WHERE account_id = %s AND kind = 'export_ready' ORDER BY id",
            [self.world.ctx.id],
        ).fetchall()

    def files(self) -> set[str]:
        return {each.name for each in self.folder.iterdir()} if self.folder.is_dir() else set()


@pytest.fixture
def office(new_world: Callable[..., World], clock: Clock, folder: Path, maker: Maker) -> Office:
    return Office(new_world(), clock, folder)


def test_an_export_is_made_told_of_once_and_thrown_away_after_thirty_days(
    office: Office, maker: Maker, clock: Clock
) -> None:
    id_ = office.ask()
    assert maker.drain()
    made = office.export(id_)
    assert (made.status, made.rows_done, made.file_name) == ("done", 3, "contacts-2026-01-01.csv")
    assert office.files() == {made.key}
    assert maker.drain()
    assert office.letters() == [(id_, "export_ready")]
    clock.move(days=29)
    maker.turn()
    assert office.export(id_).can_be_fetched(clock())
    clock.move(days=1)
    maker.turn()
    assert (office.export(id_).status, office.files()) == ("expired", set())
    clock.move(days=371)
    maker.turn()
    assert exports.find(office.world.db, office.world.ctx, id_) is None


def test_an_export_that_was_left_in_the_middle_is_begun_anew_and_leaves_one_file(
    office: Office, maker: Maker, clock: Clock
) -> None:
    id_ = office.ask()
    owner = database.connect(as_owner=True, autocommit=True)
    with database.connect(autocommit=True) as db:
        enter_account(db, office.world.ctx.id)
        with work.taken_up(db, office.world.ctx, clock()) as held:
            assert held is not None
            assert maker.turn() == 0  # somebody is at it
            office.folder.mkdir(parents=True)
            (office.folder / f"{held.key}.part").write_bytes(b"half a line")
            owner.execute("SELECT pg_terminate_backend(%s, 5000)", [db.info.backend_pid])
    owner.close()
    assert office.export(id_).status == "running"
    assert maker.turn() == 1
    made = office.export(id_)
    assert (made.status, made.attempts, office.files()) == ("done", 2, {made.key})
    assert len(office.letters()) == 1


def test_what_takes_its_worker_down_each_time_is_given_up(office: Office, maker: Maker, clock: Clock) -> None:
    id_ = office.ask()
    for _ in range(work.ATTEMPTS_MAX):
        with work.taken_up(office.world.db, office.world.ctx, clock()):
            pass
    maker.drain()
    assert office.export(id_).status == "failed"
    assert "begun 3 times" in office.export(id_).problem


def test_an_export_that_is_canceled_while_it_is_made_leaves_no_file_and_no_letter(
    office: Office, maker: Maker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, running = office.ask(), office.ask()
    exports.cancel(office.world.db, office.world.ctx, waiting, now=clock())
    before = work.note_progress

    def canceled_meanwhile(db: Any, ctx: Any, id_: int, progress: Progress) -> None:
        exports.cancel(office.world.db, office.world.ctx, running, now=clock())
        before(db, ctx, id_, progress)

    monkeypatch.setattr("kalends.worker.exports.note_progress", canceled_meanwhile)
    maker.drain()
    assert {office.export(each).status for each in (waiting, running)} == {"canceled"}
    assert (office.files(), office.letters()) == (set(), [])


def test_whoever_may_not_export_any_more_gets_a_reason_instead_of_a_file(
    office: Office, maker: Maker
) -> None:
    id_ = office.ask()
    office.world.db.execute(
        "UPDATE membership SET role = 'reader' WHERE account_id = %s AND user_id = %s",
        [office.world.ctx.id, office.user_id],
    )
    maker.drain()
    failed = office.export(id_)
    assert (failed.status, failed.problem) == (
        "failed",
        "Whoever asked may not export these records any more.",
    )
    assert office.files() == set()


def test_a_worker_that_is_asked_to_end_leaves_an_export_to_the_next_one(office: Office, maker: Maker) -> None:
    id_ = office.ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kalends.worker.exports.note_progress", lambda *_args: maker.stop.set())
        patch.setattr("kalends.worker.exports._TOLD_EVERY_SECONDS", 0.0)
        maker.drain()
    assert (office.export(id_).status, office.export(id_).attempts) == ("queued", 0)
    maker.stop.clear()
    maker.drain()
    assert office.export(id_).status == "done"


def test_an_erased_person_is_in_no_file_that_is_kept_and_in_nothing_that_was_asked(
    office: Office, maker: Maker, clock: Clock
) -> None:
    kari = office.world.customer("Kari Nordmann")
    products = office.ask(Request(object="product"))
    made = office.ask()
    looking = office.ask(Request(object="contact", search="Kari Nordmann"))
    maker.drain()
    waiting = office.ask(Request(object="subscription"))
    erase_contact(office.world.db, office.world.ctx, kari, actor="user:1")

    assert [office.export(each).status for each in (made, looking, waiting)] == [
        "expired",
        "expired",
        "queued",
    ]
    assert "Kari" not in office.export(looking).asked.search
    clock.move(hours=2)
    maker.drain()
    kept = [office.export(each) for each in (products, waiting)]
    assert {each.status for each in kept} == {"done"}, "what holds nobody, or was made afterwards, stays"
    assert office.files() == {each.key for each in kept}


def test_an_export_that_is_being_made_while_a_person_is_erased_begins_anew_without_them(
    office: Office, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = office.world.customer("Kari Nordmann")
    id_ = office.ask()
    really = work.make_file

    def erased_meanwhile(*given: Any, **more: Any) -> Any:
        made = really(*given, **more)
        if made.rows == 4:
            erase_contact(office.world.db, office.world.ctx, kari, actor="user:1")
        return made

    monkeypatch.setattr(work, "make_file", erased_meanwhile)
    maker.drain()
    made = office.export(id_)
    assert (made.status, made.rows_done, office.files()) == ("done", 3, {made.key})
    assert len(office.letters()) == 1


def test_a_file_that_is_begun_while_old_ones_are_thrown_away_stays(
    office: Office, clock: Clock, folder: Path
) -> None:
    class Begun(type(folder)):  # type: ignore[misc]
        def iterdir(self) -> Iterator[Path]:
            draft = self / f"{office.export(office.ask()).key}.part"
            draft.write_bytes(b"half a line")
            return super().iterdir()

    office.folder.mkdir(parents=True)
    assert work.expire(office.world.db, office.world.ctx, Begun(office.folder), clock()) == 0
    assert len(office.files()) == 1
