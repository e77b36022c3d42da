"""Any purchases at all: random baskets, codes, means of payment and days, and the books agree to the cent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random

import pytest

from kalends.core.choices import Choice
from kalends.sales.link_lines import LinkLine
from kalends.sales.trouble import Refused
from tests.business.sales.shop import Shop, item

FREQUENCIES = (None, None, "weekly", "monthly", "quarterly", "annually")
ENDS = (
    ("approved", "card"),
    ("approved", "sepa"),
    ("insufficient_funds", "sepa"),
    ("declined", "card"),
    ("timeout_charged", "card"),
    ("timeout_not_charged", "card"),
    ("dispute_lost", "card"),
    ("reports_twice", "card"),
)


def basket(chance: Random) -> list[LinkLine]:
    """Up to five lines with odd prices, taxes and discounts, some of which begin later."""
    lines: list[LinkLine] = []
    for number in range(chance.randint(1, 5)):
        frequency = chance.choice(FREQUENCIES)
        more: dict[str, object] = {"tax_rate": chance.choice(["0", "25", "14", "7.7"])}
        more["tax_inclusive"] = chance.random() < 0.3
        if chance.random() < 0.3:
            more["discount_percent"] = f"{chance.randint(1, 90)}"
        if frequency and chance.random() < 0.3:
            more["delay_days"] = chance.randint(0, 20)
        if frequency and chance.random() < 0.2:
            more["term"] = {"weekly": "P2W", "monthly": "P2M", "quarterly": "P6M", "annually": "P1Y"}[
                frequency
            ]
        more["quantity"] = chance.randint(1, 7)
        more["buyer_quantity"] = True
        price = f"{chance.randint(100, 20_000)}.{chance.randint(0, 999_999):06}"
        lines.append(item(f"Line {number}", price, frequency, **more))
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_bought_the_books_agree(shop: Shop, seed: int) -> None:
    chance = Random(seed)
    shop.code("SHARE", "17.35")
    shop.code("AMOUNT", amount_minor=12345, currency="EUR")
    paid = 0
    for number in range(12):
        link = shop.link(*basket(chance))
        choices = {key: Choice(quantity=Decimal(chance.randint(1, 9))) for key in shop.lines(link)}
        outcome, kind = chance.choice(ENDS)
        code = chance.choice([None, "SHARE", "AMOUNT"])
        buyer = f"buyer.{chance.randint(1, 4)}@customers.test"
        try:
            checkout = shop.ready(link, outcome, kind=kind, choices=choices, code=code, email=buyer)
        except Refused as refused:
            places = {each.place for each in refused.troubles}
        else:
            places = set()
        assert places <= {"code"}
        if places:
            continue
        done = shop.back(shop.back(checkout))
        assert done.status == ("open" if outcome == "declined" and done.due_minor else "done")
        paid += done.status == "done"
        if number % 3 == 2:
            shop.world.until(shop.ctx.today + dt.timedelta(days=chance.randint(1, 12)))
    assert paid > 2
    shop.assert_clean()
    shop.world.until(shop.ctx.today + dt.timedelta(days=100))
    shop.assert_clean()
