"""The demo's products and deals: some in every stage, with lines that can be converted, made once."""

from __future__ import annotations

from kalends.accounts.people import add_member, add_user
from kalends.catalog.sales_options import DEAL_STAGES
from kalends.demo.company import PLANS
from kalends.demo.history import CUSTOMERS, FIRST_DAY, LAST_DAY, SEED
from kalends.demo.people import draw_buyers
from kalends.demo.sales import CODE, HOPES, sell
from kalends.sales.checkouts import offer_of, open_checkout, take_code
from tests.world import World


def _sell(world: World) -> None:
    buyers = list(draw_buyers(SEED, CUSTOMERS, FIRST_DAY, LAST_DAY))
    for buyer in sorted(buyers, key=lambda each: (each.signed_on, each.number))[: len(HOPES)]:
        world.customer(buyer.first_name, import_key=f"demo-{buyer.number}")
    staff = add_user(world.db, email="maja@nordlys.example", name="Maja Lindqvist")
    add_member(world.db, world.ctx.id, staff, "admin")
    sell(world.db, world.ctx, buyers, [staff])
    sell(world.db, world.ctx, buyers, [staff])


def test_every_stage_has_a_deal_of_a_customer_with_lines_of_the_library(world: World) -> None:
    _sell(world)
    stages = {row[0] for row in world.rows("SELECT stage FROM deal")}
    assert stages == {stage.value for stage in DEAL_STAGES}
    assert world.one("SELECT count(*) FROM deal") == (len(HOPES),)
    assert world.one("SELECT count(*) FROM product") == (len(PLANS) + 1,)
    lines = world.one(
        "SELECT count(*), count(DISTINCT parent_id), count(product_id), count(frequency) FROM line_item "
        "WHERE parent_type = 'deal'"
    )
    assert lines == (18, len(HOPES), 18, 18)


def test_a_closed_deal_was_closed_before_today_and_an_open_one_closes_later(world: World) -> None:
    _sell(world)
    wrong = world.rows(
        "SELECT name FROM deal WHERE (close_at < %s) <> (stage LIKE 'closed%%')", world.ctx.now
    )
    assert wrong == []


def test_anybody_can_buy_by_the_payment_link_and_the_code_takes_a_tenth_off(world: World) -> None:
    _sell(world)
    ((link, uses),) = world.rows("SELECT id, uses FROM payment_link")
    checkout = open_checkout(world.db, world.ctx, "payment_link", link)
    # Five of Fleet Core at 24.50; support begins in a month, and chargers are for those who take them.
    assert (offer_of(world.db, world.ctx, checkout).offer.due_minor, uses) == (153_13, 0)
    checkout = take_code(world.db, world.ctx, checkout, CODE)
    assert offer_of(world.db, world.ctx, checkout).offer.due_minor == 137_81
