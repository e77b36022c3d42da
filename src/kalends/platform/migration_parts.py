"""What migrations are made of that change tables while others work with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import models
from django.db.migrations.operations import AddConstraint, RemoveConstraint, RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation


class AddIndexBeside(AddIndexConcurrently):
    """An index that is made while others write into its table; the migration says ``atomic = False``.

    What was left of it where that was broken off, valid or not, is thrown away first: the next start does it anew.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Make the index."""
        schema_editor.execute(
            f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}"
        )
        super().database_forwards(app_label, schema_editor, from_state, to_state)


def other_key(
    model: str, table: str, name: str, fields: Sequence[str], before: Sequence[str]
) -> list[Operation]:
    """A unique key over other fields than ``before``, under its old name; the migration says ``atomic = False``.

    Its index is made beside the traffic, and takes the old one's place in one short statement.
    """
    fresh, columns = f"{name}_new", ", ".join(fields)
    return [
        RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {fresh}", RunSQL.noop),
        RunSQL(f"CREATE UNIQUE INDEX CONCURRENTLY {fresh} ON {table} ({columns})", RunSQL.noop),
        SeparateDatabaseAndState(
            [
                RunSQL(
                    f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} UNIQUE USING INDEX {fresh}",
                    f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} UNIQUE ({', '.join(before)})",
                )
            ],
            [
                RemoveConstraint(model, name),
                AddConstraint(model, models.UniqueConstraint(fields=fields, name=name)),
            ],
        ),
    ]
