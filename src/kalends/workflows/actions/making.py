"""Making records, through the one way in which records are made (:mod:`kalends.crm.records`).

A new record is written in the transaction that notes that it was: each enrollment makes it once, whatever happens to
the process. It is associated with the record that was enrolled, by which it is known how far workflows have led to one
another, and with that record's contacts and companies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from kalends.catalog.model import ObjectType
from kalends.catalog.registry import get_property
from kalends.crm.association_types import DEFINED
from kalends.crm.record_reads import read
from kalends.crm.records import New, Who, prepare_new, write_new
from kalends.crm.rules import Tie
from kalends.workflows.actions.block import Block
from kalends.workflows.actions.writing import as_written
from kalends.workflows.definition import CreateRecord, Given
from kalends.workflows.places import Place, Result
from kalends.workflows.texts import LINK, NAME, PLACE, Named, named_in
from kalends.workflows.writable import creatable_objects, is_writable

CUSTOMERS = ("contact", "company")
TIED_MOST = 10
"""How many contacts, and how many companies, a new record is associated with."""


def create_record(block: Block, action: CreateRecord, places: Sequence[Place]) -> dict[int, Result]:
    """Make a record for each of the records."""
    assert action.object in creatable_objects(block.flow.object), f"a workflow may not make a {action.object}"
    obj = block.flows.object(action.object)
    values, ties = _values(block, action, obj, places), _ties(block, obj, places)
    drafts = prepare_new(
        block.db, block.ctx, obj, [New(values[each.record_id], ties[each.record_id]) for each in places]
    )
    right = [draft for draft in drafts if not draft.written.problems]
    who = Who(block.flow.actor, "AUTOMATION_PLATFORM", str(block.flow.id))
    made = iter(write_new(block.db, block.ctx, obj, right, who))
    return {
        place.id: Result("failed", draft.written.problems[0].message, action.next)
        if draft.written.problems
        else Result("done", f"{obj.name} {next(made)}", action.next)
        for place, draft in zip(places, drafts, strict=True)
    }


def _values(
    block: Block, action: CreateRecord, obj: ObjectType, places: Sequence[Place]
) -> dict[int, dict[str, str]]:
    """The properties of the new records, by the record that each is made for."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    texts = [each for each in action.given if _copied(each) is None]
    filled = block.texts(places, *(each.value for each in texts))
    for place in places:
        found[place.record_id] |= {
            each.property: words for each, words in zip(texts, filled[place.record_id], strict=True)
        }
    for each in action.given:
        prop, named = get_property(obj, each.property), _copied(each)
        assert is_writable(obj, prop), f"a workflow may not write {prop.name}"
        if named is not None:
            for id_, value in _raw(block, named, places, prop.type).items():
                found[id_][each.property] = value
    return {id_: {name: value for name, value in given.items() if value} for id_, given in found.items()}


def _copied(given: Given) -> Named | None:
    """The property that a value is, and nothing besides: it is copied as it is, and not as people read it.

    >>> _copied(Given("amount", "{{ hs_mrr }}")), _copied(Given("dealname", "More than {{ hs_mrr }}"))
    (Named(object='', property='hs_mrr'), None)
    """
    found = PLACE.fullmatch(given.value.strip())
    if found is None or found[1].strip() in (NAME, LINK):
        return None
    return named_in(given.value)[0]


def _raw(block: Block, named: Named, places: Sequence[Place], kind: str) -> dict[int, str]:
    if not named.object:
        source = get_property(block.flow.object, named.property)
        rows = block.values(places, [source.name])
        return {id_: as_written(source, row[source.name], kind) for id_, row in rows.items()}
    of = block.flows.object(named.object)
    source = get_property(of, named.property)
    ties = {id_: ids[0] for id_, ids in block.tied(places, named.object).items() if ids}
    rows = read(block.db, block.ctx, of, sorted(set(ties.values())), [source.name])
    return {
        id_: as_written(source, rows[tied][source.name], kind) for id_, tied in ties.items() if tied in rows
    }


def _ties(block: Block, obj: ObjectType, places: Sequence[Place]) -> Mapping[int, tuple[Tie, ...]]:
    """What the new records are tied to: the record, and its contacts and companies, by record."""
    own = block.flow.object.name
    found = {place.record_id: [(own, place.record_id)] for place in places}
    for to in CUSTOMERS:
        if to not in (own, obj.name) and obj.association(to) and block.flow.object.association(to):
            for id_, ids in block.tied(places, to, most=TIED_MOST).items():
                found[id_] += [(to, each) for each in ids]
    return {id_: tuple(_tie(obj, to, each) for to, each in ends) for id_, ends in found.items()}


def _tie(obj: ObjectType, to: str, id_: int) -> Tie:
    tie = obj.association(to)
    assert tie is not None, f"{obj.name} is never tied to {to}"
    return Tie(to, id_, DEFINED, tie.type_id)
