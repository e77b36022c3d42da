"""Words that people read: never the name that programs have for an option, a pipeline or a stage."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from kalends.catalog import get_object
from kalends.crm.pipelines import StageTerms, update_stage
from kalends.exports.files import Target
from kalends.exports.make import make_file
from kalends.exports.request import Request
from kalends.sales.links import LinkLine, NewLink, create_link
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user


def _text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


@pytest.fixture
def link(stage: Stage, db: AnyConnection) -> int:
    """A payment link whose purchases make deals that are won."""
    give_place(db, new_user(), stage.ctx.id)
    line = LinkLine("CUSTOM", None, {"name": "Fleet Core", "unit_price": Decimal(49), "frequency": "monthly"})
    terms = {"create_deal": True, "deal_pipeline": "default", "deal_stage": "closedwon"}
    return create_link(db, stage.ctx, NewLink(name="Fleet", currency="EUR", lines=[line], **terms))


@pytest.mark.parametrize(
    ("language", "won"), [("en", "Closed won"), ("nb", "Lukket vunnet"), ("fi", "Voitettu")]
)
def test_a_payment_link_names_the_pipeline_and_the_stage_of_its_deals_as_people_do(
    stage: Stage, sign_in: SignIn, db: AnyConnection, link: int, language: str, won: str
) -> None:
    user = new_user("Henrik Aas", language)
    give_place(db, user, stage.ctx.id)
    page = _text(sign_in(user), f"/{stage.ctx.id}/payment-links/{link}")
    shown = page.partition("</header>")[2]
    assert f'<span class="soft">{won}</span>' in shown
    assert ">closedwon<" not in shown
    assert ">default<" not in shown


def test_the_accounts_own_word_for_a_stage_is_what_is_read_and_what_a_file_says(
    stage: Stage, client: Client, db: AnyConnection, link: int, tmp_path: Path
) -> None:
    terms = StageTerms(
        "Signed, hurray", display_order=5, is_closed=True, probability=Decimal(1), name="closedwon"
    )
    update_stage(db, stage.ctx, get_object("deal"), "default", terms)
    try:
        assert "Signed, hurray" in _text(client, f"/{stage.ctx.id}/payment-links/{link}")
        asked = Request(object="payment_link", columns=("hs_deal_pipeline", "hs_deal_stage"))
        target = Target(tmp_path, "words", "links", stage.ctx.now)
        make_file(db, stage.ctx, asked, target, lambda progress: None)
        _head, *rows = csv.reader(io.StringIO(target.complete.read_text("utf-8-sig")))
        assert ["Sales pipeline", "Signed, hurray"] in [row[1:] for row in rows]
        listed = _text(client, f"/{stage.ctx.id}/payment-links?cols=hs_deal_pipeline,hs_deal_stage")
        assert "Signed, hurray" in listed
        assert ">closedwon<" not in listed
        edited = _text(client, f"/{stage.ctx.id}/payment-links/{link}/properties/hs_deal_stage/edit")
        assert "Signed, hurray" in edited
    finally:
        update_stage(db, stage.ctx, get_object("deal"), "default", terms._replace(label="Closed won"))


def test_the_history_of_a_property_that_never_had_a_value_says_so(stage: Stage, client: Client) -> None:
    page = _text(client, f"{stage.record('unpaid')}/properties/hs_invoice_comments/history")
    assert "It never had a value." in page
