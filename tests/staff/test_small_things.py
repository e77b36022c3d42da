"""What a hard user of the pages stumbled over once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from kalends.accounts.sql import enter_account
from kalends.crm.create import NewContact, create_contacts
from kalends.staff.actions.subscription_cancel import CancelForm
from tests.conftest import AnyConnection
from tests.staff.messages_used import SRC
from tests.staff.stage import Stage

HTMX = {"HX-Request": "true"}


@pytest.fixture
def finnish(stage: Stage, db: AnyConnection) -> Iterator[Client]:
    enter_account(db, stage.ctx.id)
    db.execute("UPDATE app_user SET language = 'fi' WHERE id = %s", [stage.user.id])
    client = Client()
    client.force_login(stage.user)
    yield client
    db.execute("UPDATE app_user SET language = 'en' WHERE id = %s", [stage.user.id])


def test_every_effect_in_a_dialog_has_its_icon_or_its_words_stand_in_the_icons_narrow_column() -> None:
    without: list[str] = []
    for path in (SRC / "staff").rglob("templates/**/*.html"):
        for effects in re.findall(r'<ul class="effects">(.*?)</ul>', path.read_text("utf-8"), re.DOTALL):
            items = re.findall(r"<li>(.*?)</li>", effects, re.DOTALL)
            without += [path.name for inside in items if "{% icon" not in inside]
    assert without == []


def test_the_standard_stages_are_called_the_same_in_the_settings_as_on_deals(
    finnish: Client, stage: Stage
) -> None:
    page = finnish.get(f"/{stage.ctx.id}/settings/pipelines").content.decode()
    assert "Ostovalmis" in page
    assert "Qualified to buy" not in page


def test_a_standard_stage_that_is_saved_in_another_language_keeps_its_name_for_all(
    finnish: Client, stage: Stage, db: AnyConnection
) -> None:
    edit = f"/{stage.ctx.id}/settings/pipelines/default/stages/qualifiedtobuy/edit"
    form = finnish.get(edit, headers=HTMX).content.decode()
    assert "Qualified to buy" not in form
    assert 'value="Ostovalmis"' in form
    assert finnish.post(edit, {"label": "Ostovalmis", "probability": "45", "place": "1"}).status_code == 303
    enter_account(db, stage.ctx.id)
    kept = db.execute(
        "SELECT label, probability::text FROM pipeline_stage WHERE account_id = %s AND name = 'qualifiedtobuy'",
        [stage.ctx.id],
    ).fetchone()
    assert kept is not None
    assert (kept[0], kept[1][:4]) == ("Qualified to buy", "0.45")
    finnish.post(edit, {"label": "Ostovalmis", "probability": "40", "place": "1"})


def test_further_teams_are_asked_for_once_there_are_teams(client: Client, stage: Stage) -> None:
    address = f"/{stage.ctx.id}/settings/users/{stage.user.id}/teams"
    assert "Further teams" not in client.get(address, headers=HTMX).content.decode()
    assert client.post(address, {"main": ""}).status_code == 303


def test_the_type_of_a_property_is_told_in_words(finnish: Client, stage: Stage) -> None:
    page = finnish.get(f"/{stage.ctx.id}/settings/properties?object=contact").content.decode()
    assert "Puhelinnumero" in page
    assert ">phone_number<" not in page


def test_the_question_when_a_subscription_is_canceled_is_not_called_like_the_button_that_does_nothing() -> (
    None
):
    assert CancelForm.base_fields["when"].label == "When"


def test_the_currency_of_a_deal_is_chosen_from_those_of_the_account(client: Client, stage: Stage) -> None:
    form = client.get(f"/{stage.ctx.id}/deals/create", headers=HTMX).content.decode()
    assert re.search(r'<select[^>]* id="new-deal_currency_code"', form)


def test_an_address_without_a_street_begins_with_its_town(
    client: Client, stage: Stage, db: AnyConnection
) -> None:
    enter_account(db, stage.ctx.id)
    fresh = NewContact(
        email="streetless@example.test",
        first_name="Siw",
        last_name="Ek",
        city="Umeå",
        zip="903 26",
        country="SE",
    )
    (contact,) = create_contacts(db, stage.ctx, [fresh])
    page = client.get(f"/{stage.ctx.id}/create/subscription?contact={contact}").content.decode()
    chosen = page.partition('class="create__address"')[2].partition("</summary>")[0]
    assert "903 26 Umeå" in chosen
    assert "--" not in re.sub(r'class="[^"]*"', "", chosen)
