"""A database that was put back to an earlier state is noticed, and every live account stops until it is let go on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.create import create_account
from kalends.accounts.put_back import JUST_FOUND, tells_nobody
from kalends.accounts.sql import enter_account
from kalends.billing.hold import HoldRefused, find_hold, release_billing
from kalends.billing.restored import declare, notice
from kalends.messages.backends.files import FileBackend
from kalends.messages.delivery import Delivered, deliver
from kalends.platform import database, sealed_off
from tests.backup.conftest import NOW, Copies
from tests.conftest import AnyConnection

LATER = NOW + dt.timedelta(hours=1)


def series(db: AnyConnection, account_id: int) -> tuple[str, str]:
    own = load_context(db, account_id, system_now=LATER).settings
    return own.invoice_prefix, own.credit_note_prefix


def next_id(db: AnyConnection) -> int:
    row = db.execute("SELECT nextval('record_id')").fetchone()
    assert row is not None
    return row[0]


def test_the_first_live_account_marks_the_database_and_looking_at_it_stops_nobody(
    db: AnyConnection, live: AccountContext
) -> None:
    assert db.execute("SELECT identity = database_identity() FROM database_mark").fetchone() == (True,)
    assert notice(db, NOW, folder="7/1000") == []
    assert notice(db, NOW) == []
    assert find_hold(db, live.id) is None


def test_a_copy_holds_every_live_account_before_anybody_has_looked_at_it(
    db: AnyConnection, live: AccountContext, copies: Copies
) -> None:
    notice(db, NOW)
    copies.use(copies.keep())
    with database.connect(autocommit=True) as copy:
        enter_account(copy, live.id)
        held = find_hold(copy, live.id)
        assert held is not None
        assert (held.put_back, held.reason) == (True, JUST_FOUND)
        assert tells_nobody(copy, live.id)


def test_who_looks_at_a_copy_stops_it_and_leaves_all_numbers_behind(
    db: AnyConnection, live: AccountContext, copies: Copies
) -> None:
    notice(db, NOW)
    sandbox = create_account(
        db, name="Prøve", time_zone="Europe/Oslo", currency="NOK", country="NO", now=NOW, clock_at=NOW
    )
    before = next_id(db)
    copies.use(copies.keep())
    with database.connect(autocommit=True) as copy:
        enter_account(copy, live.id)
        assert notice(copy, LATER) == [live.id]
        assert notice(copy, LATER) == []
        held = find_hold(copy, live.id)
        assert held is not None
        assert held.since == LATER
        assert "another one of the same server" in held.reason
        assert series(copy, live.id) == ("INV-261122N-", "CN-261122N-")
        assert next_id(copy) > before + 1_000_000_000
        assert find_hold(copy, sandbox.id) is None
        with pytest.raises(HoldRefused, match="kalends restored"):
            release_billing(copy, live, actor="test")


def test_letters_that_waited_are_given_up_and_no_new_one_goes_out(
    db: AnyConnection, live: AccountContext, copies: Copies, tmp_path: Path
) -> None:
    notice(db, NOW)
    db.execute(
        "INSERT INTO message (account_id, kind, object_id, occasion, recipient, language, status, created_at) "
        "VALUES (%s, 'way_in', %s, '', 'kari@example.com', 'nb', 'queued', %s)",
        [live.id, live.id, NOW],
    )
    copies.use(copies.keep())
    with database.connect(autocommit=True) as copy:
        enter_account(copy, live.id)
        assert deliver(copy, live, FileBackend(str(tmp_path)), 10) == Delivered()
        notice(copy, LATER)
        row = copy.execute("SELECT status, error FROM message WHERE account_id = %s", [live.id]).fetchone()
        assert row is not None
        assert row[0] == "failed"
        assert "may have been sent before" in row[1]
        assert deliver(copy, live, FileBackend(str(tmp_path)), 10) == Delivered()


def test_a_process_that_reaches_nobody_works_on_copies_as_it_likes(
    db: AnyConnection, live: AccountContext, copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice(db, NOW)
    copies.use(copies.keep())
    monkeypatch.setenv(sealed_off.VARIABLE, "1")
    with database.connect(autocommit=True) as copy:
        enter_account(copy, live.id)
        assert notice(copy, LATER) == []
        assert find_hold(copy, live.id) is None


def test_files_that_were_put_there_anew_stop_it_as_well(db: AnyConnection, live: AccountContext) -> None:
    notice(db, NOW, folder="7/1000")
    assert notice(db, LATER, folder="7/1000") == []
    assert notice(db, LATER, folder="") == []
    assert notice(db, LATER, folder="8/2000") == [live.id]


def test_what_cannot_be_seen_is_declared(db: AnyConnection, live: AccountContext) -> None:
    assert declare(db, LATER, reason="The disk was set back to Friday's snapshot.") == [live.id]
    held = find_hold(db, live.id)
    assert held is not None
    assert held.reason == "The disk was set back to Friday's snapshot."
