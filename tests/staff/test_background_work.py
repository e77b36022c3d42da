"""Work on a thread of the server, as a page looks at it."""

from __future__ import annotations

from kalends.accounts import connections
from kalends.accounts.sql import enter_account
from kalends.events import background
from kalends.platform import database
from kalends.staff.background import as_it_is
from tests.staff.stage import FIRST, Stage


def test_work_that_ends_while_a_page_is_made_is_not_told_as_stopped(stage: Stage) -> None:
    account = stage.ctx.id
    with connections.apart(account) as worker, database.connect(autocommit=True) as page:
        with background.begun(worker, account, "rehearsal", actor="user:7", now=FIRST) as id_:
            page.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            enter_account(page, account)
            assert background.find(page, account, id_) is not None
            background.end(worker, account, id_, now=FIRST, result={"invoices": 3})
        seen = background.find(page, account, id_)
        told = as_it_is(account, seen)

    assert seen is not None
    assert seen.stopped
    assert told is not None
    assert (told.stopped, told.result) == (False, {"invoices": 3})


def test_work_whose_worker_is_gone_is_still_told_as_stopped(stage: Stage) -> None:
    account = stage.ctx.id
    with (
        connections.apart(account) as worker,
        background.begun(worker, account, "rehearsal", actor="user:7", now=FIRST) as id_,
    ):
        worker.close()
    with connections.apart(account) as page:
        told = as_it_is(account, background.find(page, account, id_))

    assert told is not None
    assert told.stopped
