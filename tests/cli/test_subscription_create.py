"""Subscriptions made on command: from options or a file, shown first, divided by their schedules, made once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kalends.platform.errors import ExitCode
from tests.cli.conftest import Give
from tests.world import World


@pytest.fixture
def email(world: World) -> str:
    """The address of a customer."""
    return world.one("SELECT email FROM contact WHERE id = %s", world.customer())[0]


def _none_made(world: World) -> bool:
    return world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id) == (0,)


def test_lines_that_are_billed_alike_share_a_subscription_and_the_answer_says_why_others_do_not(
    world: World, here: Give, email: str
) -> None:
    made = here(
        *("subscription", "create", "--contact", email.upper(), "--frequency", "monthly", "--due", "net 30"),
        *("--line", "Fiber;499;1;;;;10%;25%", "--line", "Insurance;1200;1;annually"),
        *("--line", "TV;199;2", "--line", "Router;99;;;24;2mo", "--yes", "--json"),
    )

    assert made.code == 0, made.err
    document = made.json()
    assert [(each["name"], each["lines"]) for each in document["subscriptions"]] == [
        ("Fiber", [1, 3]), ("Insurance", [2]), ("Router", [4]),
    ]  # fmt: skip
    assert document["subscriptions"][2]["terms"] == (
        "billed monthly from 1 March 2026, 24 payments, until 1 March 2028"
    )
    assert "how often they are billed, when billing starts and the number of payments" in document["why"]
    first = document["subscriptions"][0]["id"]
    assert world.subscription(first, "next_amount_minor", "net_terms_days", "collection") == (
        56138 + 39800, 30, "manual",
    )  # fmt: skip


def test_a_dry_run_shows_the_next_twelve_payments_and_makes_nothing(
    world: World, here: Give, email: str
) -> None:
    words = ("subscription", "create", "--contact", email, "--line", "Fiber;499;1;monthly;18", "--dry-run")
    shown, as_json = here(*words), here(*words, "--json")

    assert shown.code == 0
    assert "Fiber: billed monthly from 1 January 2026, 18 payments, until 1 July 2027 (line 1)" in shown.out
    assert "2026-12-01" in shown.out
    assert "2027-01-01" not in shown.out
    assert "Nothing was made." in shown.out
    payments = as_json.json()["subscriptions"][0]["payments"]
    assert (len(payments), payments[0]) == (12, {"cycle": 0, "due_date": "2026-01-01", "total_minor": 49900})
    assert _none_made(world)


def test_nothing_is_made_unless_somebody_says_yes(world: World, shell: Give, email: str) -> None:
    asked = shell(
        "subscription",
        "create",
        "--contact",
        email,
        "--line",
        "Fiber;499;1;monthly",
        "--account",
        world.ctx.id,
    )

    assert asked.code == ExitCode.BAD_INPUT
    assert "1 subscription would be made." in asked.err
    assert _none_made(world)


def test_a_file_says_everything_that_options_say(
    world: World, here: Give, email: str, tmp_path: Path
) -> None:
    agreement = tmp_path / "agreement.toml"
    agreement.write_text(
        f"""
        contact = "{email}"
        currency = "NOK"
        due = "net 45"
        accept = ["credit_or_debit_card", "sepa"]
        collect = ["billing", "shipping"]
        online_payment = false
        start = 2026-02-01
        address = {{ address = "Storgata 1", zip = "0155", city = "Oslo", country = "NO" }}

        [[lines]]
        name = "Fiber"
        price = 499.00
        frequency = "monthly"
        tax = 25
        sku = "F-1"

        [[lines]]
        name = "Set-up"
        price = "990"
        frequency = "monthly"
        payments = 1
        delay_days = 0
        """
    )
    made = here("subscription", "create", "--file", agreement, "--name", "Home", "--yes", "--json")

    assert made.code == 0, made.err
    fiber, once = made.json()["subscriptions"]
    assert (fiber["name"], once["name"]) == ("Home: Fiber", "Home: Set-up")
    columns = ("status", "currency", "net_terms_days", "online_payment", "billing_city", "next_amount_minor")
    assert world.subscription(fiber["id"], *columns) == ("scheduled", "NOK", 45, False, "Oslo", 62375)
    assert world.subscription(fiber["id"], "collect_address_types") == ["billing_address", "shipping_address"]
    assert world.one("SELECT sku FROM line_item WHERE parent_id = %s", fiber["id"]) == ("F-1",)


def test_json_is_read_too_and_what_is_wrong_in_it_is_told_by_its_place(
    world: World, here: Give, email: str, tmp_path: Path
) -> None:
    agreement = tmp_path / "agreement.json"
    lines = [
        {"name": "Fiber", "price": 499, "frequency": "monthly"},
        {"name": "TV", "price": -1, "frequency": "once"},
    ]
    agreement.write_text(json.dumps({"contact": email, "lines": lines}))
    answer = here("subscription", "create", "--file", agreement, "--yes")

    assert answer.code == ExitCode.BAD_INPUT
    assert "nothing was made: 2 things are wrong." in answer.err
    assert "line 2, unit price (-1): Give 0 or more." in answer.err
    assert "line 2, frequency (one time): A line that is billed once makes no subscription." in answer.err
    assert _none_made(world)


@pytest.mark.parametrize(
    ("words", "where", "said"),
    [
        (["--contact", "nobody@x.test", "--line", "A;1;1;monthly"], "contact", "import it first"),
        (["--line", "A;1;1;monthly"], "contact", "needs a contact"),
        (["--contact", "@", "--line", "A;ten;1;monthly"], "line 1, price", "a number such as 12.50"),
        (["--contact", "@", "--line", "A;1;1;fortnightly"], "line 1, frequency", "Give one of weekly"),
        (["--contact", "@", "--line", "A;1"], "line 1, frequency", "Say how often"),
        (["--contact", "@", "--line", "A"], "line 1", "a name and a price are needed"),
        (["--contact", "@", "--line", "A;1;1;monthly;x"], "line 1, number of payments", "a whole number"),
        (["--contact", "@", "--line", "A;1;1;monthly;;soon"], "line 1, start", "such as 14d or 2mo"),
        (["--contact", "@", "--line", "A;1;1;monthly", "--due", "soon"], "due", "Write receipt"),
        (["--contact", "@", "--line", "A;1;1;monthly", "--address", "Oslo"], "--address", "zip=0155"),
        (["--contact", "@", "--line", "A;1;1;monthly", "--currency", "SEK"], "currency", "EUR, NOK, USD"),
        (
            ["--contact", "@", "--line", "A;1;1;monthly", "--start", "2025-01-01"],
            "line 1, start",
            "(bill_from)",
        ),
        (["--contact", "@", "--line", "A;1;1;monthly", "--company", "Nowhere"], "company", "import it first"),
    ],
)
def test_what_cannot_be_is_told_by_place_value_and_remedy(
    world: World, here: Give, email: str, words: list[str], where: str, said: str
) -> None:
    answer = here("subscription", "create", *[email if word == "@" else word for word in words], "--yes")

    assert answer.code == ExitCode.BAD_INPUT
    assert f"where: {where}\n" in answer.err
    assert said in answer.err
    assert _none_made(world)


def test_a_name_that_a_file_may_not_have_is_told_with_the_one_that_was_meant(
    here: Give, email: str, tmp_path: Path
) -> None:
    agreement = tmp_path / "agreement.toml"
    agreement.write_text(f'contact = "{email}"\n[[lines]]\nname = "A"\nprize = 1\nfrequency = "monthly"\n')
    answer = here("subscription", "create", "--file", agreement, "--yes")

    assert answer.code == ExitCode.BAD_INPUT
    assert "line 1, prize" in answer.err
    assert "'price'" in answer.err


def test_a_file_that_is_neither_is_told(here: Give, tmp_path: Path) -> None:
    agreement = tmp_path / "agreement.toml"
    agreement.write_text("contact = ")
    answer = here("subscription", "create", "--file", agreement, "--yes")

    assert answer.code == ExitCode.BAD_INPUT
    assert "Write it as TOML or JSON." in answer.err


def test_what_began_earlier_is_billed_from_the_day_that_is_said(world: World, here: Give, email: str) -> None:
    world.until("2026-01-15")
    made = here(
        *("subscription", "create", "--contact", email, "--line", "Fiber;499;1;monthly"),
        *("--start", "2025-08-10", "--bill-from", "2026-01-01", "--yes", "--json"),
    )

    assert "5 payments made elsewhere; 1 payment due before today" in made.err
    assert "1 payment of what is past is billed at once" in made.err
    world.until("2026-02-11")
    id_ = made.json()["subscriptions"][0]["id"]
    assert world.invoices(id_, "cycle") == [5, 6]


def test_a_command_given_twice_with_one_key_makes_one_subscription(
    world: World, here: Give, email: str
) -> None:
    terms = ("--contact", email, "--line", "Fiber;499;1;monthly", "--request-key", "order 4711")
    words = ("subscription", "create", *terms)
    first = here(*words, "--yes", "--json")
    again = here(*words, "--json")
    other = here(*words, "--due", "30", "--yes")

    assert (again.code, again.json()) == (0, first.json())
    assert other.code == ExitCode.REFUSED
    assert "its net terms days was 0, and now it is 30" in other.err
    assert world.one("SELECT count(*) FROM subscription WHERE account_id = %s", world.ctx.id) == (1,)


def test_a_mere_record_is_made_and_never_billed(world: World, here: Give, email: str) -> None:
    shown = here(
        *(
            "subscription",
            "create",
            "--contact",
            email,
            "--line",
            "Fiber;499;1;monthly",
            "--start",
            "2020-01-01",
        ),
        *("--off", "--yes"),
    )

    assert "nothing of it is billed here" in shown.err
    assert world.one("SELECT creates_invoices FROM subscription WHERE account_id = %s", world.ctx.id) == (
        False,
    )


def test_a_stored_method_makes_the_payments_automatic(world: World, here: Give) -> None:
    kari = world.customer()
    terms = ("--contact", kari, "--line", "Fiber;499;1;monthly", "--method", world.method(kari))
    made = here("subscription", "create", *terms, "--yes", "--json")
    world.until("2026-01-02")

    assert world.invoices(made.json()["subscriptions"][0]["id"], "status") == ["paid"]
