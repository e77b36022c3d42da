"""A workflow on somebody's desk: what is worked on, what is published, and the names of all that it may mention."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404

from kalends.catalog import ObjectType, Property
from kalends.catalog.registry import OBJECTS
from kalends.crm.schema import account_object
from kalends.segments.segment import read_segments
from kalends.staff.cells import Names
from kalends.staff.objects import PAGES
from kalends.staff.visit import Visit
from kalends.workflows.drafts import Draft, read_draft
from kalends.workflows.flows import Stored, UnknownWorkflow, definition_json, find_workflow, list_workflows
from kalends.workflows.happenings import events_of
from kalends.workflows.reading import Json
from kalends.workflows.writable import workflow_objects, writable_properties

Options = list[tuple[str, Any]]
STYLES = ("staff/index.css", "staff/workflows.css")
"""What dialogs look like on a page of their own, without script."""


def found(visit: Visit, workflow_id: int) -> Stored:
    """The workflow. Raises ``Http404``, and ``Forbidden`` where the user has not the ability."""
    visit.require("workflows")
    try:
        return find_workflow(visit.psycopg(), visit.ctx, workflow_id)
    except UnknownWorkflow as gone:
        raise Http404(str(gone)) from gone


def objects_offered() -> tuple[str, ...]:
    """The objects of which somebody can make workflows on these pages: those that have a list."""
    return tuple(name for name in workflow_objects() if name in PAGES)


def by_label(options: Options) -> Options:
    """Options in the order of what people read."""
    return sorted(options, key=lambda each: str(each[1]).casefold())


@dataclass
class Desk:
    """A workflow, and what its object, its account and its people are called in the language of the page."""

    visit: Visit
    stored: Stored

    @classmethod
    def of(cls, visit: Visit, workflow_id: int) -> Desk:
        """Raises ``Http404``, ``Forbidden``."""
        return cls(visit, found(visit, workflow_id))

    @cached_property
    def draft(self) -> Draft | None:
        """What people work on, where it is not published."""
        return read_draft(self.visit.psycopg(), self.visit.ctx, self.stored.id)

    @cached_property
    def published(self) -> Json:
        """The version that counts."""
        return definition_json(self.visit.psycopg(), self.visit.ctx, self.stored.id, self.stored.version)

    @property
    def definition(self) -> Json:
        """What is drawn and worked on."""
        return self.draft.definition if self.draft else self.published

    @cached_property
    def object(self) -> ObjectType:
        """The object of its records, with the account's own properties."""
        return account_object(self.visit.psycopg(), self.visit.ctx, self.stored.object)

    @cached_property
    def names(self) -> Names:
        """What people and teams are called."""
        return Names.of_account(self.visit.ctx.id)

    @cached_property
    def segments(self) -> dict[int, str]:
        """All segments by number."""
        return {each.id: each.name for each in read_segments(self.visit.psycopg(), self.visit.ctx)}

    @cached_property
    def workflows(self) -> dict[int, str]:
        """The workflows of the same object by number."""
        every = list_workflows(self.visit.psycopg(), self.visit.ctx, object=self.stored.object)
        return {each.id: each.name for each in every}

    @cached_property
    def static_segments(self) -> Options:
        """The segments to which a record can be added."""
        return [
            (str(each.id), each.name)
            for each in read_segments(self.visit.psycopg(), self.visit.ctx, object=self.stored.object)
            if not each.is_active
        ]

    def property_label(self, name: str) -> str:
        """What a property is called; its own name where it is not there any more."""
        found = self.object.by_name.get(name)
        return found.label.in_language(self.visit.language) if found else name

    def option_words(self, path: str, value: str) -> str:
        """What people read for a value of a property of the record, or (``contact.jobtitle``) of what it is tied to."""
        on, _dot, name = path.rpartition(".")
        obj = account_object(self.visit.psycopg(), self.visit.ctx, on) if on in OBJECTS else self.object
        prop = obj.by_name.get(name)
        if prop is None:
            return value
        return self.names.of(prop, prop.option_label(value, self.visit.language))

    def _labeled(self, properties: list[Property]) -> Options:
        return by_label([(each.name, each.label.in_language(self.visit.language)) for each in properties])

    @cached_property
    def properties(self) -> Options:
        """All properties of the object."""
        return self._labeled(list(self.object.properties))

    @cached_property
    def dates(self) -> Options:
        """Those that are days or moments."""
        return self._labeled([each for each in self.object.properties if each.is_time])

    @cached_property
    def told(self) -> Options:
        """Those whose changes the journal tells."""
        return self._labeled([each for each in self.object.properties if each.journal_name])

    @cached_property
    def events(self) -> Options:
        """What may happen to a record."""
        return [
            (kind, words.in_language(self.visit.language)) for kind, words in events_of(self.object).items()
        ]

    @cached_property
    def writable(self) -> Options:
        """The properties that a workflow may write, of the record and then of what it is tied to, by object."""
        own = self.object.singular_label.in_language(self.visit.language)
        groups = [(own, self._writable(self.object, ""))]
        for tie in self.object.associations:
            if tie.to in workflow_objects():
                target = account_object(self.visit.psycopg(), self.visit.ctx, tie.to)
                label = OBJECTS[tie.to].singular_label.in_language(self.visit.language)
                groups.append((label, self._writable(target, f"{tie.to}.")))
        return [each for each in groups if each[1]]

    def _writable(self, obj: ObjectType, before: str) -> Options:
        named = [obj.by_name[name] for name in writable_properties(obj)]
        return by_label(
            [(f"{before}{each.name}", each.label.in_language(self.visit.language)) for each in named]
        )
