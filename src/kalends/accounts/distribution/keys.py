"""What the database's own catalog says: tables, keys, sequences, functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import Connection

from kalends.accounts.distribution import declared
from kalends.accounts.distribution.findings import Report

_OURS: LiteralString = "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
_TABLES: LiteralString = f"""
    SELECT relname, EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'account_id'),
           EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)
    FROM pg_class AS c WHERE {_OURS} ORDER BY 1
"""
_KEYS: LiteralString = f"""
    SELECT c.relname || '.' || k.relname FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_class AS k ON k.oid = i.indexrelid
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'account_id'
    WHERE c.{_OURS.replace(" AND ", " AND c.")} AND i.indisunique AND NOT a.attnum = ANY (i.indkey::int2[])
    ORDER BY 1
"""
_FOREIGN_KEYS: LiteralString = """
    SELECT t.relname || '.' || f.conname,
           (SELECT p.relname FROM pg_class AS p WHERE p.oid = f.confrelid),
           EXISTS (SELECT FROM generate_subscripts(f.conkey, 1) AS n
                   JOIN pg_attribute AS own ON own.attrelid = f.conrelid AND own.attnum = f.conkey[n]
                   JOIN pg_attribute AS other ON other.attrelid = f.confrelid AND other.attnum = f.confkey[n]
                   WHERE own.attname = 'account_id' AND other.attname = 'account_id')
    FROM pg_constraint AS f JOIN pg_class AS t ON t.oid = f.conrelid
    WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
      AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = f.conrelid AND a.attname = 'account_id')
    ORDER BY 1
"""
_SEQUENCES: LiteralString = """
    SELECT s.relname, t.relname FROM pg_class AS s
    LEFT JOIN pg_depend AS d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        AND d.refclassid = 'pg_class'::regclass
    LEFT JOIN pg_class AS t ON t.oid = d.refobjid
    WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace ORDER BY 1
"""
_FUNCTIONS: LiteralString = """
    SELECT DISTINCT p.proname FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
      AND (p.prosrc ~* '\\m(pg_\\w+|nextval|setval|public\\.|execute)\\M'
           OR EXISTS (SELECT FROM pg_class AS c WHERE c.relkind IN ('r', 'p', 'S', 'v')
                      AND c.relnamespace = 'public'::regnamespace AND p.prosrc ~ ('\\m' || c.relname || '\\M')))
    ORDER BY 1
"""


def look_at_tables(db: Connection[Any]) -> Report:
    """What is in the way in the tables, keys, sequences and functions of a database."""
    report = Report()
    tables = db.execute(_TABLES).fetchall()
    for name, has_account, has_key in tables:
        if not has_account:
            why = "its rows belong to no account: which machine would they be on?"
            report.note("table", name, why, declared.WHOLE_INSTALLATION.get(name))
        elif not has_key:
            report.note("table", name, "it has no primary key, so its rows cannot be moved one by one", None)
    for (name,) in db.execute(_KEYS).fetchall():
        why = "another machine cannot see whether the value is taken: put account_id into the key"
        report.note("key", name, why, declared.KEYS.get(name))
    foreign = db.execute(_FOREIGN_KEYS).fetchall()
    for name, target, is_held in foreign:
        if not is_held and target not in declared.WHOLE_INSTALLATION:
            report.note(
                "foreign key", name, f"{target} may be on another machine", declared.FOREIGN_KEYS.get(name)
            )
    sequences = db.execute(_SEQUENCES).fetchall()
    for name, table in sequences:
        if table is None or table not in declared.WHOLE_INSTALLATION:
            why = "two machines would give the same number"
            report.note("sequence", name, why, declared.SEQUENCES.get(name))
    functions = db.execute(_FUNCTIONS).fetchall()
    for (name,) in functions:
        why = "it reads or writes by itself: say that it keeps to one account"
        report.note("function", name, why, declared.FUNCTIONS.get(name))
    report.looked_at = {
        "tables": len(tables),
        "foreign keys": len(foreign),
        "sequences": len(sequences),
        "functions": len(functions),
    }
    _name_what_is_gone(report, {name for name, *_ in tables}, {name for name, _ in sequences})
    return report


def _name_what_is_gone(report: Report, tables: set[str], sequences: set[str]) -> None:
    lists: tuple[tuple[str, Mapping[str, str], set[str]], ...] = (
        ("table", declared.WHOLE_INSTALLATION, tables),
        ("sequence", declared.SEQUENCES, sequences),
        ("function", declared.FUNCTIONS, {each.what for each in report.declared if each.kind == "function"}),
    )
    for kind, names, there in lists:
        for name in sorted(set(names) - there):
            report.note(kind, name, "it is declared, and not there: take it out of the declarations", None)
