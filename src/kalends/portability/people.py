"""Users in rows: where rows name them, and how their numbers become those of another installation.

Users belong to an installation and not to an account, so that one who is known there by the same address has another
number. Rows name users in columns of numbers, in texts such as ``user:7``, and inside filters and definitions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from psycopg import Connection

from kalends.accounts.people import NO_PASSWORD
from kalends.catalog.registry import OBJECTS
from kalends.portability.tables import Table, statement

NUMBERS = frozenset(
    "user_id owner_id created_by_user_id updated_by_user_id made_by sent_by shared_by".split()
)
"""Columns that hold a user's number, and the names under which JSON holds one."""
ACTORS = frozenset("actor draft_actor done_by requested_by connected_by published_by source_id".split())
"""Columns whose text may name a user: ``user:7`` or ``userId:7``."""
_LISTS = NUMBERS | {"users", "owner", "owners", "heir"}
_NUMBERED = re.compile(r"[0-9]{1,18}(,[0-9]{1,18})*")
_ADDRESS = re.compile(r"[^@\s\x00-\x20\x7f,;:<>\"]+@[^@\s\x00-\x20\x7f,;:<>\"]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS_LONGEST, _NAME_LONGEST = 320, 1_000
_ACTOR = r"^user(Id)?:[0-9]{1,18}$"

People = Mapping[int, int]
"""Numbers of users in the archive, and here."""


def numbers_of(table: Table) -> list[str]:
    """The table's columns that hold a user's number."""
    return [each.name for each in table.columns if each.name in NUMBERS and each.form == "number"]


def actors_of(table: Table) -> list[str]:
    """The table's columns whose text may name a user."""
    return [each.name for each in table.columns if each.name in ACTORS and each.form == "text"]


def named_people(db: Connection[Any], account_id: int, tables: list[Table]) -> list[int]:
    """The numbers of all users whom the account's rows name, former ones as well."""
    found: set[int] = set()
    for table in tables:
        for column in numbers_of(table):
            rows = db.execute(
                statement(
                    f"SELECT DISTINCT {column} FROM {table.name} WHERE account_id = %s AND {column} > 0"
                ),
                [account_id],
            )
            found.update(row[0] for row in rows)
        for column in actors_of(table):
            rows = db.execute(
                statement(
                    f"SELECT DISTINCT split_part({column}, ':', 2)::bigint FROM {table.name} "
                    f"WHERE account_id = %s AND {column} LIKE 'user%%' AND {column} ~ %s"
                ),
                [account_id, _ACTOR],
            )
            found.update(row[0] for row in rows)
    for table, names in own_properties(db, account_id).items():
        for name in names:
            rows = db.execute(
                statement(
                    f"SELECT DISTINCT (custom ->> %(name)s)::bigint FROM {table} WHERE account_id = %(account)s "
                    "AND custom ->> %(name)s ~ '^[0-9]{1,18}$'"
                ),
                {"name": name, "account": account_id},
            )
            found.update(row[0] for row in rows)
    return sorted(found)


def own_properties(db: Connection[Any], account_id: int) -> dict[str, frozenset[str]]:
    """The properties that the account added and that name users, by the table of their records."""
    rows = db.execute(
        "SELECT object_type, array_agg(name) FROM property_definition WHERE account_id = %s "
        "AND options_from = 'owners' GROUP BY object_type",
        [account_id],
    ).fetchall()
    return {OBJECTS[object_type].table: frozenset(names) for object_type, names in rows}


def number_here(column: str) -> str:
    """SQL of a user's number in this installation, given ``%(people)s``.

    Whom the archive does not name by address is nobody: the number may be somebody's here.
    """
    return (
        f"CASE WHEN r.{column} > 0 THEN (%(people)s::jsonb ->> r.{column}::text)::bigint ELSE r.{column} END"
    )


def actor_here(column: str) -> str:
    """SQL of a text that may name a user, for this installation."""
    named = f"split_part(r.{column}, ':', 2)"
    return (
        f"CASE WHEN r.{column} ~ '{_ACTOR}' THEN split_part(r.{column}, ':', 1) || ':' "
        f"|| coalesce(%(people)s::jsonb ->> {named}, {named}) ELSE r.{column} END"
    )


def line_here(
    line: bytes, columns: Sequence[str], people: People, own: frozenset[str] = frozenset()
) -> bytes:
    """A line whose JSON columns name users by the numbers of this installation; ``own`` are further properties.

    >>> line_here(b'{"id": 3, "data": {"changes": {"owner_id": [7, null]}}}', ["data"], {7: 12})
    b'{"id": 3, "data": {"changes": {"owner_id": [12, null]}}}'
    >>> condition = b'{"filter": {"property": "hubspot_owner_id", "values": ["7", "8"]}}'
    >>> line_here(condition, ["filter"], {7: 12})
    b'{"filter": {"property": "hubspot_owner_id", "values": ["12", "8"]}}'
    >>> line_here(b'{"content": {"owner": "7,8", "every": "month"}}', ["content"], {7: 12})
    b'{"content": {"owner": "12,8", "every": "month"}}'
    """
    names = _properties() | own
    if not any(
        mark in line for mark in (b"owner", b"user", b"_by", b"heir", *(each.encode() for each in own))
    ):
        return line
    row = json.loads(line)
    for column in columns:
        row[column] = _value_here(row.get(column), people, names)
    return json.dumps(row, ensure_ascii=False).encode()


def custom_here(line: bytes, people: People, own: frozenset[str]) -> bytes:
    """A line whose own properties ``own`` name users by the numbers of this installation.

    >>> custom_here(b'{"id": 3, "custom": {"seller": "7", "size": "7"}}', {7: 12}, frozenset({"seller"}))
    b'{"id": 3, "custom": {"seller": "12", "size": "7"}}'
    """
    row = json.loads(line)
    custom = row["custom"]
    row["custom"] = {
        name: _named(value, people, own) if name in own else value for name, value in custom.items()
    }
    return json.dumps(row, ensure_ascii=False).encode()


def _value_here(value: Any, people: People, properties: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_value_here(each, people, properties) for each in value]
    if not isinstance(value, dict):
        return value
    written = value.get("filter")
    if isinstance(written, str) and written.startswith("{"):
        value = {**value, "filter": json.dumps(_value_here(json.loads(written), people, properties))}
    naming = _LISTS | properties
    if isinstance(value.get("property"), str):
        naming = {"value", "values"} if value["property"] in properties else frozenset[str]()
    return {
        name: (_named if name in naming else _value_here)(each, people, properties)
        for name, each in value.items()
    }


def _named(value: Any, people: People, properties: frozenset[str]) -> Any:
    """A number, the text of one or of several, or a list of them."""
    if isinstance(value, list):
        return [_named(each, people, properties) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return people.get(value, value)
    if isinstance(value, str) and _NUMBERED.fullmatch(value):
        return ",".join(str(people.get(int(each), each)) for each in value.split(","))
    return _value_here(value, people, properties)


@cache
def _properties() -> frozenset[str]:
    """The properties of the catalogue that name users."""
    return frozenset(
        prop.name for obj in OBJECTS.values() for prop in obj.properties if prop.column in NUMBERS
    )


def take_in(db: Connection[Any], people: Iterable[dict[str, Any]]) -> tuple[dict[int, int], list[str]]:
    """Find or make the archive's users; their numbers here, and the addresses of those who are new.

    A new user has no password: nobody can sign in as one before a link by letter let them set it. Raises
    ``ValueError`` for one to whom no letter could go.
    """
    numbers: dict[int, int] = {}
    new: list[str] = []
    for person in people:
        address = person["email"].strip().lower()
        _check_person(person, address)
        made = db.execute(
            "INSERT INTO app_user (email, name, password, language, is_active) VALUES (%s, %s, %s, %s, true) "
            "ON CONFLICT (email) DO NOTHING RETURNING id",
            [address, person["name"], NO_PASSWORD, person["language"]],
        ).fetchone()
        if made is not None:
            new.append(address)
        row = made or db.execute("SELECT id FROM app_user WHERE email = %s", [address]).fetchone()
        assert row is not None
        numbers[person["id"]] = row[0]
    return numbers, new


def _check_person(person: Mapping[str, Any], address: str) -> None:
    """Raises ``ValueError``; users belong to the whole installation, and others would have to live with such a one."""
    if not _ADDRESS.fullmatch(address) or len(address) > _ADDRESS_LONGEST:
        raise ValueError(f"no email address: {address[:100]!r}")
    if person["language"] not in dict(settings.LANGUAGES):
        raise ValueError(f"no language of Kalends: {str(person['language'])[:20]!r}")
    name = person["name"]
    if not isinstance(name, str) or len(name) > _NAME_LONGEST or _CONTROL.search(name):
        raise ValueError(f"no name of a person: {str(name)[:100]!r}")
    if not isinstance(person["id"], int) or person["id"] < 1:
        raise ValueError(f"no number of a user: {str(person['id'])[:20]!r}")
