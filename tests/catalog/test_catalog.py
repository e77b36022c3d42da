"""How the catalogue is asked, and what it refuses."""

from __future__ import annotations

import pytest

from kalends.catalog import OBJECTS, Text, UnknownName, custom_property, get_object, get_property
from kalends.catalog.declare import choice, money
from kalends.catalog.groups import ABOUT, GROUPS
from kalends.catalog.model import KEPT, ObjectType, Sort
from kalends.query import operators_of

_LABEL = Text("Size", "Størrelse", "Koko")


@pytest.mark.parametrize("name", ["subscription", "subscriptions", "0-69"])
def test_an_object_is_found_by_its_names_and_by_its_type_id(name: str) -> None:
    assert get_object(name).name == "subscription"


def test_payments_answer_to_the_name_that_hubspot_gives_them() -> None:
    assert get_object("commerce_payments") is get_object("payments") is get_object("payment")


def test_an_unknown_object_is_told_with_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match=r"no object 'invoyce'. Did you mean 'invoice'\?"):
        get_object("invoyce")


def test_an_unknown_property_is_told_with_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="hs_next_payment_due_date"):
        get_property(get_object("subscription"), "next_payment_due_date")


def test_a_name_like_no_other_is_told_with_some_that_exist() -> None:
    with pytest.raises(UnknownName, match="Known are company, contact"):
        get_object("zebra")


@pytest.mark.parametrize("obj", OBJECTS.values(), ids=str)
def test_each_tie_is_seen_from_both_sides(obj: ObjectType) -> None:
    for tie in obj.associations:
        back = OBJECTS[tie.to].association(obj.name)
        assert back is not None
        assert (back.column, back.their_column) == (tie.their_column, tie.column)
        assert (back.is_parent, back.is_child, back.stored) == (tie.is_child, tie.is_parent, tie.stored)
        assert abs(back.type_id - tie.type_id) == 1, "HubSpot numbers the two directions side by side"


def test_the_type_ids_are_those_of_hubspot() -> None:
    ids = {(obj.name, tie.to): tie.type_id for obj in OBJECTS.values() for tie in obj.associations}
    assert ids["subscription", "contact"] == 295
    assert ids["subscription", "payment"] == 394
    assert ids["payment", "subscription"] == 393
    assert ids["invoice", "payment"] == 541
    assert ids["line_item", "subscription"] == 302


def test_every_property_stands_on_a_card_of_the_record_page() -> None:
    assert {p.group for obj in OBJECTS.values() for p in obj.properties} <= set(GROUPS)


def test_an_account_can_add_a_property_that_works_like_the_others() -> None:
    fleet = custom_property("fleet_size", _LABEL, "number")
    with_fleet = get_object("contact").with_custom((fleet,))
    assert get_property(with_fleet, "fleet_size") is fleet
    assert operators_of(fleet) == operators_of(get_property(get_object("company"), "numberofemployees"))
    assert "fleet_size" not in get_object("contact").by_name


@pytest.mark.parametrize("name", ["Fleet", "fleet size", "1st", "a'; DROP TABLE contact; --", ""])
def test_a_custom_property_with_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters"):
        custom_property(name, _LABEL, "string")


def test_a_custom_property_cannot_take_the_name_of_another() -> None:
    with pytest.raises(ValueError, match="declares a property twice"):
        get_object("contact").with_custom((custom_property("email", _LABEL, "string"),))


def test_a_mistaken_entry_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ValueError, match="names its currency"):
        money("price", _LABEL, "price_minor", KEPT, ABOUT, currency=None)
    with pytest.raises(ValueError, match="needs options"):
        choice("kind", _LABEL, "kind", KEPT, ABOUT)


def test_an_object_that_names_a_property_it_has_not_is_refused() -> None:
    contact = get_object("contact")
    with pytest.raises(ValueError, match="hs_nothing"):
        ObjectType(
            name="pet",
            plural="pets",
            type_id="2-1",
            singular_label=_LABEL,
            plural_label=_LABEL,
            table="contact",
            properties=contact.properties,
            display="{t}.id",
            search=(),
            default_columns=("hs_nothing",),
            default_sort=Sort("createdate"),
            created="createdate",
            modified="lastmodifieddate",
        )


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Unpaid"), ("nb", "Ubetalt"), ("fi-FI", "Maksamatta")]
)
def test_people_read_an_option_in_their_language(language: str, label: str) -> None:
    assert get_property(get_object("subscription"), "hs_status").option_label("unpaid", language) == label


def test_a_value_that_is_no_option_is_shown_as_it_is() -> None:
    assert get_property(get_object("subscription"), "hubspot_owner_id").option_label("17", "en") == "17"
