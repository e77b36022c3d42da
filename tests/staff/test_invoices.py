"""Invoices that staff write: made, changed while they are drafts, and issued; and what buyers answered beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kalends.crm.associations import End, associate, associated
from kalends.sales.parent_lines import set_lines
from tests.business.sales.quoting import MONTHLY, ONCE
from tests.staff.deeds import Company, companies, toast, words
from tests.staff.test_create import errors_of, record
from tests.staff.test_payment_links import row


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


def typed(contact: int | str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An editor as a browser sends it."""
    values: dict[str, Any] = {
        "step": "save", "contact": str(contact), "company": "", "currency": "EUR", "dated": "2026-01-01",
        "net_terms": "14", "title": "", "purchase_order": "PO 7", "comments": "", "language": "", "owner": "",
        "address": "Kaigata 2", "zip": "0150", "city": "Oslo", "request_key": "i" * 20,
    }  # fmt: skip
    for number, line in enumerate(
        lines or ({"name": "Setup", "price": "100", "tax_rate": "typed", "tax": "25"},)
    ):
        values |= row(number, **line)
    return {**values, **more}


def page(company: Company, draft: int | None = None) -> str:
    account = company.world.ctx.id
    return f"/{account}/invoices/{draft}/edit" if draft else f"/{account}/create/invoice"


def a_draft(company: Company, contact: int) -> int:
    answer = company.client.post(page(company), typed(contact))
    assert answer.status_code == 303, words(answer)
    return int(answer["Location"].rsplit("/", 1)[1])


DRAFT = (
    "SELECT status, contact_id, due_date::text, purchase_order_number, billing_city, subtotal_minor, tax_minor, "
    "total_minor FROM invoice WHERE id = %s"
)


def test_an_invoice_of_something_that_recurs_nowhere_is_written_changed_and_issued(company: Company) -> None:
    ola = company.world.customer("Ola Vestfjord")
    assert "Save draft" in company.client.get(f"{page(company)}?contact={ola}").content.decode()
    draft = a_draft(company, ola)
    assert a_draft(company, ola) == draft, "a form that is sent twice makes one"
    assert company.world.one(DRAFT, draft) == (
        "draft", ola, "2026-01-15", "PO 7", "Oslo", 10_000, 2_500, 12_500,
    )  # fmt: skip

    (line,) = company.world.one("SELECT id FROM line_item WHERE parent_id = %s", draft)
    body = company.client.get(page(company, draft)).content.decode()
    assert f'value="line:{line}"' in body
    assert "lines-0-frequency" not in body, "it is billed once, whatever it is"
    changed = typed(
        ola, {"origin": f"line:{line}", "name": "Setup", "price": "100", "quantity": "2"},
        {"name": "Travel", "price": "40"}, net_terms="0", request_key="j" * 20,
    )  # fmt: skip
    assert company.client.post(page(company, draft), changed).status_code == 303
    assert company.world.one(DRAFT, draft)[2:] == ("2026-01-01", "PO 7", "Oslo", 24_000, 0, 24_000)

    told = company.dialog("invoices", draft, "issue")
    assert "Ola Vestfjord owes 240.00 EUR." in told
    assert "Email it to " in told
    answer = company.send("invoices", draft, "issue", send="on")
    assert "is issued, and on its way to " in toast(company.client, answer)
    assert company.world.one(DRAFT, draft)[0] == "open"
    assert len(company.world.letters("invoice")) == 1
    assert company.client.get(page(company, draft)).status_code == 404
    assert company.agrees()


def test_an_invoice_needs_somebody_to_bill_and_something_to_bill(company: Company) -> None:
    empty = {"name": "", "price": "", "quantity": ""}
    refused = company.client.post(page(company), typed("", empty, dated="", net_terms="-1"))
    assert refused.status_code == 422
    assert set(errors_of(refused)) == {"dated", "net_terms"}
    told = words(refused)
    assert "Choose who pays." in told
    assert "Add at least one line item." in told
    assert company.world.rows("SELECT id FROM invoice") == []


def test_a_draft_that_was_issued_meanwhile_stays_as_it_is(company: Company) -> None:
    ola = company.world.customer("Ola Vestfjord")
    draft = a_draft(company, ola)
    company.send("invoices", draft, "issue")
    assert company.client.post(page(company, draft), typed(ola, request_key="k" * 20)).status_code == 404
    assert company.world.letters("invoice") == []


def test_what_a_buyer_answered_stands_beside_what_they_bought(company: Company) -> None:
    world = company.world
    subscription = world.subscribe(world.customer())
    world.until("2026-01-02")
    (invoice,) = world.invoices(subscription, "id")
    for table, id_ in (("subscription", subscription), ("invoice", invoice)):
        address = f"/{world.ctx.id}/{table}s/{id_}"
        world.db.execute(
            f"UPDATE {table} SET checkout_answers = 'Size: M\nNote: <b>Ring</b>' WHERE id = %s", [id_]
        )
        assert "Answers at checkout Size: M Note: <b>Ring</b>" in words(company.client.get(address))


def test_an_invoice_of_a_deal_begins_with_its_lines_and_stays_tied_to_it(company: Company) -> None:
    world = company.world
    deal = record(world.db, world.ctx, "deal", dealname="Depot", dealstage="appointmentscheduled")
    set_lines(world.db, world.ctx, "deal", deal, "EUR", [MONTHLY, ONCE])
    ola = world.customer("Ola Vestfjord")
    associate(world.db, world.ctx, End("deal", deal), End("contact", ola))

    body = words(company.client.get(f"{page(company)}?deal={deal}"))
    assert "From the deal Depot" in body
    assert "Ola Vestfjord" in body
    answer = company.client.post(page(company), typed(ola, deal=str(deal)))
    made = int(answer["Location"].rsplit("/", 1)[1])
    assert associated(world.db, world.ctx, End("deal", deal), "invoice") == [made]
