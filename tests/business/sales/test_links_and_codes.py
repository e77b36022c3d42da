"""Payment links and discount codes: made, changed, refused with every reason, and closed in every way."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kalends.core.choices import Choice
from kalends.sales.buyers import Buyer
from kalends.sales.charges import NoProcessor, begin, come_back
from kalends.sales.checkouts import (
    NoSuchCheckout,
    choose,
    find_checkout,
    forget_checkouts,
    offer_of,
    open_checkout,
    take_code,
    tell_buyer,
)
from kalends.sales.codes import NewCode, create_code, deactivate_code, find_code, list_codes
from kalends.sales.link_lines import LinkLine, lines_of
from kalends.sales.links import (
    NewLink,
    NoSuchLink,
    archive_links,
    copy_link,
    create_link,
    edit_link,
    find_link,
    link_of_key,
    set_link_status,
)
from kalends.sales.trouble import Closed, NotOpen, Refused
from tests.business.sales.shop import CONSENT, RETURN_URL, Shop, item


def places(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    assert all(each.text.endswith(".") for each in refused.value.troubles)
    return [(each.place, each.code) for each in refused.value.troubles]


def product(shop: Shop, **columns: Any) -> int:
    values = {"name": "Rack", "price": Decimal(120), "sku": "R-1", "frequency": "monthly", **columns}
    names = ", ".join(values)
    (row,) = shop.world.rows(
        f"INSERT INTO product (account_id, created_at, updated_at, {names}) "
        f"VALUES (%s, %s, %s, {', '.join(['%s'] * len(values))}) RETURNING id",
        shop.ctx.id,
        shop.ctx.now,
        shop.ctx.now,
        *values.values(),
    )
    return row[0]


def test_a_link_has_line_items_of_its_own_whatever_they_were_made_of(shop: Shop) -> None:
    rack = product(shop)
    first = shop.link(item("Setup", "100", tax_rate="25"))
    (setup,) = shop.lines(first)
    link = shop.link(
        LinkLine("FROM_PRODUCT", rack, {"quantity": Decimal(2)}),
        LinkLine("CLONE", setup, {"name": "Setup, again"}),
    )
    offered = lines_of(shop.db, shop.ctx, "payment_link", link)
    assert [
        (line.name, line.terms.unit_price, line.terms.quantity, line.terms.tax_rate) for line in offered
    ] == [
        ("Rack", 120, 2, 0),
        ("Setup, again", 100, 1, 25),
    ]
    assert setup not in shop.lines(link)
    shop.db.execute("UPDATE line_item SET unit_price = 1 WHERE id = %s", [setup])
    assert lines_of(shop.db, shop.ctx, "payment_link", link)[1].terms.unit_price == 100


def test_a_copy_of_a_link_has_lines_and_an_address_of_its_own(shop: Shop) -> None:
    link = shop.link(item("Setup", "100"), one_time_use=True)
    copy = find_link(shop.db, shop.ctx, copy_link(shop.db, shop.ctx, link, "Once more"))
    assert (copy.name, copy.one_time_use, copy.uses) == ("Once more", True, 0)
    assert copy.public_key != find_link(shop.db, shop.ctx, link).public_key
    assert shop.lines(copy.id) != shop.lines(link)
    assert link_of_key(shop.db, shop.ctx, copy.public_key) == copy


def test_everything_that_is_wrong_with_a_link_is_named_at_once(shop: Shop) -> None:
    wanted = NewLink(
        " ",
        "SEK",
        [
            item("", "10"),
            item("Late", "10", delay_days=3),
            item("Odd", "10", "monthly", term="P3W", start_date=dt.date(2026, 2, 1), delay_months=1),
            item("Often", "10", "hourly"),
            item("Many", "10", buyer_quantity=True, buyer_quantity_min=5, buyer_quantity_max=2),
            LinkLine("CLONE", 1),
            LinkLine("FROM_PRODUCT", 1),
            item("Strange", "10", color="red"),
        ],
        allowed_payment_methods=["gold"],
        language="xx",
        redirect_url="javascript:alert(1)",
        deal_stage="nowhere",
        custom_fields=[{"name": "Size!", "label": "", "type": "choice"}],
    )
    with pytest.raises(Refused) as refused:
        create_link(shop.db, shop.ctx, wanted)
    found = {place for place, _ in places(refused)}
    assert {
        "name",
        "currency",
        "allowed_payment_methods",
        "language",
        "redirect_url",
        "deal_stage",
        "custom_fields, question 1",
        "line 1, name",
        "line 2, start",
        "line 3, term",
        "line 3, start",
        "line 4, frequency",
        "line 5, largest quantity",
        "line 6, line item",
        "line 7, hs_product_id",
        "line 8, color",
    } <= found
    assert shop.count("payment_link") == 0


def test_a_line_of_another_currency_is_not_converted(shop: Shop) -> None:
    (line,) = shop.lines(shop.link(item("Setup", "100")))
    with pytest.raises(Refused) as refused:
        shop.link(LinkLine("CLONE", line), currency="NOK")
    assert places(refused) == [("line 1, line item", "other_currency")]
    assert shop.link(LinkLine("CLONE", line, {"unit_price": Decimal(900)}), currency="NOK")


def test_a_link_without_lines_sells_nothing(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        shop.link()
    assert places(refused) == [("lines", "missing")]


def test_the_same_request_makes_one_link(shop: Shop) -> None:
    wanted = NewLink("Fleet Core", "EUR", [item("Setup", "100")])
    ids = {create_link(shop.db, shop.ctx, wanted, request_key="k") for _ in range(2)}
    assert len(ids) == 1


def test_editing_a_link_changes_what_is_asked_and_says_so_in_the_journal(shop: Shop) -> None:
    link = shop.link(item("Setup", "100"))
    assert edit_link(shop.db, shop.ctx, link, {"name": "Trucks", "expires_on": dt.date(2026, 5, 1)})
    assert not edit_link(shop.db, shop.ctx, link, {"name": "Trucks"})
    (before,) = shop.lines(link)
    assert edit_link(shop.db, shop.ctx, link, {}, lines=[LinkLine("CLONE", before), item("More", "5")])
    assert before not in shop.lines(link)
    assert len(shop.lines(link)) == 2
    kinds = shop.world.rows("SELECT kind FROM event WHERE object_id = %s ORDER BY id", link)
    assert [row[0] for row in kinds] == [
        "payment_link.created",
        "payment_link.updated",
        "payment_link.lines_changed",
    ]
    with pytest.raises(Refused) as refused:
        edit_link(shop.db, shop.ctx, link, {"name": ""})
    assert places(refused) == [("name", "missing")]
    with pytest.raises(NoSuchLink):
        edit_link(shop.db, shop.ctx, 1, {})


def test_nobody_buys_at_a_link_that_is_off_expired_used_or_archived(shop: Shop) -> None:
    off, expired, used, gone = (
        shop.link(item("Setup", "100"), **more)
        for more in ({}, {"expires_on": dt.date(2025, 12, 31)}, {"one_time_use": True}, {})
    )
    set_link_status(shop.db, shop.ctx, off, "inactive")
    shop.buy(used)
    assert archive_links(shop.db, shop.ctx, [gone]) == 1
    because = []
    for link in (off, expired, used, gone):
        with pytest.raises(Closed) as closed:
            open_checkout(shop.db, shop.ctx, "payment_link", link)
        because.append(closed.value.because)
    assert because == ["inactive", "expired", "used", "archived"]
    set_link_status(shop.db, shop.ctx, off, "active")
    assert shop.buy(off).status == "done"


def test_the_last_day_of_a_link_is_a_day_to_buy_on(shop: Shop) -> None:
    assert shop.buy(shop.link(item("Setup", "100"), expires_on=shop.ctx.today)).status == "done"


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        (NewCode("", "percent", Decimal(10)), ("code", "invalid")),
        (NewCode("TWO WORDS", "percent", Decimal(10)), ("code", "invalid")),
        (NewCode("FREE", "percent", Decimal(100)), ("percent", "invalid")),
        (NewCode("ZERO", "percent", Decimal(0)), ("percent", "invalid")),
        (NewCode("FINE", "percent", Decimal("0.0000001")), ("percent", "invalid")),
        (NewCode("BOTH", "percent", Decimal(10), 500, "EUR"), ("amount", "invalid")),
        (NewCode("NONE", "fixed", None, None, "EUR"), ("amount", "invalid")),
        (NewCode("SEK", "fixed", None, 500, "SEK"), ("currency", "unknown")),
        (NewCode("KIND", "gift"), ("kind", "unknown")),
        (NewCode("USES", "percent", Decimal(10), uses_max=0), ("uses_max", "invalid")),
        (
            NewCode("PAST", "percent", Decimal(10), expires_on=dt.date(2025, 12, 31)),
            ("expires_on", "too_small"),
        ),
    ],
)
def test_a_code_that_cannot_be_is_refused(shop: Shop, wanted: NewCode, place: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        create_code(shop.db, shop.ctx, wanted)
    assert places(refused) == [place]


def test_codes_are_one_word_whatever_their_capitals(shop: Shop) -> None:
    id_ = shop.code("Spring", "10")
    with pytest.raises(Refused) as refused:
        shop.code("SPRING", "20")
    assert places(refused) == [("code", "taken")]
    found = find_code(shop.db, shop.ctx, " spring ")
    assert found is not None
    assert (found.id, [each.code for each in list_codes(shop.db, shop.ctx)]) == (id_, ["Spring"])


def test_why_a_code_cannot_be_used_is_said(shop: Shop) -> None:
    link, plain = shop.link(item("Setup", "100")), shop.link(item("Setup", "100"), take_discount_codes=False)
    later = shop.link(item("Fleet Core", "49", "monthly", delay_days=14))
    shop.code("GOOD", "10")
    deactivate_code(shop.db, shop.ctx, shop.code("OFF", "10"))
    shop.code("BRIEF", "10", expires_on=shop.ctx.today)
    shop.code("ONCE", "10", uses_max=1)
    shop.code("KRONER", amount_minor=500, currency="NOK")
    shop.code("HUGE", amount_minor=10000, currency="EUR")
    shop.buy(link, code="ONCE")
    said = []
    for at, word in (
        (link, "WHAT"),
        (link, "OFF"),
        (link, "ONCE"),
        (link, "KRONER"),
        (link, "HUGE"),
        (later, "GOOD"),
        (plain, "GOOD"),
    ):
        with pytest.raises(Refused) as refused:
            take_code(shop.db, shop.ctx, open_checkout(shop.db, shop.ctx, "payment_link", at), word)
        said += [each.code for each in refused.value.troubles]
    assert said == [
        "unknown_code",
        "inactive",
        "used_up",
        "other_currency",
        "too_much",
        "nothing_due",
        "not_taken",
    ]
    checkout = shop.visit(link, code="BRIEF")
    shop.world.until("2026-01-02")
    shown = offer_of(shop.db, shop.ctx, checkout)
    assert shown.code_trouble is not None
    assert (shown.code_trouble.code, shown.offer.due_minor) == ("expired", 10000)
    assert take_code(shop.db, shop.ctx, checkout, None).code is None


def test_what_a_buyer_chooses_is_kept_and_refused_out_of_bounds(shop: Shop) -> None:
    link = shop.link(
        item("Seats", "10", buyer_quantity=True, buyer_quantity_min=2, buyer_quantity_max=5),
        item("Gift", "20", buyer_price=True, buyer_price_min="5"),
        item("Extra", "7", is_optional=True),
    )
    seats, gift, extra = shop.lines(link)
    checkout = open_checkout(shop.db, shop.ctx, "payment_link", link)
    choices = {seats: Choice(quantity=Decimal(3)), gift: Choice(price=Decimal("6.50")), extra: Choice()}
    checkout = choose(shop.db, shop.ctx, checkout, choices)
    assert offer_of(shop.db, shop.ctx, checkout).offer.due_minor == 3000 + 650 + 700
    with pytest.raises(Refused) as refused:
        choose(
            shop.db, shop.ctx, checkout, {seats: Choice(quantity=Decimal(9)), gift: Choice(price=Decimal(1))}
        )
    assert places(refused) == [(f"quantity:{seats}", "too_large"), (f"price:{gift}", "too_small")]
    assert (
        offer_of(shop.db, shop.ctx, find_checkout(shop.db, shop.ctx, checkout.public_key)).offer.due_minor
        == 4350
    )


def test_every_answer_that_will_not_do_is_named(shop: Shop) -> None:
    link = shop.link(
        item("Cap", "20"),
        collect_billing_address=True,
        custom_fields=[
            {"name": "size", "label": "Size", "type": "choice", "options": ["S", "M"], "required": True},
            {"name": "when", "label": "When", "type": "date"},
            {"name": "terms", "label": "Agreed", "type": "checkbox", "required": True},
        ],
    )
    checkout = open_checkout(shop.db, shop.ctx, "payment_link", link)
    buyer = Buyer(
        "kari",
        phone="1" * 201,
        billing={"city": " ", "country": "Norway", "planet": "Earth"},
        custom={"size": "XL", "when": "soon"},
    )
    with pytest.raises(Refused) as refused:
        tell_buyer(shop.db, shop.ctx, checkout, buyer)
    assert set(places(refused)) == {
        ("email", "invalid"),
        ("phone", "too_long"),
        ("billing.planet", "unknown"),
        ("billing.address", "missing"),
        ("billing.country", "invalid"),
        ("custom.size", "invalid"),
        ("custom.when", "invalid"),
        ("custom.terms", "missing"),
    }


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ({"country": "SG", "address": "1 Raffles Place", "zip": "048616"}, []),
        ({"country": "NO", "address": "Storgata 1"}, ["billing.city", "billing.zip"]),
        ({"country": "HK", "address": "8 Finance Street"}, ["billing.state"]),
        ({}, ["billing.address", "billing.country"]),
    ],
)
def test_an_address_has_what_its_country_asks_for_and_nothing_else(
    shop: Shop, address: dict[str, str], missing: list[str]
) -> None:
    link = shop.link(item("Cap", "20"), collect_billing_address=True)
    checkout = open_checkout(shop.db, shop.ctx, "payment_link", link)
    buyer = Buyer("kari@example.com", billing=address)
    if not missing:
        assert tell_buyer(shop.db, shop.ctx, checkout, buyer).buyer.billing == address
        return
    with pytest.raises(Refused) as refused:
        tell_buyer(shop.db, shop.ctx, checkout, buyer)
    assert sorted(places(refused)) == [(place, "missing") for place in missing]


def test_payments_to_come_need_consent_and_a_buyer_who_said_who_they_are(shop: Shop) -> None:
    checkout = open_checkout(
        shop.db, shop.ctx, "payment_link", shop.link(item("Fleet Core", "49", "monthly"))
    )
    with pytest.raises(Refused) as refused:
        shop.press(checkout)
    assert places(refused) == [("email", "missing")]
    checkout = tell_buyer(shop.db, shop.ctx, checkout, Buyer("kari@example.com"))
    digest = offer_of(shop.db, shop.ctx, checkout).offer.digest
    whole = {"digest": digest, "return_url": RETURN_URL, "cancel_url": RETURN_URL}
    bank = shop.world.processors
    with pytest.raises(Refused) as refused:
        begin(shop.db, shop.ctx, bank, checkout, processor="sandbox", consent=None, **whole)
    assert places(refused) == [("consent", "missing")]


def test_test_means_of_payment_are_refused_on_live_accounts(shop: Shop) -> None:
    checkout, live = shop.visit(shop.link(item("Cap", "20"))), replace(shop.ctx, mode="live")
    digest = offer_of(shop.db, live, checkout).offer.digest
    whole = {"digest": digest, "return_url": RETURN_URL, "cancel_url": RETURN_URL}
    with pytest.raises(NoProcessor):
        begin(shop.db, live, shop.world.processors, checkout, processor="sandbox", consent=CONSENT, **whole)
    ready = shop.ready(shop.link(item("Cap", "20")))
    with pytest.raises(NoProcessor):
        come_back(shop.db, live, shop.world.processors, ready, return_url=RETURN_URL)
    assert shop.charges() == []


def test_a_checkout_that_is_done_is_changed_no_more(shop: Shop) -> None:
    done = shop.buy(shop.link(item("Cap", "20")))
    with pytest.raises(NotOpen):
        tell_buyer(shop.db, shop.ctx, done, Buyer("kari@example.com"))


def test_a_checkout_that_nobody_goes_on_with_is_forgotten_and_a_paid_one_is_not(shop: Shop) -> None:
    link = shop.link(item("Cap", "20"))
    abandoned, declined, done = shop.visit(link), shop.buy(link, "declined"), shop.buy(link)
    assert forget_checkouts(shop.db, shop.ctx, 10) == 0
    shop.world.until("2026-02-02")
    assert forget_checkouts(shop.db, shop.ctx, 10) == 2
    for each in (abandoned, declined):
        with pytest.raises(NoSuchCheckout):
            find_checkout(shop.db, shop.ctx, each.public_key)
    assert find_checkout(shop.db, shop.ctx, done.public_key).status == "done"
    assert shop.count("checkout_charge") == 1
    shop.assert_clean()


def test_only_what_is_accepted_may_be_given(shop: Shop) -> None:
    link = shop.link(item("Cap", "20"), allowed_payment_methods=["sepa"])
    checkout = shop.visit(link)
    shop.press(checkout)
    assert shop.world.rows("SELECT kinds FROM sandbox_setup") == [(["sepa"],)]
    shop.give(checkout, kind="card")
    with pytest.raises(Refused) as refused:
        shop.back(checkout)
    assert places(refused) == [("method", "invalid")]
