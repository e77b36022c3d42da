"""An account's own properties from the command line: what was archived comes back, or goes for good."""

from __future__ import annotations

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.catalog.registry import get_object
from kalends.crm.properties import archive_property, create_property
from kalends.crm.property_terms import Definition
from tests.cli.conftest import Give
from tests.conftest import AnyConnection

CONTACT = get_object("contact")


@pytest.fixture
def archived(db: AnyConnection, account: AccountContext) -> None:
    """A property that was put away."""
    enter_account(db, account.id)
    wanted = Definition(
        name="shoe_size", label="Shoe size", type="number", field_type="number", group="contactinformation"
    )
    create_property(db, account, CONTACT, wanted)
    archive_property(db, account, CONTACT, "shoe_size")


@pytest.mark.usefixtures("archived")
def test_archived_properties_are_listed_and_taken_into_use_again(here: Give) -> None:
    (told,) = here("property", "list", "contacts", "--json").json()["properties"]
    assert (told["name"], told["archived"][:4]) == ("shoe_size", "2026")

    assert here("property", "restore", "0-1", "shoe_size").code == 0

    (told,) = here("property", "list", "contact", "--json").json()["properties"]
    assert told["archived"] is None
    assert "shoe_size" in here("property", "list", "contacts").out
    assert here("property", "restore", "contacts", "shoe_size").code == 2


@pytest.mark.usefixtures("archived")
def test_an_archived_property_is_deleted_for_good(here: Give) -> None:
    assert here("property", "delete", "contacts", "shoe_size").code == 2
    assert here("property", "delete", "contacts", "shoe_size", "--yes").code == 0

    assert here("property", "list", "contacts", "--json").json()["properties"] == []
    assert "no properties" in here("property", "list", "contacts").out
    assert here("property", "delete", "contacts", "shoe_size", "--yes").code == 2


def test_objects_that_there_are_not_are_refused_with_those_that_there_are(here: Give) -> None:
    refused = here("property", "list", "unicorns")
    assert refused.code == 2
    assert "contact" in refused.err
