"""A database in which whoever writes for the n-th time loses a deadlock, as PostgreSQL tells it: error 40P01.

Which statement of a transaction is chosen as a deadlock's victim depends on who else is there, and when. So each of
them is made the victim once: a trigger before every statement that writes counts it, and refuses the one whose turn
it is. The count is a sequence, which no rollback takes back: what is tried again is not refused again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from kalends.platform import database

_PROCESSORS = ("sandbox_%", "stripe_%")
"""What the world outside writes for itself."""

_MAKE = """
CREATE SEQUENCE losing_seen;
CREATE TABLE losing_turn (turn bigint NOT NULL);
INSERT INTO losing_turn VALUES (0);
CREATE FUNCTION lose_in_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF (SELECT turn FROM losing_turn) > 0 AND nextval('losing_seen') = (SELECT turn FROM losing_turn) THEN
        RAISE EXCEPTION 'deadlock detected, before % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'deadlock_detected';
    END IF;
    RETURN NULL;
END $$;
"""
_TABLES = """
SELECT c.relname FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'account_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relname LIKE ANY(%s)
ORDER BY 1
"""


class Losing:
    """Whose turn it is to lose, and how many have written since that was said."""

    def __init__(self, owner: psycopg.Connection[tuple[int]]) -> None:
        self.owner = owner

    @contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Inside the block the write of this number loses; with 0 nobody does."""
        self.owner.execute("SELECT setval('losing_seen', 1, false)")
        self.owner.execute("UPDATE losing_turn SET turn = %s", [number])
        try:
            yield
        finally:
            self.owner.execute("UPDATE losing_turn SET turn = 0")

    def written(self) -> int:
        """How many statements wrote in the last such block."""
        row = self.owner.execute(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM losing_seen"
        ).fetchone()
        assert row is not None
        return row[0]

    def at_each(self, prepare: Callable[[], Callable[[], None]], *, most: int = 60) -> int:
        """Do what ``prepare`` returns again and again, until each of its statements has lost once; says how many lost.

        ``prepare`` makes what is needed, undisturbed; what it returns does the deed and looks at what came of it.
        """
        for number in range(1, most):
            deed = prepare()
            with self.turn(number):
                deed()
            if self.written() < number:
                return number - 1
        raise AssertionError(f"more than {most} statements write")


@contextmanager
def losing() -> Iterator[Losing]:
    """The triggers, for as long as the block lasts."""
    with database.connect(as_owner=True, autocommit=True) as owner:
        owner.execute(_MAKE)
        tables = [row[0] for row in owner.execute(_TABLES, [list(_PROCESSORS)]).fetchall()]
        owner.execute(
            ";".join(
                f"CREATE TRIGGER lose_in_turn BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION lose_in_turn()"
                for table in tables
            )
        )
        try:
            yield Losing(owner)
        finally:
            owner.execute(
                "DROP FUNCTION lose_in_turn CASCADE; DROP TABLE losing_turn; DROP SEQUENCE losing_seen"
            )
