"""HubSpot's own library for Python ties records, in the form of v4 and in that of v3."""

from __future__ import annotations

import pytest

pytest.importorskip("hubspot")

from hubspot import HubSpot
from hubspot.crm.associations import v4
from hubspot.crm.associations.models import (
    BatchInputPublicAssociation,
    BatchInputPublicObjectId,
    PublicAssociation,
    PublicObjectId,
)
from hubspot.crm.associations.v4 import schema

from tests.api.conftest import Api

PRIMARY = 1
NOBODY = "999999999999"


@pytest.fixture
def client(api: Api) -> HubSpot:
    return HubSpot(access_token=api.token, host=api.address)


@pytest.fixture
def ada(api: Api) -> str:
    return api.make("contacts", firstname="Ada")


@pytest.fixture
def engines(api: Api) -> str:
    return api.make("companies", name="Analytical Engines")


def test_the_library_ties_reads_and_unties(client: HubSpot, ada: str, engines: str) -> None:
    basic = client.crm.associations.v4.basic_api

    plain = basic.create_default("contacts", ada, "companies", engines)
    labeled = basic.create(
        "contacts",
        ada,
        "companies",
        engines,
        [v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=PRIMARY)],
    )
    page = basic.get_page("contacts", ada, "companies", limit=500)
    basic.archive("contacts", ada, "companies", engines)

    assert len(plain.results) == 2
    assert labeled.labels == ["Primary"]
    assert [each.label for each in page.results[0].association_types] == [None, "Primary"]
    assert str(page.results[0].to_object_id) == engines
    assert basic.get_page("contacts", ada, "companies").results == []


def test_the_library_ties_and_reads_in_batches(client: HubSpot, ada: str, engines: str) -> None:
    batch = client.crm.associations.v4.batch_api
    one, other = v4.PublicObjectId(id=ada), v4.PublicObjectId(id=engines)
    kinds = [v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=PRIMARY)]

    made = batch.create(
        "contacts",
        "companies",
        v4.BatchInputPublicAssociationMultiPost(
            inputs=[v4.PublicAssociationMultiPost(_from=one, to=other, types=kinds)]
        ),
    )
    plain = batch.create_default(
        "contacts",
        "companies",
        v4.BatchInputPublicDefaultAssociationMultiPost(
            inputs=[v4.PublicDefaultAssociationMultiPost(_from=one, to=other)]
        ),
    )
    asked = [
        v4.PublicFetchAssociationsBatchRequest(id=ada),
        v4.PublicFetchAssociationsBatchRequest(id=NOBODY),
    ]
    read = batch.get_page(
        "contacts", "companies", v4.BatchInputPublicFetchAssociationsBatchRequest(inputs=asked)
    )
    batch.archive(
        "contacts",
        "companies",
        v4.BatchInputPublicAssociationMultiArchive(
            inputs=[v4.PublicAssociationMultiArchive(_from=one, to=[other])]
        ),
    )

    assert made.results[0].labels == ["Primary"]
    assert len(plain.results) == 2
    assert read.results[0]._from.id == ada
    assert read.num_errors == 1


def test_the_library_makes_labels(client: HubSpot) -> None:
    definitions = client.crm.associations.v4.schema.definitions_api

    made = definitions.create(
        "contacts",
        "companies",
        schema.PublicAssociationDefinitionCreateRequest(label="Advises", name="adviser"),
    )
    found = definitions.get_all("contacts", "companies")
    definitions.remove("contacts", "companies", made.results[0].type_id)

    assert made.results[0].label == "Advises"
    assert "Advises" in [each.label for each in found.results]


def test_the_library_speaks_v3(client: HubSpot, ada: str, engines: str) -> None:
    batch = client.crm.associations.batch_api
    pair = PublicAssociation(
        _from=PublicObjectId(id=ada), to=PublicObjectId(id=engines), type="contact_to_company"
    )

    made = batch.create(
        "contacts", "companies", batch_input_public_association=BatchInputPublicAssociation(inputs=[pair])
    )
    read = batch.read(
        "contacts",
        "companies",
        batch_input_public_object_id=BatchInputPublicObjectId(inputs=[PublicObjectId(id=ada)]),
    )
    batch.archive(
        "contacts", "companies", batch_input_public_association=BatchInputPublicAssociation(inputs=[pair])
    )

    assert made.results[0].type == "contact_to_company"
    assert {each.id for each in read.results[0].to} == {engines}
