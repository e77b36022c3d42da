"""Stories of one order that becomes one subscription, or several; and of what is refused before anything is made."""

from __future__ import annotations

import datetime as dt

import pytest

from kalends.billing.agree import Agreed, AgreementRefused, LineWanted, Wanted, agree, foresee
from kalends.core.calendar import Frequency
from tests.scenarios.shop import Bill, Dated, Person, Shop, Subscription, item

MONTHLY, ANNUALLY = Frequency.MONTHLY, Frequency.ANNUALLY


def order(buyer: Person, *lines: LineWanted, by: int | None = None) -> Wanted:
    """What a customer wants, charged to ``by`` where that is given."""
    return Wanted(buyer.id, lines, "EUR", automatic=by is not None, payment_method_id=by)


def subscriptions(shop: Shop, made: Agreed) -> list[Subscription]:
    return [Subscription(shop, each.id) for each in made.subscriptions]


@pytest.mark.feature("F35")
def test_what_alva_orders_on_one_schedule_is_one_subscription_with_one_invoice_a_month(shop: Shop) -> None:
    alva = shop.customer("Alva Li")
    wanted = order(
        alva,
        LineWanted(item("Fiber", "40"), MONTHLY),
        LineWanted(item("Television", "15"), MONTHLY),
        LineWanted(item("Router", "5"), MONTHLY, start=dt.date(2026, 3, 1)),  # today, said in other words
        by=alva.card(),
    )

    made = shop.does(agree, wanted)
    assert (len(made.subscriptions), made.why) == (1, "")
    (home,) = subscriptions(shop, made)
    shop.until("2026-04-01")

    assert home.bills == [Bill("2026-03-01", "60.00 EUR", "paid"), Bill("2026-04-01", "60.00 EUR", "paid")]
    assert [line.name for line in home.document().lines] == ["Fiber", "Television", "Router"]


@pytest.mark.feature("F36")
def test_a_monthly_and_an_annual_item_are_two_subscriptions_and_the_answer_says_why(shop: Shop) -> None:
    brage = shop.customer("Brage Li")
    wanted = order(
        brage,
        LineWanted(item("Hosting", "25"), MONTHLY),
        LineWanted(item("Domain", "120"), ANNUALLY),
        by=brage.card(),
    )

    made = shop.does(agree, wanted)
    assert "how often they are billed" in made.why
    hosting, domain = subscriptions(shop, made)
    shop.until("2026-05-01")

    assert (len(hosting.bills), len(domain.bills)) == (3, 1)
    assert domain.next_payment == Dated("2027-03-01", "120.00 EUR")


@pytest.mark.feature("F36")
@pytest.mark.parametrize(
    "other",
    [
        LineWanted(item("Other", "10"), Frequency.QUARTERLY),
        LineWanted(item("Other", "10"), MONTHLY, payments=12),
        LineWanted(item("Other", "10"), MONTHLY, delay_months=1),
    ],
    ids=["frequency", "number of payments", "start"],
)
def test_any_difference_of_schedule_makes_a_record_of_its_own(shop: Shop, other: LineWanted) -> None:
    celia = shop.customer("Celia Li")
    wanted = order(
        celia, LineWanted(item("Hosting", "25"), MONTHLY), other, LineWanted(item("Backup", "5"), MONTHLY)
    )

    first, second = subscriptions(shop, shop.does(agree, wanted))
    shop.until("2026-04-01")

    assert [line.name for line in first.document().lines] == ["Hosting", "Backup"]
    assert [line.name for line in second.document().lines] == ["Other"]


@pytest.mark.feature("F14", "F29", "F31")
def test_an_order_is_refused_as_a_whole_with_everything_that_is_wrong_in_it(shop: Shop) -> None:
    wanted = Wanted(
        contact_id=987654,
        company_id=987654,
        currency="SEK",
        lines=[
            LineWanted(item("Hosting", "-5"), MONTHLY, payments=0),
            LineWanted(item("Domain", "120"), None),
        ],
    )

    with pytest.raises(AgreementRefused) as refused:
        shop.does(agree, wanted)

    places = [problem.place for problem in refused.value.problems]
    assert places[:3] == ["contact", "company", "currency"]
    assert all(problem.remedy.endswith(".") for problem in refused.value.problems)
    assert shop.finds("subscription") == []


@pytest.mark.feature("F29")
def test_a_double_click_on_create_makes_one_subscription(shop: Shop) -> None:
    dina = shop.customer("Dina Li")
    wanted = order(dina, LineWanted(item("Hosting", "25"), MONTHLY), by=dina.card())

    foreseen, _ = shop.does(foresee, wanted)
    first, second = (shop.does(agree, wanted, request_key="form-4711") for _ in range(2))
    shop.until("2026-04-01")

    assert first == second
    (hosting,) = subscriptions(shop, first)
    assert shop.finds("subscription") == [hosting.id]
    assert [(bill.day, bill.total) for bill in hosting.bills] == [
        (str(payment.due_date), "25.00 EUR") for payment in foreseen[0].payments[:2]
    ]
