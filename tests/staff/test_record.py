"""A subscription's record and an invoice's document."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from kalends.accounts.change import change_settings
from kalends.accounts.sql import enter_account
from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.catalog import OBJECTS
from kalends.documents.logo import set_logo
from kalends.platform import database
from kalends.staff.timeline import KINDS
from tests.business.messages.test_letterhead import SVG
from tests.conftest import AnyConnection
from tests.staff.messages_used import SRC
from tests.staff.stage import Stage


def _text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    page = unescape(response.content.decode()).partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").replace(" .", ".").split())


def _in_order(text: str, *parts: str) -> bool:
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("main", "Active"),
        ("unpaid", "Unpaid"),
        ("late invoice", "Past due"),
        ("scheduled", "Scheduled"),
        ("paused", "Paused"),
        ("canceled", "Canceled"),
        ("expired", "Expired"),
    ],
)
def test_every_status_has_its_page(client: Client, stage: Stage, name: str, status: str) -> None:
    assert _text(client, stage.record(name)).partition("Next payment")[0].count(status) >= 1


def test_why_this_amount_leads_line_by_line_to_the_next_payment(client: Client, stage: Stage) -> None:
    text = _text(client, stage.record("main"))
    assert _in_order(
        text,
        "Next payment 40,582.50 NOK 15 Jul 2026, in 30 days",
        "Total collected 243,495.00 NOK 6 payments",
        "Upcoming payment, 15 Jul 2026",
        "+ Fleet Pro: 46 × 690.00 31,740.00 NOK",  # noqa: RUF001
        "− 10 % discount of 31,740.00 −3,174.00 NOK",  # noqa: RUF001
        "+ Support Plus: 1 × 3,900.00 3,900.00 NOK",  # noqa: RUF001
        "= Subtotal 32,466.00 NOK",
        "+ 25 % tax on 32,466.00 8,116.50 NOK",
        "= Total 40,582.50 NOK",
        "15 Aug 2026 40,582.50 NOK",
    )


def test_what_is_owed_is_told_with_its_reason_and_every_try(client: Client, stage: Stage) -> None:
    text = _text(client, stage.record("unpaid"))
    assert "3,260.00 USD could not be collected" in text
    assert text.count("failed: Not enough funds") == 5
    assert "Status changed to Unpaid" in text
    assert "Next try 15 Jun 2026" in text


def test_a_subscription_that_ended_announces_nothing(client: Client, stage: Stage) -> None:
    for name in ("canceled", "expired"):
        text = _text(client, stage.record(name))
        assert "nothing more is billed" in text
        assert "Upcoming payment" not in text
    assert "resumes 1 Sept 2026" in _text(client, stage.record("paused"))


def test_the_rail_has_a_dot_for_each_cycle_and_leads_to_its_invoice(client: Client, stage: Stage) -> None:
    page = client.get(stage.record("main")).content.decode()
    rail = page.partition('<ol class="rail"')[2].partition("</ol>")[0]
    assert re.findall(r'data-s="(\w+)"', rail) == ["paid"] * 6 + ["next"] + ["todo"] * 3
    assert f'href="/{stage.ctx.id}/invoices/INV-' in rail
    late = (
        client.get(stage.record("unpaid"))
        .content.decode()
        .partition('<ol class="rail"')[2]
        .partition("</ol>")[0]
    )
    assert re.findall(r'data-s="(\w+)"', late)[0] == "fail"


def test_all_properties_of_the_catalogue_are_there(client: Client, stage: Stage) -> None:
    text = _text(client, stage.record("main"))
    properties = OBJECTS["subscription"].properties
    assert f"View all {len(properties)} properties" in text
    for prop in properties:
        assert prop.label.en in text


def test_an_invoice_is_found_by_its_number_and_by_its_id(client: Client, stage: Stage) -> None:
    page = client.get(stage.record("main")).content.decode()
    number = re.findall(r"invoices/(INV-\d+)", page)[0]
    by_number = client.get(f"/{stage.ctx.id}/invoices/{number}")
    assert by_number.status_code == 200
    assert client.get(f"/{stage.ctx.id}/invoices/INV-999999").status_code == 404
    assert client.get(f"/{stage.ctx.id}/invoices/99999999999999999999").status_code == 404
    assert client.get(f"/{stage.ctx.id}/invoices/%00").status_code == 404


def test_an_invoice_shows_lines_tax_total_and_what_was_paid(client: Client, stage: Stage) -> None:
    page = client.get(stage.record("main")).content.decode()
    number = re.findall(r"invoices/(INV-\d+)", page)[0]
    text = _text(client, f"/{stage.ctx.id}/invoices/{number}")
    assert _in_order(
        text,
        f"Invoice {number} Paid",
        "Bill to Brekke Transport AS Ingrid Solberg",
        "From Skarv Software AS",
        "Fleet Pro 15 Jan 2026 to 14 Feb 2026, less 10 % 46 690.00 25 % 28,566.00",
        "Net amount 32,466.00",
        "Tax 25 % of 32,466.00 8,116.50",
        "Total 40,582.50 NOK",
        "Paid −40,582.50",  # noqa: RUF001
        "To pay 0.00 NOK",
        "Why this amount",
        "= Total 40,582.50 NOK",
        "Payments 15 Jan 2026 Visa ··4242",
    )


def test_an_invoices_page_shows_the_sellers_color_address_and_logo(
    client: Client, stage: Stage, db: AnyConnection
) -> None:
    enter_account(db, stage.ctx.id)
    settings = {"brand_color": "#ffe14d", "address": "Kaigata 2", "city": "Oslo", "tax_id": "NO 888"}
    change_settings(db, stage.ctx, settings)
    number = re.findall(r"invoices/(INV-\d+)", client.get(stage.record("main")).content.decode())[0]
    place = f"/{stage.ctx.id}/invoices/{number}"
    try:
        assert _in_order(_text(client, place), "From Skarv Software AS Kaigata 2 Oslo Norway NO 888")
        page = client.get(place).content.decode()
        assert 'fill="#ffe14d"' in page
        assert 'fill="#1c1822">S<' in page
        set_logo(db, stage.ctx, SVG)
        page = client.get(place).content.decode()
        assert 'src="data:image/png;base64,' in page
        assert 'alt="Skarv Software AS"' in page
    finally:
        change_settings(db, stage.ctx, {**dict.fromkeys(settings, ""), "brand_color": "#12464f", "logo": ""})


def test_the_country_of_an_invoices_customer_is_told_by_its_name(client: Client, stage: Stage) -> None:
    number = re.findall(r"invoices/(INV-\d+)", client.get(stage.record("late invoice")).content.decode())[0]
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        give = "UPDATE invoice SET billing_country = %s WHERE number = %s"
        db.execute(give, ["FI", number])
        assert "Finland" in _text(client, f"/{stage.ctx.id}/invoices/{number}")
        db.execute(give, [None, number])


def test_an_invoice_beyond_its_due_date_is_overdue(client: Client, stage: Stage) -> None:
    page = client.get(stage.record("late invoice")).content.decode()
    number = re.findall(r"invoices/(INV-\d+)", page)[0]
    text = _text(client, f"/{stage.ctx.id}/invoices/{number}")
    assert f"Invoice {number} Overdue" in text
    assert "To pay 18,720.00 NOK" in text
    assert "by the payment terms: net 30" in text


def test_every_kind_of_event_that_is_written_has_words() -> None:
    kinds = {
        kind
        for room in ("billing", "payments")
        for path in (SRC / room).rglob("*.py")
        for kind in re.findall(
            r'"((?:subscription|invoice|payment|credit_note)\.[a-z_]+)"', path.read_text("utf-8")
        )
    }
    assert "invoice.issued" in kinds
    assert kinds <= set(KINDS)


def test_an_invoice_shows_its_credit_notes(client: Client, stage: Stage) -> None:
    page = client.get(stage.record("main")).content.decode()
    number = re.findall(r"invoices/(INV-\d+)", page)[-1]
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        (id_,) = db.execute("SELECT id FROM invoice WHERE number = %s", [number]).fetchone() or ()
        (line,) = db.execute("SELECT id FROM line_item WHERE parent_id = %s", [id_]).fetchone() or ()
        note = issue_credit_note(db, stage.ctx, id_, [CreditedLine(line, 100)], reason="Sent too late")
    text = _text(client, f"/{stage.ctx.id}/invoices/{number}")
    assert _in_order(text, "Credit notes", note.number, "Sent too late", "to the customer's credit")
    (link,) = re.findall(
        r'href="([^"]+/credit-notes/[^"]+)"',
        client.get(f"/{stage.ctx.id}/invoices/{number}").content.decode(),
    )
    typeset = client.get(link)
    assert (typeset.status_code, typeset["Content-Type"], typeset.content[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    assert typeset["Content-Disposition"] == f'attachment; filename="{note.number}.pdf"'
    assert client.get(link.replace(str(note.id), str(id_))).status_code == 404
    record = _text(client, stage.record("main"))
    assert "Credit note of" in record
