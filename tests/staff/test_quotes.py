"""Quotes as staff make, publish, approve, send, take back and convert them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from kalends.accounts.change import change_settings
from kalends.accounts.context import load_context
from kalends.accounts.sql import enter_account
from kalends.core.adjustments import Adjustments
from kalends.crm.associations import End, associate, associated
from kalends.platform import database, translations
from kalends.sales.parent_lines import set_lines
from kalends.sales.quote_amounts import adjustments_of
from kalends.sales.quote_course import publish
from kalends.sales.quotes import find_quote, make_quote
from tests.business.sales.quoting import MONTHLY, ONCE
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user
from tests.staff.test_create import company_of_its_own, errors_of, person, record, text_of
from tests.staff.test_payment_links import row


@pytest.fixture(scope="session")
def stage(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    translations.compile_translations()
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        yield company_of_its_own(db)


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> AnyConnection:
    enter_account(db, stage.ctx.id)
    return db


def a_deal(db: AnyConnection, stage: Stage, *, contact: bool = True) -> int:
    deal = record(db, stage.ctx, "deal", dealname="Fleet of Brekke", dealstage="appointmentscheduled")
    set_lines(db, stage.ctx, "deal", deal, "EUR", [MONTHLY, ONCE])
    if contact:
        associate(db, stage.ctx, End("deal", deal), End("contact", person(db, stage.ctx)))
    return deal


def a_quote(db: AnyConnection, stage: Stage, *, published: bool = False, **more: Any) -> int:
    quote = make_quote(db, stage.ctx, a_deal(db, stage, **more))
    if published:
        publish(db, stage.ctx, quote)
    return quote


def new(stage: Stage, deal: int) -> str:
    return f"/{stage.ctx.id}/create/quote?deal={deal}"


def action(stage: Stage, quote: int, key: str) -> str:
    return f"/{stage.ctx.id}/quotes/{quote}/actions/{key}"


def typed(deal: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An editor as a browser sends it."""
    values: dict[str, Any] = {
        "step": "save", "deal": str(deal), "title": "Fleet, monthly", "expires_on": "2026-07-15", "contact": "",
        "acceptance": "clickwrap", "net_terms": "14", "language": "", "terms": "Payable in advance.", "owner": "",
    }  # fmt: skip
    for number, line in enumerate(lines or ({},)):
        values |= row(number, **line)
    return {**values, **more}


def test_a_deals_quotes_card_leads_to_the_editor_with_its_lines(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    deal = a_deal(inside, stage)

    assert f"/create/quote?deal={deal}" in client.get(f"/{stage.ctx.id}/deals/{deal}").content.decode()
    body = client.get(new(stage, deal)).content.decode()
    for each in ("Fleet Core", "Setup", "Fleet of Brekke", "2026"):
        assert each in body


def test_a_percentage_of_tax_that_was_typed_stays_when_a_line_is_edited(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    body = client.get(new(stage, a_deal(inside, stage))).content.decode()

    assert body.count('<option value="typed" selected>') == 2


def test_a_quote_is_saved_as_a_draft(client: Client, stage: Stage, inside: AnyConnection) -> None:
    deal = a_deal(inside, stage)

    answer = client.post(new(stage, deal).partition("?")[0], typed(deal))

    assert answer.status_code == 303, errors_of(answer)
    quote = find_quote(inside, stage.ctx, int(answer["Location"].rsplit("/", 1)[1]))
    assert (quote.status, quote.title, quote.net_terms_days) == ("DRAFT", "Fleet, monthly", 14)
    assert associated(inside, stage.ctx, End("quote", quote.id), "deal") == [deal]


def test_what_is_wrong_is_said_at_its_field(client: Client, stage: Stage, inside: AnyConnection) -> None:
    deal = a_deal(inside, stage)

    answer = client.post(
        new(stage, deal).partition("?")[0], typed(deal, title="", payment="on", billing="on")
    )

    assert answer.status_code == 422
    assert {"title", "billing"} <= errors_of(answer).keys()


def test_a_draft_is_changed(client: Client, stage: Stage, inside: AnyConnection) -> None:
    quote = a_quote(inside, stage)
    where = f"/{stage.ctx.id}/quotes/{quote}/edit"
    assert "Setup" in client.get(where).content.decode()

    answer = client.post(where, typed(0, {"name": "Other", "price": "10"}))

    assert answer.status_code == 303, errors_of(answer)
    names = inside.execute(
        "SELECT name FROM line_item WHERE parent_type = 'quote' AND parent_id = %s AND archived_at IS NULL",
        [quote],
    ).fetchall()
    assert names == [("Other",)]


def test_what_is_on_the_whole_is_shown_counted_and_saved(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    quote = a_quote(inside, stage)
    where = f"/{stage.ctx.id}/quotes/{quote}/edit"
    on_whole = {
        "whole-0-kind": "discount", "whole-0-label": "Spring", "whole-0-value": "10", "whole-0-unit": "percent",
        "whole-1-kind": "tax", "whole-1-label": "VAT", "whole-1-value": "25", "whole-1-unit": "percent",
    }  # fmt: skip
    line = {"name": "Setup", "price": "200", "frequency": "one_time"}

    told = text_of(client.post(where, typed(0, line, **on_whole, step="preview")))
    for each in ("Spring 10 %", "VAT 25 %", "225.00"):
        assert each in told
    assert 'name="whole-0-kind"' in client.post(where, typed(0, line, step="add-whole:fee")).content.decode()
    assert client.post(where, typed(0, line, **on_whole)).status_code == 303

    found = adjustments_of(inside, stage.ctx, quote)
    assert [(each.label, each.value) for kind in found for each in kind] == [("Spring", 10), ("VAT", 25)]
    body = client.get(where).content.decode()
    assert 'value="Spring"' in body
    assert client.post(where, typed(0, line)).status_code == 303
    assert adjustments_of(inside, stage.ctx, quote) == Adjustments()


@pytest.mark.parametrize(("unit", "value"), [("percent", "101"), ("amount", "0.005"), ("percent", "100")])
def test_what_cannot_be_on_the_whole_is_said(
    client: Client, stage: Stage, inside: AnyConnection, unit: str, value: str
) -> None:
    where = f"/{stage.ctx.id}/quotes/{a_quote(inside, stage)}/edit"
    row_of_discount = {
        "whole-0-kind": "discount", "whole-0-label": "", "whole-0-value": value, "whole-0-unit": unit,
    }  # fmt: skip

    answer = client.post(where, typed(0, {"name": "Setup", "price": "200"}, **row_of_discount))

    assert answer.status_code == 422
    assert 'class="error' in answer.content.decode() or "cannot be applied" in text_of(answer)


def test_a_published_quote_has_no_editor(client: Client, stage: Stage, inside: AnyConnection) -> None:
    quote = a_quote(inside, stage, published=True)

    assert client.get(f"/{stage.ctx.id}/quotes/{quote}/edit").status_code == 404


def test_publishing_says_what_follows_and_shows_the_address(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    quote = a_quote(inside, stage)
    assert "cannot be changed while it is published" in text_of(client.get(action(stage, quote, "publish")))

    client.post(action(stage, quote, "publish"), {"request_key": f"publish{quote}"})

    found = find_quote(inside, stage.ctx, quote)
    assert found.status == "APPROVAL_NOT_NEEDED"
    body = client.get(f"/{stage.ctx.id}/quotes/{quote}").content.decode()
    assert f"/quote/{stage.ctx.id}/{found.public_key}" in body


def test_a_quote_for_nobody_is_refused_in_words(client: Client, stage: Stage, inside: AnyConnection) -> None:
    quote = a_quote(inside, stage, contact=False)

    answer = client.post(action(stage, quote, "publish"), {"request_key": f"nobody{quote}"})

    assert answer.status_code == 422
    assert "It is for nobody yet." in text_of(answer)


def test_a_quote_is_sent_to_its_contact(client: Client, stage: Stage, inside: AnyConnection) -> None:
    quote = a_quote(inside, stage, published=True)

    client.post(action(stage, quote, "send"), {"request_key": f"send{quote}"})

    found = inside.execute(
        "SELECT count(*) FROM message WHERE kind = 'quote_sent' AND object_id = %s", [quote]
    )
    assert found.fetchone() == (1,)


def test_a_quote_is_taken_back(client: Client, stage: Stage, inside: AnyConnection) -> None:
    quote = a_quote(inside, stage, published=True)

    client.post(action(stage, quote, "recall"), {"request_key": f"recall{quote}"})

    assert find_quote(inside, stage.ctx, quote).status == "DRAFT"
    assert "Version 1 taken back" in text_of(client.get(f"/{stage.ctx.id}/quotes/{quote}"))


def test_a_quote_is_converted_from_its_deals_card(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    quote = a_quote(inside, stage, published=True)
    (deal,) = associated(inside, stage.ctx, End("quote", quote), "deal")
    assert action(stage, quote, "convert") in client.get(f"/{stage.ctx.id}/deals/{deal}").content.decode()

    client.post(action(stage, quote, "convert"), {"request_key": f"convert{quote}", "once": "leave"})

    assert len(associated(inside, stage.ctx, End("quote", quote), "subscription")) == 1
    assert associated(inside, stage.ctx, End("quote", quote), "invoice") == []
    again = client.post(action(stage, quote, "convert"), {"request_key": f"again{quote}", "once": "leave"})
    assert again.status_code == 422
    assert "converted already" in text_of(again)


def test_who_may_not_approve_is_refused_and_who_may_publishes(
    client: Client, stage: Stage, inside: AnyConnection, sign_in: Any
) -> None:
    change_settings(inside, stage.ctx, {"quotes_need_approval": True}, actor="test")
    ctx = load_context(inside, stage.ctx.id, system_now=stage.ctx.now)
    try:
        quote = make_quote(inside, ctx, a_deal(inside, stage))
        client.post(action(stage, quote, "publish"), {"request_key": f"ask{quote}"})
        assert find_quote(inside, ctx, quote).status == "PENDING_APPROVAL"
        seller = new_user("Siri Selger")
        give_place(inside, seller, ctx.id)
        inside.execute("UPDATE membership SET role = 'finance' WHERE user_id = %s", [seller.id])
        refused = sign_in(seller).post(action(stage, quote, "approve"), {"request_key": f"no{quote}"})
        assert refused.status_code == 403
        client.post(action(stage, quote, "approve"), {"request_key": f"yes{quote}"})
        assert find_quote(inside, ctx, quote).status == "APPROVED"
    finally:
        change_settings(inside, stage.ctx, {"quotes_need_approval": False}, actor="test")


def test_the_list_has_its_views(client: Client, stage: Stage, inside: AnyConnection) -> None:
    a_quote(inside, stage)

    body = text_of(client.get(f"/{stage.ctx.id}/quotes"))

    assert "All quotes" in body
    assert "Fleet of Brekke" in body


@pytest.mark.parametrize(("language", "words"), [("nb", "Trekk tilbake"), ("fi", "Vedä takaisin")])
def test_actions_speak_the_users_language(
    stage: Stage, inside: AnyConnection, sign_in: Any, language: str, words: str
) -> None:
    quote = a_quote(inside, stage, published=True)
    user = new_user(language=language)
    give_place(inside, user, stage.ctx.id)

    assert words in sign_in(user).get(f"/{stage.ctx.id}/quotes/{quote}").content.decode()
