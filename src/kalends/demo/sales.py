"""What the demo's company sells: its products, deals in every stage of the pipeline, and a link to buy by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.catalog.associations import tie
from kalends.catalog.registry import get_object
from kalends.crm import records
from kalends.crm.association_types import DEFINED
from kalends.crm.records import New, Who
from kalends.crm.rules import Tie
from kalends.demo.company import CURRENCY, PLANS, SUPPORT, Plan
from kalends.demo.people import Buyer
from kalends.sales.codes import NewCode, create_code
from kalends.sales.link_lines import FROM_PRODUCT, LinkLine
from kalends.sales.links import NewLink, create_link

WHO = Who("system", "CRM_UI")


class Hope(NamedTuple):
    """A deal to be: its stage, what is to be sold and how many of it, and when it should close or did, from today."""

    stage: str
    plan: Plan
    quantity: int
    frequency: str
    days: int
    support: bool = False


CORE, PRO, ROUTES, SENSORS, CHARGERS, FEED = PLANS
HOPES = (
    Hope("appointmentscheduled", PRO, 24, "monthly", 45),
    Hope("appointmentscheduled", ROUTES, 12, "monthly", 60),
    Hope("qualifiedtobuy", CORE, 30, "monthly", 30, support=True),
    Hope("qualifiedtobuy", SENSORS, 80, "quarterly", 38),
    Hope("presentationscheduled", CHARGERS, 8, "annually", 24),
    Hope("presentationscheduled", PRO, 40, "monthly", 28, support=True),
    Hope("decisionmakerboughtin", FEED, 1, "monthly", 17),
    Hope("decisionmakerboughtin", CORE, 18, "quarterly", 20),
    Hope("contractsent", SENSORS, 120, "monthly", 6, support=True),
    Hope("contractsent", ROUTES, 20, "monthly", 9),
    Hope("closedwon", PRO, 16, "monthly", -1, support=True),
    Hope("closedwon", CHARGERS, 5, "monthly", -12),
    Hope("closedlost", CORE, 10, "monthly", -20),
    Hope("closedlost", FEED, 1, "annually", -33),
)
"""What is hoped for. The won ones are ready to be converted to subscriptions."""

CODE = "WELCOME10"
VAT: dict[str, Any] = {"tax_rate": Decimal(25), "tax_label": "VAT"}


def sell(db: Connection[Any], ctx: AccountContext, buyers: Sequence[Buyer], staff: Sequence[int]) -> None:
    """Make the products, the deals and a payment link, once; deals go to the customers who signed first."""
    with db.transaction():
        noted = db.execute(
            "UPDATE account SET settings = settings || '{\"demo_sold\": true}' "
            "WHERE id = %s AND NOT settings ? 'demo_sold' RETURNING id",
            [ctx.id],
        ).fetchall()
        if not noted:
            return
        products = _make(db, ctx, "product", [New(_product(plan)) for plan in (*PLANS, SUPPORT)])
        by_name = dict(zip((plan.name for plan in (*PLANS, SUPPORT)), products, strict=True))
        signed = sorted(buyers, key=lambda buyer: (buyer.signed_on, buyer.number))[: len(HOPES)]
        customers = _customers(db, ctx, signed)
        pairs = [
            (hope, buyer) for hope, buyer in zip(HOPES, signed, strict=True) if buyer.number in customers
        ]
        wanted = [
            New(_deal(ctx, hope, buyer, staff), _ties(customers[buyer.number])) for hope, buyer in pairs
        ]
        deals = _make(db, ctx, "deal", wanted)
        _make(
            db,
            ctx,
            "line_item",
            [
                New(line, (Tie("deal", deal, DEFINED, tie("line_item", "deal").type_id),))
                for deal, (hope, buyer) in zip(deals, pairs, strict=True)
                for line in _lines(hope, buyer, by_name)
            ],
        )
        _offer(db, ctx, by_name, staff[0])


def _offer(db: Connection[Any], ctx: AccountContext, products: dict[str, int], owner: int) -> None:
    """A payment link that shows what links can do, and a discount code to try on it."""
    create_code(db, ctx, NewCode(CODE, "percent", Decimal(10), label="Welcome"))
    lines = [
        LinkLine(FROM_PRODUCT, products[plan.name], {**VAT, **values})
        for plan, values in (
            (CORE, {"quantity": Decimal(5), "buyer_quantity": True, "buyer_quantity_max": 50}),
            (SUPPORT, {"delay_months": 1}),
            (CHARGERS, {"frequency": None, "is_optional": True}),
        )
    ]
    create_link(
        db,
        ctx,
        NewLink("Fleet starter", CURRENCY, lines, collect_billing_address=True, owner_id=owner),
    )


def _make(db: Connection[Any], ctx: AccountContext, name: str, wanted: Sequence[New]) -> list[int]:
    obj = get_object(name)
    drafts = records.prepare_new(db, ctx, obj, wanted)
    problems = [problem for draft in drafts for problem in draft.written.problems]
    assert not problems, problems
    return records.write_new(db, ctx, obj, drafts, WHO)


def _customers(
    db: Connection[Any], ctx: AccountContext, signed: Sequence[Buyer]
) -> dict[int, tuple[int, int | None]]:
    """Contact and company of those buyers who are customers by now."""
    rows = db.execute(
        "SELECT import_key, id, primary_company_id FROM contact WHERE account_id = %s AND import_key = ANY(%s)",
        [ctx.id, [f"demo-{buyer.number}" for buyer in signed]],
    ).fetchall()
    return {int(key.removeprefix("demo-")): (contact, company) for key, contact, company in rows}


def _ties(customer: tuple[int, int | None]) -> tuple[Tie, ...]:
    contact, company = customer
    person = Tie("contact", contact, DEFINED, tie("deal", "contact").type_id)
    if company is None:
        return (person,)
    return (person, Tie("company", company, DEFINED, tie("deal", "company").type_id))


def _product(plan: Plan) -> dict[str, str]:
    return {
        "name": plan.name,
        "price": str(plan.eur),
        "recurringbillingfrequency": "monthly",
        "hs_sku": "".join(word[:4] for word in plan.name.upper().replace("-", " ").split()),
    }


def _deal(ctx: AccountContext, hope: Hope, buyer: Buyer, staff: Sequence[int]) -> dict[str, str]:
    noon = datetime.combine(ctx.today + timedelta(days=hope.days), time(12), ZoneInfo(ctx.time_zone))
    return {
        "dealname": f"{buyer.company}: {hope.plan.name}",
        "dealstage": hope.stage,
        "dealtype": "existingbusiness",
        "deal_currency_code": buyer.market.currency,
        "closedate": noon.isoformat(),
        "hubspot_owner_id": str(staff[buyer.number % len(staff)]),
    }


def _lines(hope: Hope, buyer: Buyer, products: dict[str, int]) -> list[dict[str, str]]:
    sold = [(hope.plan, hope.quantity), *([(SUPPORT, 1)] if hope.support else [])]
    return [
        {
            "name": plan.name,
            "hs_product_id": str(products[plan.name]),
            "price": str(plan.price(buyer.market.currency)),
            "quantity": str(quantity),
            "hs_line_item_currency_code": buyer.market.currency,
            "recurringbillingfrequency": hope.frequency,
        }
        for plan, quantity in sold
    ]
