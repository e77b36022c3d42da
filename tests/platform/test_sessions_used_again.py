"""What a test leaves in a session is not there for the next one that gets it."""

from __future__ import annotations

import psycopg
import pytest

from kalends.accounts.sql import enter_account
from kalends.platform import database


@pytest.mark.usefixtures("server")
def test_a_session_serves_again_with_nothing_left_of_what_it_was_used_for() -> None:
    first = database.connect(autocommit=True)
    session = first.info.backend_pid
    enter_account(first, 7)
    first.execute("CREATE TEMP TABLE left_behind (n int)")
    first.execute("SELECT pg_advisory_lock(7)")
    first.execute("SET statement_timeout = 1")
    first.close()

    others = [database.connect() for _ in range(3)]
    again = next(each for each in others if each.info.backend_pid == session)
    row = again.execute(
        "SELECT coalesce(current_setting('kalends.account_id', true), ''), to_regclass('left_behind'), "
        "current_setting('statement_timeout'), current_user, "
        "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
    ).fetchone()
    for each in others:
        each.close()

    assert row == ("", None, "0", "kalends_app", 0)


@pytest.mark.usefixtures("server")
def test_a_closed_connection_stays_closed_though_its_session_serves_another() -> None:
    first = database.connect(autocommit=True)
    first.close()
    first.close()
    second = database.connect(autocommit=True)

    assert first.closed
    with pytest.raises(psycopg.OperationalError, match="closed"):
        first.execute("SELECT 1")
    assert second.execute("SELECT 1").fetchone() == (1,)
    second.close()


@pytest.mark.usefixtures("server")
def test_what_was_not_committed_is_rolled_back() -> None:
    first = database.connect(as_owner=True)
    first.execute("CREATE TABLE never_committed (n int)")
    first.close()
    second = database.connect(as_owner=True, autocommit=True)

    row = second.execute("SELECT to_regclass('never_committed')").fetchone()
    second.close()

    assert row == (None,)
