"""Files that came in are not kept longer than they should be, nor thrown away while they come."""

from __future__ import annotations

import datetime as dt
import os

import pytest

from kalends.crm.erasure import CannotErase, erase_contact
from kalends.imports import carry, runs
from tests.imports.conftest import Desk, csv_of

KARI = csv_of(["Email", "First name"], ["kari@x.test", "Kari"])
HOUR = dt.timedelta(hours=1)


def test_an_upload_that_is_coming_in_is_left_alone_and_one_that_nobody_took_in_goes_after_a_day(
    desk: Desk,
) -> None:
    coming = desk.folder / "coming"
    coming.write_text("half of a fi")
    now = desk.ctx.now
    os.utime(coming, (now.timestamp(), now.timestamp()))
    assert carry.expire(desk.db, desk.ctx, desk.folder, now + 23 * HOUR) == 0
    assert coming.is_file()
    assert carry.expire(desk.db, desk.ctx, desk.folder, now + 25 * HOUR) == 1
    assert not coming.is_file()


def test_files_that_may_name_an_erased_person_are_thrown_away_and_not_imported_again(desk: Desk) -> None:
    done = desk.do(desk.put("contact", KARI), "rehearse", "run")
    waiting = desk.do(desk.put("contact", KARI), "rehearse")
    goods = desk.put("product", csv_of(["Name"], ["Chair"]))
    desk.db.execute("UPDATE data_import SET name = 'kari@x.test.csv' WHERE id = %s", [done.id])
    (kari,) = desk.rows("SELECT id FROM contact WHERE account_id = %s")[0]
    erase_contact(desk.db, desk.ctx, kari, actor="user:1")
    assert carry.expire(desk.db, desk.ctx, desk.folder, desk.ctx.now + HOUR) == 2
    assert [path.name for path in desk.folder.iterdir()] == [goods.key]
    assert desk.rows("SELECT name FROM data_import WHERE account_id = %s AND name LIKE '%%kari@%%'") == []
    assert desk.see(waiting.id).status == "canceled"
    assert "upload it again" in desk.see(waiting.id).problem
    with pytest.raises(runs.ImportRefused):
        runs.let_begin(desk.db, desk.ctx, waiting.id, "run")


def test_nobody_is_erased_while_a_file_that_may_name_them_is_imported(desk: Desk) -> None:
    desk.do(desk.put("contact", KARI), "rehearse", "run")
    going = desk.put("contact", KARI)
    runs.let_begin(desk.db, desk.ctx, going.id, "rehearse")
    (kari,) = desk.rows("SELECT id FROM contact WHERE account_id = %s")[0]
    with pytest.raises(CannotErase, match=f"import {going.id} is under way"):
        erase_contact(desk.db, desk.ctx, kari, actor="user:1")
    runs.cancel(desk.db, desk.ctx, going.id, now=desk.ctx.now, actor="user:1")
    erase_contact(desk.db, desk.ctx, kari, actor="user:1")
