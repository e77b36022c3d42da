"""Whom a purchase belongs to: contact, company, deals, and what the records say of where they came from."""

from __future__ import annotations

import pytest

from kalends.crm.associations import End, associate, associated
from kalends.crm.create import NewCompany, NewContact, create_companies, create_contacts
from kalends.crm.erasure import erase_contact, export_contact
from kalends.payments.methods import GivenToAnother
from kalends.sales.checkouts import checkout_of
from tests.business.sales.shop import Shop, item

ADDRESS = {"name": "Nordmann AS", "address": "Storgata 1", "city": "Oslo", "zip": "0155", "country": "NO"}


def deal(shop: Shop, stage: str = "contractsent") -> int:
    (row,) = shop.world.rows(
        "INSERT INTO deal (account_id, name, stage, created_at, updated_at) "
        "VALUES (%s, 'Trucks', %s, %s, %s) RETURNING id",
        shop.ctx.id,
        stage,
        shop.ctx.now,
        shop.ctx.now,
    )
    return row[0]


def test_a_new_address_makes_a_contact_with_what_was_told(shop: Shop) -> None:
    done = shop.buy(
        shop.link(item("Cap", "20"), collect_billing_address=True),
        email="Kari@Nordmann.example",
        billing=ADDRESS,
        phone="+47 900 00 000",
    )
    assert shop.world.rows(
        "SELECT email, first_name, last_name, phone, address, city, country, language FROM contact"
    ) == [("kari@nordmann.example", "Kari", "Nordmann", "+47 900 00 000", "Storgata 1", "Oslo", "NO", "en")]
    assert shop.world.rows("SELECT bill_to_name, billing_city, customer_email FROM payment") == [
        ("Nordmann AS", "Oslo", "Kari@Nordmann.example")
    ]
    assert shop.world.rows("SELECT billing_city FROM invoice") == [("Oslo",)]
    assert done.contact_id is not None


def test_a_known_contact_is_never_overwritten_and_empty_fields_are_filled(shop: Shop) -> None:
    (known,) = create_contacts(
        shop.db, shop.ctx, [NewContact("kari@nordmann.example", first_name="Karen", address="Lillegata 2")]
    )
    done = shop.buy(shop.link(item("Cap", "20")), email="KARI@nordmann.example", billing=ADDRESS)
    assert done.contact_id == known
    assert shop.world.rows("SELECT first_name, last_name, address, city FROM contact") == [
        ("Karen", "Nordmann", "Lillegata 2", None)
    ]


def test_a_further_address_of_a_contact_is_theirs_too(shop: Shop) -> None:
    (known,) = create_contacts(shop.db, shop.ctx, [NewContact("kari@nordmann.example")])
    shop.db.execute("UPDATE contact SET additional_emails = 'a@b.example; Kari@Home.example'")
    assert shop.buy(shop.link(item("Cap", "20")), email="kari@home.example").contact_id == known


def test_the_company_is_that_of_the_domain_or_of_the_name_or_a_new_one(shop: Shop) -> None:
    (of_domain, of_name) = create_companies(
        shop.db, shop.ctx, [NewCompany("Nordmann AS", domain="nordmann.example"), NewCompany("Hansen AS")]
    )
    link = shop.link(item("Fleet Core", "20", "monthly"))
    shop.buy(link, email="kari@nordmann.example")
    shop.buy(link, email="ola@gmail.com", company="HANSEN as")
    shop.buy(link, email="per@berg.example", company="Berg AS")
    shop.buy(link, email="nobody@gmail.com")
    rows = shop.world.rows("SELECT company_id FROM subscription ORDER BY id")
    assert rows[:2] == [(of_domain,), (of_name,)]
    assert rows[3] == (None,)
    assert shop.world.one("SELECT name, domain FROM company WHERE id = %s", rows[2][0]) == (
        "Berg AS",
        "berg.example",
    )
    shop.assert_clean()


def test_a_repeat_buyer_stays_with_the_company_that_the_crm_knows(shop: Shop) -> None:
    (company,) = create_companies(shop.db, shop.ctx, [NewCompany("Holding AS")])
    create_contacts(shop.db, shop.ctx, [NewContact("kari@nordmann.example", company_id=company)])
    shop.buy(shop.link(item("Cap", "20")), email="kari@nordmann.example", company="Another AS")
    assert shop.world.rows("SELECT company_id FROM payment") == [(company,)]
    assert shop.count("company") == 1


def test_subscription_payments_and_invoices_are_tied_to_contact_and_link(shop: Shop) -> None:
    link = shop.link(item("Setup", "100"), item("Fleet Core", "49", "monthly"))
    done = shop.buy(link)
    assert done.made is not None
    for name, ids in (
        ("subscription", done.made["subscriptions"]),
        ("payment", done.made["payments"]),
        ("invoice", done.made["invoices"]),
        ("contact", [done.made["contact"]]),
    ):
        assert associated(shop.db, shop.ctx, End("payment_link", link), name) == sorted(ids)
    assert shop.world.rows("SELECT payment_source_app, payment_source_id FROM subscription") == [
        ("sales_checkout", str(link))
    ]
    assert shop.world.rows(
        "SELECT DISTINCT payment_source_app, payment_source_id, payment_source_name, creation_method FROM payment"
    ) == [("SALES_CHECKOUT", str(link), "Fleet Core", "CHECKOUT")]


def test_no_deal_is_made_unless_the_account_or_the_link_wants_one(shop: Shop) -> None:
    shop.buy(shop.link(item("Cap", "20")))
    assert shop.count("deal") == 0
    link = shop.link(item("Fleet Core", "49", "monthly"), create_deal=True)
    done = shop.buy(link, email="kari@nordmann.example")
    assert shop.world.rows("SELECT name, pipeline, stage, amount FROM deal") == [
        ("Kari Nordmann - Fleet Core", "default", "closedwon", 49)
    ]
    assert done.deal_id is not None
    assert done.made is not None
    assert (
        associated(shop.db, shop.ctx, End("deal", done.deal_id), "subscription") == done.made["subscriptions"]
    )
    assert associated(shop.db, shop.ctx, End("deal", done.deal_id), "contact") == [done.made["contact"]]
    assert shop.count("line_item", "parent_type = 'deal' AND frequency = 'monthly'") == 1
    shop.world.until("2026-03-02")
    assert shop.count("deal") == 1, "a repeat payment never makes a deal"
    shop.assert_clean()


def test_a_purchase_belongs_to_the_open_deal_of_its_link(shop: Shop) -> None:
    link = shop.link(item("Fleet Core", "49", "monthly"), create_deal=True)
    open_deal, won = deal(shop), deal(shop, "closedwon")
    for each in (open_deal, won):
        associate(shop.db, shop.ctx, End("payment_link", link), End("deal", each))
    done = shop.buy(link)
    assert done.deal_id == open_deal
    assert shop.count("deal") == 2
    assert done.made is not None
    assert associated(shop.db, shop.ctx, End("deal", open_deal), "payment") == done.made["payments"]
    assert associated(shop.db, shop.ctx, End("deal", won), "payment") == []


def test_a_stage_that_is_gone_makes_no_deal_and_the_payment_is_settled(shop: Shop) -> None:
    link = shop.link(item("Cap", "20"), create_deal=True)
    shop.db.execute("UPDATE payment_link SET deal_stage = 'gone'")
    assert shop.buy(link).status == "done"
    assert shop.count("deal") == 0


def test_consent_is_kept_with_its_words_its_moment_and_where_it_came_from(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Fleet Core", "49", "monthly")))
    assert done.consent == {
        "text": "I agree to the payments to come.",
        "address": "192.0.2.7",
        "agent": "Firefox",
        "at": shop.ctx.now.isoformat(),
        "offer": done.offer,
    }


def test_a_card_that_is_another_customers_is_neither_charged_nor_attached(shop: Shop) -> None:
    link = shop.link(item("Fleet Core", "49", "monthly"))
    shop.buy(link, email="kari@nordmann.example")
    (stored,) = shop.world.rows("SELECT contact_id, token FROM payment_method")
    thief, herself = (
        shop.ready(link, email="ola@hansen.example"),
        shop.ready(link, email="KARI@nordmann.example"),
    )
    shop.db.execute("UPDATE sandbox_setup SET token = %s", [stored[1]])

    with pytest.raises(GivenToAnother):
        shop.back(thief)
    assert shop.count("subscription") == 1
    assert len(shop.charges()) == 1
    assert shop.back(herself).status == "done"
    assert shop.world.rows("SELECT contact_id, token FROM payment_method") == [stored]


def test_answers_to_the_sellers_questions_stand_on_the_records_as_they_were_asked(shop: Shop) -> None:
    asked = [
        {"name": "size", "label": "Size", "type": "choice", "options": ["S", "M"]},
        {"name": "note", "label": "Note", "type": "text"},
    ]
    link = shop.link(
        item("Setup", "100"), item("Fleet Core", "49", "monthly", term="P1M"), custom_fields=asked
    )
    checkout = shop.ready(
        link, custom={"size": "M", "note": "Ring Zephyrine"}, email="zephyrine@quux.example"
    )
    done = shop.back(checkout)
    shop.db.execute("UPDATE payment_link SET custom_fields = '[]'")
    for table, count in (("subscription", 1), ("invoice", 2)):
        rows = shop.world.rows(f"SELECT checkout_answers FROM {table}")
        assert rows == [("Size: M\nNote: Ring Zephyrine",)] * count
    assert done.contact_id is not None
    shop.world.until("2026-02-02")
    erase_contact(shop.db, shop.ctx, done.contact_id)
    assert shop.world.rows("SELECT DISTINCT checkout_answers FROM invoice") == [(None,)]


def test_an_erased_buyer_leaves_the_books_and_no_words(shop: Shop) -> None:
    link = shop.link(item("Fleet Core", "49", "monthly", term="P1M"))
    done = shop.buy(link, email="zephyrine@quux.example", billing=ADDRESS)
    shop.visit(done.source_id, email="Zephyrine@Quux.example")
    assert done.contact_id is not None
    assert done.made is not None
    assert export_contact(shop.db, shop.ctx, done.contact_id)["checkouts"][0]["id"] == done.id
    shop.world.until("2026-02-02")
    erase_contact(shop.db, shop.ctx, done.contact_id)
    assert shop.world.rows("SELECT id, buyer FROM checkout") == [(done.id, {})]
    for table in ("checkout", "checkout_charge", "payment", "invoice", "event", "deal", "message", "contact"):
        texts = shop.world.rows(f"SELECT t::text FROM {table} AS t WHERE account_id = %s", shop.ctx.id)
        assert not any("zephyrine" in row[0].lower() for row in texts), table
    assert checkout_of(shop.db, shop.ctx, done.id).consent == {
        "text": "I agree to the payments to come.",
        "at": done.consent and done.consent["at"],
        "offer": done.offer,
    }
    shop.assert_clean()


def test_a_subscription_is_called_by_its_first_item_and_how_many_more_there_are(shop: Shop) -> None:
    lines = [item(name, "20", "monthly") for name in ("Fleet Core", "Support", "Maps")]
    shop.buy(shop.link(*lines, item("Insurance", "90", "annually")))

    assert shop.world.rows("SELECT name FROM subscription ORDER BY frequency DESC") == [
        ("Fleet Core + 2 more",),
        ("Insurance",),
    ]
