"""Letters that tell of credit: the credit note, and the invoice and the receipt of what credit paid in part."""

from __future__ import annotations

import datetime as dt

from kalends.billing.credit import CreditedLine, issue_credit_note
from tests.business.messages.post import Post
from tests.world import World


def test_a_credit_note_tells_what_is_still_owed_and_comes_as_a_pdf(world: World, post: Post) -> None:
    subscription = world.subscribe(world.customer(), "100", net_terms_days=14)
    world.until("2026-01-02")
    (invoice,) = world.invoices(subscription, "id")
    (line,) = world.one("SELECT id FROM line_item WHERE parent_id = %s", invoice)
    issue_credit_note(
        world.db, world.ctx, invoice, [CreditedLine(line, 3000)], reason="Two days without service"
    )

    letter = post.letter("credit_note")
    assert letter.subject == "Test: Credit note CN-1001 from Nordlys Test AS: 30,00 EUR"
    assert "70,00 EUR is still to be paid on invoice INV-1001." in letter.text.replace("\xa0", " ")
    assert "Two days without service" in letter.text
    assert letter.attached is not None
    assert letter.attached["file_name"] == "CN-1001.pdf"


def test_who_has_paid_is_told_of_the_credit_and_the_next_letters_tell_of_its_use(
    world: World, post: Post
) -> None:
    kari = world.customer()
    subscription = world.subscribe(kari, "100", method=world.method(kari))
    world.until("2026-01-02")
    (invoice,) = world.invoices(subscription, "id")
    (line,) = world.one("SELECT id FROM line_item WHERE parent_id = %s", invoice)
    issue_credit_note(world.db, world.ctx, invoice, [CreditedLine(line, 3000)])
    assert "is to your credit, and your next invoices use it up." in post.letter("credit_note").text

    world.until("2026-02-01")
    receipt = post.letters("receipt")[-1].text
    assert "Credit used" in receipt
    assert "70,00" in receipt


def test_an_invoice_that_credit_paid_wholly_asks_for_nothing(world: World, post: Post) -> None:
    kari = world.customer()
    once = world.subscribe(kari, "100", method=world.method(kari), payments=1)
    world.until("2026-01-02")
    issue_credit_note(world.db, world.ctx, world.invoices(once, "id")[0])
    world.subscribe(kari, "100", start=dt.date(2026, 2, 1), method=world.method(kari), payments=1)
    world.until("2026-02-01")

    letter = post.letter("invoice")
    assert "Nothing is to be paid" in letter.text
    assert "Credit used" in letter.text
