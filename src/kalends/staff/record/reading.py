"""A record as its page needs it: the object with the account's own properties, and the values of this one record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from kalends.catalog import ObjectType, Property
from kalends.catalog.groups import GROUPS
from kalends.catalog.model import EDITABLE
from kalends.catalog.render import to_api
from kalends.crm.rules import rules_of
from kalends.crm.schema import account_object
from kalends.query import NAME, compile_lookup, fetch
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.cells import Cell, Names, Row, Wardrobe
from kalends.staff.forbidden import NoRecord
from kalends.staff.objects import BY_SLUG, ObjectPage
from kalends.staff.visit import Visit


@dataclass(frozen=True)
class Record:
    """One record that the user may see. ``row`` has the values of all properties."""

    visit: Visit
    page: ObjectPage
    object: ObjectType
    id: int
    row: Row
    wardrobe: Wardrobe

    @cached_property
    def may_edit(self) -> bool:
        """Whether the user may edit this very record."""
        return self.visit.may("edit", self.page.name, self.id)

    @property
    def name(self) -> str:
        """What people know it by."""
        return str(self.row[NAME] or self.id)

    def value(self, prop: Property) -> str:
        """A value as programs write it; empty where there is none."""
        return to_api(prop, self.row[prop.name]) or ""

    def cell(self, prop: Property) -> Cell:
        """A value as people read it; a moment with its time of day, for which lists have no room."""
        cell, value = self.wardrobe.cell(prop, self.row), self.row[prop.name]
        if isinstance(value, datetime):
            return replace(cell, text=formatting.instant(value, self.visit.ctx.time_zone))
        return cell

    def told(self, name: str) -> dict[str, Any]:
        """A property with its value, for the page."""
        prop = self.object.by_name[name]
        return {
            "name": name,
            "label": prop.label.in_language(self.visit.language),
            "about": prop.description,
            "cell": self.cell(prop),
        }

    def groups(self) -> list[dict[str, Any]]:
        """All properties in the catalogue's groups, then those of the account."""
        order = [
            *GROUPS,
            *dict.fromkeys(each.group for each in self.object.properties if each.group not in GROUPS),
        ]
        return [
            {
                "label": group.label.in_language(self.visit.language),
                "properties": [
                    self.told(each.name) for each in self.object.properties if each.group == group
                ],
            }
            for group in order
        ]

    def is_editable(self, prop: Property) -> bool:
        """Whether staff write a property here: what has an action of its own is left to that action."""
        if prop.name in rules_of(self.page.name).handled:
            return False
        return prop.custom or set(EDITABLE) <= set(prop.writable_by)


def read_record(cursor: Cursor, visit: Visit, slug: str, id_: int) -> Record:
    """A living record that the user may see. Raises ``Http404``."""
    page = BY_SLUG[slug]
    obj = account_object(visit.psycopg(), visit.ctx, page.name)
    columns = [NAME, *(prop.name for prop in obj.properties)]
    rows = fetch(cursor, compile_lookup(obj, columns, [id_], visit.asking))
    if not rows:
        raise NoRecord(page.name, id_)
    dresses = page.dresses(visit, page.beside(cursor, visit.ctx.id, [id_]))
    names = Names.of_account(visit.ctx.id)
    wardrobe = Wardrobe(obj, visit.language, visit.ctx.time_zone, names, dresses)
    return Record(visit, page, obj, id_, rows[0], wardrobe)
