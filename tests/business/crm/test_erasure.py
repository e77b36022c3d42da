"""A person is erased: nothing personal is left anywhere, and the books add up as before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kalends.accounts.create import create_account
from kalends.billing.agree import agree
from kalends.billing.agreement import LineWanted, Wanted
from kalends.billing.changes import cancel
from kalends.billing.create import NewLine
from kalends.catalog import get_object
from kalends.core.calendar import Frequency
from kalends.core.pricing import LineTerms
from kalends.crm.associations import End, associate
from kalends.crm.erasure import CannotErase, UnknownPerson, erase_contact, export_contact
from kalends.crm.merge import merge
from kalends.crm.records import New, Who, Wish, prepare_changes, prepare_new, write_changes, write_new
from kalends.documents.invoice import read_invoice
from kalends.documents.kept_buyers import forget_buyers
from kalends.events.feed import read_feed
from kalends.events.requests import RequestKeyRefused
from kalends.messages.backends import file_backend
from kalends.messages.delivery import deliver
from kalends.messages.log import letters, show_letter
from kalends.messages.resend import CannotResend, resend
from kalends.proof.verify import verify
from kalends.sales.quote_course import publish
from kalends.sales.quote_versions import NoSuchVersion, version_of_key
from tests.business.sales.quoting import Desk
from tests.conftest import AnyConnection, Connect
from tests.people import places_of
from tests.world import World

CONTACT = get_object("contact")
WORDS = (
    "zephyrine", "quackenbush", "Øverkroken 7", "+47 401 22 333", "old.zephyrine@elsewhere.test", "Hemmelig vei 13",
    "Postboks 4711",
)  # fmt: skip
"""What the person of these tests is known by; nobody else is."""
EVERY_KEPT = ("kept_buyer.name", "kept_buyer.address")


@pytest.fixture
def zephyrine(world: World) -> int:
    """A customer whose address was changed twice."""
    id_ = world.customer(
        "Zephyrine Quackenbush", phone="+47 401 22 333", address="Postboks 4711", city="Oslo", zip="0150"
    )
    change(world, "contact", id_, email="old.zephyrine@elsewhere.test")
    change(world, "contact", id_, email=f"zephyrine.{id_}@customers.test", address="Øverkroken 7")
    return id_


def change(world: World, name: str, id_: int, **properties: str) -> None:
    """Change a record as a program does."""
    obj = get_object(name)
    with world.db.transaction():
        prepared = prepare_changes(world.db, world.ctx, obj, [Wish(id_, properties)])
        assert not prepared.changes[0].problems()
        write_changes(world.db, world.ctx, obj, prepared.changes, Who("test"))


def make(world: World, name: str, **properties: str) -> int:
    """Make a record as a program does."""
    obj = get_object(name)
    with world.db.transaction():
        drafts = prepare_new(world.db, world.ctx, obj, [New(properties)])
        assert not drafts[0].written.problems
        return write_new(world.db, world.ctx, obj, drafts, Who("test"))[0]


def paid_and_over(world: World, contact: int, **more: Any) -> int:
    """A subscription that was paid by card for a while, with letters sent, and is canceled."""
    id_ = world.subscribe(contact, tax="25", method=world.method(contact), **more)
    world.until("2026-02-15")
    change(
        world,
        "subscription",
        id_,
        hs_recipient_billing_address="Hemmelig vei 13",
        hs_invoice_comments="For Zephyrine",
    )
    world.until("2026-03-15")
    with world.db.transaction():
        cancel(world.db, world.ctx, id_)
    deliver(world.db, world.ctx, file_backend(), 1_000, now=world.ctx.now)
    return id_


def keeps_buyers(world: World, years: int) -> None:
    """Decide for how many years buyers are kept."""
    world.db.execute(
        "UPDATE account SET settings = settings || jsonb_build_object('keep_buyers_years', %s::int) WHERE id = %s",
        [years, world.ctx.id],
    )
    world.reload()


def test_nothing_of_the_person_is_left_in_any_table(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    keeps_buyers(world, 0)
    paid_and_over(world, zephyrine)
    assert places_of(owner, world.ctx.id, WORDS)

    erase_contact(world.db, world.ctx, zephyrine)

    assert places_of(owner, world.ctx.id, WORDS) == []


def test_a_quote_that_nobody_agreed_to_is_emptied_and_the_evidence_of_one_that_was_signed_stays(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    keeps_buyers(world, 0)
    desk = Desk(world)
    offered = desk.quote(contact=zephyrine)
    signed = desk.quote(contact=zephyrine, acceptance_method="esignature")
    for quote in (offered, signed):
        publish(world.db, world.ctx, quote)
    address = desk.version(offered).public_key
    desk.code(offered, zephyrine)
    desk.sign(signed, zephyrine)
    assert [
        row["quote_id"] for row in export_contact(world.db, world.ctx, zephyrine)["quote_acceptances"]
    ] == [signed]

    erase_contact(world.db, world.ctx, zephyrine)

    kept = {place.partition(".")[0] for place in places_of(owner, world.ctx.id, WORDS)}
    assert kept == {"quote_acceptance", "quote_version"}, "as long as the agreement may have to be shown"
    assert world.one(
        "SELECT signer_email IS NOT NULL, address, octet_length(pdf) > 0 FROM quote_acceptance"
    ) == (
        True,
        "192.0.2.7",
        True,
    )
    assert desk.read(offered).status == "DRAFT"
    with pytest.raises(NoSuchVersion):
        version_of_key(world.db, world.ctx, address)


def test_the_books_stay_to_the_cent_and_verify_finds_nothing(world: World, zephyrine: int) -> None:
    id_ = paid_and_over(world, zephyrine)
    books = (
        "SELECT id, number, total_minor, tax_minor, paid_minor, status FROM invoice ORDER BY id",
        "SELECT id, amount_minor, fee_minor, status, brand, processor_ref FROM payment ORDER BY id",
        "SELECT * FROM ledger_transfer ORDER BY 1, 2, 3, 4, 5",
        "SELECT id, at, kind, object_type, object_id, parent_id FROM event WHERE kind <> 'contact.erased' ORDER BY id",
    )
    before = [world.rows(query) for query in books]

    erase_contact(world.db, world.ctx, zephyrine)

    assert [world.rows(query) for query in books] == before
    assert len(world.invoices(id_, "id")) == 3
    assert verify(world.db, world.ctx).clean


def test_the_person_is_gone_for_good_and_an_event_says_so(world: World, zephyrine: int) -> None:
    after = read_feed(world.db, world.ctx, after=0, limit=1_000).after

    erase_contact(world.db, world.ctx, zephyrine, actor="cli")

    assert world.rows("SELECT id FROM contact WHERE id = %s", zephyrine) == []
    told = read_feed(world.db, world.ctx, after=after, limit=10).events
    assert [(each.kind, each.object_id, each.actor, each.data) for each in told] == [
        ("contact.erased", zephyrine, "cli", "{}")
    ]
    with pytest.raises(UnknownPerson):
        erase_contact(world.db, world.ctx, zephyrine)


def test_an_issued_invoice_keeps_its_buyer_as_long_as_the_law_wants(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    keeps_buyers(world, 5)
    id_ = paid_and_over(world, zephyrine)
    printed = read_invoice(world.db, world.ctx, world.invoices(id_, "id")[2]).buyer

    erase_contact(world.db, world.ctx, zephyrine)

    kept = read_invoice(world.db, world.ctx, world.invoices(id_, "id")[2]).buyer
    assert (kept.name, kept.address, kept.email) == (printed.name, printed.address, "")
    assert kept.name == "Zephyrine Quackenbush"
    places = places_of(owner, world.ctx.id, WORDS)
    assert places
    assert [each for each in places if not each.startswith(EVERY_KEPT)] == []
    later = replace(world.ctx, now=dt.datetime(2032, 1, 1, 12, tzinfo=dt.UTC))
    assert forget_buyers(world.db, replace(later, now=dt.datetime(2031, 12, 31, 12, tzinfo=dt.UTC))) == 0
    assert forget_buyers(world.db, later) == 3
    assert places_of(owner, world.ctx.id, WORDS) == []
    assert read_invoice(world.db, world.ctx, world.invoices(id_, "id")[2]).buyer.name == ""


@pytest.mark.parametrize("collected", [True, False])
def test_who_is_still_billed_is_not_erased(world: World, zephyrine: int, *, collected: bool) -> None:
    id_ = world.subscribe(zephyrine, method=world.method(zephyrine) if collected else None)

    with pytest.raises(CannotErase, match=rf"Subscription {id_} \(Fleet Core\) is active: cancel it first."):
        erase_contact(world.db, world.ctx, zephyrine)

    assert world.one("SELECT first_name FROM contact WHERE id = %s", zephyrine) == ("Zephyrine",)


def test_who_owes_or_has_credit_or_a_charge_under_way_is_not_erased(world: World, zephyrine: int) -> None:
    sepa = world.subscribe(zephyrine, method=world.method(zephyrine, kind="sepa"), currency="EUR")
    open_ = world.subscribe(zephyrine)
    world.until("2026-01-01")
    with world.db.transaction():
        cancel(world.db, world.ctx, sepa)
        cancel(world.db, world.ctx, open_)
    world.db.execute(
        "INSERT INTO customer_credit (account_id, contact_id, currency, balance_minor) VALUES (%s, %s, 'NOK', 1250)",
        [world.ctx.id, zephyrine],
    )

    with pytest.raises(CannotErase) as refused:
        erase_contact(world.db, world.ctx, zephyrine)

    told = " ".join(refused.value.obstacles)
    assert "cancel it first" not in told
    assert "100.00 EUR is owed" in told.replace("\xa0", " ").replace("EUR 100.00", "100.00 EUR")
    assert "to the customer's credit" in told
    assert "A charge of payment" in told


def test_a_card_loses_its_token_and_its_owner_and_keeps_its_brand(world: World, zephyrine: int) -> None:
    method = world.method(zephyrine)

    erase_contact(world.db, world.ctx, zephyrine)

    assert world.one(
        "SELECT contact_id, token, brand, last4, expires_on FROM payment_method WHERE id = %s", method
    ) == (None, f"erased-{method}", "Visa", "", None)


def test_whoever_was_merged_into_the_contact_goes_with_it(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    double = world.customer("Zephyrine Quackenbush", address="Hemmelig vei 13")
    merge(world.db, world.ctx, CONTACT, zephyrine, double)

    erased = erase_contact(world.db, world.ctx, zephyrine)

    assert erased.contacts == [zephyrine, double]
    assert places_of(owner, world.ctx.id, WORDS) == []


def test_what_was_tied_to_the_person_speaks_of_them_no_more(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    order = make(
        world,
        "order",
        hs_order_name="Box for Zephyrine Quackenbush",
        hs_shipping_address_street="Hemmelig vei 13",
    )
    deal = make(world, "deal", dealname="zephyrine quackenbush, two seats", dealstage="contractsent")
    for name, id_ in (("order", order), ("deal", deal)):
        associate(world.db, world.ctx, End("contact", zephyrine), End(name, id_))

    erase_contact(world.db, world.ctx, zephyrine)

    assert world.one("SELECT name FROM purchase_order WHERE id = %s", order) == ("Box for [erased]",)
    assert world.one("SELECT name FROM deal WHERE id = %s", deal) == ("[erased], two seats",)
    assert places_of(owner, world.ctx.id, WORDS) == []
    assert world.rows("SELECT FROM association WHERE account_id = %s", world.ctx.id) == []
    assert verify(world.db, world.ctx).clean


def test_others_keep_every_word(world: World, owner: AnyConnection, zephyrine: int) -> None:
    namesake = world.customer("Zephyrine Other", address="Øverkroken 7")
    world.subscribe(namesake)
    change(world, "contact", namesake, phone="+47 401 22 333")
    theirs = "SELECT id, data FROM event WHERE object_id = %s ORDER BY id"
    before = world.rows(theirs, namesake)

    erase_contact(world.db, world.ctx, zephyrine)

    assert world.rows(theirs, namesake) == before
    assert world.one("SELECT address, phone FROM contact WHERE id = %s", namesake) == (
        "Øverkroken 7",
        "+47 401 22 333",
    )


def test_the_letters_stay_counted_without_a_word(world: World, zephyrine: int) -> None:
    paid_and_over(world, zephyrine)
    sent = world.rows(
        "SELECT id, kind, status, sent_at FROM message WHERE contact_id = %s ORDER BY id", zephyrine
    )
    assert sent
    files = set(Path(file_backend().folder).glob("*.eml"))

    erase_contact(world.db, world.ctx, zephyrine)

    assert (
        world.rows(
            "SELECT id, kind, status, sent_at FROM message WHERE contact_id = %s ORDER BY id", zephyrine
        )
        == sent
    )
    assert (
        world.rows(
            "SELECT id FROM message WHERE contact_id = %s AND (text IS NOT NULL OR recipient LIKE '%%@%%')",
            zephyrine,
        )
        == []
    )
    assert len(files - set(Path(file_backend().folder).glob("*.eml"))) == len(sent)


def test_an_erased_letter_is_told_as_such_and_not_sent_again(world: World, zephyrine: int) -> None:
    paid_and_over(world, zephyrine)
    erase_contact(world.db, world.ctx, zephyrine)

    for row in letters(world.db, world.ctx, contact=zephyrine):
        assert "Quackenbush" not in show_letter(world.db, world.ctx, row.id).letter.text
        if row.recipient.startswith("erased-"):
            with pytest.raises(CannotResend, match="has no email address"):
                resend(world.db, world.ctx, row.id)


def test_what_was_not_sent_yet_is_not_sent(world: World, zephyrine: int) -> None:
    world.subscribe(zephyrine, method=world.method(zephyrine))
    world.until("2026-01-15")
    with world.db.transaction():
        cancel(
            world.db, world.ctx, world.one("SELECT id FROM subscription WHERE contact_id = %s", zephyrine)[0]
        )
    assert world.letters("receipt")

    erase_contact(world.db, world.ctx, zephyrine)

    assert world.letters("receipt") == []
    assert deliver(world.db, world.ctx, file_backend(), 1_000, now=world.ctx.now).failed == 0


def test_a_request_that_spoke_of_the_person_keeps_its_key_and_what_came_of_it(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    keeps_buyers(world, 0)
    line = LineWanted(NewLine("Fiber", LineTerms(Decimal(50), Decimal(1))), Frequency.MONTHLY)
    wanted = Wanted(
        zephyrine, [line], "EUR", address={"address": "Hemmelig vei 13"}, name="Fiber, Zephyrine Quackenbush",
        billed_elsewhere=True,
    )  # fmt: skip
    made = agree(world.db, world.ctx, wanted, request_key="order 7").subscriptions[0]

    erase_contact(world.db, world.ctx, zephyrine)

    assert places_of(owner, world.ctx.id, WORDS) == []
    assert world.subscription(made.id, "name", "contact_id", "billing_address") == (
        "Fiber, [erased]",
        None,
        None,
    )
    with pytest.raises(RequestKeyRefused):
        agree(world.db, world.ctx, wanted, request_key="order 7")


def test_the_journal_stays_closed_to_everybody_else(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    change_it = "UPDATE event SET data = '{}' WHERE account_id = %s AND object_id = %s"
    for db in (world.db, owner):
        db.execute("SELECT set_config('kalends.erasing', 'no', false)")
        with pytest.raises(psycopg.Error, match=r"append-only|permission denied"):
            db.execute(change_it, [world.ctx.id, zephyrine])
    world.db.execute("SELECT set_config('kalends.erasing', 'yes', false)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.db.execute(change_it, [world.ctx.id, zephyrine])
    for nobody in ("ARRAY[999999999999]", "ARRAY[]", f"ARRAY[{zephyrine}, 999999999999]"):
        with pytest.raises(psycopg.errors.RaiseException, match="only for contacts that are there"):
            world.db.execute(f"SELECT erase_from_journal({nobody}::bigint[], '{{}}', '{{}}')")


def test_not_even_an_erasure_could_change_more_than_words(
    world: World, owner: AnyConnection, zephyrine: int
) -> None:
    paid_and_over(world, zephyrine)
    owner.execute("SELECT set_config('kalends.erasing', 'yes', false)")

    for change_it in (
        "UPDATE ledger_transfer SET amount_minor = 1 WHERE account_id = %s",
        "UPDATE event SET at = at + interval '1 day' WHERE account_id = %s",
        "UPDATE event SET data = '{}', kind = 'contact.created' WHERE account_id = %s AND kind <> 'contact.created'",
        "DELETE FROM event WHERE account_id = %s",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            owner.execute(change_it, [world.ctx.id])


def test_another_account_is_out_of_reach(world: World, connect: Connect, zephyrine: int) -> None:
    other = connect()
    create_account(
        other, name="Other", time_zone="UTC", currency="EUR", now=world.ctx.now, clock_at=world.ctx.now
    )

    with pytest.raises(psycopg.errors.RaiseException, match="only for contacts that are there"):
        other.execute("SELECT erase_from_journal(ARRAY[%s::bigint], '{}', '{}')", [zephyrine])


def test_the_person_may_have_everything_that_is_known(world: World, zephyrine: int) -> None:
    id_ = paid_and_over(world, zephyrine)

    known = export_contact(world.db, world.ctx, zephyrine)

    assert known["contacts"][0]["address"] == "Øverkroken 7"
    assert [each["id"] for each in known["subscriptions"]] == [id_]
    assert len(known["invoices"]) == len(known["payments"]) == 3
    assert known["payment_methods"][0]["last4"] == "4242"
    assert "token" not in known["payment_methods"][0]
    assert any("Zephyrine" in str(each["text"]) for each in known["letters"])
    with pytest.raises(UnknownPerson):
        export_contact(world.db, world.ctx, 999_999_999_999)


def test_signs_with_a_meaning_in_patterns_are_letters_of_a_name(world: World) -> None:
    named = r"A.b (Li) [x]+* \d|$^{2}?"
    asked = "SELECT %(text)s ~* pattern_of_words(ARRAY[%(named)s])"
    for text, found in ((f"to {named}, hello", True), ("to Axb Li xx 7", False), ("anything else", False)):
        assert world.db.execute(asked, {"text": text, "named": named}).fetchone() == (found,)
