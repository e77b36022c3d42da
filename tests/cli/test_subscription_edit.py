"""Editing on command: both futures are shown before anything is changed, and what was shown is what is billed."""

from __future__ import annotations

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def subscription(world: World) -> int:
    """A monthly subscription over 100.00, invoiced on 1 January; today is 2 January."""
    id_ = world.subscribe(world.customer(), net_terms_days=900)
    world.until("2026-01-02")
    return id_


def _line(world: World, subscription: int) -> int:
    return world.one("SELECT id FROM line_item WHERE parent_id = %s AND until_cycle IS NULL", subscription)[0]


def test_a_preview_shows_both_futures_and_changes_nothing(
    world: World, here: Give, subscription: int
) -> None:
    words = ("subscription", "edit", subscription, "--add", "Support;25;2;10%;25%", "--preview")
    shown = here(*words)
    assert shown.code == 0
    assert "The next 12 invoices of Fleet Core, now and then" in shown.out
    assert "2 2026-02-01 100.00 EUR 2026-02-01 156.25 EUR" in " ".join(shown.out.split())
    assert "1,200.00 EUR now and 1,875.00 EUR then. Nothing was changed." in shown.out

    document = here(*words, "--json").json()
    assert document["edited"] is False
    assert document["after"][0] == {
        "cycle": 1,
        "due_date": "2026-02-01",
        "total_minor": 15625,
        "credit_minor": 0,
    }
    assert world.subscription(subscription, "next_amount_minor") == 10000


def test_an_edit_is_shown_before_it_is_asked_for(world: World, shell: Give, subscription: int) -> None:
    asked = shell("subscription", "edit", subscription, "--next-due", "2026-02-15", "--account", world.ctx.id)
    assert (asked.code, asked.out) == (ExitCode.BAD_INPUT, "")
    assert "2026-02-15" in asked.err
    assert "The customer is told by a letter" in asked.err
    assert "Add --yes" in asked.err
    assert world.subscription(subscription, "next_due_date").isoformat() == "2026-02-01"


def test_parts_of_a_line_that_are_left_empty_stay_as_they_are(
    world: World, here: Give, subscription: int
) -> None:
    world.db.execute("UPDATE line_item SET sku = 'FC-1', tax_rate = 25 WHERE parent_id = %s", [subscription])
    line = _line(world, subscription)

    done = here("subscription", "edit", subscription, "--replace", f"{line}=;120;2", "--yes")

    assert f"Line {line} becomes Fleet Core: 2 x 120 plus 25 % tax." in done.err
    assert "is edited" in done.out
    assert world.subscription(subscription, "next_amount_minor") == 30000
    assert world.one("SELECT name, sku FROM line_item WHERE id = %s", _line(world, subscription)) == (
        "Fleet Core",
        "FC-1",
    )


def test_lines_contact_date_and_name_are_edited_together(world: World, here: Give, subscription: int) -> None:
    ola, line = world.customer("Ola Brekke"), _line(world, subscription)
    done = here(
        *("subscription", "edit", subscription, "--remove", line, "--add", "Fleet Pro;150"),
        *("--next-due", "2026-02-20", "--contact", ola, "--name", "Fleet Pro", "--yes", "--json"),
    )  # fmt: skip

    assert "invoices and letters go to Ola Brekke" in done.err
    foretold = [(each["due_date"], each["total_minor"]) for each in done.json()["after"][:2]]
    world.until("2026-03-21")
    billed = world.invoices(subscription, "period_start", "total_minor", "contact_id")[1:]
    assert [(day.isoformat(), minor) for day, minor, _ in billed] == foretold
    assert [contact for *_, contact in billed] == [ola, ola]
    assert world.subscription(subscription, "name") == "Fleet Pro"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Nothing is to be changed"),
        (["--add", "Support"], "needs a name and a price"),
        (["--add", "Support;12,50"], "The price of a line item is a number, and this is '12,50'"),
        (["--add", "Support;1;1;1;1;1"], "five parts, and here are 6"),
        (["--add", "Support;-1"], "give 0 or more"),
        (["--replace", "1=;5"], "Its line items are"),
        (["--remove", "1"], "Its line items are"),
        (["--next-due", "2026-01-02"], "cannot fall due before tomorrow"),
        (["--contact", "1"], "There is no such contact"),
        (["--method", "1"], "There is no such stored payment method"),
        (["--name", " "], "A subscription has a name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_cannot_be_is_named(
    world: World, here: Give, subscription: int, options: list[str], said: str
) -> None:
    answer = here("subscription", "edit", subscription, *options, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert said in answer.err
    assert world.subscription(subscription, "name", "next_amount_minor") == ("Fleet Core", 10000)


def test_a_line_is_changed_once_in_an_edit(world: World, here: Give, subscription: int) -> None:
    line = _line(world, subscription)
    answer = here("subscription", "edit", subscription, "--replace", f"{line}=;5", "--remove", line, "--yes")
    assert answer.code == ExitCode.BAD_INPUT
    assert "changed twice" in answer.err


def test_the_last_line_is_not_removed(world: World, here: Give, subscription: int) -> None:
    answer = here("subscription", "edit", subscription, "--remove", _line(world, subscription), "--preview")
    assert answer.code == ExitCode.REFUSED
    assert "Cancel the subscription instead" in answer.err


def test_close_to_the_next_payment_only_the_name_is_edited(
    world: World, here: Give, subscription: int
) -> None:
    world.until("2026-01-31")
    closed = here("subscription", "edit", subscription, "--add", "Support;25", "--yes")
    assert closed.code == ExitCode.REFUSED
    assert "edit it after that day" in closed.err
    assert here("subscription", "edit", subscription, "--name", "Fleet North", "--yes").code == 0
    assert world.subscription(subscription, "name") == "Fleet North"


def test_a_customer_in_arrears_gives_another_method_and_pays_what_failed(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-03-10")

    changed = here("subscription", "edit", id_, "--method", world.method(kari), "--yes")
    assert "it is charged by Visa ending 4242 of Kari Nordmann".casefold() in changed.err.casefold()
    assert f"kalends subscription charge-overdue {id_}" in changed.out

    charged = here("subscription", "charge-overdue", id_, "--yes", "--json")
    assert (
        "3 overdue amounts over 300.00 EUR are charged now to Visa ending 4242, oldest first" in charged.err
    )
    assert charged.code == 0
    assert charged.json()["status"] == "active"
    assert [item["status"] for item in charged.json()["charged"]] == ["succeeded"] * 3
    assert world.invoices(id_, "status") == ["paid"] * 3

    again = here("subscription", "charge-overdue", id_, "--yes")
    assert (again.code, "nobody was charged" in again.out) == (0, True)


def test_a_method_that_is_declined_again_is_found_wrong(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-01-02")
    answer = here("subscription", "charge-overdue", id_, "--yes")
    assert answer.code == ExitCode.PROBLEM_FOUND
    assert "of 100.00 EUR by Visa ending 4242 failed" in answer.out


def test_what_has_ended_is_neither_charged_nor_given_a_method(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari, "stolen"))
    world.until("2026-01-02")
    here("subscription", "cancel", id_, "--yes")
    for words in (["charge-overdue", id_], ["edit", id_, "--method", world.method(kari)]):
        answer = here("subscription", *words, "--yes")
        assert (answer.code, "canceled" in answer.err) == (ExitCode.REFUSED, True)


def test_an_overview_shows_the_numbers_that_other_commands_ask_for(world: World, here: Give) -> None:
    kari = world.customer()
    id_ = world.subscribe(kari, method=world.method(kari), payments=24)
    world.until("2027-02-10")
    line, payment = (
        _line(world, id_),
        world.rows("SELECT max(id) FROM payment WHERE subscription_id = %s", id_),
    )

    shown = here("subscription", "show", id_)
    assert "100.00 EUR on 2027-03-01 (payment 15 of 24)" in shown.out
    assert "Invoices, the latest 12 of 14" in shown.out
    for number in (line, payment[0][0], world.invoices(id_, "number")[-1]):
        assert str(number) in shown.out

    document = here("subscription", "show", id_, "--all", "--json").json()
    assert document["subscription"]["status"] == "active"
    assert [item["used"] for item in document["methods"]] == [True]
    assert [item["id"] for item in document["lines"]] == [line]
    assert len(document["invoices"]["latest"]) == document["payments"]["count"] == 14


def staff(world: World) -> tuple[int, str]:
    """A user of the account; returns number and email."""
    email = f"siri.{world.ctx.id}@nordlys.test"
    user = world.one(
        "INSERT INTO app_user (email, name, password, language, is_active) "
        "VALUES (%s, 'Siri Berg', '', 'en', true) RETURNING id",
        email,
    )[0]
    world.db.execute(
        "INSERT INTO membership (account_id, user_id, role, told_of_payments_made, told_of_payments_failed) "
        "VALUES (%s, %s, 'member', true, true)",
        [world.ctx.id, user],
    )
    return user, email


def test_the_owner_and_the_billing_address_are_edited(world: World, here: Give, subscription: int) -> None:
    user, email = staff(world)

    done = here(
        *("subscription", "edit", subscription, "--owner", email.upper()),
        *("--address", "address=Storgata 1", "--address", "zip=0155", "--address", "city=Oslo", "--yes"),
    )

    assert done.code == 0
    assert "The billing address is Storgata 1, 0155, Oslo" in done.err
    assert world.subscription(subscription, "owner_id", "billing_address", "billing_zip", "billing_city") == (
        user,
        "Storgata 1",
        "0155",
        "Oslo",
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--owner", "nobody@nordlys.test"], "There is no such user"),
        (["--address", "Storgata 1"], "Write it like zip=0155"),
        (["--address", "street=Storgata 1"], "An address has no part 'street'"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_owner_or_an_address_that_cannot_be_is_named(
    here: Give, subscription: int, options: list[str], said: str
) -> None:
    answer = here("subscription", "edit", subscription, *options, "--yes")
    assert (answer.code, said in answer.err) == (ExitCode.BAD_INPUT, True)
