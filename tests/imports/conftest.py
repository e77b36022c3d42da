"""An account with somebody in it who imports files, and short words for what they do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountContext
from kalends.crm.schema import account_object
from kalends.imports import carry, runs, sheets
from kalends.imports.guessing import guess
from kalends.imports.runs import Import
from tests.conftest import FIRST_MOMENT
from tests.staff.stage import give_place, new_user


class Desk:
    """Somebody's desk: files are put on it, rehearsed, run and undone, as the worker does."""

    def __init__(self, db: Connection[Any], ctx: AccountContext, folder: Path) -> None:
        self.db, self.ctx, self.folder = db, ctx, folder
        self.user = new_user("Liv Moen")
        give_place(db, self.user, ctx.id)
        self._serial = itertools.count(1)

    def put(self, name: str, content: bytes | str, **options: Any) -> Import:
        """A file for records of an object, with what is guessed of it, or said in ``options``."""
        key = f"file{next(self._serial)}"
        path = self.folder / key
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        shape = sheets.guess_shape(path)
        names = sheets.headings(path, shape)
        obj = account_object(self.db, self.ctx, name)
        plan = replace(guess(self.db, self.ctx, obj, shape, names, sheets.sample(path, shape)), **options)
        id_ = runs.start(
            self.db,
            self.ctx,
            plan,
            name=f"{key}.csv",
            user_id=self.user.id,
            actor=f"user:{self.user.id}",
            now=FIRST_MOMENT,
            key=key,
            file_size=path.stat().st_size,
        )
        return self.see(id_)

    def see(self, id_: int) -> Import:
        """The import as it stands."""
        found = runs.find(self.db, self.ctx, id_)
        assert found is not None
        return found

    def work(
        self, blocks: int = carry.BLOCKS_IN_A_TURN, *, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        """A turn of the worker."""
        carry.take_turn(self.db, self.ctx, self.folder, now=FIRST_MOMENT, stopping=stopping, blocks=blocks)

    def do(self, one: Import, *steps: str) -> Import:
        """Do the steps to their end."""
        for step in steps:
            runs.let_begin(self.db, self.ctx, one.id, step)
            while self.see(one.id).is_open:
                self.work()
        return self.see(one.id)

    def problems(self, one: Import) -> list[tuple[int, str, str]]:
        """Row, column and value of what is wrong."""
        return [each[:3] for each in runs.problems(self.db, self.ctx, one.id)]

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """Rows of a query about this account, whose number comes first."""
        return self.db.execute(query, [self.ctx.id, *params]).fetchall()  # type: ignore[call-overload]


def csv_of(*rows: Sequence[str]) -> str:
    """A CSV file."""
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.fixture
def desk(
    db: Connection[Any], account: AccountContext, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Desk:
    """A desk in an account of its own."""
    with django_db_blocker.unblock():
        return Desk(db, account, tmp_path)
