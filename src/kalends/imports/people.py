"""Contacts and companies from a file: made, or found again and brought up to date."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.crm.upsert import Field, Update, insert_records, update_records
from kalends.imports.lookups import Lookups
from kalends.imports.mapping import ImportMapping
from kalends.imports.outcome import Outcome
from kalends.imports.problems import BadCell, Problems
from kalends.imports.reading import FileRow
from kalends.imports.staging import Staged, Staging

ALTERNATIVES = {"contact": "email", "company": "domain"}

_CONTACTS_IN_THE_WAY = """
    SELECT r.line, r.alt
    FROM pg_temp.import_row AS r
    JOIN contact AS other ON other.account_id = %(account_id)s AND other.email = r.alt AND other.archived_at IS NULL
    LEFT JOIN contact AS own ON own.account_id = %(account_id)s AND own.import_key = r.key
    WHERE r.good AND r.key IS NOT NULL
        AND CASE WHEN own.id IS NULL THEN other.import_key IS NOT NULL ELSE other.id <> own.id END
    ORDER BY r.line
"""
_REPEATED_ADDRESSES = """
    SELECT line, alt, first FROM (
        SELECT line, alt, min(line) OVER (PARTITION BY alt) AS first
        FROM pg_temp.import_row WHERE good AND alt IS NOT NULL
    ) AS r WHERE line > first ORDER BY line
"""
_SEVERAL_COMPANIES = """
    SELECT r.line, r.alt
    FROM pg_temp.import_row AS r
    JOIN company AS c ON c.account_id = %(account_id)s AND c.domain = r.alt AND c.archived_at IS NULL
    WHERE r.good AND r.key IS NULL
    GROUP BY r.line, r.alt HAVING count(*) > 1 ORDER BY r.line
"""
_KNOWN: dict[str, LiteralString] = {
    "contact": """
        SELECT r.line, coalesce(own.id, other.id)
        FROM pg_temp.import_row AS r
        LEFT JOIN contact AS own ON own.account_id = %(account_id)s AND own.import_key = r.key
        LEFT JOIN contact AS other
            ON other.account_id = %(account_id)s AND other.email = r.alt AND other.archived_at IS NULL
        WHERE r.line = ANY(%(lines)s) AND coalesce(own.id, other.id) IS NOT NULL
    """,
    "company": """
        SELECT r.line, coalesce(own.id, other.id)
        FROM pg_temp.import_row AS r
        LEFT JOIN company AS own ON own.account_id = %(account_id)s AND own.import_key = r.key
        LEFT JOIN company AS other
            ON r.key IS NULL AND other.account_id = %(account_id)s AND other.domain = r.alt
                AND other.archived_at IS NULL
        WHERE r.line = ANY(%(lines)s) AND coalesce(own.id, other.id) IS NOT NULL
    """,
}


def hashed(data: dict[str, str]) -> str:
    """The key of a row that has none of its own: the same row has the same, a changed row another."""
    text = "\x1f".join(f"{name}={value}" for name, value in sorted(data.items()))
    return "row:" + hashlib.sha256(text.encode()).hexdigest()[:32]


class PeopleImport:
    """The import of contacts or of companies."""

    whole_records = False

    def __init__(self, db: Connection[Any], ctx: AccountContext, mapping: ImportMapping) -> None:
        self._db, self._ctx, self._mapping = db, ctx, mapping
        self._table = mapping.object
        self._alternative = ALTERNATIVES[mapping.object]
        self._lookups = Lookups(db, ctx, mapping)
        mapped = {target for targets in mapping.columns.values() for target in targets} | {
            *mapping.constants,
            *mapping.defaults,
        }
        self._plain = sorted((target for target in mapped if target.column), key=lambda target: target.name)
        self._fields = [Field(target.column or "", target.sql_type) for target in self._plain]
        self._fields.append(Field("import_key", "text"))
        if mapping.maps("hubspot_owner_id"):
            self._fields.append(Field("owner_id", "bigint"))
        self._with_company = mapping.maps("company.key") or mapping.maps("company.domain")
        if self._with_company:
            self._fields.append(Field("primary_company_id", "bigint"))

    def stage(self, row: FileRow, problems: Problems) -> Staged:
        """Say which record a row is about; a row that names nobody is a problem."""
        alt = row.values.get(self._alternative)
        key, good = row.key, row.good
        if good and self._mapping.key is not None and key is None:
            problems.add(row.line, self._mapping.key, "", "The key is empty; each row needs one.")
            good = False
        if good and not any(
            target.name in row.values for target in self._plain if target not in self._mapping.constants
        ):
            problems.add(row.line, "", "", "Every mapped column is empty; take the row out.")
            good = False
        if key is None and alt is None:
            key = hashed(row.values)
        identity = f"k:{key}" if key is not None else f"a:{alt}"
        return Staged(row.line, identity, key, alt, good, row.values)

    def check(self, staging: Staging, problems: Problems) -> None:
        """What only shows when the whole file and the account are looked at."""
        spoiled: list[int] = []
        heading = self._mapping.heading_of(self._alternative)
        for line, identity, first in staging.repeated():
            where = self._mapping.key or (heading if identity.startswith("a:") else "")
            shown = "" if identity.startswith("k:row:") else identity[2:]
            problems.add(line, where, shown, f"This stands on row {first} already; each record has one row.")
            spoiled.append(line)
        staging.spoil(spoiled)
        params = {"account_id": self._ctx.id}
        spoiled = []
        if self._table == "contact":
            for line, alt, first in staging.rows(_REPEATED_ADDRESSES):
                problems.add(
                    line, heading, alt, f"Row {first} has this address already; no two contacts share one."
                )
                spoiled.append(line)
            for line, alt in staging.rows(_CONTACTS_IN_THE_WAY, params):
                problems.add(
                    line, heading, alt, "Another contact of the account has this address; no two share one."
                )
                spoiled.append(line)
        else:
            for line, alt in staging.rows(_SEVERAL_COMPANIES, params):
                problems.add(
                    line, heading, alt, "Several companies have this domain; name them by a key column."
                )
                spoiled.append(line)
        staging.spoil(spoiled)
        with self._db.transaction():
            for block in staging.good_blocks("checking", whole_records=False):
                staging.spoil(self._check_block(block, problems))

    def _check_block(self, block: Sequence[Staged], problems: Problems) -> list[int]:
        self._lookups.find_companies([row.data for row in block])
        spoiled: list[int] = []
        for row in block:
            try:
                self._values(row)
            except BadCell as bad:
                problems.add_cell(row.line, bad)
                spoiled.append(row.line)
        return spoiled

    def write(self, staging: Staging, outcome: Outcome, block: Sequence[Staged]) -> None:
        """Make or bring up to date the records of a block. Runs in the caller's transaction."""
        self._lookups.find_companies([row.data for row in block])
        params = {"account_id": self._ctx.id, "lines": [row.line for row in block]}
        known = dict(staging.rows(_KNOWN[self._table], params))
        fresh = [row for row in block if row.line not in known]
        if fresh:
            values = [self._values(row) for row in fresh]
            insert_records(self._db, self._ctx, self._table, self._fields, values, source="IMPORT")
        wanted = [Update(known[row.line], self._values(row)) for row in block if row.line in known]
        changed = update_records(self._db, self._ctx, self._table, self._fields, wanted, actor="import")
        outcome.created += len(fresh)
        outcome.updated += len(changed)
        outcome.unchanged += len(wanted) - len(changed)

    def _values(self, row: Staged) -> list[str | None]:
        """The values of a row by field. Raises ``BadCell``."""
        values: list[str | None] = [row.data.get(target.name) for target in self._plain]
        values.append(row.key)
        if self._mapping.maps("hubspot_owner_id"):
            values.append(self._lookups.owner(row.data))
        if self._with_company:
            company = self._lookups.company(row.data)
            values.append(None if company is None else str(company))
        return values
