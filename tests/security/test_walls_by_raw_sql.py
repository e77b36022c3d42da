"""Whoever can say any SQL on a connection of ours, inside account A: what of account B can be had, changed or guessed?

The tables come from the database's own catalog, so that one that is added later is attacked as well. What is possible
by design is written down here and in docs/threat-model.md.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql

from tests.conftest import AnyConnection
from tests.security.rows import Row, values_of, walled_tables, write_rows

A, B = 910_000_001, 920_000_002

Attack = Callable[[AnyConnection, Row], str | None]
"""Tries one thing on one table, and says what came of it; ``None`` if the wall held."""


def refusal(db: AnyConnection, statement: sql.Composable, values: object = None) -> str:
    """The error with which the database refuses a statement, ``""`` if it does not."""
    try:
        with db.transaction():
            db.execute(statement, values)  # type: ignore[arg-type]
    except psycopg.Error as problem:
        return problem.sqlstate or "?"
    return ""


def changed(db: AnyConnection, statement: str, row: Row) -> int | str:
    """How many rows a statement changed, or the error."""
    try:
        with db.transaction():
            return db.execute(sql.SQL(statement).format(sql.Identifier(row.table)), {"A": A, "B": B}).rowcount
    except psycopg.Error as problem:
        return problem.sqlstate or "?"


NOT_ALLOWED = "42501"


def reads(db: AnyConnection, row: Row) -> str | None:
    seen = db.execute(
        sql.SQL("SELECT DISTINCT account_id FROM {}").format(sql.Identifier(row.table))
    ).fetchall()
    named = changed(db, "SELECT FROM {} WHERE account_id = %(B)s", row)
    return None if (seen, named) == ([(A,)], 0) else f"sees {seen} and {named}"


def reads_by_a_join_to_its_own_rows(db: AnyConnection, row: Row) -> str | None:
    found = changed(db, "SELECT FROM {0} AS a JOIN {0} AS b ON a.account_id <> b.account_id LIMIT 1", row)
    return None if found == 0 else f"joins {found}"


def copies_out(db: AnyConnection, row: Row) -> str | None:
    with (
        db.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(row.table))) as copy,
    ):
        text = b"".join(bytes(part) for part in copy).decode()
    return "another account's row was copied" if str(B) in text else None


def copies_in(db: AnyConnection, row: Row) -> str | None:
    """PostgreSQL refuses it for any table with row-level security."""
    statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(row.table))
    try:
        with db.transaction(), db.cursor() as cursor, cursor.copy(statement):
            pass
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege):
        return None
    return "COPY FROM: allowed"


def updates(db: AnyConnection, row: Row) -> str | None:
    found = changed(db, "UPDATE {} SET account_id = account_id WHERE account_id = %(B)s", row)
    return None if found in (0, NOT_ALLOWED) else f"UPDATE: {found}"


def hands_its_own_row_over(db: AnyConnection, row: Row) -> str | None:
    found = changed(db, "UPDATE {} SET account_id = %(B)s", row)
    return None if found == NOT_ALLOWED else f"UPDATE of the account: {found}"


def deletes(db: AnyConnection, row: Row) -> str | None:
    found = changed(db, "DELETE FROM {} WHERE account_id = %(B)s", row)
    return None if found in (0, NOT_ALLOWED) else f"DELETE: {found}"


def inserts_what_is_there(db: AnyConnection, row: Row) -> str | None:
    """The very key that is taken there: were it tried before the wall is, the error would tell that it is taken."""
    found = refusal(db, row.insert, values_of(B))
    quietly = refusal(db, row.insert + sql.SQL(" ON CONFLICT DO NOTHING"), values_of(B))
    return (
        None if found == quietly == NOT_ALLOWED else f"INSERT: {found or 'allowed'}, {quietly or 'allowed'}"
    )


def takes_a_key_that_is_taken_there(db: AnyConnection, row: Row) -> str | None:
    """A's own row is away, B's with the same values is there: writing A's again must not meet it."""
    if "DELETE" in lacks(db, row.table):
        return None
    with db.transaction(force_rollback=True):
        db.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(row.table)))
        found = refusal(db, row.insert, values_of(A))
    return None if found == "" else f"INSERT of its own row: {found}"


def empties(db: AnyConnection, row: Row) -> str | None:
    found = refusal(db, sql.SQL("TRUNCATE {}").format(sql.Identifier(row.table)))
    return None if found == NOT_ALLOWED else f"TRUNCATE: {found or 'allowed'}"


def switches_the_wall_off(db: AnyConnection, row: Row) -> str | None:
    name = sql.Identifier(row.table)
    tries = (
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
        "DROP POLICY account_wall ON {}",
        "CREATE POLICY hole ON {} USING (true)",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "CREATE RULE hole AS ON SELECT TO {} DO INSTEAD SELECT 1",
        "GRANT ALL ON {} TO PUBLIC WITH GRANT OPTION",
        "DROP TABLE {}",
    )
    held = [refusal(db, sql.SQL(each).format(name)) for each in tries]
    rights = db.execute("SELECT has_table_privilege('public', %s, 'SELECT')", [row.table]).fetchone()
    done = [each for each, code in zip(tries, held, strict=True) if not code and not each.startswith("GRANT")]
    return f"{done} went through" if done or rights != (False,) else None


def switches_row_security_off(db: AnyConnection, row: Row) -> str | None:
    with db.transaction(force_rollback=True):
        db.execute("SET LOCAL row_security = off")
        found = refusal(db, sql.SQL("SELECT FROM {}").format(sql.Identifier(row.table)))
    return None if found == NOT_ALLOWED else f"row_security = off: {found or 'allowed'}"


def looks_on_with_a_function_of_its_own(db: AnyConnection, row: Row) -> str | None:
    """A function that costs nothing is asked before other conditions; before the wall it must not be."""
    heard: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        heard.append(notice.message_primary or "")

    db.add_notice_handler(hear)
    try:
        db.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
        db.execute(
            sql.SQL("SELECT FROM {0} AS t WHERE pg_temp.look(t::text)").format(sql.Identifier(row.table))
        )
    finally:
        db.remove_notice_handler(hear)
    if not any(str(A) in each for each in heard):
        return "the function was not asked: this test tests nothing"
    return "another account's row was shown to a function" if any(str(B) in each for each in heard) else None


def reads_statistics(db: AnyConnection, row: Row) -> str | None:
    found = db.execute("SELECT count(*) FROM pg_stats WHERE tablename = %s", [row.table]).fetchone()
    return None if found == (0,) else f"pg_stats tells of {found} columns"


def lacks(db: AnyConnection, table: str) -> set[str]:
    """The rights on a table that the application does not have."""
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE")
    row = db.execute(
        "SELECT array_agg(r) FROM unnest(%s::text[]) AS r WHERE NOT has_table_privilege(current_user, %s, r)",
        [list(rights), table],
    ).fetchone()
    return set(row[0] or []) if row else set()


ATTACKS: list[Attack] = [
    reads,
    reads_by_a_join_to_its_own_rows,
    copies_out,
    copies_in,
    updates,
    hands_its_own_row_over,
    deletes,
    inserts_what_is_there,
    takes_a_key_that_is_taken_there,
    empties,
    switches_the_wall_off,
    switches_row_security_off,
    looks_on_with_a_function_of_its_own,
    reads_statistics,
]

LOOK = """
    CREATE FUNCTION pg_temp.look(shown text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
    $$ BEGIN RAISE NOTICE '%', shown; RETURN true; END $$
"""


def test_no_attack_on_any_table_gets_over_the_wall(superuser: AnyConnection) -> None:
    rows = write_rows(superuser, A, B)
    superuser.execute(LOOK)
    for row in rows:
        superuser.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(row.table)))
    enter_as_the_application(superuser)

    over = [
        f"{row.table}: {attack.__name__}: {came_of_it}"
        for row in rows
        for attack in ATTACKS
        if (came_of_it := attacked(superuser, attack, row))
    ]

    assert len(rows) >= 100
    assert over == []


@pytest.mark.parametrize(
    ("hole", "found_by"),
    [
        (
            "ALTER TABLE contact DISABLE ROW LEVEL SECURITY",
            {reads, reads_by_a_join_to_its_own_rows, copies_out, updates, hands_its_own_row_over, deletes}
            | {inserts_what_is_there, looks_on_with_a_function_of_its_own, reads_statistics}
            | {switches_row_security_off, copies_in},
        ),
        (
            "CREATE POLICY hole ON contact FOR SELECT USING (true)",
            {reads, reads_by_a_join_to_its_own_rows, copies_out, looks_on_with_a_function_of_its_own},
        ),
        ("CREATE POLICY hole ON contact FOR INSERT WITH CHECK (true)", {inserts_what_is_there}),
        ("CREATE POLICY hole ON contact FOR UPDATE USING (true)", {hands_its_own_row_over}),
        (
            (
                "DELETE FROM contact WHERE account_id = 910000001; "
                "CREATE UNIQUE INDEX hole ON contact (created_at) WHERE account_id > 900000000"
            ),
            {
                takes_a_key_that_is_taken_there,
                reads,
                hands_its_own_row_over,
                looks_on_with_a_function_of_its_own,
            },
        ),
        ("GRANT TRUNCATE ON contact TO kalends_app", {empties}),
        ("ALTER TABLE contact OWNER TO kalends_app", {empties, switches_the_wall_off}),
    ],
)
def test_the_attacks_find_a_hole_that_is_there(
    superuser: AnyConnection, hole: str, found_by: set[Attack]
) -> None:
    rows = {row.table: row for row in write_rows(superuser, A, B)}
    superuser.execute("ANALYZE contact")
    superuser.execute(LOOK)
    superuser.execute("ALTER FUNCTION pg_temp.look OWNER TO kalends_app")
    superuser.execute(hole)
    enter_as_the_application(superuser)

    assert {attack for attack in ATTACKS if attacked(superuser, attack, rows["contact"])} == found_by


def enter_as_the_application(superuser: AnyConnection) -> None:
    """Be the application's role from here on, inside account A, with a function of one's own."""
    superuser.execute("SET LOCAL ROLE kalends_app")
    superuser.execute("SELECT set_config('kalends.account_id', %s, true)", [str(A)])


def attacked(superuser: AnyConnection, attack: Attack, row: Row) -> str | None:
    """What came of an attack, whatever it did being taken back."""
    with superuser.transaction(force_rollback=True):
        return attack(superuser, row)


@pytest.mark.parametrize("outside", ["", None], ids=["left", "never entered"])
def test_outside_every_account_no_table_shows_a_row(superuser: AnyConnection, outside: str | None) -> None:
    rows = write_rows(superuser, A, B)
    superuser.execute("SET LOCAL ROLE kalends_app")
    if outside is not None:
        superuser.execute("SELECT set_config('kalends.account_id', %s, true)", [outside])

    seen = [row.table for row in rows if superuser.execute(f"SELECT FROM {row.table} LIMIT 1").rowcount]

    assert seen == []


@pytest.mark.parametrize("account", ["1 OR true", "*", "910000001,920000002", "9" * 30])
def test_what_is_no_account_is_an_error_and_opens_nothing(taken_over: AnyConnection, account: str) -> None:
    taken_over.execute("SELECT set_config('kalends.account_id', %s, false)", [account])

    with pytest.raises(psycopg.DataError):
        taken_over.execute("SELECT count(*) FROM contact")


def test_every_table_has_its_one_wall_and_nothing_that_weakens_it(superuser: AnyConnection) -> None:
    policies = superuser.execute(
        "SELECT tablename, policyname, permissive, cmd, roles::text, qual, with_check FROM pg_policies "
        "WHERE tablename = ANY(%s) ORDER BY 1, 2",
        [walled_tables(superuser)],
    ).fetchall()
    wall = (
        "(account_id = ( SELECT (NULLIF(current_setting('kalends.account_id'::text, true), ''::text))::bigint"
        ' AS "nullif"))'
    )
    walls = [
        row for row in policies if row[1:] == ("account_wall", "PERMISSIVE", "ALL", "{public}", wall, None)
    ]

    assert [row[0] for row in walls] == walled_tables(superuser)
    # A signed-in user's own places in other accounts may be read: nobody could choose between accounts otherwise.
    assert [row[:4] for row in policies if row not in walls] == [
        ("membership", "own_places", "PERMISSIVE", "SELECT")
    ]


def test_no_tie_between_rows_leads_out_of_the_account(superuser: AnyConnection) -> None:
    """A foreign key is checked past row-level security: without the account in it, it would find B's rows."""
    walled = walled_tables(superuser)
    ties = superuser.execute(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' "
        "AND (conrelid::regclass::text = ANY(%(walled)s) OR confrelid::regclass::text = ANY(%(walled)s))",
        {"walled": walled},
    ).fetchall()

    assert len(ties) >= 10
    assert [
        tie
        for tie in ties
        if not (tie[1].startswith("FOREIGN KEY (account_id,") and "(account_id, " in tie[1][24:])
    ] == []


def unique_in_all_accounts(db: AnyConnection) -> list[tuple[object, ...]]:
    """Tables of accounts with a unique key that does not hold the account."""
    return db.execute(
        "SELECT c.relname, i.indexrelid::regclass::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
        "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey) "
        "WHERE i.indisunique AND c.relname = ANY(%s) GROUP BY i.indexrelid, c.relname "
        "HAVING NOT bool_or(a.attname = 'account_id') ORDER BY 1",
        [walled_tables(db)],
    ).fetchall()


def test_no_key_is_unique_in_all_accounts_together(superuser: AnyConnection) -> None:
    """An error about such a key would tell that another account has it."""
    assert unique_in_all_accounts(superuser) == []

    superuser.execute("CREATE UNIQUE INDEX hole ON payment (created_at) WHERE false")
    assert unique_in_all_accounts(superuser) == [("payment", "hole")]


def test_what_runs_with_the_owners_rights_is_two_functions_with_a_path_of_their_own(
    superuser: AnyConnection,
) -> None:
    definers = superuser.execute(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    views = superuser.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')"
    ).fetchall()
    leakproof = superuser.execute(
        "SELECT proname FROM pg_proc WHERE proleakproof AND pronamespace = 'public'::regnamespace"
    ).fetchall()

    assert sorted(definers) == [
        ("erase_from_journal", ["search_path=public, pg_temp"]),
        ("leave_numbers_behind", ["search_path=public, pg_temp"]),
    ]
    assert (views, leakproof) == ([], [])
