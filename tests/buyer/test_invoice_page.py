"""An invoice's page: read by a signed link, paid once, by stored methods only from their owner's own letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from kalends.accounts import signed_links
from kalends.billing.hold import hold_billing
from kalends.billing.void import void_invoice
from kalends.messages.letters.render import render
from kalends.payments.processors.interface import ChargeOutcome, ChargeRequest, ProcessorUnavailable
from kalends.payments.processors.sandbox import SandboxProcessor
from kalends.proof.verify import verify
from tests.at_once import at_once
from tests.business.messages.post import Post
from tests.buyer.shop import CARD, Shop


def paid(shop: Shop, invoice: int) -> tuple[str, int]:
    status, minor = shop.world.one("SELECT status, paid_minor FROM invoice WHERE id = %s", invoice)
    return status, minor


def test_it_tells_what_is_to_be_paid_and_why(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari, "80", tax="25"))
    answer = shop.client.get(shop.link("invoice", invoice, kari))
    text = shop.text(answer)
    assert answer.status_code == 200
    for words in (
        "INV-1001",
        "Fleet Core",
        "Pay 100,00",
        "Why this amount",
        "25 %",
        "Kari Nordmann",
        "Nordlys Test AS",
    ):
        assert words in text
    assert answer["Cache-Control"].count("no-store") == 1
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_new_card_pays_it(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    assert "100,00 EUR is paid" in shop.pay(page)
    assert paid(shop, invoice) == ("paid", 10_000)
    assert "Nothing is left to pay." in shop.text(shop.client.get(page))
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_it_is_paid_once_however_often_the_way_back_is_loaded(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    away = shop.client.post(page, shop.form(page))
    back = shop.client.post(away["Location"].removeprefix("http://testserver"), {"choice": CARD})
    path = back["Location"].removeprefix("http://testserver")
    results = at_once(*[shop.in_a_window(lambda client: client.get(path)) for _ in range(6)])
    assert set(results) == {303}
    assert shop.world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", shop.world.ctx.id) == (
        1,
    )
    assert "100,00 EUR is paid" in shop.text(shop.follow(shop.client.get(path)))


def test_two_windows_with_two_cards_pay_once(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    first, second = (shop.client.post(page, shop.form(page)) for _ in range(2))
    assert "is paid" in shop.text(shop.give(first))
    late = shop.give(second, "5555555555554444")
    assert "Nothing was charged" in shop.text(late)
    assert paid(shop, invoice) == ("paid", 10_000)
    assert verify(shop.world.db, shop.world.ctx).differences == []


def test_a_declined_card_is_told_and_another_one_pays(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    text = shop.pay(page, "4000000000009995")
    assert "100,00 EUR was declined" in text
    assert "There was not enough money in the account. Nothing was charged." in text
    assert "is paid" in shop.pay(page)
    rows = shop.world.rows(
        "SELECT status FROM payment WHERE invoice_id = %s AND archived_at IS NULL", invoice
    )
    assert rows == [("succeeded",)]


def test_a_bank_debit_is_on_its_way_and_nothing_more_is_asked(shop: Shop) -> None:
    kari = shop.world.customer()
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    assert "on its way from your bank" in shop.pay(page, "AT611904300234573201")
    text = shop.text(shop.client.get(page))
    assert "On its way. Nothing is left for you to do." in text
    assert "Pay 100,00" not in text


def test_a_part_is_paid_where_parts_are_taken(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.bill(kari)
    page = shop.link("invoice", invoice, kari)
    assert "40,00 EUR is paid" in shop.pay(page, amount="40")
    assert paid(shop, invoice) == ("open", 4_000)
    answer = shop.client.post(page, shop.form(page, amount="60.01"))
    assert answer.status_code == 422
    assert "Give at most 60,00 EUR." in shop.text(answer)
    assert "60,00 EUR is paid" in shop.pay(page, amount="60,00")
    assert paid(shop, invoice) == ("paid", 10_000)


def test_a_stored_method_is_offered_in_the_contacts_own_letter_only(shop: Shop) -> None:
    kari, other = shop.world.customer(), shop.world.customer("Ola Nordmann")
    stored = shop.world.method(kari)
    invoice = shop.whole(shop.bill(kari))
    own, nobodys, others = (shop.link("invoice", invoice, who) for who in (kari, 0, other))
    assert "Visa ··4242" in shop.text(shop.client.get(own))
    for page in (nobodys, others):
        assert "··4242" not in shop.text(shop.client.get(page))
        answer = shop.client.post(page, shop.form(page, method=str(stored)))
        assert "/sandbox/pay/" in answer["Location"], "a method that is not offered is none"
    answer = shop.client.post(own, shop.form(own, method=str(stored)))
    assert "100,00 EUR is paid" in shop.text(shop.follow(answer))
    assert paid(shop, invoice) == ("paid", 10_000)


def test_a_method_of_somebody_else_is_no_choice(shop: Shop) -> None:
    kari = shop.world.customer()
    shop.world.method(kari)
    strange = shop.world.method(shop.world.customer())
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    assert shop.client.post(page, shop.form(page, method=str(strange))).status_code == 422


def test_a_bank_that_wants_a_confirmation_gets_its_customer(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ChargeRequest] = []

    def charge(_: SandboxProcessor, requests: Sequence[ChargeRequest]) -> list[ChargeOutcome]:
        asked.extend(requests)
        confirm = "https://bank.example/confirm?payment=1&step=2"
        return [
            ChargeOutcome(each.idempotency_key, "processing", "ch_1", action_url=confirm) for each in requests
        ]

    monkeypatch.setattr(SandboxProcessor, "charge", charge)
    kari = shop.world.customer()
    stored = shop.world.method(kari)
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    answer = shop.client.post(page, shop.form(page, method=str(stored)))
    text = shop.text(answer)
    assert answer.status_code == 200, "a form's answer may not redirect to another site"
    assert (
        '<meta http-equiv="refresh" content="0; url=https://bank.example/confirm?payment=1&step=2">' in text
    )
    assert 'href="https://bank.example/confirm?payment=1&step=2"' in text
    (request,) = asked
    assert request.on_session
    assert request.return_url is not None
    back = shop.text(shop.client.get(request.return_url.removeprefix("http://testserver")))
    assert "100,00 EUR is being processed" in back


def test_an_answer_that_was_lost_is_found_out_by_looking_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = shop.world.customer()
    stored = shop.world.method(kari, "timeout_charged")
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    form = shop.form(page, method=str(stored))
    with monkeypatch.context() as dead:
        dead.setattr(SandboxProcessor, "lookup", _no_answer)
        text = shop.text(shop.follow(shop.client.post(page, form)))
    assert "We are finding out what became of 100,00 EUR" in text
    assert 'http-equiv="refresh"' in text
    assert "Pay 100,00" not in text
    shop.client.get(page)
    assert paid(shop, invoice) == ("paid", 10_000)
    charged = "SELECT count(*) FROM sandbox_charge WHERE account_id = %s"
    assert shop.world.one(charged, shop.world.ctx.id) == (1,)


def _no_answer(*_: object) -> None:
    raise ProcessorUnavailable("The line is dead.")


def test_the_same_form_sent_twice_pays_once(shop: Shop) -> None:
    kari = shop.world.customer()
    stored = shop.world.method(kari)
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    form = shop.form(page, method=str(stored))
    results = at_once(*[shop.in_a_window(lambda client: client.post(page, form)) for _ in range(5)])
    assert set(results) == {303}
    assert shop.world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", shop.world.ctx.id) == (
        1,
    )


@pytest.mark.parametrize(("keep", "owned"), [("on", True), ("", False)])
def test_a_new_card_is_kept_only_for_who_wants_that(shop: Shop, keep: str, owned: bool) -> None:
    kari = shop.world.customer()
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    shop.pay(page, **({"keep": keep} if keep else {}))
    rows = shop.world.rows("SELECT contact_id FROM payment_method")
    assert rows == [(kari if owned else None,)]


def test_who_comes_back_with_nothing_is_charged_nothing(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    shop.client.post(page, shop.form(page))
    (key,) = shop.world.one("SELECT key FROM method_request")
    answer = shop.client.get(f"{page}/back/{key}")
    assert "You came back without giving a card or an account." in shop.text(answer)
    assert paid(shop, invoice) == ("open", 0)


def test_a_key_of_another_invoice_is_not_there(shop: Shop) -> None:
    kari = shop.world.customer()
    one, other = (shop.link("invoice", shop.whole(shop.bill(kari)), kari) for _ in range(2))
    shop.client.post(one, shop.form(one))
    (key,) = shop.world.one("SELECT key FROM method_request")
    assert shop.client.get(f"{other}/back/{key}").status_code == 404


def test_an_amount_that_changed_meanwhile_is_shown_before_anything_is_charged(shop: Shop) -> None:
    kari = shop.world.customer()
    stored = shop.world.method(kari)
    invoice = shop.whole(shop.bill(kari))
    page = shop.link("invoice", invoice, kari)
    form = shop.form(page, method=str(stored), shown_minor="9000")
    answer = shop.client.post(page, form)
    assert answer.status_code == 409
    assert "Look at the amount, and pay again." in shop.text(answer)
    assert paid(shop, invoice) == ("open", 0)


def test_a_void_invoice_says_so_and_is_not_paid(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.bill(kari)
    page = shop.link("invoice", invoice, kari)
    form = shop.form(page)
    void_invoice(shop.world.db, shop.world.ctx, invoice)
    assert "This invoice is void" in shop.text(shop.client.get(page))
    assert shop.client.post(page, form).status_code in (409, 422)


def test_while_the_account_is_held_nothing_is_taken(shop: Shop) -> None:
    kari = shop.world.customer()
    stored = shop.world.method(kari)
    page = shop.link("invoice", shop.whole(shop.bill(kari)), kari)
    form = shop.form(page, method=str(stored))
    hold_billing(shop.world.db, shop.world.ctx, actor="user:1")
    assert "Payments are not taken at the moment." in shop.text(shop.client.get(page))
    assert shop.client.post(page, form).status_code == 409


def test_the_pdf_is_downloaded(shop: Shop) -> None:
    kari = shop.world.customer()
    page = shop.link("invoice", shop.bill(kari), kari)
    answer = shop.client.get(f"{page}/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="INV-1001.pdf"'
    assert answer.content.startswith(b"%PDF")


def test_a_link_that_does_not_hold_looks_like_one_that_never_was(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.bill(kari)
    page = shop.link("invoice", invoice, kari)
    long_ago = shop.world.ctx.now - signed_links.LASTS["invoice"] - timedelta(seconds=1)
    old = signed_links.token(
        "invoice", shop.world.ctx.id, invoice, long_ago, contact_id=kari, email=shop.email(kari)
    )
    other_purpose = shop.link("method", invoice, kari).removeprefix("/method/")
    assert shop.client.get(page).status_code == 200
    shop.world.db.execute("UPDATE contact SET email = 'new@customers.test' WHERE id = %s", [kari])
    paths = [page, f"/invoice/{old}", f"/invoice/{other_purpose}", f"{page}x", "/invoice/nonsense"]
    answers = [shop.client.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [404] * 5
    told = {answer.content.decode().replace(path, "") for answer, path in zip(answers, paths, strict=True)}
    assert len(told) == 1


def test_a_draft_is_not_there(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.bill(kari)
    page = shop.link("invoice", invoice, kari)
    shop.world.db.execute("UPDATE invoice SET archived_at = %s WHERE id = %s", [shop.world.ctx.now, invoice])
    assert shop.client.get(page).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [("nb", "Hvorfor dette beløpet"), ("fi", "Miksi tämä summa"), ("en", "Why this amount")],
)
def test_it_speaks_the_contacts_language_unless_another_is_asked_for(
    shop: Shop, language: str, words: str
) -> None:
    kari = shop.world.customer(language=language)
    page = shop.link("invoice", shop.bill(kari), kari)
    assert words in shop.text(shop.client.get(page))
    assert "Why this amount" in shop.text(shop.client.get(f"{page}?lang=en"))
    assert "Why this amount" in shop.text(shop.client.get(page)), "the choice is remembered"


def test_whoever_asks_too_often_with_one_link_waits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kalends.buyer.door.PER_LINK", 5)
    page = shop.link("invoice", shop.bill(shop.world.customer()))
    answers = [shop.client.get(page) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_letter_leads_to_the_page(shop: Shop) -> None:
    kari = shop.world.customer()
    invoice = shop.bill(kari)
    (row,) = Post(shop.world).rows("invoice")
    text = render(shop.world.db, shop.world.ctx, row).text
    address = next(line for line in text.splitlines() if line.startswith("View and pay: "))
    path = "/invoice/" + address.rpartition("/invoice/")[2]
    assert "INV-1001" in shop.text(shop.client.get(path))
    assert invoice > 0
