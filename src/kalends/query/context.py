"""What a query needs besides the filter, and what comes out: SQL text with named parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from kalends.catalog.model import Property

if TYPE_CHECKING:
    from kalends.query.sight import Sight


@dataclass(frozen=True, slots=True)
class Context:
    """Whose records are asked for, and when.

    ``today`` is the date in ``time_zone`` (an IANA name) at ``now``. ``user_id`` is whom *me* means in conditions
    on owners. ``archived`` asks for archived records instead of living ones. ``sight`` is what the asker may see;
    without one everything is seen, which is for commands and programs, not for people.
    """

    account_id: int
    today: date
    now: datetime
    time_zone: str
    user_id: int | None = None
    archived: bool = False
    sight: Sight | None = None


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement or a condition with psycopg's named places, and the names of its result columns."""

    text: str
    params: dict[str, object]
    columns: tuple[str, ...] = ()


class Cursor(Protocol):
    """Any DB-API cursor: psycopg's, or Django's."""

    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> Sequence[Any]: ...


def fetch(cursor: Cursor, sql: Sql) -> list[dict[str, Any]]:
    """Run a compiled select and give its rows by column name."""
    cursor.execute(sql.text, sql.params)
    return [dict(zip(sql.columns, row, strict=True)) for row in cursor.fetchall()]


@dataclass(slots=True)
class Binder:
    """Collects parameters while SQL is written: every value from outside goes through :meth:`bind`."""

    context: Context
    few: bool = False
    """Whether the records asked about are a few that are known by number."""
    params: dict[str, object] = field(init=False)

    def __post_init__(self) -> None:
        self.params = {
            "account_id": self.context.account_id,
            "today": self.context.today,
            "now": self.context.now,
            "time_zone": self.context.time_zone,
        }

    def bind(self, value: object, cast: str = "") -> str:
        """A place for a value, and the SQL type to read it as."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"%({name})s{'::' + cast if cast else ''}"

    def fill(self, template: str, alias: str, **places: str) -> str:
        """A catalogue template with its places filled."""
        return template.format(
            t=alias,
            account="%(account_id)s",
            today="%(today)s::date",
            now="%(now)s::timestamptz",
            zone="%(time_zone)s::text",
            **places,
        )

    def read(self, prop: Property, alias: str) -> str:
        """The SQL that reads a property of the row ``alias``."""
        if prop.custom:
            return self.fill(prop.sql, alias, name=self.bind(prop.name, "text"))
        return f"({self.fill(prop.sql, alias)})"
