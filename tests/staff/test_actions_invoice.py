"""Actions on invoices: what their dialogs promise, what they do, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kalends.catalog import get_object
from kalends.crm.associations import End, associate
from kalends.crm.records import New, Who, prepare_new, write_new
from tests.staff.deeds import Company, companies, toast, words


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


@pytest.fixture
def invoice(company: Company) -> int:
    """An open invoice of 300 EUR, due on 31 January; today is 2 January."""
    world = company.world
    subscription = world.subscribe(world.customer("Ola Vestfjord"), "240", tax="25", net_terms_days=30)
    world.until("2026-01-02")
    return world.invoices(subscription, "id")[0]


def standing(company: Company, invoice: int) -> Any:
    return company.world.one("SELECT status, paid_minor, credited_minor FROM invoice WHERE id = %s", invoice)


WHOLE = {"amount": "300.00", "received": "2026-01-02", "kind": "wire_transfer", "reference": "KID 17"}


def test_a_payment_is_recorded_once(company: Company, invoice: int) -> None:
    assert "300.00 EUR is owed on invoice" in company.dialog("invoices", invoice, "record-payment")
    for _ in range(2):
        answer = company.send("invoices", invoice, "record-payment", **WHOLE, request_key="p" * 20)
        assert answer.status_code == 303
    assert standing(company, invoice) == ("paid", 30_000, 0)
    rows = company.world.rows("SELECT amount_minor, method_kind, reference_number, status FROM payment")
    assert rows == [(30_000, "wire_transfer", "KID 17", "succeeded")]
    assert company.agrees()


def test_the_day_on_which_money_came_is_kept(company: Company, invoice: int) -> None:
    answer = company.send("invoices", invoice, "record-payment", **{**WHOLE, "received": "2026-01-01"})
    assert toast(company.client, answer) == "300.00 EUR received on 1 Jan 2026 is recorded"
    (settled,) = company.world.one("SELECT settled_at FROM payment")
    assert settled.isoformat() == "2026-01-01T11:00:00+00:00"  # noon in Oslo


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": "300.01"}, "Give at most 300.00 EUR."),
        ({"amount": "0"}, "Give at least 0.01 EUR."),
        ({"amount": "12,5,1"}, "Give an amount such as 1,234.50."),
        ({"received": "2026-01-03"}, "Money that came was received today or before."),
        ({"kind": "gold"}, "Select a valid choice."),
    ],
)
def test_a_payment_that_does_not_fit_comes_back(
    company: Company, invoice: int, changes: dict[str, str], told: str
) -> None:
    answer = company.send("invoices", invoice, "record-payment", **{**WHOLE, **changes})
    assert (answer.status_code, told in words(answer)) == (422, True)
    assert standing(company, invoice)[1] == 0


def test_parts_are_taken_only_where_they_are_allowed(company: Company, invoice: int) -> None:
    company.send("invoices", invoice, "partial-payments")
    part = {**WHOLE, "amount": "100"}
    refused = company.send("invoices", invoice, "record-payment", **part)
    assert (refused.status_code, "This is a part of 300.00 EUR." in words(refused)) == (422, True)
    answer = company.send("invoices", invoice, "partial-payments", allowed="on")
    assert toast(company.client, answer) == "It may be paid in parts"
    assert company.send("invoices", invoice, "record-payment", **part).status_code == 303
    assert standing(company, invoice) == ("open", 10_000, 0)
    assert "200.00 EUR is owed" in company.dialog("invoices", invoice, "record-payment")
    assert company.agrees()


def test_voiding_says_what_is_not_owed_any_more(company: Company, invoice: int) -> None:
    told = company.dialog("invoices", invoice, "void")
    assert "300.00 EUR of invoice" in told
    assert "is not owed any more, and never charged." in told
    company.send("invoices", invoice, "void", reason="Wrong customer")
    assert standing(company, invoice)[0] == "voided"
    assert company.client.get(company.address("invoices", invoice, "void")).status_code == 404
    again = company.send("invoices", invoice, "void")
    assert again.status_code == 422
    assert company.agrees()


def test_what_was_paid_in_part_is_credited_and_not_voided(company: Company, invoice: int) -> None:
    company.send("invoices", invoice, "partial-payments", allowed="on")
    company.send("invoices", invoice, "record-payment", **{**WHOLE, "amount": "100"})
    assert "Write a credit note for what is left instead." in company.dialog("invoices", invoice, "void")
    answer = company.send("invoices", invoice, "void")
    assert (answer.status_code, "Write a credit note" in words(answer)) == (422, True)
    told = company.dialog("invoices", invoice, "credit")
    assert "200.00 EUR is still owed: a credit note takes that away first." in told
    assert "Beyond that, up to 100.00 EUR is to the credit of Ola Vestfjord" in told
    answer = company.send("invoices", invoice, "credit", what="whole", reason="Never delivered")
    assert "over 300.00 EUR is written" in toast(company.client, answer)
    assert standing(company, invoice) == ("paid", 10_000, 20_000)
    assert company.world.rows("SELECT balance_minor FROM customer_credit") == [(10_000,)]
    assert company.agrees()


def test_a_line_is_credited_in_part_once(company: Company, invoice: int) -> None:
    (line,) = company.world.one(
        "SELECT id FROM line_item WHERE parent_type = 'invoice' AND parent_id = %s", invoice
    )
    field = f"line-{line}"
    for typed, told in (
        ("300.01", "Give at most 300.00 EUR."),
        ("", "Give an amount for at least one line."),
    ):
        answer = company.send("invoices", invoice, "credit", what="lines", **{field: typed})
        assert (answer.status_code, told in words(answer)) == (422, True)
    for _ in range(2):
        send = {"what": "lines", field: "50.00", "request_key": "c" * 20}
        assert company.send("invoices", invoice, "credit", **send).status_code == 303
    assert standing(company, invoice) == ("open", 0, 5_000)
    rows = company.world.rows("SELECT net_minor, tax_minor FROM credit_note")
    assert rows == [(4_000, 1_000)]
    assert company.agrees()


def test_the_invoice_is_sent_again_and_downloaded(company: Company, invoice: int) -> None:
    before = len(company.world.letters("invoice"))
    waiting = company.send("invoices", invoice, "resend")
    assert (waiting.status_code, "on its way already" in words(waiting)) == (422, True)
    company.world.db.execute("UPDATE message SET status = 'kept'")
    answer = company.send("invoices", invoice, "resend")
    assert toast(company.client, answer).startswith("The invoice to ola.")
    assert len(company.world.letters("invoice")) == before + 1
    page = company.client.get(f"/{company.world.ctx.id}/invoices/{invoice}/pdf")
    assert (page.status_code, page["Content-Type"], page.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert page["Content-Disposition"].startswith('attachment; filename="INV-')


@pytest.mark.parametrize(
    ("role", "action", "status"),
    [
        ("reader", "record-payment", 403),
        ("sales", "void", 403),
        ("sales", "credit", 403),
        ("finance", "void", 200),
        ("finance", "record-payment", 200),
    ],
)
def test_only_who_manages_payments_moves_money(
    company: Company, invoice: int, role: str, action: str, status: int
) -> None:
    browser = company.as_role(role)
    address = company.address("invoices", invoice, action)
    assert browser.get(address).status_code == status
    assert browser.post(address, WHOLE).status_code == (303 if status == 200 else 403)


def test_a_pdf_of_another_account_is_not_found(company: Company, invoice: int) -> None:
    for other in companies():
        assert other.client.get(f"/{other.world.ctx.id}/invoices/{invoice}/pdf").status_code == 404
        break


def drafted(company: Company) -> int:
    """A draft of 2 x 100 EUR for a customer."""
    world = company.world
    who = Who("user:1", "CRM_UI", "userId:1")

    def make(object_name: str, **properties: str) -> int:
        obj = get_object(object_name)
        with world.db.transaction():
            drafts = prepare_new(world.db, world.ctx, obj, [New(properties)])
            return write_new(world.db, world.ctx, obj, drafts, who)[0]

    draft = make("invoice", hs_currency="EUR", hs_due_date="2026-01-31")
    line = make("line_item", name="Setup", price="100", quantity="2")
    for name, id_ in (("contact", world.customer("Ada Lovelace")), ("line_item", line)):
        with world.db.transaction():
            associate(world.db, world.ctx, End("invoice", draft), End(name, id_))
    return draft


def test_a_draft_is_issued_with_a_number(company: Company) -> None:
    draft = drafted(company)
    assert "Ada Lovelace owes 200.00 EUR." in company.dialog("invoices", draft, "issue")
    answer = company.send("invoices", draft, "issue")
    assert toast(company.client, answer) == "Invoice INV-1001 is issued"
    assert standing(company, draft)[0] == "open"
    assert company.client.get(company.address("invoices", draft, "issue")).status_code == 404
    assert company.agrees()


def test_a_draft_without_a_contact_is_not_issued(company: Company) -> None:
    draft = drafted(company)
    company.world.db.execute("UPDATE invoice SET contact_id = NULL WHERE id = %s", [draft])
    answer = company.send("invoices", draft, "issue")
    assert (answer.status_code, "The draft needs a contact" in words(answer)) == (422, True)
