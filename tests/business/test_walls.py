"""Accounts are walls: the application's role sees one account's rows, even with a query that forgets the account."""

import psycopg
import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect
from tests.world import World


@pytest.fixture
def stranger(connect: Connect) -> tuple[AnyConnection, AccountContext]:
    """Another account, entered on a connection of its own."""
    db = connect()
    ctx = create_account(
        db, name="Stranger", time_zone="UTC", currency="EUR", now=FIRST_MOMENT, clock_at=FIRST_MOMENT
    )
    return db, ctx


def walled_tables(db: AnyConnection) -> list[str]:
    """Every table with rows of accounts."""
    rows = db.execute(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'account_id' ORDER BY 1"
    ).fetchall()
    return [row[0] for row in rows]


def test_every_table_with_an_account_is_walled_also_against_its_owner(db: AnyConnection) -> None:
    rows = db.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ).fetchall()
    walls = {name: (on, forced) for name, on, forced in rows}

    assert len(walled_tables(db)) >= 20
    assert {name: walls[name] for name in walled_tables(db) if walls[name] != (True, True)} == {}


def test_the_account_leads_every_primary_key(db: AnyConnection) -> None:
    rows = db.execute(
        "SELECT c.relname, (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = i.indkey[0]) "
        "FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid WHERE i.indisprimary"
    ).fetchall()
    leading = dict(rows)

    assert {leading[name] for name in walled_tables(db)} == {"account_id"}


def test_a_query_without_an_account_sees_only_the_entered_account(
    world: World, stranger: tuple[AnyConnection, AccountContext]
) -> None:
    kari = world.customer()
    world.subscribe(kari, method=world.method(kari))
    world.until("2026-01-01")
    other, _ = stranger

    for table in walled_tables(other):
        seen = other.execute(f"SELECT count(DISTINCT account_id) FROM {table}").fetchone()
        assert seen is not None
        assert seen[0] <= 1, table
    for table in ("subscription", "invoice", "payment", "ledger_transfer", "event", "message", "contact"):
        assert world.one(f"SELECT count(*) > 0 FROM {table}") == (True,), table
        assert other.execute(
            f"SELECT count(*) FROM {table} WHERE account_id = %s", [world.ctx.id]
        ).fetchone() == (0,)


def test_without_an_account_nothing_is_seen(world: World, connect: Connect) -> None:
    world.customer()

    assert connect().execute("SELECT count(*) FROM contact").fetchone() == (0,)


def test_a_row_cannot_be_written_into_another_account(
    world: World, stranger: tuple[AnyConnection, AccountContext]
) -> None:
    other, _ = stranger

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        other.execute(
            "INSERT INTO contact (account_id, created_at, updated_at) VALUES (%s, '2026-01-01', '2026-01-01')",
            [world.ctx.id],
        )


def test_a_row_cannot_point_into_another_account(
    world: World, stranger: tuple[AnyConnection, AccountContext]
) -> None:
    other, ctx = stranger
    theirs = World(other, ctx, world.processors).customer()
    enter_account(world.db, world.ctx.id)
    subscription = world.subscribe(world.customer())

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        world.db.execute("UPDATE subscription SET contact_id = %s WHERE id = %s", [theirs, subscription])


@pytest.mark.parametrize("table", ["ledger_transfer", "event", "revenue_movement"])
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET account_id = account_id"])
def test_ledger_and_journals_are_append_only_even_for_the_owner(
    world: World, owner: AnyConnection, table: str, act: str
) -> None:
    world.subscribe(world.customer())
    world.until("2026-01-01")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.db.execute(act.format(table))
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        owner.execute(act.format(table))
