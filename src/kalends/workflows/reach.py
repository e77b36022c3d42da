"""Which objects a workflow reads and writes, for whoever asks what somebody needs to be allowed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple, cast

from kalends.query import Associated
from kalends.workflows.definition import Assign, CreateRecord, Definition, SetProperty
from kalends.workflows.texts import named_in


class Reach(NamedTuple):
    """Names of objects. What is written is read as well."""

    read: frozenset[str]
    written: frozenset[str]


def reach_of(made: Definition) -> Reach:
    """The object of the records, what its filters and texts name, and what its actions write.

    >>> from kalends.workflows.definition import Notify, People
    >>> tell = Notify(id="1", to=People(owner=True), text="{{ contact.email }}")
    >>> touch = SetProperty(id="2", property="name", mode="clear", on="company")
    >>> reach = reach_of(Definition(object="subscription", actions={"1": tell, "2": touch}))
    >>> sorted(reach.read), sorted(reach.written)
    (['company', 'contact', 'subscription'], ['company'])
    """
    written = {
        (each.on or made.object) if isinstance(each, SetProperty) else made.object
        for each in made.actions.values()
        if isinstance(each, SetProperty | Assign)
    }
    written |= {each.object for each in made.actions.values() if isinstance(each, CreateRecord)}
    return Reach(frozenset({made.object, *written, *_named(made)}), frozenset(written))


def _named(part: object) -> set[str]:
    """The other objects that a part of a definition names, in filters and in the placeholders of texts."""
    if isinstance(part, str):
        return {each.object for each in named_in(part) if each.object}
    if isinstance(part, Mapping):
        return _all_named(tuple(cast("Mapping[str, Any]", part).values()))
    if isinstance(part, tuple):
        return _all_named(cast("tuple[Any, ...]", part))
    if is_dataclass(part) and not isinstance(part, type):
        own = {part.object} if isinstance(part, Associated) else set[str]()
        return own | _all_named(tuple(getattr(part, each.name) for each in fields(part)))
    return set()


def _all_named(parts: tuple[Any, ...]) -> set[str]:
    return {name for each in parts for name in _named(each)}
