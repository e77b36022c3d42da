"""Subscriptions from CSV: with their customers and methods, never billing history, never changing what is charged."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.business.imports.conftest import SUBSCRIPTION_HEADINGS, SUBSCRIPTIONS, Import, places
from tests.world import World

A1 = "A1,kari@example.com,Fleet Core,1249.50,2,monthly,2025-10-31,2026-01-31,,tok_card_approved-k,4242,NOK,"
A1_SUPPORT = "A1,,Support,10,,,,,,,,,"
A2 = "A2,ola@example.com,Fleet Core,99,,annually,2026-03-01,,3,,,,Thank you"


def _load(load: Import, *rows: str, **wishes: bool):
    return load(SUBSCRIPTIONS, SUBSCRIPTION_HEADINGS, *rows, **wishes)


def test_rows_of_one_key_are_the_lines_of_one_subscription(world: World, load: Import) -> None:
    outcome = _load(load, A1, A2, A1_SUPPORT)
    assert (outcome.created, outcome.contacts_created, outcome.payment_methods_created) == (2, 2, 1)
    assert world.one(
        "SELECT name, status, collection, frequency, currency, next_cycle, next_due_date, next_amount_minor, "
        "payment_source_app, source_label FROM subscription WHERE import_key = 'A1'"
    ) == (
        "Fleet Core",
        "active",
        "automatic",
        "monthly",
        "NOK",
        3,
        dt.date(2026, 1, 31),
        250900,
        "migration",
        "IMPORT",
    )
    assert world.one(
        "SELECT status, collection, expected_payments, end_date, comments, currency FROM subscription "
        "WHERE import_key = 'A2'"
    ) == ("scheduled", "manual", 3, dt.date(2029, 3, 1), "Thank you", "EUR")
    assert world.rows("SELECT code FROM enabled_currency ORDER BY code") == [("EUR",), ("NOK",), ("USD",)]


def test_what_was_billed_elsewhere_is_not_billed_again(world: World, load: Import) -> None:
    _load(load, A1, A1_SUPPORT)
    world.until("2026-03-31")
    (id_,) = world.one("SELECT id FROM subscription WHERE import_key = 'A1'")
    assert world.invoices(id_, "period_start", "total_minor") == [
        (dt.date(2026, 1, 31), 250900), (dt.date(2026, 2, 28), 250900), (dt.date(2026, 3, 31), 250900),
    ]  # fmt: skip


def test_the_same_file_twice_changes_nothing_even_after_its_dates_have_passed(
    world: World, load: Import
) -> None:
    _load(load, A1, A2, A1_SUPPORT)
    world.until("2027-04-01")
    again = _load(load, A1, A2, A1_SUPPORT)
    assert (again.created, again.updated, again.unchanged, again.refused) == (0, 0, 2, 0)
    assert world.one("SELECT count(*) FROM subscription") == (2,)


def test_a_changed_row_changes_words_but_never_what_is_charged(world: World, load: Import) -> None:
    _load(load, A2)
    outcome = _load(
        load, A2.replace(",99,", ",89,").replace("annually", "monthly").replace("Thank you", "Merci")
    )
    assert (outcome.updated, outcome.refused) == (1, 2)
    assert {change.term for change in outcome.first_refused} == {"frequency", "line items"}
    assert "Fleet Core 1 x 99 and stays so; the file says Fleet Core 1 x 89" in str(outcome.first_refused[1])
    assert world.one("SELECT frequency, next_amount_minor, comments FROM subscription") == (
        "annually",
        9900,
        "Merci",
    )


@pytest.mark.parametrize(
    ("row", "column", "named"),
    [
        ("B,a@example.com,X,10,,monthly,2025-11-01,,,,,,", "Start", "3 cycles would be billed at once"),
        ("B,a@example.com,X,10,,monthly,2025-11-01,2025-12-01,,,,,", "Paid until", "bill_arrears"),
        ("B,a@example.com,X,10,,monthly,2026-02-30,,,,,,", "Start", "February 2026 has the days 1 to 28"),
        ("B,a@example.com,X,10,,fortnightly,2026-03-01,,,,,,", "Interval", "biweekly"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,,,,EURO,", "Currency", "ISO 4217"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,,,,SEK,", "Currency", 'currencies = ["SEK"]'),
        (
            "B,a@example.com,X,0.40,,monthly,2026-03-01,,,tok_card_approved-b,4242,EUR,",
            "Price",
            "smallest charge of 1.00 EUR",
        ),
        ("B,a@example.com,X,,,monthly,2026-03-01,,,,,,", "Price", "price is missing"),
        ("B,a@example.com,X,-5,,monthly,2026-03-01,,,,,,", "Price", "give 0 or more"),
        ("B,a@example.com,X,1e3,,monthly,2026-03-01,,,,,,", "Price", "1250.50"),
        ("B,a@example.com,X,10,0,monthly,2026-03-01,,,,,,", "Price", "quantity is 0"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,0,,,,", "Payments", "from 1 to"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,2.5,,,,", "Payments", "whole number"),
        ("B,a@example.com,X,10,,monthly,2025-11-01,2026-01-02,2,,,,", "Payments", "none is left"),
        ("B,,X,10,,monthly,2026-03-01,,,,,,", "Email", "names no customer"),
        ("B,a@example.com,X,10,,,2026-03-01,,,,,,", "Interval", "missing"),
        ("B,a@example.com,X,10,,monthly,,,,,,,", "Start", "missing"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,,tok_gold,4242,,", "Token", "not a sandbox token"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,,tok_card_approved-b,,,", "Last4", "last four"),
        ("B,a@example.com,X,10,,monthly,2026-03-01,,,4242424242424242,4242,,", "Token", "processor's token"),
        ("B,a@example.com,,10,,monthly,2026-03-01,,,,,,", "Plan", "no name"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_nothing_is_imported(
    world: World, load: Import, row: str, column: str, named: str
) -> None:
    outcome = _load(load, A2, row)
    assert places(outcome) == [(3, column)]
    assert named in outcome.problems.kept[0].remedy
    assert world.one("SELECT count(*) FROM subscription") == (0,)


def test_a_customer_who_is_not_there_is_a_problem_unless_it_may_be_made(world: World, load: Import) -> None:
    strict = SUBSCRIPTIONS.replace("create_contacts = true", "")
    outcome = load(strict, SUBSCRIPTION_HEADINGS, A2)
    assert places(outcome) == [(2, "Email")]
    assert "create_contacts = true" in outcome.problems.kept[0].remedy


def test_rows_of_one_subscription_must_agree(load: Import) -> None:
    outcome = _load(load, A1, "A1,ola@example.com,Support,10,,,,,,,,,")
    assert places(outcome) == [(3, "Email")]
    assert "must agree" in outcome.problems.kept[0].remedy


def test_a_token_of_another_customer_is_refused(world: World, load: Import) -> None:
    twice = A2.replace("A2,", "A3,").replace("3,,,,Thank", "3,tok_card_approved-k,4242,,Thank")
    assert places(_load(load, A1, twice)) == [(3, "Token")]
    _load(load, A1)
    assert places(_load(load, twice)) == [(2, "Token")]


def test_a_subscription_is_imported_whole_or_not_at_all(world: World, load: Import) -> None:
    outcome = _load(load, A1, A2, A1_SUPPORT.replace("10", "ten"), skip_bad_rows=True)
    assert (outcome.created, outcome.left_out) == (1, 2)
    assert world.rows("SELECT import_key FROM subscription") == [("A2",)]


def test_without_a_key_the_same_row_is_the_same_subscription(world: World, load: Import) -> None:
    keyless = SUBSCRIPTIONS.replace('key = "No"\n', "")
    assert load(keyless, SUBSCRIPTION_HEADINGS, A2).created == 1
    assert load(keyless, SUBSCRIPTION_HEADINGS, A2).unchanged == 1
    assert places(load(keyless, SUBSCRIPTION_HEADINGS, A2, A2)) == [(3, "")]


def test_arrears_are_billed_here_only_when_that_is_said(world: World, load: Import) -> None:
    text = "bill_arrears = true\n" + SUBSCRIPTIONS
    row = "B,a@example.com,X,10,,monthly,2025-10-01,2025-12-01,,,,,"
    assert load(text, SUBSCRIPTION_HEADINGS, row).created == 1
    world.until("2026-01-01")
    (id_,) = world.one("SELECT id FROM subscription")
    assert world.invoices(id_, "period_start") == [dt.date(2025, 12, 1), dt.date(2026, 1, 1)]


def test_what_was_imported_is_proved(world: World, load: Import) -> None:
    from kalends.proof.verify import verify

    _load(load, A1, A2, A1_SUPPORT)
    world.until("2026-04-15")
    assert verify(world.db, world.ctx, processors=world.processors).differences == []
