"""A prorated edit on command: every amount with how it came about, a yes, and then exactly that."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kalends.accounts.context import AccountContext
from kalends.billing.create import NewLine
from kalends.billing.edit import Edit, LineEdit, OfferChanged, apply_edit, preview_edit
from kalends.cli.asking import ask
from kalends.cli.subscription import editing
from kalends.core.pricing import LineTerms
from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def subscription(world: World) -> int:
    """A monthly subscription over 100.00, charged on 1 April; today is 16 April, with 15 of 30 days left."""
    kari = world.customer()
    id_ = world.subscribe(kari, start=world.ctx.today.replace(month=4), method=world.method(kari))
    world.until("2026-04-16")
    return id_


def new(name: str, price: int) -> NewLine:
    return NewLine(name, LineTerms(Decimal(price), Decimal(1)))


def _line(world: World, subscription: int) -> int:
    return world.one("SELECT id FROM line_item WHERE parent_id = %s AND until_cycle IS NULL", subscription)[0]


def test_a_preview_shows_each_amount_and_how_it_came_about(
    world: World, here: Give, subscription: int
) -> None:
    edit = (
        "subscription",
        "edit",
        subscription,
        "--replace",
        f"{_line(world, subscription)}=;150",
        "--prorate",
    )

    shown = here(*edit, "--preview")

    words = " ".join(shown.out.split())
    assert shown.code == 0
    assert "credited on INV-1001 100.00 EUR x 15 of 30 days = 50.00 EUR" in words
    assert "charged 150.00 EUR x 15 of 30 days = 75.00 EUR" in words
    assert "The customer's credit pays 50.00 EUR of it. 25.00 EUR is charged now." in words
    document = here(*edit, "--preview", "--json").json()
    assert document["prorated"]["owed_minor"] == 2500
    assert [amount["days_left"] for amount in document["prorated"]["amounts"]] == [15, 15]
    assert document["charged"] == []
    assert len(world.invoices(subscription, "id")) == 1


def test_what_is_charged_is_charged_at_once(world: World, here: Give, subscription: int) -> None:
    edit = ("subscription", "edit", subscription, "--replace", f"{_line(world, subscription)}=;150")

    done = here(*edit, "--prorate", "--yes")

    assert done.code == 0
    assert "25.00 EUR by Visa ending 4242 is collected." in done.out
    assert world.invoices(subscription, "status", "total_minor", "credited_minor", "paid_minor") == [
        ("paid", 10000, 0, 10000),
        ("paid", 7500, 5000, 2500),
    ]


def test_a_charge_that_is_declined_leaves_the_edit_and_says_so(
    world: World, here: Give, subscription: int
) -> None:
    broken = world.method(world.subscription(subscription, "contact_id"), "stolen")

    done = here(
        *("subscription", "edit", subscription, "--add", "Map;50", "--method", broken),
        *("--prorate", "--yes", "--json"),
    )

    assert done.code == ExitCode.PROBLEM_FOUND
    assert [item["status"] for item in done.json()["charged"]] == ["failed"]
    assert world.subscription(subscription, "status", "next_amount_minor") == ("unpaid", 15000)


def test_a_setting_decides_where_nothing_is_said(
    world: World, here: Give, subscription: int, account: AccountContext
) -> None:
    edit = ("subscription", "edit", subscription, "--add", "Map;50", "--preview", "--json")
    assert here(*edit).json()["prorated"] is None

    world.db.execute(
        """UPDATE account SET settings = settings || '{"prorate_edits": true}' WHERE id = %s""", [account.id]
    )

    assert here(*edit).json()["prorated"]["owed_minor"] == 2500
    assert here(*edit, "--no-prorate").json()["prorated"] is None
    moved = ("subscription", "edit", subscription, "--next-due", "2026-05-10", "--preview", "--json")
    assert here(*moved).json()["prorated"] is None


def test_a_date_is_not_moved_with_proration(here: Give, subscription: int) -> None:
    refused = here("subscription", "edit", subscription, "--next-due", "2026-05-10", "--prorate", "--preview")

    assert refused.code == ExitCode.REFUSED
    assert "Change the date in an edit of its own" in refused.err


def test_an_edit_that_waits_for_the_next_payment_is_brought_into_force(
    world: World, here: Give, subscription: int
) -> None:
    assert here("subscription", "edit", subscription, "--add", "Map;50", "--yes").code == 0

    done = here("subscription", "edit", subscription, "--prorate", "--yes")

    assert done.code == 0
    assert world.invoices(subscription, "total_minor") == [10000, 2500]


@pytest.mark.parametrize("yes", [True, False])
def test_where_somebody_edits_meanwhile_it_is_refused_or_asked_again(
    world: World, here: Give, subscription: int, yes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def somebody_is_faster(verb: str, words: str, *, yes: bool) -> None:
        asked.append(words)
        if len(asked) == 1:
            cheaper = LineEdit(_line(world, subscription), new("Fleet Core", 80))
            apply_edit(world.db, world.ctx, subscription, Edit(lines=[cheaper]))
        ask(verb, words, yes=True)

    monkeypatch.setattr(editing, "ask", somebody_is_faster)
    done = here("subscription", "edit", subscription, "--add", "Map;50", "--prorate", *["--yes"] * yes)

    if yes:
        assert (done.code, len(asked)) == (ExitCode.REFUSED, 1)
        assert "Look at the new amounts" in done.err
        assert len(world.invoices(subscription, "id")) == 1
    else:
        assert (done.code, len(asked)) == (0, 2)
        assert "Meanwhile it comes to something else" in done.err
        assert world.invoices(subscription, "total_minor") == [10000, 4000 + 2500]


def test_an_offer_is_in_the_document_for_programs(world: World, here: Give, subscription: int) -> None:
    edit = ("subscription", "edit", subscription, "--add", "Map;50", "--prorate", "--preview", "--json")
    added = Edit(lines=[LineEdit(line=new("Map", 50))])
    offered = preview_edit(world.db, world.ctx, subscription, added, prorate=True).prorated
    assert offered is not None

    assert here(*edit).json()["prorated"]["offer"] == offered.offer
    with pytest.raises(OfferChanged):
        apply_edit(world.db, world.ctx, subscription, added, prorate=True, offer=offered.offer[::-1])
