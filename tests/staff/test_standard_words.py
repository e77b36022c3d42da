"""Words that the catalogue, processors and the billing path keep in English are shown in the user's language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import translation

from kalends.accounts.sql import enter_account
from kalends.catalog.associations import associations_of
from kalends.catalog.registry import OBJECTS
from kalends.crm.association_types import DEFINED, OWN, Kind
from kalends.payments.processors.sandbox.cards import FAILURES
from kalends.staff.queries.record import EventRow
from kalends.staff.reasons import reason
from kalends.staff.record.kinds import STANDARD, kind_label
from kalends.staff.timeline import KINDS
from tests.conftest import AnyConnection
from tests.staff.stage import Stage


@pytest.fixture
def norwegian(stage: Stage, inside: AnyConnection) -> Iterator[Client]:
    inside.execute("UPDATE app_user SET language = 'nb' WHERE id = %s", [stage.user.id])
    client = Client()
    client.force_login(stage.user)
    yield client
    inside.execute("UPDATE app_user SET language = 'en' WHERE id = %s", [stage.user.id])


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> AnyConnection:
    enter_account(db, stage.ctx.id)
    return db


def test_every_standard_kind_of_association_has_words_for_people() -> None:
    labels = {
        label.text
        for name in OBJECTS
        for each in associations_of(name)
        for label in each.labels
        if label.text
    }
    assert labels | {"Primary"} == set(STANDARD)


def test_a_standard_kind_is_translated_and_one_of_the_account_is_left_as_it_was_named() -> None:
    standard = Kind(DEFINED, 1, 2, "Primary", "contact_to_company")
    with translation.override("nb"):
        assert kind_label(standard) == "Primær"
        assert kind_label(standard._replace(category=OWN)) == "Primary"
        assert kind_label(standard._replace(label=None)) == ""


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_a_payment_that_keeps_the_sandbox_s_sentence_alone_tells_it_in_the_readers_language(
    code: str,
) -> None:
    with translation.override("fi"):
        assert reason(None, FAILURES[code].message) == reason(code, None) != reason(None, None)
    assert reason(None, "Do not honor (51)") == "Do not honor (51)"


def test_a_failed_payment_says_why_in_the_readers_language(
    norwegian: Client, stage: Stage, inside: AnyConnection
) -> None:
    row = inside.execute(
        "SELECT id FROM payment WHERE account_id = %s AND failure_code = 'insufficient_funds' LIMIT 1",
        [stage.ctx.id],
    ).fetchone()
    assert row is not None
    page = norwegian.get(f"/{stage.ctx.id}/payments/{row[0]}").content.decode()
    assert "Ikke dekning" in page
    assert FAILURES["insufficient_funds"].message not in page


def test_the_story_tells_in_the_readers_language_why_a_subscription_was_put_aside(stage: Stage) -> None:
    _icon, _tone, words = KINDS["subscription.parked"]
    event = _event({"code": "method", "reason": "The subscription is charged automatically but ..."})
    with translation.override("nb"):
        assert words(event)[1] == "Det belastes automatisk og har ingen betalingsmåte"
    assert words(_event({"reason": "Kept before codes were."}))[1] == "Kept before codes were."


def _event(data: dict[str, object]) -> EventRow:
    values = dict.fromkeys(EventRow._fields) | {"data": data}
    return EventRow(**values)  # pyright: ignore[reportArgumentType]
