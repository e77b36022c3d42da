"""How the catalogue is asked, and what it refuses."""

from __future__ import annotations

import pytest

from kalends.catalog import OBJECTS, Text, UnknownName, custom_property, get_object, get_property
from kalends.catalog.associations import tie
from kalends.catalog.declare import choice, money
from kalends.catalog.groups import ABOUT, GROUPS
from kalends.catalog.model import KEPT, ObjectType, Sort
from kalends.catalog.registry import infer_object
from kalends.query import operators_of

_LABEL = Text("Size", "Størrelse", "Koko")


@pytest.mark.parametrize("name", ["subscription", "subscriptions", "0-69", "Subscriptions", "SUBSCRIPTION"])
def test_an_object_is_found_by_its_names_and_by_its_type_id_in_capitals_or_not(name: str) -> None:
    assert get_object(name).name == "subscription"


TYPE_IDS = {
    "contact": "0-1", "company": "0-2", "deal": "0-3", "ticket": "0-5", "product": "0-7", "line_item": "0-8",
    "quote": "0-14", "invoice": "0-53", "subscription": "0-69", "discount": "0-84", "fee": "0-85", "tax": "0-86",
    "payment": "0-101", "payment_link": "0-118", "order": "0-123",
}  # fmt: skip


def test_there_are_fifteen_objects_under_the_type_ids_of_hubspot() -> None:
    assert {obj.name: obj.type_id for obj in OBJECTS.values()} == TYPE_IDS
    assert {infer_object(type_id).name for type_id in TYPE_IDS.values()} == set(OBJECTS)


def test_a_wrong_object_in_a_path_is_told_in_the_words_of_the_api() -> None:
    with pytest.raises(UnknownName, match=r"^Unable to infer object type from: xyz$"):
        infer_object("xyz")


def test_what_a_new_record_must_have_is_declared() -> None:
    required = {obj.name: obj.required_at_creation for obj in OBJECTS.values() if obj.required_at_creation}
    assert required == {
        "deal": ("dealname", "dealstage"),
        "ticket": ("subject", "hs_pipeline_stage"),
        "product": ("name",),
        "quote": ("hs_title", "hs_expiration_date"),
        "invoice": ("hs_currency",),
        "subscription": ("hs_name",),
        "discount": ("hs_type", "hs_value"),
        "fee": ("hs_type", "hs_value"),
        "tax": ("hs_type", "hs_value"),
        "payment": ("hs_initial_amount", "hs_initiated_date"),
        "order": ("hs_order_name",),
        "payment_link": ("hs_payment_link_name", "hs_currency_code"),
    }
    assert get_object("company").one_required_at_creation == ("name", "domain")


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("contacts", {"email", "firstname", "lastname"}),
        ("companies", {"name", "domain"}),
        ("deals", {"dealname", "amount", "closedate", "pipeline", "dealstage"}),
        ("tickets", {"subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category",
                     "hs_ticket_priority"}),
        ("products", {"name", "description", "price"}),
        ("line_items", {"quantity", "amount", "price"}),
        ("quotes", {"hs_expiration_date", "hs_public_url_key", "hs_status", "hs_title"}),
        ("orders", set()),
        ("taxes", set()),
    ],
)  # fmt: skip
def test_a_read_gives_the_default_properties_of_the_api(name: str, defaults: set[str]) -> None:
    assert set(infer_object(name).api_defaults) == defaults


def test_invoices_payments_discounts_fees_and_taxes_answer_to_both_names_of_their_making() -> None:
    for name in ("invoice", "payment", "discount", "fee", "tax"):
        obj = get_object(name)
        assert obj.created == "hs_createdate"
        assert obj.by_name["createdate"].sql == obj.by_name["hs_createdate"].sql


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


@pytest.mark.parametrize("obj", OBJECTS.values(), ids=OBJECTS)
def test_each_tie_is_seen_from_both_sides(obj: ObjectType) -> None:
    for one in obj.associations:
        back = OBJECTS[one.to].association(obj.name)
        assert back is not None
        assert (back.column, back.their_column) == (one.their_column, one.column)
        assert (back.is_parent, back.is_child, back.stored) == (one.is_child, one.is_parent, one.stored)
        assert [label.text for label in back.labels] == [label.text for label in one.labels]
        apart = 0 if one.to == obj.name else 1
        assert abs(back.type_id - one.type_id) == apart, "HubSpot numbers the two directions side by side"


def test_the_type_ids_are_those_of_hubspot() -> None:
    ids = {(obj.name, each.to): each.type_id for obj in OBJECTS.values() for each in obj.associations}
    assert ids["subscription", "contact"] == 295
    assert ids["subscription", "payment"] == 394
    assert ids["payment", "subscription"] == 393
    assert ids["invoice", "payment"] == 541
    assert ids["line_item", "subscription"] == 302
    assert (ids["deal", "contact"], ids["contact", "deal"]) == (3, 4)
    assert (ids["deal", "quote"], ids["quote", "deal"]) == (63, 64)
    assert (ids["deal", "invoice"], ids["invoice", "deal"]) == (176, 175)
    assert (ids["payment", "order"], ids["order", "payment"]) == (524, 523)
    assert (ids["quote", "tax"], ids["tax", "quote"]) == (366, 365)
    assert (ids["order", "deal"], ids["deal", "order"]) == (512, 511)
    assert (ids["order", "quote"], ids["quote", "order"]) == (730, 731)
    assert (ids["ticket", "company"], ids["company", "ticket"]) == (339, 340)
    assert [ids[name, name] for name in ("contact", "company", "deal", "ticket")] == [449, 450, 451, 452]


def test_no_two_kinds_of_tie_share_a_type_id() -> None:
    ids = [
        number
        for obj in OBJECTS.values()
        for each in obj.associations
        for number in (each.type_id, each.primary_type_id, *(label.type_id for label in each.labels))
        if number is not None
    ]
    assert len(ids) == len(set(ids))


def test_labels_are_seen_from_both_sides() -> None:
    assert tie("quote", "contact").labels == ((702, "Contact signer"), (1226, "Billing contact"))
    assert tie("contact", "quote").labels == ((703, "Contact signer"), (1227, "Billing contact"))
    assert tie("company", "company").labels == ((14, "Parent Company"), (13, "Child Company"))
    assert [(tie(a, b).primary_type_id) for a, b in (("contact", "company"), ("company", "deal"))] == [1, 6]


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
