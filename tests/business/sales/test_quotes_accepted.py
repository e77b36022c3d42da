"""Agreeing to quotes: once, in time, with evidence that stays; and what a quote becomes then."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from kalends.accounts.change import change_settings
from kalends.accounts.short_codes import SIGNING, code_for
from kalends.crm.association_reads import linked
from kalends.crm.associations import End, associate
from kalends.messages.backends.interface import RefusedForNow
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import deliver
from kalends.messages.envelope import Envelope
from kalends.messages.kept_words import COVERED
from kalends.messages.log import letters, show_letter
from kalends.messages.resend import resend
from kalends.sales.buyers import Buyer
from kalends.sales.checkouts import open_checkout, tell_buyer
from kalends.sales.parent_lines import set_lines
from kalends.sales.quote_convert import convert_quote
from kalends.sales.quote_course import publish, recall
from kalends.sales.quote_signing import WrongCode, ask_code, check_code
from kalends.sales.quote_versions import pdf_of
from kalends.sales.quotes import BILLING_CONTACT, QuoteRefused, find_quote
from kalends.sales.trouble import Closed
from tests.business.sales.quoting import ONCE, Desk
from tests.business.sales.shop import Shop
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_acceptance_keeps_who_agreed_to_what(desk: Desk) -> None:
    quote = desk.published()
    version = desk.version(quote)
    desk.click(quote)
    row = desk.world.one(
        "SELECT kind, signer_name, agreed_text, document_hash, pdf_hash, address, agent FROM quote_acceptance "
        "WHERE quote_id = %s",
        quote,
    )
    assert row == (
        "clickwrap",
        "Kari Nordmann",
        "I accept this quote.",
        version.document_hash,
        version.pdf_hash,
        "192.0.2.7",
        "Firefox",
    )
    found = desk.read(quote)
    assert (found.status, found.accepted_at) == ("ACCEPTED", desk.world.ctx.now)


def test_signed_page_is_another_one_than_what_was_published(desk: Desk) -> None:
    quote = desk.published()
    before = pdf_of(desk.world.db, desk.world.ctx, desk.version(quote).id)
    desk.click(quote)
    after = pdf_of(desk.world.db, desk.world.ctx, desk.version(quote).id)
    assert after.startswith(b"%PDF")
    assert after != before


def test_two_who_accept_are_one_acceptance(desk: Desk) -> None:
    quote = desk.published()
    first, second = desk.click(quote, "Kari"), desk.click(quote, "Ola")
    assert first == second
    assert desk.kinds(quote).count("quote.accepted") == 1


@pytest.mark.parametrize("table", ["quote_acceptance", "quote_conversion"])
def test_evidence_is_never_changed(desk: Desk, table: str) -> None:
    quote = desk.published()
    desk.click(quote)
    convert_quote(desk.world.db, desk.world.ctx, quote)
    with pytest.raises(psycopg.errors.Error):
        desk.world.db.execute(f"UPDATE {table} SET quote_id = 0 WHERE quote_id = %s", [quote])


def test_expired_quote_is_neither_accepted_nor_paid(desk: Desk) -> None:
    world = desk.world
    quote = desk.published(payment_enabled=True, acceptance_method=None, expiration_date=world.ctx.today)
    open_checkout(world.db, world.ctx, "quote", quote)
    clicked = desk.published(expiration_date=world.ctx.today)
    world.until(world.ctx.today + dt.timedelta(days=1))
    with pytest.raises(QuoteRefused) as refused:
        desk.click(clicked)
    assert refused.value.code == "expired"
    with pytest.raises(Closed, match="expired"):
        open_checkout(world.db, world.ctx, "quote", quote)


def test_version_that_was_taken_back_is_not_accepted(desk: Desk) -> None:
    quote = desk.published()
    version = desk.version(quote)
    recall(desk.world.db, desk.world.ctx, quote)
    with pytest.raises(QuoteRefused) as refused:
        desk.click(quote, version=version)
    assert refused.value.code == "not_published"


def test_lines_that_changed_after_publication_are_not_accepted(desk: Desk) -> None:
    quote = desk.published()
    set_lines(desk.world.db, desk.world.ctx, "quote", quote, "EUR", [ONCE])
    with pytest.raises(QuoteRefused) as refused:
        desk.click(quote)
    assert refused.value.code == "not_published"


def test_accepted_quote_is_not_taken_back(desk: Desk) -> None:
    quote = desk.published()
    desk.click(quote)
    with pytest.raises(QuoteRefused) as refused:
        recall(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "accepted"


def test_quote_to_sign_is_not_accepted_by_a_click(desk: Desk) -> None:
    quote = desk.published(acceptance_method="esignature")
    with pytest.raises(QuoteRefused):
        desk.click(quote)


def test_signer_is_verified_by_a_code_to_their_own_address(desk: Desk) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    desk.sign(quote, contact)
    email, verified = desk.world.one("SELECT signer_email, email_verified_at FROM quote_acceptance")
    assert (email, verified) == (desk.world.letters("quote_code")[0][1], desk.world.ctx.now)


def test_code_is_read_in_the_mailbox_and_nowhere_else(desk: Desk) -> None:
    """Staff who look at the letter, or at a copy of the database, could sign in the customer's name with it."""
    world, contact = desk.world, desk.world.customer()
    change_settings(world.db, world.ctx, {"letters": "queued"})
    world.reload()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    _key, code = desk.code(quote, contact)
    (letter,) = letters(world.db, world.ctx, kind="quote_code")

    def seen() -> str:
        return str(show_letter(world.db, world.ctx, letter.id))

    before = seen()
    failing = MemoryBackend(_not_now)
    assert deliver(world.db, world.ctx, failing, 100).postponed >= 1
    kept = world.one(
        "SELECT concat(subject, text, html, attached, given) FROM message WHERE id = %s", letter.id
    )[0]
    arrived = MemoryBackend()
    deliver(world.db, world.ctx, arrived, 100, now=world.ctx.now + dt.timedelta(minutes=2))
    sent = next(each.message for each in arrived.sent if code in str(each.message["Subject"]))
    plain, rich = (sent.get_body((kind,)) for kind in ("plain", "html"))

    assert plain is not None
    assert rich is not None
    assert code in plain.get_content()
    assert code in rich.get_content()
    assert COVERED not in plain.get_content()
    for looked_at in (before, kept, seen()):
        assert COVERED in looked_at
        assert code not in looked_at
    again = resend(world.db, world.ctx, letter.id)
    assert code not in str(show_letter(world.db, world.ctx, again))
    once_more = MemoryBackend()
    deliver(world.db, world.ctx, once_more, 100)
    assert [code in str(each.message["Subject"]) for each in once_more.sent] == [True]


def _not_now(envelope: Envelope) -> None:
    raise RefusedForNow("The mailbox is full.")


def test_code_is_another_one_for_each_asking_and_each_installation(settings: Any) -> None:
    keys = [str(uuid4()) for _ in range(50)]
    codes = [code_for(SIGNING, key) for key in keys]
    assert codes == [code_for(SIGNING, key) for key in keys]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 45
    settings.SECRET_KEY = "the key of another installation"
    assert [code_for(SIGNING, key) for key in keys] != codes


def test_code_is_sent_to_contacts_of_the_quote_alone(desk: Desk) -> None:
    quote = desk.published(acceptance_method="esignature")
    with pytest.raises(QuoteRefused):
        ask_code(desk.world.db, desk.world.ctx, desk.version(quote), desk.world.customer("Ola Nordmann"))


def test_code_can_be_tried_five_times(desk: Desk) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    key, code = desk.code(quote, contact)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    left: list[int] = []
    for typed in [wrong] * 5 + [code]:
        with pytest.raises(WrongCode) as refused:
            check_code(desk.world.db, desk.world.ctx, desk.version(quote), key, typed)
        left.append(refused.value.left)
    assert left == [4, 3, 2, 1, 0, 0]


def test_a_copy_of_the_database_does_not_give_a_code_away(desk: Desk, settings: Any) -> None:
    """A million guesses at a plain hash take a second: without the installation's key there is nothing to guess at."""
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    key, code = desk.code(quote, contact)
    (kept,) = desk.world.one("SELECT code_hash FROM quote_signing WHERE public_key = %s", key)
    plain = (code, f"{key}:{code}", f"{code}:{key}", f"{key}{code}", f"{key.hex}{code}")
    assert kept not in {sha256(each.encode()).hexdigest() for each in plain}
    settings.SECRET_KEY = "another key of fifty letters and more, for a while"
    with pytest.raises(WrongCode):
        check_code(desk.world.db, desk.world.ctx, desk.version(quote), key, code)


def test_code_lives_for_a_quarter_of_an_hour(desk: Desk) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    key, code = desk.code(quote, contact)
    desk.world.until(desk.world.ctx.today, hour=desk.world.ctx.now.hour + 1)
    with pytest.raises(WrongCode):
        check_code(desk.world.db, desk.world.ctx, desk.version(quote), key, code)


def test_so_many_codes_an_hour_are_sent(desk: Desk) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    for _ in range(5):
        desk.code(quote, contact)
    with pytest.raises(QuoteRefused) as refused:
        desk.code(quote, contact)
    assert refused.value.code == "too_many"


def test_new_code_ends_the_one_before(desk: Desk) -> None:
    contact = desk.world.customer()
    quote = desk.published(acceptance_method="esignature", contact=contact)
    key, code = desk.code(quote, contact)
    desk.code(quote, contact)
    with pytest.raises(WrongCode):
        check_code(desk.world.db, desk.world.ctx, desk.version(quote), key, code)


def test_acceptance_makes_nothing_by_itself(desk: Desk) -> None:
    quote = desk.published()
    desk.click(quote)
    assert desk.world.rows("SELECT 1 FROM subscription") == []


def test_acceptance_of_a_quote_that_is_billed_makes_what_it_promises(desk: Desk) -> None:
    quote = desk.published(billing_enabled=True, net_terms_days=14)
    desk.click(quote)
    ctx = desk.world.ctx
    assert desk.world.one("SELECT collection, net_terms_days FROM subscription") == ("manual", 14)
    assert desk.world.one("SELECT total_minor, status, due_date FROM invoice") == (
        6250,
        "open",
        ctx.today + dt.timedelta(days=14),
    )


def test_converted_quote_ties_what_it_became(desk: Desk) -> None:
    quote = desk.published()
    made = convert_quote(desk.world.db, desk.world.ctx, quote)
    (subscription,), (invoice,) = made.subscriptions, made.invoices
    db, ctx = desk.world.db, desk.world.ctx
    for name, id_ in (("subscription", subscription), ("invoice", invoice)):
        assert [each.id for each in linked(db, ctx, "quote", [quote], name)[quote]] == [id_]
        assert len(linked(db, ctx, name, [id_], "deal")[id_]) == 1
    assert desk.world.subscription(subscription, "payment_source_app") == "quote"


def test_quote_is_converted_once(desk: Desk) -> None:
    quote = desk.published()
    made = convert_quote(desk.world.db, desk.world.ctx, quote)
    with pytest.raises(QuoteRefused, match=f"subscription {made.subscriptions[0]}") as refused:
        convert_quote(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "converted"


def test_what_is_billed_once_can_be_left_out(desk: Desk) -> None:
    made = convert_quote(desk.world.db, desk.world.ctx, desk.published(), bill_once_lines=False)
    assert (len(made.subscriptions), made.invoices) == (1, [])


def test_draft_is_not_converted(desk: Desk) -> None:
    with pytest.raises(QuoteRefused) as refused:
        convert_quote(desk.world.db, desk.world.ctx, desk.quote())
    assert refused.value.code == "not_published"


@pytest.mark.parametrize("wanted", [True, False])
def test_billing_contact_is_associated_where_the_account_wants_it(desk: Desk, wanted: bool) -> None:
    from dataclasses import replace

    world = desk.world
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, associate_billing_contact=wanted))
    quote, other = desk.published(), world.customer("Bea Bill")
    kinds = [("HUBSPOT_DEFINED", BILLING_CONTACT)]
    associate(world.db, world.ctx, End("quote", quote), End("contact", other), types=kinds)
    (subscription,) = convert_quote(world.db, world.ctx, quote).subscriptions
    tied = linked(world.db, world.ctx, "subscription", [subscription], "contact")[subscription]
    assert (other in [each.id for each in tied]) is wanted


def _buy(shop: Shop, quote: int) -> object:
    world = shop.world
    checkout = open_checkout(world.db, world.ctx, "quote", quote, language="en")
    checkout = tell_buyer(world.db, world.ctx, checkout, Buyer("kari@pays.test", "Kari", "Nordmann"))
    shop.press(checkout)
    shop.give(checkout)
    return shop.back(checkout)


def test_quote_is_paid_once_and_makes_its_subscription(desk: Desk, shop: Shop) -> None:
    quote = desk.published(payment_enabled=True)
    desk.click(quote)
    _buy(shop, quote)
    assert shop.charges() == [(18750, "succeeded")]
    with pytest.raises(Closed, match="used"):
        open_checkout(shop.world.db, shop.world.ctx, "quote", quote)
    tied = linked(shop.world.db, shop.world.ctx, "quote", [quote], "subscription")[quote]
    assert shop.world.subscription(tied[0].id, "collection") == "automatic"
    with pytest.raises(QuoteRefused) as refused:
        convert_quote(shop.world.db, shop.world.ctx, quote)
    assert refused.value.code == "paid"
    shop.assert_clean()


def test_converted_quote_is_not_paid_as_well(desk: Desk) -> None:
    quote = desk.published(payment_enabled=True)
    desk.click(quote)
    convert_quote(desk.world.db, desk.world.ctx, quote)
    with pytest.raises(Closed, match="used"):
        open_checkout(desk.world.db, desk.world.ctx, "quote", quote)


def test_quote_is_agreed_to_before_it_is_paid(desk: Desk) -> None:
    quote = desk.published(payment_enabled=True)
    with pytest.raises(Closed, match="inactive"):
        open_checkout(desk.world.db, desk.world.ctx, "quote", quote)


def test_quote_without_a_way_to_accept_is_accepted_by_paying(desk: Desk, shop: Shop) -> None:
    quote = desk.published(payment_enabled=True, acceptance_method=None)
    _buy(shop, quote)
    assert find_quote(desk.world.db, desk.world.ctx, quote).status == "ACCEPTED"


def test_converted_quote_is_not_taken_back(desk: Desk) -> None:
    quote = desk.published(payment_enabled=True, acceptance_method=None)
    made = convert_quote(desk.world.db, desk.world.ctx, quote)
    with pytest.raises(QuoteRefused, match=f"subscription {made.subscriptions[0]}") as refused:
        recall(desk.world.db, desk.world.ctx, quote)
    assert refused.value.code == "converted_stays"


def test_new_version_of_a_quote_that_was_converted_is_neither_paid_nor_converted(desk: Desk) -> None:
    db, ctx = desk.world.db, desk.world.ctx
    quote = desk.published(payment_enabled=True, acceptance_method=None)
    first = desk.version(quote)
    recall(db, ctx, quote)
    db.execute(  # as it could be before such a quote stayed as it is
        "INSERT INTO quote_conversion (account_id, version_id, quote_id, made, at) VALUES (%s, %s, %s, %s, %s)",
        [ctx.id, first.id, quote, '{"subscriptions": [7], "invoices": []}', ctx.now],
    )
    publish(db, ctx, quote)
    with pytest.raises(Closed, match="used"):
        open_checkout(db, ctx, "quote", quote)
    with pytest.raises(QuoteRefused, match="subscription 7") as refused:
        convert_quote(db, ctx, quote)
    assert refused.value.code == "converted"
