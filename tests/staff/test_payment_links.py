"""Payment links as staff make, change, share, try and switch them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from kalends.accounts.sql import enter_account
from kalends.billing.tax_rates import create_tax_rate
from kalends.crm.associations import End, associated
from kalends.platform import database, translations
from kalends.sales.links import LinkLine, NewLink, create_link, find_link
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user
from tests.staff.test_create import company_of_its_own, errors_of, person, record, text_of

LINES = """
    SELECT name, unit_price, quantity, discount_percent, tax_rate, frequency, term, start_date, delay_days, currency,
        product_id, is_optional, buyer_quantity, buyer_quantity_min, buyer_quantity_max, buyer_price, buyer_price_min
    FROM line_item WHERE parent_type = %s AND parent_id = %s AND archived_at IS NULL ORDER BY position
"""


@pytest.fixture(scope="session")
def stage(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    translations.compile_translations()
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        yield company_of_its_own(db)


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> AnyConnection:
    enter_account(db, stage.ctx.id)
    return db


def row(number: int = 0, **line: Any) -> dict[str, Any]:
    usual = {
        "origin": "", "name": "Fleet Core", "description": "", "quantity": "1", "price": "49", "discount": "",
        "discount_kind": "percent", "tax": "", "tax_rate": "", "frequency": "monthly", "start": "at_once",
        "start_date": "", "delay": "", "terms": "until_canceled", "payments": "", "until": "", "buyer_min": "",
        "buyer_max": "", "buyer_price_min": "",
    }  # fmt: skip
    return {f"lines-{number}-{name}": value for name, value in {**usual, **line}.items()}


def typed(*lines: dict[str, Any], step: str = "save", **more: Any) -> dict[str, Any]:
    """An editor as a browser sends it."""
    values: dict[str, Any] = {
        "step": step, "name": "Fleet, monthly", "currency": "EUR", "contact": "", "company": "", "deal": "",
        "accepted": ["credit_or_debit_card", "ach", "sepa", "bacs", "pads"], "take_discount_codes": "on",
        "expires_on": "", "text_below_total": "", "redirect_url": "", "language": "", "owner": "",
        "create_deal": "", "stage": "",
    }  # fmt: skip
    for number, line in enumerate(lines or ({},)):
        values |= row(number, **line)
    return {**values, **more}


def address(stage: Stage, rest: str = "") -> str:
    return f"/{stage.ctx.id}/payment-links{rest}"


def new(stage: Stage) -> str:
    return f"/{stage.ctx.id}/create/payment-link"


def made_by(answer: Any) -> int:
    assert answer.status_code == 303, errors_of(answer)
    return int(answer["Location"].rsplit("/", 1)[1])


def lines_of(db: AnyConnection, parent: str, id_: int) -> list[dict[str, Any]]:
    cursor = db.execute(LINES, [parent, id_])
    assert cursor.description is not None
    names = [each.name for each in cursor.description]
    return [dict(zip(names, found, strict=True)) for found in cursor.fetchall()]


def a_link(db: AnyConnection, stage: Stage, name: str = "Fleet", **more: Any) -> int:
    line = LinkLine("CUSTOM", None, {"name": "Fleet Core", "unit_price": Decimal(49), "frequency": "monthly"})
    return create_link(db, stage.ctx, NewLink(name=name, currency="EUR", lines=[line], **more))


def test_a_link_keeps_items_of_different_frequencies_starts_and_terms(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    answer = client.post(
        new(stage),
        typed(
            {"name": "Onboarding", "price": "250", "frequency": "one_time"},
            {"name": "Platform", "terms": "payments", "payments": "12", "discount": "10"},
            {"name": "Support", "price": "900", "frequency": "annually", "start": "days", "delay": "30"},
        ),
    )

    first, second, third = lines_of(inside, "payment_link", made_by(answer))
    assert (first["name"], first["frequency"], first["unit_price"]) == ("Onboarding", None, Decimal(250))
    assert (second["frequency"], second["term"], second["discount_percent"]) == ("monthly", "P12M", 10)
    assert (third["frequency"], third["delay_days"], third["term"]) == ("annually", 30, None)


def test_what_the_buyer_decides_is_kept_with_its_bounds(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    answer = client.post(
        new(stage),
        typed(
            {"buyer_quantity": "on", "buyer_min": "2", "buyer_max": "40"},
            {
                "name": "Gift",
                "frequency": "one_time",
                "buyer_price": "on",
                "buyer_price_min": "5",
                "optional": "on",
            },
        ),
    )

    first, second = lines_of(inside, "payment_link", made_by(answer))
    assert (first["buyer_quantity"], first["buyer_quantity_min"], first["buyer_quantity_max"]) == (
        True,
        2,
        40,
    )
    assert (second["buyer_price"], second["buyer_price_min"], second["is_optional"]) == (True, 5, True)


def test_bounds_that_cannot_be_are_refused_at_the_field(client: Client, stage: Stage) -> None:
    answer = client.post(new(stage), typed({"buyer_quantity": "on", "buyer_min": "9", "buyer_max": "3"}))

    assert answer.status_code == 422
    assert "lines-0-buyer_max" in errors_of(answer)


def test_all_options_of_a_link_are_kept(client: Client, stage: Stage, inside: AnyConnection) -> None:
    answer = client.post(
        new(stage),
        typed(
            {},
            one_time_use="on", expires_on="2026-12-31", accepted=["credit_or_debit_card"], billing_address="on",
            shipping_address="on", tax_id="on", text_below_total="No refunds.", language="no",
            redirect_url="https://brekke.example/thanks", create_deal="yes", stage="default/closedwon",
            owner=str(stage.user.id),
            **{"fields-0-label": "Plate number", "fields-0-type": "text", "fields-0-required": "on",
               "fields-1-label": "Size", "fields-1-type": "choice", "fields-1-options": "Small\nLarge"},
        ),
    )  # fmt: skip

    link = find_link(inside, stage.ctx, made_by(answer))
    assert (link.one_time_use, link.expires_on) == (True, dt.date(2026, 12, 31))
    assert link.allowed_payment_methods == ["credit_or_debit_card"]
    assert (link.collect_billing_address, link.collect_shipping_address, link.collect_tax_id) == (
        True,
        True,
        True,
    )
    assert (link.text_below_total, link.language, link.redirect_url) == (
        "No refunds.", "no", "https://brekke.example/thanks",
    )  # fmt: skip
    assert (link.create_deal, link.deal_pipeline, link.deal_stage) == (True, "default", "closedwon")
    assert link.custom_fields == [
        {"name": "plate_number", "label": "Plate number", "type": "text", "required": True},
        {"name": "size", "label": "Size", "type": "choice", "required": False, "options": ["Small", "Large"]},
    ]
    assert link.owner_id == stage.user.id


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"redirect_url": "http://brekke.example"}, "redirect_url"),
        ({"accepted": []}, "accepted"),
        ({"expires_on": "soon"}, "expires_on"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(
    client: Client, stage: Stage, inside: AnyConnection, more: dict[str, Any], field: str
) -> None:
    count = "SELECT count(*) FROM payment_link"
    before = inside.execute(count).fetchone()

    answer = client.post(new(stage), typed({}, **more))

    assert answer.status_code == 422
    assert field in errors_of(answer)
    assert inside.execute(count).fetchone() == before


def test_a_link_without_items_is_refused(client: Client, stage: Stage) -> None:
    answer = client.post(new(stage), typed({"name": "", "price": ""}))

    assert answer.status_code == 422
    assert "Add at least one line item." in text_of(answer)


def test_a_product_brings_its_price_in_the_currency_of_the_link(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    product = record(
        inside, stage.ctx, "product", name="Sensor", price="30", recurringbillingfrequency="monthly"
    )
    inside.execute(
        "UPDATE product SET custom = jsonb_build_object('hs_price_nok', '355.50') WHERE id = %s", [product]
    )

    for currency, price in (("EUR", "30.00"), ("NOK", "355.50"), ("USD", "")):
        values = typed({"name": "", "price": ""}, step=f"product:{product}", currency=currency)
        body = client.post(new(stage), values).content.decode()
        shown = re.search(r'name="lines-0-price"(?: value="([^"]*)")?', body)
        assert shown is not None
        assert (shown[1] or "") == price, currency


def test_a_product_without_a_price_in_the_currency_is_refused_in_words(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    product = record(inside, stage.ctx, "product", name="Sensor", price="30")

    answer = client.post(
        new(stage), typed({"origin": f"product:{product}", "price": ""}, currency="USD", priced_in="USD")
    )

    assert answer.status_code == 422
    said = errors_of(answer)["lines-0-price"]
    assert said == "The product has no price in USD. Give one here, or on the product."


def test_another_currency_prices_products_again(client: Client, stage: Stage, inside: AnyConnection) -> None:
    product = record(inside, stage.ctx, "product", name="Sensor", price="30")
    inside.execute(
        "UPDATE product SET custom = jsonb_build_object('hs_price_nok', '355.50') WHERE id = %s", [product]
    )

    values = typed(
        {"origin": f"product:{product}", "price": "30"}, step="again", currency="NOK", priced_in="EUR"
    )
    body = client.post(new(stage), values).content.decode()

    assert 'name="lines-0-price" value="355.50"' in body


def test_a_tax_rate_is_chosen_from_the_accounts_list(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    rate = create_tax_rate(inside, stage.ctx, name="Norway, general", label="MVA", percentage=Decimal(25))

    answer = client.post(new(stage), typed({"tax_rate": str(rate.id)}, {"tax_rate": "typed", "tax": "12"}))

    first, second = lines_of(inside, "payment_link", made_by(answer))
    assert (first["tax_rate"], second["tax_rate"]) == (25, 12)


def test_rows_are_moved_and_removed_without_losing_what_was_typed(client: Client, stage: Stage) -> None:
    lines = ({"name": "One", "optional": "on"}, {"name": "Two"}, {"name": "Three"})

    moved = client.post(new(stage), typed(*lines, step="down:0")).content.decode()
    removed = client.post(new(stage), typed(*lines, step="remove:1")).content.decode()

    names = re.compile(r'name="lines-\d-name" value="(\w+)"')
    assert names.findall(moved) == ["Two", "One", "Three"]
    assert re.search(r'name="lines-1-optional"[^>]*checked', moved)
    assert not re.search(r'name="lines-0-optional"[^>]*checked', moved)
    assert names.findall(removed) == ["One", "Three"]


def test_totals_say_what_is_due_at_the_purchase_and_what_comes_later(client: Client, stage: Stage) -> None:
    values = typed(
        {"name": "Setup", "price": "100", "frequency": "one_time"},
        {"name": "Plan", "price": "49"},
        {"name": "Later", "price": "10", "start": "days", "delay": "10"},
        step="preview",
    )

    said = text_of(client.post(new(stage), values))

    assert "Due at the purchase EUR 149.00" in said.replace("\xa0", " ") or "149.00" in said
    assert "25 Jun" in said


def test_an_edit_shows_what_is_there_and_saves_the_whole_new_offer(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    link = a_link(inside, stage, text_below_total="Before")
    body = client.get(address(stage, f"/{link}/edit")).content.decode()
    assert 'value="Fleet Core"' in body
    origin = re.search(r'name="lines-0-origin" value="(line:\d+)"', body)
    assert origin is not None

    answer = client.post(
        address(stage, f"/{link}/edit"),
        typed(
            {"origin": origin[1], "price": "59"}, {"name": "Extra", "frequency": "one_time"}, name="Fleet 2"
        ),
    )

    assert made_by(answer) == link
    assert find_link(inside, stage.ctx, link).name == "Fleet 2"
    assert [(each["name"], each["unit_price"]) for each in lines_of(inside, "payment_link", link)] == [
        ("Fleet Core", 59), ("Extra", 49),
    ]  # fmt: skip


def test_a_link_made_from_a_deal_copies_its_lines_and_is_tied_to_it(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    deal = record(
        inside, stage.ctx, "deal", dealname="Nordhavn", dealstage="contractsent", deal_currency_code="NOK"
    )
    contact = person(inside, stage.ctx)
    client.post(
        f"/{stage.ctx.id}/deals/{deal}/lines", {**row(0, name="Trailer", price="400"), "step": "save"}
    )

    body = client.get(f"{new(stage)}?deal={deal}&contact={contact}").content.decode()
    origin = re.search(r'name="lines-0-origin" value="(line:\d+)"', body)
    assert origin is not None
    assert '<option value="NOK" selected>' in body
    answer = client.post(
        new(stage),
        typed(
            {"origin": origin[1], "name": "Trailer", "price": "400"},
            currency="NOK",
            deal=deal,
            contact=contact,
        ),
    )

    link = made_by(answer)
    assert associated(inside, stage.ctx, End("payment_link", link), "deal") == [deal]
    assert associated(inside, stage.ctx, End("payment_link", link), "contact") == [contact]
    assert [each["currency"] for each in lines_of(inside, "payment_link", link)] == ["NOK"]
    assert len(lines_of(inside, "deal", deal)) == 1, "copied, not moved"


def test_the_lines_of_a_deal_are_edited_with_the_same_editor(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    deal = record(inside, stage.ctx, "deal", dealname="Nordhavn", dealstage="contractsent")
    where = f"/{stage.ctx.id}/deals/{deal}/lines"
    assert client.get(where).status_code == 200

    answer = client.post(
        where,
        {**row(0, name="Setup", price="99", frequency="one_time"), **row(1, name="Plan"), "step": "save"},
    )

    assert answer.status_code == 303
    assert [each["name"] for each in lines_of(inside, "deal", deal)] == ["Setup", "Plan"]
    wrong = client.post(where, {**row(0, price="-3"), "step": "save"})
    assert wrong.status_code == 422
    assert "lines-0-price" in errors_of(wrong)


def test_the_record_shows_address_items_and_actions(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    link = a_link(inside, stage)
    key = find_link(inside, stage.ctx, link).public_key

    answer = client.get(address(stage, f"/{link}"))

    assert answer.status_code == 200
    assert f"/buy/{stage.ctx.id}/{key}" in answer.content.decode()
    said = text_of(answer)
    for word in ("Fleet Core", "Share", "Deactivate", "Clone", "Nobody has opened this link yet."):
        assert word in said


def test_the_record_says_what_the_buyer_decides_and_leaves_optional_items_out_of_the_total(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    sold: list[dict[str, Any]] = [
        {"name": "Fleet Core", "unit_price": Decimal(49), "frequency": "monthly", "buyer_quantity": True},
        {"name": "Donation", "unit_price": Decimal(5), "buyer_price": True},
        {"name": "Cover", "unit_price": Decimal(240), "frequency": "annually", "is_optional": True},
    ]
    lines = [LinkLine(values=values) for values in sold]
    link = create_link(inside, stage.ctx, NewLink("Fleet", "EUR", lines))

    said = text_of(client.get(address(stage, f"/{link}")))

    assert "49.00 · Monthly · The buyer chooses the quantity" in said
    assert "5.00 · One time · The buyer sets the price" in said
    assert "240.00 · Annually · Optional: the buyer decides whether to take it" in said
    assert re.search(r"Total\s*54\.\s*00\s*EUR", said)


def test_the_list_shows_state_and_revenue(client: Client, stage: Stage, inside: AnyConnection) -> None:
    a_link(inside, stage, name="Long gone", expires_on=dt.date(2020, 1, 1))

    answer = client.get(address(stage, "?view=closed"))

    said = text_of(answer)
    assert "Long gone" in said
    assert "Expired" in said


def test_sharing_gives_address_code_picture_and_letter(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    link = a_link(inside, stage, name='Fleet "A" & <b>')
    key = find_link(inside, stage.ctx, link).public_key

    body = client.get(address(stage, f"/{link}/share")).content.decode()
    picture = client.get(address(stage, f"/{link}/qr.svg"))

    assert f"/buy/{stage.ctx.id}/{key}" in body
    assert "&lt;a href=" in body, "the code for a website is shown, not run"
    assert "<b>" not in body.split("share-snippet")[1].split("</textarea>")[0]
    assert "mailto:?subject=" in body
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"<svg" in picture.content


def test_a_link_is_switched_off_and_on_and_cloned(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    link = a_link(inside, stage)

    assert client.post(address(stage, f"/{link}/actions/deactivate"), {}).status_code == 303
    assert find_link(inside, stage.ctx, link).status == "inactive"
    assert client.post(address(stage, f"/{link}/actions/activate"), {}).status_code == 303
    assert find_link(inside, stage.ctx, link).status == "active"
    assert client.post(address(stage, f"/{link}/actions/clone"), {"name": "The copy"}).status_code == 303
    found = inside.execute("SELECT id FROM payment_link WHERE name = 'The copy'").fetchone()
    assert found is not None
    assert len(lines_of(inside, "payment_link", found[0])) == 1
    assert find_link(inside, stage.ctx, found[0]).public_key != find_link(inside, stage.ctx, link).public_key


def test_a_deleted_link_is_archived(client: Client, stage: Stage, inside: AnyConnection) -> None:
    link = a_link(inside, stage)

    assert client.post(address(stage, f"/{link}/delete"), {}).status_code == 303

    assert find_link(inside, stage.ctx, link).archived
    assert client.get(address(stage, f"/{link}")).status_code == 404
    assert client.get(address(stage, f"/{link}/edit")).status_code == 404


def test_create_subscription_offers_a_link_first_and_the_panel_leads_to_the_editor(
    client: Client, stage: Stage
) -> None:
    chosen = client.get(f"/{stage.ctx.id}/create/choose", headers={"HX-Request": "true"}).content.decode()
    assert f"/{stage.ctx.id}/create/payment-link/line" in chosen
    assert f"/{stage.ctx.id}/create/subscription" in chosen

    panel = client.get(f"/{stage.ctx.id}/create/payment-link/line").content.decode()
    assert f'href="{new(stage)}"' in panel, "Cancel goes on to the editor"
    editor = client.post(new(stage), {**row(0, name="Plan B", price="77"), "step": "start"}).content.decode()
    assert 'value="Plan B"' in editor
    assert re.search(r'name="accepted" value="ach"[^>]*checked', editor)


def test_test_mode_copies_the_link_into_a_sandbox_of_the_same_people(
    stage: Stage, db: AnyConnection, sign_in: SignIn
) -> None:
    live = company_of_its_own(db)
    db.execute("UPDATE account SET mode = 'live', clock_at = NULL WHERE id = %s", [live.ctx.id])
    colleague = new_user()
    give_place(db, colleague, live.ctx.id)
    browser = sign_in(live.user)
    link = a_link(db, live, name="Try me", one_time_use=True)
    where = f"/{live.ctx.id}/payment-links/{link}/test"
    assert browser.get(where).status_code == 200

    first, second = browser.post(where, {})["Location"], browser.post(where, {})["Location"]

    assert first == second, "tried again, it is the same copy"
    sandbox = int(first.split("/")[2])
    assert sandbox != live.ctx.id
    enter_account(db, sandbox)
    row_ = db.execute(
        "SELECT name, mode, clock_at IS NOT NULL FROM account WHERE id = %s", [sandbox]
    ).fetchone()
    assert row_ == (live.ctx.name, "sandbox", True)
    members = {found[0] for found in db.execute("SELECT user_id FROM membership").fetchall()}
    assert members == {live.user.id, colleague.id}
    copies = db.execute("SELECT id, one_time_use FROM payment_link").fetchall()
    assert [each[1] for each in copies] == [True]
    assert [each["name"] for each in lines_of(db, "payment_link", copies[0][0])] == ["Fleet Core"]


def test_who_may_not_edit_links_is_told_so_and_makes_none(
    stage: Stage, inside: AnyConnection, sign_in: SignIn
) -> None:
    reader = new_user()
    give_place(inside, reader, stage.ctx.id)
    inside.execute("UPDATE membership SET role = 'reader' WHERE user_id = %s", [reader.id])
    browser = sign_in(reader)
    link = a_link(inside, stage)

    assert browser.get(new(stage)).status_code == 403
    assert browser.post(new(stage), typed({})).status_code == 403
    assert browser.post(address(stage, f"/{link}/edit"), typed({})).status_code == 403
    assert browser.post(address(stage, f"/{link}/test"), {}).status_code == 403
    assert browser.get(address(stage, f"/{link}/share")).status_code == 200


def test_a_link_of_another_account_is_not_found(stage: Stage, client: Client, db: AnyConnection) -> None:
    other = company_of_its_own(db)
    link = a_link(db, other)

    for rest in ("", "/edit", "/share", "/qr.svg", "/test"):
        assert client.get(address(stage, f"/{link}{rest}")).status_code == 404


def test_without_a_processor_a_link_says_that_nobody_can_pay(
    client: Client, stage: Stage, inside: AnyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = a_link(inside, stage)
    pages = (address(stage, f"/{link}"), address(stage, f"/{link}/share"))
    warning, settings = "Nobody can pay through this link yet", f"/{stage.ctx.id}/settings/processor"
    for page in pages:
        assert warning not in client.get(page).content.decode()

    monkeypatch.setattr("kalends.staff.links.share.chosen_processor", lambda _db, _ctx: None)

    for page in pages:
        said = client.get(page).content.decode()
        assert warning in said
        assert f'href="{settings}"' in said


def test_a_new_product_offers_terms_and_the_accounts_tax_rates_and_names_its_currency(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    rate = create_tax_rate(inside, stage.ctx, name="Sweden, general", label="Moms", percentage=Decimal(25))
    where = f"/{stage.ctx.id}/products/create"

    form = client.get(where).content.decode()
    answer = client.post(
        where,
        {"name": "Sensor", "hs_recurring_billing_period": "P24M", "hs_tax_rate_group_id": str(rate.id)},
    )

    assert ">Unit price, EUR" in form
    assert '<option value="">Renew until canceled</option>' in form
    assert '<option value="P12M">12 months</option>' in form
    assert f'<option value="{rate.id}">Sweden, general, 25' in form
    product = int(answer["Location"].rsplit("/", 1)[1])
    kept = inside.execute("SELECT term, tax_rate_group_id FROM product WHERE id = %s", [product]).fetchone()
    assert kept == ("P24M", str(rate.id))


def test_a_product_is_made_with_a_price_for_each_currency_and_its_billing_defaults(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    where = f"/{stage.ctx.id}/products/create"
    form = client.get(where).content.decode()
    assert 'name="hs_price_nok"' in form
    assert 'name="hs_price_usd"' in form
    assert 'name="hs_price_eur"' not in form, "the account's own currency is the price itself"

    answer = client.post(
        where,
        {
            "name": "Sensor", "price": "30", "hs_price_nok": "355.50", "hs_price_usd": "",
            "recurringbillingfrequency": "monthly", "hs_recurring_billing_period": "P12M",
        },
    )  # fmt: skip

    assert answer.status_code == 303
    said = text_of(client.get(answer["Location"]))
    assert "Unit price, NOK" in said
    assert "355.50" in said
    product = int(answer["Location"].rsplit("/", 1)[1])
    changed = client.post(f"/{stage.ctx.id}/products/{product}/properties/hs_price_usd/edit", {"value": "33"})
    assert changed.status_code < 400
    found = inside.execute("SELECT custom FROM product WHERE id = %s", [product]).fetchone()
    assert found is not None
    assert found[0]["hs_price_nok"] == "355.50"


def test_the_subscription_wizard_takes_a_products_price_in_its_currency(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    product = record(inside, stage.ctx, "product", name="Sensor", price="30")
    inside.execute(
        "UPDATE product SET custom = jsonb_build_object('hs_price_nok', '355.50') WHERE id = %s", [product]
    )

    body = client.post(
        f"/{stage.ctx.id}/create/subscription", {"step": f"product:{product}", "currency": "NOK"}
    ).content.decode()

    assert 'value="355.50"' in body


def test_defaults_of_the_account_are_what_a_new_link_begins_with(
    client: Client, db: AnyConnection, sign_in: SignIn
) -> None:
    company = company_of_its_own(db)
    browser = sign_in(company.user)
    asked = browser.get(f"/{company.ctx.id}/settings/links", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert re.search(r'<option value="closedwon"[^>]*>(Closed won|Vunnet)', asked), (
        "stages by what they are called"
    )
    saved = browser.post(
        f"/{company.ctx.id}/settings/links",
        {
            "links_text": "Our terms apply.", "links_billing_address": "on", "links_create_deals": "on",
            "links_deal_pipeline": "default", "links_deal_stage": "closedwon",
        },
    )  # fmt: skip
    assert saved.status_code == 303

    body = browser.get(f"/{company.ctx.id}/create/payment-link").content.decode()

    assert "Our terms apply." in body
    assert re.search(r'name="billing_address"[^>]*checked', body)
    assert "As the account: yes" in body


def test_discount_codes_are_added_listed_and_switched(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    where = f"/{stage.ctx.id}/settings/codes"
    percent = {"code": "SPRING25", "kind": "percent", "value": "25", "currency": "EUR", "uses_max": "5"}

    assert client.post(f"{where}/add", percent).status_code == 303
    assert client.post(f"{where}/add", {**percent, "code": "spring25"}).status_code == 422
    assert client.post(f"{where}/add", {**percent, "code": "ALL", "value": "100"}).status_code == 422
    assert (
        client.post(
            f"{where}/add", {**percent, "code": "TEN", "kind": "fixed", "value": "10.001"}
        ).status_code
        == 422
    )
    assert (
        client.post(f"{where}/add", {**percent, "code": "TEN", "kind": "fixed", "value": "10"}).status_code
        == 303
    )

    said = text_of(client.get(where))
    assert "SPRING25" in said
    assert "0 of 5" in said
    found = inside.execute("SELECT id, amount_minor FROM discount_code WHERE code = 'TEN'").fetchone()
    assert found is not None
    assert found[1] == 1000
    assert client.post(f"{where}/{found[0]}/deactivate", {}).status_code == 303
    assert "Inactive" in text_of(client.get(where))
    assert client.post(f"{where}/{found[0]}/activate", {}).status_code == 303


def test_the_wizard_prices_products_again_in_another_currency(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    product = record(inside, stage.ctx, "product", name="Sensor", price="30")
    inside.execute(
        "UPDATE product SET custom = jsonb_build_object('hs_price_nok', '355.50') WHERE id = %s", [product]
    )
    values = {**row(0, origin=f"product:{product}", price="30"), "step": "again", "priced_in": "EUR"}

    body = client.post(f"/{stage.ctx.id}/create/subscription", {**values, "currency": "NOK"}).content.decode()

    assert 'name="lines-0-price" value="355.50"' in body
