"""The values that a record had, in SQL: what the journal of events says of a property.

An event has what it changed on its record under ``changes``, and what it changed on that record's subscription under
``parent_changes``, each by the property's name in the journal as ``[before, after]``.
"""

from __future__ import annotations

from typing import NamedTuple

from kalends.catalog.expressions import unit
from kalends.catalog.model import ObjectType, Property
from kalends.query.context import Binder

_NUMBER = "^[-+]?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$"
_VALUE = "had.value"
_CHANGES = "{changes}"
"""Stands for the part of an event that tells the changes of the record in question."""


class Past(NamedTuple):
    """A property of the row ``alias`` of an object, whose past is asked for."""

    binder: Binder
    obj: ObjectType
    prop: Property
    alias: str

    @property
    def read(self) -> str:
        """The SQL that reads a value of the past, as the property's own SQL reads the present one."""
        if not self.prop.is_number:
            return _VALUE
        number = f"(CASE WHEN {_VALUE} ~ '{_NUMBER}' THEN {_VALUE}::numeric END)"
        if not self.prop.minor or self.prop.currency is None:
            return number
        return f"({number} * {self.binder.fill(unit(self.prop.currency), self.alias)})"


def had_sql(past: Past, test: str) -> str:
    """Whether a change found or left a value for which ``test`` holds, which is about :attr:`Past.read`."""
    name = past.binder.bind(past.prop.journal_name, "text")
    values = ", ".join(f"({_CHANGES} -> {name} ->> {which})" for which in (0, 1))
    return _some_event(past, f"EXISTS (SELECT FROM (VALUES {values}) AS had (value) WHERE {test})")


def ever_had_sql(past: Past, known: str) -> str:
    """Whether the record has a value, or had one."""
    had_one = had_sql(past, f"{_VALUE} <> ''")
    return f"({known} OR {had_one})"


def updated_sql(past: Past, known: str, since: str) -> str:
    """Whether the value changed since a moment, or began with a record that was made since then."""
    name = past.binder.bind(past.prop.journal_name, "text")
    created = past.binder.read(past.obj.by_name[past.obj.created], past.alias)
    changed = _some_event(past, f"ev.at >= {since} AND {_CHANGES} ? {name}")
    return f"(({created} >= {since} AND coalesce({known}, FALSE)) OR {changed})"


def _some_event(past: Past, condition: str) -> str:
    """Whether there is an event of the record, or of something that belongs to the subscription that it is."""
    of_account = "EXISTS (SELECT FROM event ev WHERE ev.account_id = %(account_id)s"
    own = f"ev.object_id = {past.alias}.id AND ev.object_type = '{past.obj.name}'"
    ours = condition.replace(_CHANGES, "(ev.data -> 'changes')")
    found = f"{of_account} AND {own} AND {ours})"
    if past.obj.name != "subscription":
        return found
    theirs = condition.replace(_CHANGES, "(ev.data -> 'parent_changes')")
    return f"({found} OR {of_account} AND ev.parent_id = {past.alias}.id AND {theirs}))"
