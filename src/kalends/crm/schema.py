"""An object as one account has it: the catalogue's entry with the account's own properties, pipelines and stages."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, cast

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.catalog import custom_property
from kalends.catalog.groups import ABOUT, GROUPS
from kalends.catalog.model import Group, ObjectType, Option, OptionSource, Property, PropertyType, Text
from kalends.catalog.registry import OBJECTS, get_object
from kalends.crm.product_prices import price_properties
from kalends.crm.property_groups import information

_GROUPS = {each.name: each for each in GROUPS}
_OF_DEALS: Mapping[OptionSource | None, str] = {"deal_pipelines": "pipeline", "deal_stages": "stage"}
"""What properties of other objects name of deals' pipelines."""
_CURRENCIES = """
    SELECT a.currency, c.code FROM account AS a JOIN enabled_currency AS c ON c.account_id = a.id
    WHERE a.id = %(account_id)s ORDER BY c.code
"""


def account_object(db: Connection[Any], ctx: AccountContext, name: str) -> ObjectType:
    """The object of a singular name, a plural name or a type id as the account has it.

    It has the account's own properties besides those of the catalogue, and the options of its pipeline and stage are
    the account's. Raises :class:`~kalends.catalog.UnknownName`.
    """
    return ask_for_object(db, ctx.id, name)()


def ask_for_object(db: Connection[Any], account_id: int, name: str) -> Callable[[], ObjectType]:
    """Ask what :func:`account_object` tells; what is returned takes the answer, once a pipeline has brought it.

    Raises :class:`~kalends.catalog.UnknownName`.
    """
    obj = get_object(name)
    named = {"account_id": account_id, "object": obj.name}
    others = _read_when_asked(db, account_id)
    properties = db.execute(load("kalends.crm", "own_properties"), named)
    piped = _in_pipelines(obj.name)
    of_piped = {"account_id": account_id, "object": piped.of}
    pipelines = db.execute(load("kalends.crm", "pipeline_options"), of_piped) if piped.kinds else None
    enabled = db.execute(_CURRENCIES, named) if obj.name == "product" else None

    def answer() -> ObjectType:
        own = _own(obj, properties.fetchall())
        if enabled is not None:
            own = (*own, *_prices(enabled.fetchall(), own))
        extended = replace(obj, properties=(*obj.properties, *own), as_in_account=others)
        return extended if pipelines is None else _with_pipelines(extended, pipelines.fetchall())

    return answer


def _read_when_asked(db: Connection[Any], account_id: int) -> Callable[[str], ObjectType]:
    """How the account has its other objects, all of them read together when the first is asked for: few requests do."""

    @cache
    def every() -> dict[str, ObjectType]:
        named = {"account_id": account_id, "object": None}
        own, options = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
        for row in db.execute(load("kalends.crm", "own_properties"), named).fetchall():
            own[row[-1]].append(row)
        for row in db.execute(load("kalends.crm", "pipeline_options"), named).fetchall():
            options[row[-1]].append(row)
        extended = {name: obj.with_custom(_own(obj, own[name])) for name, obj in OBJECTS.items()}
        return {
            name: _with_pipelines(obj, options[piped.of]) if (piped := _in_pipelines(name)).kinds else obj
            for name, obj in extended.items()
        }

    return lambda name: every()[name]


def _own(obj: ObjectType, rows: Sequence[Sequence[Any]]) -> tuple[Property, ...]:
    """The properties that the account has added to an object, in the order in which they were made.

    One whose name the catalogue has come to have since is left out.
    """
    return tuple(as_property(obj, row) for row in rows if row[0] not in obj.by_name)


def _prices(rows: Sequence[Sequence[Any]], own: Sequence[Property]) -> tuple[Property, ...]:
    """The prices of products in the account's further currencies; a property that it had added itself stays."""
    taken = {each.name for each in own}
    made = price_properties(rows[0][0], [code for _own_currency, code in rows]) if rows else ()
    return tuple(each for each in made if each.name not in taken)


def as_property(obj: ObjectType, row: Sequence[Any]) -> Property:
    """The catalogue's form of a row of ``own_properties.sql``; pages' connections give its JSON as text."""
    name, label, description, kind, field_type, multiple, unique, options, source, group, group_label, _of = (
        row
    )
    options = json.loads(options) if isinstance(options, str) else options
    return custom_property(
        name,
        same(label),
        cast("PropertyType", kind),
        description=description,
        options=tuple(_option(each) for each in options),
        options_from=cast("OptionSource | None", source),
        multiple=multiple,
        unique=unique,
        group=ABOUT
        if group == information(obj)
        else _GROUPS.get(group) or Group(group, same(group_label or group)),
        field_type=field_type,
    )


def same(text: str) -> Text:
    """A wording that an account gave once, for every language."""
    return Text(text, text, text)


def _option(stored: Mapping[str, Any]) -> Option:
    return Option(stored["value"], same(stored["label"]))


class _Piped(NamedTuple):
    """Whose pipelines an object's properties name, and which of them name a pipeline and which a stage."""

    of: str
    kinds: Mapping[str, str]


@cache
def _in_pipelines(name: str) -> _Piped:
    obj = get_object(name)
    if obj.pipeline:
        return _Piped(name, {obj.pipeline: "pipeline", obj.stage: "stage"})
    named = {
        each.name: _OF_DEALS[each.options_from] for each in obj.properties if each.options_from in _OF_DEALS
    }
    return _Piped("deal", named)


def _with_pipelines(obj: ObjectType, rows: Sequence[Sequence[Any]]) -> ObjectType:
    piped = _in_pipelines(obj.name)
    own = get_object(piped.of)
    known = {"pipeline": own.by_name[own.pipeline], "stage": own.by_name[own.stage]}
    options = {
        name: tuple(_labeled(known[kind], value, label) for which, value, label, _of in rows if which == kind)
        for name, kind in piped.kinds.items()
    }
    return replace(
        obj,
        properties=tuple(
            replace(each, options=options[each.name]) if options.get(each.name) else each
            for each in obj.properties
        ),
    )


def _labeled(prop: Property, value: str, label: str) -> Option:
    """An option under the account's label; one that the catalogue knows by this label keeps its translations."""
    known = next((each for each in prop.options if each.value == value and each.label.en == label), None)
    return known or Option(value, same(label))
