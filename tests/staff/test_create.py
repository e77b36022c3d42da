"""Create subscription: what the wizard proposes, foresees, refuses and makes, to the cent and once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account, take_ids
from kalends.catalog import get_object
from kalends.crm.associations import End, associate, associated
from kalends.crm.create import NewCompany, NewContact, create_companies, create_contacts
from kalends.crm.records import New, Who, prepare_new, write_new
from kalends.payments.methods import NewPaymentMethod, create_payment_methods
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database, translations
from kalends.proof.verify import verify
from tests.conftest import AnyConnection
from tests.staff.conftest import SignIn
from tests.staff.stage import Stage, give_place, new_user
from tests.world import World

TODAY = dt.date(2026, 6, 15)
WHO = Who("system")


NOW = dt.datetime(2026, 6, 15, 9, tzinfo=dt.UTC)


def company_of_its_own(db: AnyConnection, now: dt.datetime = NOW) -> Stage:
    """An account without any customer yet, on the morning of 15 June 2026, and its administrator."""
    ctx = create_account(
        db, name="Brekke Flåte AS", time_zone="Europe/Oslo", currency="EUR", currencies=("NOK", "USD"),
        country="NO", now=now, clock_at=now,
    )  # fmt: skip
    user = new_user()
    give_place(db, user, ctx.id)
    return Stage(ctx, user, {})


@pytest.fixture(scope="session")
def stage(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The account in which everything here is made: the one that all pages are looked at with stays as it is."""
    translations.compile_translations()
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        yield company_of_its_own(db)


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> AnyConnection:
    """A connection inside that account."""
    enter_account(db, stage.ctx.id)
    return db


def address(stage: Stage, query: str = "") -> str:
    return f"/{stage.ctx.id}/create/subscription{query}"


def person(db: AnyConnection, ctx: AccountContext, email: str | None = "", **more: Any) -> int:
    if email == "":
        email = f"buyer{take_ids(db, 1)[0]}@kunde.test"
    return create_contacts(db, ctx, [NewContact(email, "Kari", "Nordmann", **more)])[0]


def card(db: AnyConnection, ctx: AccountContext, contact: int, **more: Any) -> int:
    token = f"tok_approved_{take_ids(db, 1)[0]}"
    return create_payment_methods(
        db, ctx, [NewPaymentMethod(contact, "card", token, "4417", brand="visa", **more)]
    )[0]


def record(db: AnyConnection, ctx: AccountContext, kind: str, **properties: Any) -> int:
    obj = get_object(kind)
    drafts = prepare_new(db, ctx, obj, [New(properties)])
    assert drafts[0].written.problems == []
    return write_new(db, ctx, obj, drafts, WHO)[0]


def typed(contact: int | str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A wizard as a browser sends it."""
    values: dict[str, Any] = {
        "step": "create", "contact": contact, "company": "", "currency": "EUR", "collection": "invoices", "method": "",
        "due": "0", "due_days": "", "email_invoices": "on", "name": "", "owner": "", "language": "", "bill_from": "",
        "comments": "", "accepted": ["credit_or_debit_card", "ach", "sepa", "bacs", "pads"],
    }  # fmt: skip
    for number, line in enumerate(lines):
        usual = {
            "origin": "", "name": "Fleet Core", "quantity": "1", "price": "49", "discount": "",
            "discount_kind": "percent", "tax": "", "frequency": "monthly", "start": "at_once", "start_date": "",
            "delay": "", "terms": "until_canceled", "payments": "", "until": "",
        }  # fmt: skip
        values |= {f"lines-{number}-{name}": value for name, value in {**usual, **line}.items()}
    return {**values, **more}


def made(db: AnyConnection, contact: int) -> list[dict[str, Any]]:
    """The contact's subscriptions as the database has them."""
    names = (
        "id, name, frequency, start_date, expected_payments, end_date, next_amount_minor, currency, collection, "
        "payment_method_id, net_terms_days, company_id, owner_id, status, mrr_minor, allowed_payment_methods, "
        "collect_address_types, billing_city, comments, language"
    )
    rows = db.execute(
        f"SELECT {names} FROM subscription WHERE contact_id = %s ORDER BY id",  # type: ignore[arg-type]
        [contact],
    ).fetchall()
    return [dict(zip(names.split(", "), row, strict=True)) for row in rows]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def errors_of(answer: Any) -> dict[str, str]:
    """What is said at which field."""
    found = re.findall(r'id="id_([\w-]+)_error">.*?<span>(.*?)</span>', answer.content.decode(), re.S)
    return {name: text.strip() for name, text in found}


def test_the_wizard_begins_with_the_accounts_currency_and_the_user_as_owner(
    client: Client, stage: Stage
) -> None:
    answer = client.get(address(stage))

    body = answer.content.decode()
    assert answer.status_code == 200
    assert '<option value="EUR" selected>' in body
    assert f'<option value="{stage.user.id}" selected>' in body
    assert "Fill in a line item" in body


def test_a_contact_brings_their_company_address_and_stored_method(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    (company,) = create_companies(inside, stage.ctx, [NewCompany("Kallio Oy", city="Tampere", zip="33200")])
    contact = person(inside, stage.ctx, company_id=company, city="Oulu")
    method = card(inside, stage.ctx, contact)

    body = client.get(address(stage, f"?contact={contact}")).content.decode()

    assert "Kallio Oy" in body
    assert 'value="Tampere"' in body
    assert f'<option value="{method}" selected>Visa ··4417</option>' in body


def test_a_subscription_is_made_as_typed_and_leads_to_its_record(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    line = {"name": "Fleet Pro", "quantity": "46", "price": "690", "discount": "10", "tax": "25"}
    more = {"due": "custom", "due_days": "20", "city": "Tromsø", "comments": "Thanks", "language": "no",
            "collect": ["billing_address"], "accepted": ["sepa"], "owner": stage.user.id}  # fmt: skip

    answer = client.post(address(stage), typed(contact, line, **more))

    (one,) = made(inside, contact)
    assert (answer.status_code, answer["Location"]) == (303, f"{stage.index}/{one['id']}")
    assert one["next_amount_minor"] == 3_570_750  # 46 x 690.00, less 10 %, with 25 % tax
    assert one["mrr_minor"] == 2_856_600
    assert (one["name"], one["status"], one["start_date"]) == ("Fleet Pro", "active", TODAY)
    assert (one["collection"], one["net_terms_days"], one["owner_id"]) == ("manual", 20, stage.user.id)
    assert (one["billing_city"], one["comments"], one["language"]) == ("Tromsø", "Thanks", "no")
    assert (one["allowed_payment_methods"], one["collect_address_types"]) == (["sepa"], ["billing_address"])
    told = text_of(client.get(answer["Location"]))
    assert "1 subscription created. 35,707.50 EUR will be invoiced with the next billing run." in told


def test_lines_that_are_billed_differently_become_subscriptions_of_their_own(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    lines = (
        {"name": "Core", "price": "49"},
        {"name": "Support", "price": "320"},
        {"name": "Lease", "price": "6.50", "quantity": "24", "terms": "payments", "payments": "12"},
        {"name": "Insurance", "price": "1200", "frequency": "annually", "start": "months", "delay": "2"},
        {"name": "Storage", "price": "10", "start": "on", "start_date": "2026-07-01", "terms": "until",
         "until": "2026-12-01"},
    )  # fmt: skip

    preview = client.post(address(stage), typed(contact, *lines, step="preview"))
    client.post(address(stage), typed(contact, *lines, name="Kallio"))

    found = [
        (each["name"], each["next_amount_minor"], each["expected_payments"]) for each in made(inside, contact)
    ]
    assert found == [
        ("Kallio: Core", 36_900, None),
        ("Kallio: Lease", 15_600, 12),
        ("Kallio: Insurance", 120_000, None),
        ("Kallio: Storage", 1_000, 5),
    ]
    told = text_of(preview)
    assert "This makes 4 subscriptions" in told
    assert "how often they are billed, when billing starts, the number of payments" in told
    assert "Due today525.00EUR" in told
    assert "12 payments, ends 15 Jun 2027" in told


def test_a_form_that_is_sent_twice_makes_one(client: Client, stage: Stage, inside: AnyConnection) -> None:
    contact = person(inside, stage.ctx)
    form = typed(contact, {}, request_key=f"twice-{contact}-key")

    first, second = (client.post(address(stage), form) for _ in range(2))

    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert len(made(inside, contact)) == 1


def test_review_says_who_is_charged_what_and_when_and_makes_nothing(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    method = card(inside, stage.ctx, contact)
    form = typed(contact, {"price": "100"}, step="review", collection="automatic", method=method)

    answer = client.post(address(stage), form, HTTP_HX_REQUEST="true")

    told = text_of(answer)
    assert "Create 1 subscription for Kari Nordmann?" in told
    assert "100.00 EUR will be charged to Visa ··4417 with the next billing run." in told
    assert "next 100.00 EUR on 15 Jul 2026, charged automatically" in told
    assert 'name="lines-0-price" value="100"' in answer.content.decode()
    assert made(inside, contact) == []


def test_going_back_from_the_confirmation_keeps_everything(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    form = typed(contact, {"name": "Ægir & sønn", "price": "1,234.5"}, step="edit", comments="Keep me")

    body = client.post(address(stage), form).content.decode()

    assert 'value="Ægir &amp; sønn"' in body
    assert 'value="1,234.5"' in body
    assert "Keep me" in body


def test_what_began_before_is_not_billed_twice_by_accident(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    line = {"start": "on", "start_date": "2026-01-15"}

    refused = client.post(address(stage), typed(contact, line))
    assert refused.status_code == 422
    assert "Under Details" in errors_of(refused)["lines-0-start"]

    review = client.post(address(stage), typed(contact, line, step="review", bill_from="2026-05-01"))
    assert "98.00 EUR will be invoiced" in text_of(review)  # 15 May and 15 June
    assert client.post(address(stage), typed(contact, line, bill_from="2026-05-01")).status_code == 303
    assert made(inside, contact)[0]["next_amount_minor"] == 4_900


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ({"price": "-1"}, "price", "0 or more"),
        ({"price": "9" * 30}, "price", "number"),
        ({"price": "1.1234567"}, "price", "six decimals"),
        ({"price": "abc"}, "price", "Give a number."),
        ({"quantity": "0"}, "quantity", "more than 0"),
        ({"discount": "101"}, "discount", "0 to 100"),
        ({"discount": "50", "discount_kind": "amount"}, "discount", "above the unit price"),
        ({"tax": "-5"}, "tax", "0 or more"),
        ({"name": ""}, "name", "required"),
        ({"frequency": "one_time"}, "frequency", "billed once"),
        ({"frequency": "hourly"}, "frequency", "valid choice"),
        ({"start": "on"}, "start_date", "Choose a day"),
        ({"start": "on", "start_date": "9999-01-01"}, "start_date", "between 1970"),
        ({"start": "days", "delay": "-1"}, "delay", "from 0 to 3650"),
        ({"start": "months", "delay": "121"}, "delay", "from 0 to 120"),
        ({"terms": "payments", "payments": "0"}, "payments", "from 1 to 5000"),
        ({"terms": "payments", "payments": "9" * 25}, "payments", "from 1 to 5000"),
        ({"terms": "until", "until": "2026-06-15"}, "until", "No payment"),
        ({"origin": "product:999999999"}, "name", "not there"),
    ],
)
def test_a_line_that_cannot_be_says_so_at_its_field(
    client: Client, stage: Stage, inside: AnyConnection, line: dict[str, str], field: str, words: str
) -> None:
    contact = person(inside, stage.ctx)

    answer = client.post(address(stage), typed(contact, {"name": "Kept", **line}))

    assert answer.status_code == 422
    assert words in errors_of(answer)[f"lines-0-{field}"]
    assert made(inside, contact) == []
    for value in line.values():
        assert value in answer.content.decode()


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"currency": "XXX"}, "currency", "valid choice"),
        ({"due": "custom", "due_days": "366"}, "due_days", "from 0 to 365"),
        ({"accepted": []}, "accepted", "at least one"),
        ({"collection": "automatic"}, "method", "Choose the payment method"),
        ({"collection": "automatic", "method": "7"}, "method", "valid choice"),
        ({"owner": "999999999"}, "owner", "valid choice"),
        ({"language": "xx"}, "language", "valid choice"),
        ({"bill_from": "2026-06-16"}, "bill_from", "begins today or later"),
        ({"name": "n" * 300}, "name", "255"),
        ({"collect": ["nonsense"]}, "collect", "valid choice"),
    ],
)
def test_what_cannot_be_agreed_says_so_at_its_field(
    client: Client, stage: Stage, inside: AnyConnection, more: dict[str, Any], field: str, words: str
) -> None:
    contact = person(inside, stage.ctx)
    card(inside, stage.ctx, contact)

    answer = client.post(address(stage), typed(contact, {}, **more))

    assert answer.status_code == 422
    assert words in (errors_of(answer).get(field) or text_of(answer))
    assert made(inside, contact) == []


def test_without_a_contact_or_a_line_nothing_is_made(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)

    assert "Choose who pays." in text_of(client.post(address(stage), typed("", {})))
    assert "Add at least one line item." in text_of(client.post(address(stage), typed(contact)))


def test_records_of_another_account_and_unseen_ones_are_not_there(
    client: Client, stage: Stage, inside: AnyConnection, account: AccountContext
) -> None:
    enter_account(inside, account.id)
    foreign = person(inside, account)
    foreign_deal = record(inside, account, "deal", dealname="Theirs", dealstage="appointmentscheduled")
    enter_account(inside, stage.ctx.id)
    contact = person(inside, stage.ctx)

    for wrong in (typed(foreign, {}), typed(2**63, {}), typed("x", {})):
        assert client.post(address(stage), wrong).status_code == 422
    answer = client.post(address(stage), typed(contact, {}, company=foreign))
    assert "This company is not there" in text_of(answer)
    answer = client.post(address(stage), typed(contact, {}, deal=foreign_deal))
    assert "The deal is not there any more" in text_of(answer)
    assert "Theirs" not in client.get(address(stage, f"?deal={foreign_deal}")).content.decode()
    assert made(inside, contact) == []


def test_a_contact_without_an_email_address_gets_no_invoices_by_email(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx, None)

    refused = client.post(address(stage), typed(contact, {}))
    assert "no email address" in errors_of(refused)["email_invoices"]

    form = {name: value for name, value in typed(contact, {}).items() if name != "email_invoices"}
    assert client.post(address(stage), form).status_code == 303


def test_a_product_fills_a_line_in_the_accounts_currency_and_leaves_the_price_open_in_others(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    product = record(inside, stage.ctx, "product", name="Fleet Core", price="49.5", hs_sku="FC-1",
                     recurringbillingfrequency="quarterly", hs_recurring_billing_period="P1Y")  # fmt: skip

    body = client.post(address(stage), typed(contact, step=f"product:{product}")).content.decode()
    assert 'value="49.50"' in body
    assert '<option value="quarterly" selected>' in body
    assert 'name="lines-0-payments" value="4"' in body
    other = client.post(address(stage), typed(contact, step=f"product:{product}", currency="NOK"))
    assert 'value="49.50"' not in other.content.decode()

    line = {"origin": f"product:{product}", "price": "49.50", "frequency": "quarterly"}
    assert client.post(address(stage), typed(contact, line)).status_code == 303
    row = inside.execute(
        "SELECT product_id, sku, unit_price FROM line_item WHERE parent_id = %s",
        [made(inside, contact)[0]["id"]],
    ).fetchone()
    assert row == (product, "FC-1", Decimal("49.5"))

    inside.execute("UPDATE product SET archived_at = %s WHERE id = %s", [stage.ctx.now, product])
    assert (
        "not there any more" in errors_of(client.post(address(stage), typed(contact, line)))["lines-0-name"]
    )


def test_a_deal_that_was_lost_becomes_none_and_its_page_says_why(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    deal = record(inside, stage.ctx, "deal", dealname="Turned down", dealstage="closedlost")
    page = client.get(address(stage, f"?deal={deal}"), follow=True)
    assert page.redirect_chain == [(f"/{stage.ctx.id}/deals/{deal}", 303)]
    assert "The deal was lost." in page.content.decode()
    answer = client.post(address(stage), typed(contact, {}, deal=deal))
    assert (answer.status_code, "The deal was lost." in text_of(answer)) == (422, True)
    assert made(inside, contact) == []


def test_a_deal_becomes_a_subscription_with_copies_of_its_lines(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    ctx = stage.ctx
    contact = person(inside, ctx)
    (company,) = create_companies(inside, ctx, [NewCompany("Blue Mesa")])
    deal = record(
        inside, ctx, "deal", dealname="Blue Mesa fleet", dealstage="closedwon", deal_currency_code="NOK"
    )
    for end in (End("contact", contact), End("company", company)):
        associate(inside, ctx, End("deal", deal), end)
    (line,) = take_ids(inside, 1)
    inside.execute(
        "INSERT INTO line_item (account_id, id, created_at, updated_at, source_label, parent_type, parent_id, name, "
        "sku, unit_price, quantity, discount_percent, tax_rate, tax_inclusive, currency, frequency, term) VALUES "
        "(%s, %s, %s, %s, 'CRM_UI', 'deal', %s, 'Telematics', 'TEL', 99, 10, 5, 25, true, 'NOK', 'monthly', "
        "'P6M')",
        [ctx.id, line, ctx.now, ctx.now, deal],
    )

    body = client.get(address(stage, f"?deal={deal}")).content.decode()
    assert "Blue Mesa fleet" in body
    assert 'value="Telematics"' in body
    assert '<option value="NOK" selected>' in body
    assert "Kari Nordmann" in body

    sent = {"origin": f"line:{line}", "name": "Telematics", "price": "99.00", "quantity": "10", "discount": "5",
            "tax": "25", "terms": "payments", "payments": "6"}  # fmt: skip
    form = typed(contact, sent, deal=deal, company=company, currency="NOK", name="Blue Mesa fleet")
    assert client.post(address(stage), form).status_code == 303

    (one,) = made(inside, contact)
    assert (one["next_amount_minor"], one["currency"], one["expected_payments"]) == (94_050, "NOK", 6)
    assert (one["company_id"], one["name"]) == (company, "Blue Mesa fleet")
    copies = inside.execute(
        "SELECT id, sku, tax_inclusive FROM line_item WHERE parent_id = %s", [one["id"]]
    ).fetchall()
    assert [(sku, inclusive) for _id, sku, inclusive in copies] == [("TEL", True)]
    assert copies[0][0] != line
    assert inside.execute("SELECT parent_id FROM line_item WHERE id = %s", [line]).fetchone() == (deal,)
    assert associated(inside, ctx, End("subscription", one["id"]), "deal") == [deal]


def test_a_new_contact_is_made_on_the_way_and_never_twice(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    email = f"new{take_ids(inside, 1)[0]}@kunde.test"
    form = typed(
        "", {"name": "Kept line"}, step="save-contact", **{"new-email": email, "new-first_name": "Ola"}
    )

    body = client.post(address(stage), form).content.decode()
    assert "Kept line" in body
    rows = inside.execute("SELECT id, owner_id FROM contact WHERE email = %s", [email]).fetchall()
    assert len(rows) == 1
    assert f'name="contact" value="{rows[0][0]}"' in body

    again = client.post(address(stage), form)
    assert again.status_code == 422
    assert "is there already" in errors_of(again)["new-email"]
    assert f'value="contact:{rows[0][0]}"' in again.content.decode()
    bad = client.post(address(stage), {**form, "new-email": "no address"})
    assert "new-email" in errors_of(bad)


def test_contacts_are_found_while_their_name_is_typed(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx, f"finder{take_ids(inside, 1)[0]}@kunde.test")

    answer = client.post(address(stage), typed("", step="find:contact", find_contact="finder"))

    assert f'value="contact:{contact}"' in answer.content.decode()
    nothing = client.post(address(stage), typed("", step="find:contact", find_contact="zzzz"))
    assert "Nothing is called so." in text_of(nothing)


def test_whoever_may_not_edit_subscriptions_cannot_make_any(
    client: Client, stage: Stage, inside: AnyConnection, sign_in: SignIn
) -> None:
    contact = person(inside, stage.ctx)
    reader = new_user("Reader")
    give_place(inside, reader, stage.ctx.id)
    inside.execute("UPDATE membership SET role = 'reader' WHERE user_id = %s", [reader.id])
    browser = sign_in(reader)

    assert browser.get(address(stage)).status_code == 403
    assert browser.post(address(stage), typed(contact, {})).status_code == 403
    assert made(inside, contact) == []


def test_a_seller_finds_and_bills_only_the_customers_whom_they_may_see(
    stage: Stage, inside: AnyConnection, sign_in: SignIn
) -> None:
    seller = new_user("Seller")
    give_place(inside, seller, stage.ctx.id)
    inside.execute("UPDATE membership SET role = 'sales' WHERE user_id = %s", [seller.id])
    mark = f"sight{take_ids(inside, 1)[0]}"
    theirs = person(inside, stage.ctx, f"{mark}a@kunde.test", owner_id=seller.id)
    others = person(inside, stage.ctx, f"{mark}b@kunde.test", owner_id=stage.user.id)
    deal = record(
        inside,
        stage.ctx,
        "deal",
        dealname="Secret",
        dealstage="closedwon",
        hubspot_owner_id=str(stage.user.id),
    )
    browser = sign_in(seller)

    found = browser.post(address(stage), typed("", step="find:contact", find_contact=mark)).content.decode()
    assert f"contact:{theirs}" in found
    assert f"contact:{others}" not in found
    assert f"{mark}b" not in browser.get(address(stage, f"?contact={others}")).content.decode()
    assert "Secret" not in browser.get(address(stage, f"?deal={deal}")).content.decode()
    assert browser.post(address(stage), typed(others, {})).status_code == 422
    assert browser.post(address(stage), typed(theirs, {}, owner=seller.id)).status_code == 303
    assert (len(made(inside, theirs)), made(inside, others)) == (1, [])


def test_an_amount_below_the_smallest_charge_is_refused_in_words(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)
    method = card(inside, stage.ctx, contact)

    answer = client.post(
        address(stage), typed(contact, {"price": "0.10"}, collection="automatic", method=method)
    )

    assert answer.status_code == 422
    assert "The smallest amount that can be charged automatically is" in text_of(answer)


def test_htmx_gets_the_wizard_alone_with_its_errors_and_the_dialog_closes(
    client: Client, stage: Stage, inside: AnyConnection
) -> None:
    contact = person(inside, stage.ctx)

    answer = client.post(
        address(stage), typed(contact, {"price": "x"}, step="review"), HTTP_HX_REQUEST="true"
    )

    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Trigger"]) == (
        422,
        "#wizard",
        "dialog-close",
    )
    assert answer.content.decode().lstrip().startswith("<form")
    assert "lines-0-price" in errors_of(answer)


@pytest.mark.parametrize("language", ["nb", "fi"])
def test_the_wizard_speaks_the_users_language(
    stage: Stage, inside: AnyConnection, sign_in: SignIn, language: str
) -> None:
    user = new_user("Aino", language)
    give_place(inside, user, stage.ctx.id)
    contact = person(inside, stage.ctx)

    answer = sign_in(user).post(
        address(stage), typed(contact, {"price": "12,50", "terms": "payments"}, step="preview")
    )
    assert answer.status_code == 200
    wrong = sign_in(user).post(address(stage), typed(contact, {"price": "12,50", "terms": "payments"}))
    assert "Give a whole number" not in errors_of(wrong)["lines-0-payments"]
    review = sign_in(user).post(address(stage), typed(contact, {"price": "12,50"}, step="review"))
    assert "12,50" in text_of(review)
    assert "Create 1 subscription" not in text_of(review)


def test_what_was_foreseen_is_what_the_next_run_charges_and_the_books_agree(
    db: AnyConnection, sign_in: SignIn
) -> None:
    own = company_of_its_own(db)
    processors = AccountProcessors(lambda: database.connect(autocommit=True), own.ctx.id)
    try:
        world = World(db, own.ctx, processors)
        contact = world.customer()
        method = world.method(contact)
        lines = (
            {"price": "33.333", "quantity": "3", "tax": "25", "discount": "7.5"},
            {"name": "Insurance", "price": "1200", "frequency": "annually", "tax": "15"},
        )
        browser = sign_in(own.user)
        form = typed(contact, *lines, collection="automatic", method=method)
        told = text_of(browser.post(address(own), {**form, "step": "preview"}))
        assert "Tax 25 %23.13EUR" in told
        assert "Due today1,495.63EUR" in told  # (3 x 33.333, less 7.5 %) with 25 %, and 1,200.00 with 15 %
        assert browser.post(address(own), form).status_code == 303
        before = world.rows("SELECT id FROM invoice")

        world.until(TODAY, hour=10)

        assert before == [], "nothing is billed at the moment of creation"
        paid = world.rows("SELECT total_minor, status FROM invoice ORDER BY total_minor")
        assert paid == [(11_563, "paid"), (138_000, "paid")]
        assert verify(db, world.ctx, processors=processors).clean
    finally:
        processors.close()
