"""An outbox in short words, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kalends.accounts.models import Membership
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import Delivered, deliver
from kalends.messages.letters.layout import Rendered
from kalends.messages.letters.render import MessageRow, render, render_block
from kalends.messages.outbox import Letter, queue
from tests.world import World

_COLUMNS = "id, kind, object_id, occasion, recipient, language, created_at, given"


def administrator(world: World, language: str = "en", role: str = Membership.ADMIN) -> str:
    """Somebody who is told of payments; returns the address."""
    email = f"boss.{world.ctx.id}.{role}@seller.test"
    world.db.execute(
        "WITH person AS (INSERT INTO app_user (password, email, name, language, is_active) "
        "VALUES ('!', %s, 'Boss', %s, true) RETURNING id) "
        "INSERT INTO membership (account_id, user_id, role, told_of_payments_made, told_of_payments_failed) "
        "SELECT %s, id, %s, true, true FROM person",
        [email, language, world.ctx.id, role],
    )
    return email


class Post:
    """The account's letters: queueing, rendering, delivering and looking at them."""

    def __init__(self, world: World) -> None:
        self.world, self.db = world, world.db

    def rows(self, kind: str) -> list[MessageRow]:
        """The letters of a kind, in order."""
        found = self.world.rows(
            f"SELECT {_COLUMNS} FROM message WHERE account_id = %s AND kind = %s ORDER BY id",
            self.world.ctx.id,
            kind,
        )
        return [MessageRow(*row) for row in found]

    def letters(self, kind: str) -> list[Rendered]:
        """The letters of a kind as they read now."""
        return [render(self.db, self.world.ctx, row) for row in self.rows(kind)]

    def letter(self, kind: str) -> Rendered:
        """The only letter of a kind."""
        (letter,) = self.letters(kind)
        return letter

    def statements(self, kind: str, rows: Sequence[MessageRow]) -> list[str]:
        """What the database is asked when these letters are written."""
        asked: list[str] = []
        db = self.db

        class Listening:
            def execute(self, query: str, *args: object) -> object:
                asked.append(query)
                return db.execute(query, *args)  # type: ignore[call-overload]

        render_block(Listening(), self.world.ctx, kind, rows)  # type: ignore[arg-type]
        return asked

    def cancellations(self, count: int, name: str = "Kari Nordmann") -> list[int]:
        """Queue letters about subscriptions that were canceled; returns the letters' ids."""
        contact = self.world.customer(name)
        about = [self.world.subscribe(contact) for _ in range(count)]
        queue(
            self.db,
            self.world.ctx.id,
            self.world.ctx.now,
            [Letter("canceled", id_, contact) for id_ in about],
        )
        return [row.id for row in self.rows("canceled")][-count:] if count else []

    def deliver(self, backend: Any = None, limit: int = 1000, **more: Any) -> Delivered:
        """Deliver, into memory unless told otherwise."""
        return deliver(self.db, self.world.ctx, backend or MemoryBackend(), limit, **more)

    def state(self, id_: int, *columns: str) -> Any:
        """Columns of a letter; a single one bare."""
        row = self.world.one(f"SELECT {', '.join(columns)} FROM message WHERE id = %s", id_)
        return row[0] if len(columns) == 1 else row
