"""Stories of quotes: what staff offers on a deal, who agrees to it, and what comes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kalends.crm.associations import End, associate, associated
from kalends.sales.quote_adjusting import OnTheWhole, set_adjustments
from kalends.sales.quote_convert import convert_quote
from kalends.sales.quote_course import publish
from kalends.sales.quotes import BILLING_CONTACT
from tests.business.sales.quoting import Desk
from tests.business.sales.shop import item
from tests.scenarios.records import Bill, Subscription
from tests.scenarios.shop import Shop


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop.world)


@pytest.mark.feature("F10", "F27", "F31")
def test_erna_accepts_a_quote_and_staff_makes_a_subscription_of_it(shop: Shop, desk: Desk) -> None:
    fjord = shop.company("Fjord AS")
    erna = shop.customer("Erna Fjeld", company_id=fjord)
    deal = desk.deal(item("Hosting", "100", "monthly"), item("Moving in", "50"), contact=erna.id)
    shop.does(associate, End("deal", deal), End("company", fjord))
    quote = desk.quote_of(deal, net_terms_days=15, language="en")
    spring = OnTheWhole("discount", "Spring", Decimal(60), is_percent=False)
    vat = OnTheWhole("tax", "VAT", Decimal(25), is_percent=True)
    shop.does(set_adjustments, quote, [spring, vat])
    shop.does(publish, quote)
    assert desk.version(quote).content["sheet"]["sums"][-1]["value"] == "112,50\N{NO-BREAK SPACE}EUR"

    desk.click(quote, "Erna Fjeld")
    made = shop.does(convert_quote, quote)
    shop.until("2026-04-01")

    (hosting,) = [Subscription(shop, each) for each in made.subscriptions]
    assert hosting.bills == [
        Bill("2026-03-01", "90.00 EUR", "open"),
        Bill("2026-04-01", "100.00 EUR", "open"),
    ]
    once = shop.world.one("SELECT total_minor, tax_minor FROM invoice WHERE subscription_id IS NULL")
    assert once == (2250, 2250), "what the discount leaves of moving in, and the tax on all of it"
    here = End("subscription", hosting.id)
    ties = {name: shop.does(associated, here, name) for name in ("contact", "company", "deal", "quote")}
    assert ties == {"contact": [erna.id], "company": [fjord], "deal": [deal], "quote": [quote]}


@pytest.mark.feature("F32", "F31")
@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "not wanted"])
def test_the_bookkeeper_of_a_quote_is_associated_where_the_shop_wants_that(
    shop: Shop, desk: Desk, *, wanted: bool
) -> None:
    shop.decides(associate_billing_contact=wanted)
    erna, bodil = shop.customer("Erna Fjeld"), shop.customer("Bodil Regn")
    quote = desk.quote(item("Hosting", "25", "monthly"), contact=erna.id)
    types = [("HUBSPOT_DEFINED", BILLING_CONTACT)]
    shop.does(associate, End("quote", quote), End("contact", bodil.id), types=types)
    shop.does(publish, quote)

    (hosting,) = shop.does(convert_quote, quote).subscriptions
    shop.until("2026-03-02")

    contacts = shop.does(associated, End("subscription", hosting), "contact")
    assert contacts == [erna.id, bodil.id] if wanted else [erna.id]
    assert "invoice" in erna.inbox
    assert "invoice" not in bodil.inbox
