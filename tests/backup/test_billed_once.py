"""The database is put back to an earlier state after more was billed: nobody is charged or written to twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import load_context
from kalends.accounts.create import create_account
from kalends.billing.hold import find_hold
from kalends.billing.parking import parked
from kalends.billing.release_restored import NotPutBack, Restored, release_put_back
from kalends.billing.restored import notice
from kalends.messages.backends.files import FileBackend
from kalends.messages.delivery import deliver
from kalends.payments.give_back import send_refunds
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.processors.stripe.connection import connect as connect_stripe
from kalends.payments.refund import request_refund
from kalends.payments.unbooked import NotUnbooked, open_charges, settle_by_hand
from kalends.platform import database
from kalends.platform.errors import ExitCode
from kalends.proof.verify import verify
from tests.backup.conftest import Copies
from tests.business.stripe.conftest import SIGNING_SECRET, Shop
from tests.cli.conftest import Give, give  # noqa: F401
from tests.conftest import FIRST_MOMENT
from tests.fakes.stripe_server import StripeServer
from tests.staff.stage import give_place, new_user

FOUND = dt.datetime(2026, 2, 20, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeServer]:
    """A Stripe that the SDK talks to, and that nobody puts back."""
    server = StripeServer()
    settings.STRIPE_API, settings.STRIPE_RETRIES, settings.STRIPE_ANSWER_SECONDS = server.url, 0, 5
    with server.running():
        server.now = FIRST_MOMENT
        yield server


@pytest.fixture
def open_shop(own_database: str, stripe: StripeServer) -> Iterator[Callable[[], Shop]]:
    """Opens the shop in the database that is in use; the first time it is made, and connected to Stripe."""
    opened: list[Any] = []

    def open_one() -> Shop:
        db = database.connect(autocommit=True)
        found = db.execute("SELECT id FROM account").fetchone()
        if found is None:
            names = {
                "name": "Nordlys Butikk AS",
                "time_zone": "Europe/Oslo",
                "currency": "EUR",
                "country": "NO",
            }
            found = (create_account(db, **names, now=FIRST_MOMENT).id,)
        ctx = load_context(db, found[0], system_now=stripe.now)
        processors = AccountProcessors(database.connect, ctx.id)
        opened.extend((processors, db))
        shop = Shop(db, ctx, processors)
        shop.stripe = stripe
        if db.execute("SELECT FROM stripe_connection").fetchone() is None:
            key = stripe.key_of_merchant
            connect_stripe(
                db, ctx, key, address="http://localhost", signing_secret=SIGNING_SECRET, now=ctx.now
            )
        notice(db, stripe.now)
        return shop

    yield open_one
    for each in opened:
        each.close()


def put_back(copies: Copies, kept: str, open_shop: Callable[[], Shop], stripe: StripeServer) -> Shop:
    """The kept copy is in use again, long after; what Stripe remembers of keys is gone."""
    stripe.now = FOUND
    stripe.keys.clear()
    copies.use(kept)
    return open_shop()


def released(shop: Shop, **how: Any) -> Restored:
    shop.ctx = load_context(shop.db, shop.ctx.id, system_now=shop.stripe.now)
    return release_put_back(shop.db, shop.ctx, shop.processors, actor="test", **how)


def numbers(shop: Shop) -> set[str]:
    return {row[0] for row in shop.rows("SELECT number FROM invoice WHERE account_id = %s", shop.ctx.id)}


def references(shop: Shop, subscription: int) -> list[str]:
    """Stripe's names for what paid a subscription, in the order of its cycles."""
    query = (
        "SELECT p.processor_ref FROM payment p JOIN invoice i USING (account_id) WHERE i.id = p.invoice_id "
    )
    rows = shop.rows(query + "AND p.subscription_id = %s ORDER BY i.cycle", subscription)
    return [row[0] for row in rows]


def charged(stripe: StripeServer) -> list[tuple[str, int]]:
    """Customer and amount of every charge at Stripe."""
    return sorted((each["customer"], each["amount"]) for each in stripe.all("payment_intent"))


def send_letters(shop: Shop, folder: Path) -> set[str]:
    deliver(shop.db, shop.ctx, FileBackend(folder), 1_000, now=shop.stripe.now)
    return {each.name for each in folder.glob("*.eml")}


def test_what_was_billed_since_is_taken_over_and_nothing_is_done_a_second_time(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies, tmp_path: Path
) -> None:
    shop = open_shop()
    sold = [shop.sells(), shop.sells(), shop.sells("pm_sepa_debit_ok", kind="sepa")]
    mailed = shop.subscribe(shop.customer("Ola Post"), "50")
    shop.until("2026-01-01")
    debit = shop.intent(sold[2])
    send_letters(shop, tmp_path)
    kept = copies.keep()

    shop = open_shop()
    stripe.now = dt.datetime(2026, 1, 9, 12, tzinfo=dt.UTC)
    stripe.settle(debit)
    shop.until("2026-02-01")
    late = shop.sells()
    shop.until("2026-02-02")
    lost_numbers, sent, made = numbers(shop), send_letters(shop, tmp_path), charged(stripe)
    lost = [references(shop, each) for each in sold]

    shop = put_back(copies, kept, open_shop, stripe)
    assert shop.until("2026-02-20").held
    assert charged(stripe) == made
    told = released(shop)
    assert (told.asked, told.unbooked, told.awaited) == (("stripe",), 4, 3)
    assert [(each.id, each.code) for each in parked(shop.db, shop.ctx, limit=9)] == [(mailed, "restored")]
    assert find_hold(shop.db, shop.ctx.id) is None
    for day in ("2026-02-20", "2026-02-21"):
        assert not shop.until(day).held
        assert send_letters(shop, tmp_path) == sent
    assert charged(stripe) == made
    assert [references(shop, each) for each in sold] == lost
    assert [shop.subscription(each, "next_cycle") for each in (*sold, mailed)] == [2, 2, 2, 1]
    known = numbers(shop)
    assert len(known & lost_numbers) == 4
    assert {each for each in known - lost_numbers if not each.startswith("INV-260220J-")} == set()
    (orphan,) = open_charges(shop.db, shop.ctx.id)
    report = verify(shop.db, shop.ctx, processors=shop.processors)
    assert [each for each in map(str, report.differences) if orphan.reference not in each] == []
    assert orphan.billed_for == f"{late}/0/cycle"
    settle_by_hand(shop.db, shop.ctx, orphan.reference, actor="test", note="Given back at Stripe.")
    with pytest.raises(NotUnbooked):
        settle_by_hand(shop.db, shop.ctx, orphan.reference, actor="test", note="")
    shop.until("2026-03-01")
    assert len(charged(stripe)) == len(made) + 3
    assert len(send_letters(shop, tmp_path)) > len(sent)


def test_a_dispute_that_was_told_under_the_old_key_of_a_charge_is_booked_once_the_charge_is(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies
) -> None:
    shop = open_shop()
    sold = shop.sells()
    shop.until("2026-01-01")
    kept = copies.keep()
    shop = open_shop()
    shop.until("2026-02-01")
    stripe.dispute(references(shop, sold)[1])

    shop = put_back(copies, kept, open_shop, stripe)
    released(shop)
    shop.until("2026-02-20")
    shop.again()
    disputed = "SELECT p.status, d.status FROM dispute AS d JOIN payment AS p ON p.id = d.payment_id"
    assert shop.rows(disputed + " WHERE p.subscription_id = %s", sold) == [
        ("disputed_action_required", "open")
    ]
    shop.proved()


def test_a_charge_that_was_decided_before_and_made_since_is_found_by_its_key_however_old_it_is(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies
) -> None:
    shop = open_shop()
    sold = shop.sells()
    stripe.faults.append("loses request")
    shop.until("2026-01-01")
    reset = "UPDATE charge_attempt SET status = 'intended', sender = NULL, calls = 0 WHERE account_id = %s"
    shop.db.execute(reset, [shop.ctx.id])
    shop.db.execute("DELETE FROM stripe_call WHERE account_id = %s", [shop.ctx.id])
    kept = copies.keep()
    shop = open_shop()
    shop.until("2026-01-02")
    assert len(charged(stripe)) == 1

    for told in stripe.events():
        del stripe.things[told["id"]]  # Stripe itself forgets them after a month
    shop = put_back(copies, kept, open_shop, stripe)
    assert released(shop).unbooked == 0
    shop.until("2026-01-03")
    assert len(charged(stripe)) == 1
    assert shop.payment(sold)[0] == "succeeded"
    shop.proved()


def test_a_charge_of_another_amount_is_not_made_again_but_waits_for_a_person(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies
) -> None:
    shop = open_shop()
    shop.sells()
    kept = copies.keep()
    shop = open_shop()
    shop.until("2026-01-01")
    stripe.all("payment_intent")[0]["amount"] = 7_00

    shop = put_back(copies, kept, open_shop, stripe)
    released(shop)
    shop.until("2026-02-20")
    assert len(charged(stripe)) == 1
    assert shop.one("SELECT status FROM charge_attempt WHERE account_id = %s", shop.ctx.id) == ("intended",)
    (waiting,) = open_charges(shop.db, shop.ctx.id)
    settle_by_hand(shop.db, shop.ctx, waiting.reference, actor="test", note="Given back.")
    shop.until("2026-02-20")
    assert len(charged(stripe)) == 2


def test_a_charge_that_does_not_say_what_it_was_for_parks_its_customers_subscriptions(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies
) -> None:
    shop = open_shop()
    sold, other = shop.sells(), shop.sells()
    kept = copies.keep()
    shop = open_shop()
    shop.until("2026-01-01")
    intent = next(each for each in stripe.all("payment_intent") if each["id"] == shop.intent(sold))
    del intent["metadata"]["billed_for"]

    shop = put_back(copies, kept, open_shop, stripe)
    assert released(shop, only_look=True).parked == 1
    assert find_hold(shop.db, shop.ctx.id) is not None
    released(shop)
    (aside,) = parked(shop.db, shop.ctx, limit=9)
    assert aside.id == sold
    assert intent["id"] in aside.reason
    shop.until("2026-01-02")
    assert [len(shop.invoices(each, "number")) for each in (sold, other)] == [0, 1]
    assert len(charged(stripe)) == 2
    with pytest.raises(NotPutBack):
        released(shop)


def test_a_refund_made_since_is_named_and_not_made_again(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies
) -> None:
    shop = open_shop()
    sold = shop.sells()
    shop.until("2026-01-01")
    kept = copies.keep()
    shop = open_shop()
    payment = shop.one("SELECT id FROM payment WHERE subscription_id = %s", sold)[0]
    request_refund(shop.db, shop.ctx, payment, 10_00)
    send_refunds(shop.db, shop.ctx, shop.processors)

    shop = put_back(copies, kept, open_shop, stripe)
    assert released(shop).unbooked == 1
    (refund,) = open_charges(shop.db, shop.ctx.id)
    assert (refund.amount_minor, refund.currency) == (-10_00, "EUR")


def test_nothing_goes_on_while_the_processor_does_not_answer(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies
) -> None:
    open_shop().sells()
    shop = put_back(copies, copies.keep(), open_shop, stripe)
    stripe.forbidden.add("/v1/")
    with pytest.raises(ProcessorUnavailable):
        released(shop)
    assert find_hold(shop.db, shop.ctx.id) is not None
    assert released(shop, ask=False).asked == ()
    assert find_hold(shop.db, shop.ctx.id) is None


def test_the_billing_page_says_why_it_stands_still_and_its_button_asks_the_processor(
    open_shop: Callable[[], Shop], stripe: StripeServer, copies: Copies, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        shop = open_shop()
        user = new_user()
        give_place(shop.db, user, shop.ctx.id)
        shop.sells()
        shop = put_back(copies, copies.keep(), open_shop, stripe)
        client = Client()
        client.force_login(user)
        page = f"/{shop.ctx.id}/billing"
        assert "the database was put back to an earlier state" in client.get(page).content.decode()
        assert "The payment processors are asked first" in client.get(f"{page}/go-on").content.decode()

        stripe.forbidden.add("/v1/")
        refused = client.post(f"{page}/go-on")
        assert (refused.status_code, "gave no answer" in refused.content.decode()) == (422, True)
        assert find_hold(shop.db, shop.ctx.id) is not None
        stripe.forbidden.clear()
        assert client.post(f"{page}/go-on").status_code == 303
        assert find_hold(shop.db, shop.ctx.id) is None


def test_the_command_shows_what_is_lost_lets_go_on_and_crosses_off(
    open_shop: Callable[[], Shop],
    stripe: StripeServer,
    copies: Copies,
    give: Give,  # noqa: F811
) -> None:
    shop = open_shop()
    sold = shop.sells()
    kept = copies.keep()
    shop = open_shop()
    shop.until("2026-01-01")
    intent = stripe.all("payment_intent")[0]
    del intent["metadata"]["billed_for"]
    assert give("restored").code == ExitCode.BAD_INPUT

    shop = put_back(copies, kept, open_shop, stripe)
    shown = give("status")
    assert "`kalends restored` lets it go on" in " ".join(shown.out.split())
    assert give("hold", "--release").code == ExitCode.BAD_INPUT
    stripe.forbidden.add("/v1/")
    refused = give("restored", "--yes")
    assert (refused.code, "nothing is let go on" in refused.err) == (ExitCode.REFUSED, True)
    stripe.forbidden.clear()
    looked = give("restored", "--look", "--json")
    assert (looked.code, looked.json()["let_go_on"]) == (ExitCode.PROBLEM_FOUND, False)
    assert [each["reference"] for each in looked.json()["accounts"][0]["charges"]] == [intent["id"]]
    unanswered = give("restored")
    assert (unanswered.code, "Add --yes" in unanswered.err) == (ExitCode.BAD_INPUT, True)
    assert f"stripe charged 100.00 EUR on 2026-01-01: {intent['id']}" in unanswered.err
    assert find_hold(shop.db, shop.ctx.id) is not None
    assert give("restored", "--look", "--settle", intent["id"]).code == ExitCode.BAD_INPUT
    assert give("restored", "--yes").code == ExitCode.PROBLEM_FOUND
    assert [each.id for each in parked(shop.db, shop.ctx, limit=9)] == [sold]
    assert give("restored", "--settle", "pi_none").code == ExitCode.BAD_INPUT
    assert give("restored", "--settle", intent["id"], "--note", "Given back.").code == ExitCode.OK
    assert open_charges(shop.db, shop.ctx.id) == []
    declared = give("restored", "--declare", "Somebody set the disk back.", "--yes", "--json")
    assert (declared.code, declared.json()) == (ExitCode.OK, {"held": [shop.ctx.id]})
