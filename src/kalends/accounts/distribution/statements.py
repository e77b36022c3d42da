"""What statements ask of the database: PostgreSQL itself tells by which condition each table of accounts is read.

Each statement is planned for parameters that nobody knows yet, and for somebody whom no wall between accounts helps. A
table of accounts that is read without ``account_id = …`` is read on every machine.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, LiteralString, NamedTuple, cast

import psycopg
from psycopg import Connection

from kalends.accounts.distribution import declared
from kalends.accounts.distribution.findings import Report

_BEGINS = re.compile(r"\s*(?:--[^\n]*\n\s*)*(?:SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM|MERGE)\b")
_COMPOSED = re.compile(r"\{\w*\}(?!')")
_PLACE = re.compile(r"%(?:\((\w+)\))?([sbt%])")
_OF_ITSELF = re.compile(r"\b(information_schema|pg_catalog|pg_class|pg_stat\w*)\b")
_NAMED = re.compile(r"\baccount_id\b[^=<>]{0,40}=|=[^=<>]{0,40}\baccount_id\b")
_FIXED = re.compile(r"\baccount_id\)? = \(*(?:\$|'|\d|InitPlan|SubPlan|NULLIF|current_setting)")
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "TID Cond", "Join Filter", "Hash Cond", "Merge Cond")
_TABLES_OF_ACCOUNTS: LiteralString = """
    SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'account_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
_OUTSIDE = ("bench", "demo", "portability", "proving", "simulation")
"""Rooms of which nothing runs in an account's ordinary life: they fill, copy or look at a database as a whole."""


class Statement(NamedTuple):
    """A statement, and where it stands."""

    place: str
    text: str


def written_statements() -> Iterator[Statement]:
    """The statements that stand in the program as they are: in files, and as whole texts in modules.

    Those that are put together while the program runs have to be recorded.
    """
    for path, file in _walk(files("kalends"), ""):
        room = path.split("/")[0]
        if room in _OUTSIDE or "/migrations/" in path:
            continue
        if path.endswith(".sql"):
            if not _COMPOSED.search(text := file.read_text("utf-8")):
                yield Statement(path, text)
        elif path.endswith(".py"):
            yield from (Statement(f"{path}:{line}", text) for line, text in _texts(file.read_text("utf-8")))


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda item: item.name):
        name = f"{path}/{each.name}" if path else each.name
        if each.is_dir():
            yield from _walk(each, name)
        else:
            yield name, each


def _texts(source: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    parts |= {
        id(side) for node in ast.walk(tree) if isinstance(node, ast.BinOp) for side in (node.left, node.right)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in parts
            and _is_sql(node.value)
        ):
            yield node.lineno, node.value


def _is_sql(text: str) -> bool:
    return _BEGINS.match(text) is not None and not _COMPOSED.search(text) and " " in text.strip()


def look_at_statements(db: Connection[Any], statements: Iterable[Statement]) -> Report:
    """Which statements read a table of accounts without an account. ``db`` passes the walls between accounts.

    Needs PostgreSQL 16, and a user who is a superuser or has ``BYPASSRLS``.
    """
    report = Report()
    tables = {row[0] for row in db.execute(_TABLES_OF_ACCOUNTS).fetchall()}
    looked = 0
    for statement in statements:
        if _OF_ITSELF.search(statement.text):
            continue
        looked += 1
        try:
            plan = _plan(db, statement.text)
        except psycopg.Error as problem:
            report.unseen.append((statement.place, str(problem).strip().splitlines()[0]))
            continue
        for table in sorted(set(_without_account(plan, tables, {})) or _in_every_account(plan, tables)):
            why = f"it reads {table} without an account"
            report.note("statement", statement.place, why, declared.STATEMENTS.get(table))
    report.looked_at = {"statements": looked}
    return report


def can_look(db: Connection[Any]) -> bool:
    """Whether this connection may look at statements."""
    row = db.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    return db.info.server_version >= 160_000 and row is not None and bool(row[0])


def _plan(db: Connection[Any], text: str) -> Mapping[str, Any]:
    try:
        return _plan_of(db, numbered(text))
    except (
        psycopg.errors.AmbiguousFunction,
        psycopg.errors.DatatypeMismatch,
        psycopg.errors.AmbiguousParameter,
    ):
        return _plan_of(db, numbered(text, of="::int"))


def _plan_of(db: Connection[Any], text: str) -> Mapping[str, Any]:
    query = cast("LiteralString", "EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + text)
    with db.transaction(), db.cursor() as cursor:
        cursor.execute(query.encode(), prepare=False)
        row = cursor.fetchone()
    assert row is not None
    return row[0][0]["Plan"]


def numbered(text: str, of: str = "") -> str:
    """A statement with PostgreSQL's own places for parameters, ``of`` a type where it cannot tell by itself.

    >>> numbered("SELECT %(a)s + %(b)s, %(a)s, 5 %% 2, %s")
    'SELECT $1 + $2, $1, 5 % 2, $3'
    """
    known: dict[str, str] = {}

    def place(match: re.Match[str]) -> str:
        if match[2] == "%":
            return "%"
        return known.setdefault(match[1] or f"place {match.start()}", f"${len(known) + 1}{of}")

    return _PLACE.sub(place, text).strip().rstrip(";")


def _without_account(node: Mapping[str, Any], tables: set[str], around: Mapping[str, str]) -> Iterator[str]:
    """The tables of accounts that are read below a node, and nowhere by their account."""
    said = {name: str(node[name]) for name in _CONDITIONS if name in node}
    below = [each for each in node.get("Plans", ()) if "Index Name" in each and "Relation Name" not in each]
    own = " ".join([*said.values(), *(str(each.get("Index Cond", "")) for each in _bitmaps(below))])
    table, alias = node.get("Relation Name"), node.get("Alias")
    if table in tables and _reads(node) and not _NAMED.search(own):
        joined = " ".join(around.values())
        if f"{alias}.account_id" not in joined:
            yield str(table)
    joins = {**around, **{f"{len(around)} {name}": text for name, text in said.items() if table is None}}
    for each in node.get("Plans", ()):
        yield from _without_account(each, tables, joins)


def _in_every_account(plan: Mapping[str, Any], tables: set[str]) -> set[str]:
    """The tables of accounts that are read by each other's account, where nobody says which account that is."""
    nodes = list(_bitmaps([plan]))
    conditions = " ".join(str(node[name]) for node in nodes for name in _CONDITIONS if name in node)
    if _FIXED.search(conditions) or any(node.get("Relation Name") == "account" for node in nodes):
        return set()
    return {
        str(node["Relation Name"]) for node in nodes if node.get("Relation Name") in tables and _reads(node)
    }


def _reads(node: Mapping[str, Any]) -> bool:
    return node["Node Type"] != "ModifyTable"


def _bitmaps(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for node in nodes:
        yield node
        yield from _bitmaps(node.get("Plans", ()))
