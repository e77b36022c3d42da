"""Finding the records that a file speaks of: owners, companies and contacts that are there already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.imports.mapping import ImportMapping
from kalends.imports.problems import BadCell

_COMPANIES: dict[str, LiteralString] = {
    column: f"SELECT {column}, id FROM company WHERE account_id = %s AND {column} = ANY(%s) AND archived_at IS NULL"
    for column in ("import_key", "domain")
}
_CONTACTS: dict[str, LiteralString] = {
    column: f"SELECT {column}, id FROM contact WHERE account_id = %s AND {column} = ANY(%s) AND archived_at IS NULL"
    for column in ("import_key", "email")
}


class Lookups:
    """What is there already in an account, looked up block by block."""

    def __init__(self, db: Connection[Any], ctx: AccountContext, mapping: ImportMapping) -> None:
        self._db, self._ctx, self._mapping = db, ctx, mapping
        self._owners = self._read_owners()
        self._companies: dict[tuple[str, str], list[int]] = {}

    def _read_owners(self) -> dict[str, int]:
        """Users of the account by number and by address."""
        rows = self._db.execute(
            "SELECT u.id, u.email FROM app_user AS u JOIN membership AS m ON m.user_id = u.id WHERE m.account_id = %s",
            [self._ctx.id],
        ).fetchall()
        return {name: id_ for id_, email in rows for name in (str(id_), email)}

    def owner(self, data: dict[str, str]) -> str | None:
        """The owner's number. Raises ``BadCell``."""
        wanted = data.get("hubspot_owner_id")
        if wanted is None:
            return None
        found = self._owners.get(wanted.strip().lower())
        if found is None:
            heading = self._mapping.heading_of("hubspot_owner_id")
            raise BadCell(heading, wanted, "No user of this account has this address or number.")
        return str(found)

    def find_companies(self, rows: Iterable[dict[str, str]]) -> None:
        """Look up the companies that a block of rows speaks of."""
        self._companies.clear()
        for name, column in (("company.key", "import_key"), ("company.domain", "domain")):
            wanted = sorted({data[name] for data in rows if name in data})
            if wanted:
                for value, id_ in self._db.execute(_COMPANIES[column], [self._ctx.id, wanted]).fetchall():
                    self._companies.setdefault((name, value), []).append(id_)

    def company(self, data: dict[str, str]) -> int | None:
        """The number of the company that a row speaks of. Raises ``BadCell``."""
        for name in ("company.key", "company.domain"):
            if name in data:
                found = self._companies.get((name, data[name]), [])
                if len(found) == 1:
                    return found[0]
                heading = self._mapping.heading_of(name)
                if found:
                    raise BadCell(
                        heading,
                        data[name],
                        f"{len(found)} companies have this domain; name them by their keys.",
                    )
                raise BadCell(heading, data[name], "There is no such company. Import the companies first.")
        return None

    def contacts(self, column: str, wanted: Iterable[str]) -> dict[str, int]:
        """Contacts by ``email`` or by ``import_key``."""
        return dict(self._db.execute(_CONTACTS[column], [self._ctx.id, sorted(set(wanted))]).fetchall())
