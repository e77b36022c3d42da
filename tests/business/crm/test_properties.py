"""An account adds properties of its own: named by rule, at most ten of them unique, and put away without a loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from psycopg.errors import UniqueViolation

from kalends.catalog import get_object, to_api
from kalends.catalog.model import ObjectType
from kalends.crm.properties import (
    UnknownProperty,
    archive_property,
    create_property,
    definition,
    definitions,
    delete_property,
    restore_property,
    update_property,
)
from kalends.crm.property_groups import (
    PropertyRefused,
    Taken,
    archive_group,
    create_group,
    group_name,
    groups,
    update_group,
)
from kalends.crm.property_terms import Choice, Definition
from kalends.crm.record_reads import asking
from kalends.crm.records import (
    New,
    Prepared,
    Who,
    Wish,
    archive,
    prepare_changes,
    prepare_new,
    write_changes,
    write_new,
)
from kalends.crm.schema import account_object
from kalends.query import compile_ids, parse, to_json
from tests.world import World

CONTACT = get_object("contact")
FLEET = Definition(
    name="fleet_size", label="Fleet size", type="number", field_type="number", group="contactinformation"
)
CODE = Definition(
    name="customer_code",
    label="Customer code",
    type="string",
    field_type="text",
    group="contactinformation",
    unique=True,
)
COLORS = Definition(
    name="colors",
    label="Colors",
    type="enumeration",
    field_type="checkbox",
    group="contactinformation",
    options=(Choice("red", "Red"), Choice("blue", "Blue", display_order=1)),
)
CHOICE: dict[str, Any] = {"type": "enumeration", "field_type": "select"}


def make(world: World, wanted: Definition, obj: ObjectType = CONTACT) -> Definition:
    """Add a property to contacts."""
    return create_property(world.db, world.ctx, obj, wanted)


def write(world: World, id_: int, **properties: Any) -> list[str]:
    """Change a contact; the codes of what is wrong, or nothing."""
    obj = account_object(world.db, world.ctx, "contact")
    with world.db.transaction():
        found: Prepared = prepare_changes(world.db, world.ctx, obj, [Wish(id_, properties)])
        problems = [problem.code for change in found.changes for problem in change.problems()]
        if not problems:
            write_changes(world.db, world.ctx, obj, found.changes, Who("test"))
    return problems


def new_contact(world: World, **properties: Any) -> int:
    """Make a contact with properties; returns its id."""
    obj = account_object(world.db, world.ctx, "contact")
    drafts = prepare_new(world.db, world.ctx, obj, [New(properties)])
    assert [draft.written.problems for draft in drafts] == [[]]
    return write_new(world.db, world.ctx, obj, drafts, Who("test"))[0]


def test_a_property_is_part_of_the_object_as_the_account_has_it(world: World) -> None:
    made = make(world, FLEET)

    contact = account_object(world.db, world.ctx, "0-1")
    assert contact.by_name["fleet_size"].label.en == "Fleet size"
    assert contact.by_name["fleet_size"].custom
    assert group_name(contact, contact.by_name["fleet_size"].group) == "contactinformation"
    assert (made.created_at, made.archived_at) == (world.ctx.now, None)
    assert "fleet_size" not in CONTACT.by_name
    assert "fleet_size" not in account_object(world.db, world.ctx, "company").by_name


def test_its_values_are_written_and_read_like_those_of_others(world: World) -> None:
    make(world, FLEET)
    make(world, COLORS)
    kari = world.customer()

    assert write(world, kari, fleet_size="12.50", colors="red;blue") == []

    assert world.one("SELECT custom FROM contact WHERE id = %s", kari) == (
        {"fleet_size": "12.50", "colors": "red;blue"},
    )
    colors = account_object(world.db, world.ctx, "contact").by_name["colors"]
    assert colors.multiple
    assert to_api(colors, ["red", "blue"]) == "red;blue"
    assert write(world, kari, colors="green") == ["INVALID_OPTION"]


def test_records_are_found_by_such_a_property_of_what_they_are_tied_to(world: World) -> None:
    make(world, FLEET)
    kari, ola = world.customer(), world.customer("Ola Nordmann")
    write(world, kari, fleet_size="12")
    write(world, ola, fleet_size="3")
    of_kari, _of_ola = (world.subscribe(who, method=world.method(who)) for who in (kari, ola))
    subscription = account_object(world.db, world.ctx, "subscription")
    large = {"property": "fleet_size", "operator": "greater", "values": ["10"]}

    wanted = parse(subscription, {"groups": [[{"associated": "contact", "conditions": [large]}]]})
    found = compile_ids(subscription, wanted, asking(world.ctx))

    assert world.db.execute(found.text, found.params).fetchall() == [(of_kari,)]
    assert parse(subscription, to_json(subscription, wanted)) == wanted


@pytest.mark.parametrize(
    "name", ["Fleet", "fleet size", "1st", "", "a" * 101, "flåte", "hs_fleet", "a'; DROP TABLE contact; --"]
)
def test_a_name_that_is_no_name_is_refused(world: World, name: str) -> None:
    with pytest.raises(PropertyRefused, match="Property name"):
        make(world, replace(FLEET, name=name))
    assert definitions(world.db, world.ctx, CONTACT) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "colour"}, "give one of string, number"),
        ({"field_type": "text"}, "takes number"),
        ({"field_type": "calculation_equation"}, "takes number"),
        ({"label": "  "}, "a label of 1 to"),
        ({"group": "petinformation"}, "no group 'petinformation'"),
        ({"options": (Choice("a", "A"),)}, "has no options"),
        (CHOICE, "at least one option"),
        (CHOICE | {"options": (Choice("a", "A"), Choice("a", "B"))}, "the value 'a'"),
        (CHOICE | {"options": (Choice("a", "A"), Choice("b", "A"))}, "the label 'A'"),
        (CHOICE | {"options": (Choice("a;b", "A"),)}, "semicolon"),
        ({"type": "date", "field_type": "date", "unique": True}, "cannot be unique"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(world: World, change: dict[str, Any], why: str) -> None:
    with pytest.raises(PropertyRefused, match=why):
        make(world, replace(FLEET, **change))


def test_a_name_is_taken_once_also_by_the_catalogue_and_by_what_was_archived(world: World) -> None:
    make(world, FLEET)
    archive_property(world.db, world.ctx, CONTACT, "fleet_size")

    for name in ("email", "fleet_size"):
        with pytest.raises(Taken, match="already exists"):
            make(world, replace(FLEET, name=name))


def test_two_records_never_have_the_same_unique_value(world: World) -> None:
    make(world, CODE)
    new_contact(world, email="a@customers.test", customer_code="K-1")
    other = world.customer()

    assert write(world, other, customer_code="k-1") == ["CONFLICTING_UNIQUE_VALUE"], (
        "capitals make no difference"
    )
    assert write(world, other, customer_code="K-2") == []
    with pytest.raises(UniqueViolation, match="unique_value_pkey"):
        world.db.execute("UPDATE contact SET custom = %s WHERE id = %s", ['{"customer_code": "K-1"}', other])


def test_a_unique_value_is_free_again_when_its_record_is_archived_or_changed(world: World) -> None:
    make(world, CODE)
    first = new_contact(world, email="a@customers.test", customer_code="K-1")
    assert write(world, first, customer_code="K-2") == []
    second = new_contact(world, email="b@customers.test", customer_code="K-1")
    archive(world.db, world.ctx, CONTACT, [second], Who("test"))

    assert write(world, first, customer_code="K-1") == []


def test_a_unique_value_may_be_long(world: World) -> None:
    make(world, CODE)
    new_contact(world, email="a@customers.test", customer_code="x" * 60_000)
    other = world.customer()

    with pytest.raises(UniqueViolation):
        write(world, other, customer_code="X" * 60_000)


def test_at_most_ten_properties_of_an_object_are_unique(world: World) -> None:
    for number in range(10):
        make(world, replace(CODE, name=f"code_{number}", label=f"Code {number}"))

    with pytest.raises(PropertyRefused, match="At most 10 properties of contacts"):
        make(world, CODE)
    company = get_object("company")
    make(world, replace(CODE, group="companyinformation"), company)
    archive_property(world.db, world.ctx, CONTACT, "code_3")
    make(world, CODE)
    with pytest.raises(PropertyRefused, match="At most 10"):
        restore_property(world.db, world.ctx, CONTACT, "code_3")


def test_an_archived_property_is_gone_and_comes_back_with_its_values(world: World) -> None:
    make(world, FLEET)
    kari = new_contact(world, email="kari@customers.test", fleet_size="3")

    archive_property(world.db, world.ctx, CONTACT, "fleet_size")

    assert "fleet_size" not in account_object(world.db, world.ctx, "contact").by_name
    with pytest.raises(UnknownProperty):
        definition(world.db, world.ctx, CONTACT, "fleet_size")
    assert [each.name for each in definitions(world.db, world.ctx, CONTACT, archived=True)] == ["fleet_size"]
    restore_property(world.db, world.ctx, CONTACT, "fleet_size")
    assert world.one("SELECT custom FROM contact WHERE id = %s", kari) == ({"fleet_size": "3"},)


def test_a_unique_property_that_comes_back_must_still_be_unique(world: World) -> None:
    make(world, CODE)
    first = new_contact(world, email="a@customers.test", customer_code="K-1")
    archive_property(world.db, world.ctx, CONTACT, "customer_code")
    assert world.one("SELECT count(*) FROM unique_value WHERE account_id = %s", world.ctx.id) == (0,)
    second = world.customer()
    world.db.execute("UPDATE contact SET custom = %s WHERE id = %s", ['{"customer_code": "K-1"}', second])

    with pytest.raises(PropertyRefused, match="have the same value"):
        restore_property(world.db, world.ctx, CONTACT, "customer_code")
    world.db.execute("UPDATE contact SET custom = '{}' WHERE id = %s", [second])
    restore_property(world.db, world.ctx, CONTACT, "customer_code")

    assert write(world, second, customer_code="K-1") == ["CONFLICTING_UNIQUE_VALUE"]
    assert write(world, first, customer_code="K-1") == []


def test_deleting_a_property_deletes_its_values(world: World) -> None:
    make(world, FLEET)
    make(world, COLORS)
    kari = new_contact(world, email="kari@customers.test", fleet_size="3", colors="red")
    with pytest.raises(UnknownProperty, match="archived no property"):
        delete_property(world.db, world.ctx, CONTACT, "fleet_size")
    archive_property(world.db, world.ctx, CONTACT, "fleet_size")

    assert delete_property(world.db, world.ctx, CONTACT, "fleet_size") == 1

    assert world.one("SELECT custom FROM contact WHERE id = %s", kari) == ({"colors": "red"},)
    make(world, FLEET)


def test_label_group_and_options_change_and_the_type_does_not(world: World) -> None:
    made = make(world, COLORS)
    create_group(world.db, world.ctx, CONTACT, name="fleet", label="Fleet")
    wanted = replace(made, label="Paint", group="fleet", options=(*made.options, Choice("green", "Green")))

    after = update_property(world.db, world.ctx, CONTACT, wanted)

    assert (after.label, after.group, [each.value for each in after.options]) == (
        "Paint",
        "fleet",
        ["red", "blue", "green"],
    )
    assert account_object(world.db, world.ctx, "contact").by_name["colors"].group.label.en == "Fleet"
    for change in (
        {"type": "string", "field_type": "text", "options": ()},
        {"field_type": "select"},
        {"unique": True},
    ):
        with pytest.raises(PropertyRefused, match="cannot be changed"):
            update_property(world.db, world.ctx, CONTACT, replace(after, **change))


def test_groups_are_those_of_the_catalogue_and_the_accounts_own(world: World) -> None:
    create_group(world.db, world.ctx, CONTACT, name="fleet", label="Fleet")
    make(world, replace(FLEET, group="fleet"))

    found = groups(world.db, world.ctx, CONTACT)
    assert [(each.name, each.own) for each in found][:2] == [
        ("contactinformation", False),
        ("address", False),
    ]
    assert (found[-1].name, found[-1].own) == ("fleet", True)
    with pytest.raises(Taken):
        create_group(world.db, world.ctx, CONTACT, name="fleet", label="Other")
    with pytest.raises(PropertyRefused, match="1 properties are in the group"):
        archive_group(world.db, world.ctx, CONTACT, "fleet")
    with pytest.raises(PropertyRefused, match="part of the product"):
        update_group(world.db, world.ctx, CONTACT, "contactinformation", label="Mine")

    archive_property(world.db, world.ctx, CONTACT, "fleet_size")
    archive_group(world.db, world.ctx, CONTACT, "fleet")

    assert "fleet" not in [each.name for each in groups(world.db, world.ctx, CONTACT)]
