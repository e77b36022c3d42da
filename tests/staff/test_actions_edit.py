"""Editing a subscription: nothing is saved that was not shown, and what is saved is what was shown, to the cent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from kalends.billing.create import NewLine
from kalends.core.pricing import LineTerms
from tests.staff.deeds import Company, companies, toast, words


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


@pytest.fixture
def fleet(company: Company) -> int:
    """Two lines, 100 and 50 EUR a month, charged on 1 January; today is 11 January."""
    world = company.world
    contact = world.customer("Kari Nordmann")
    lines = [
        NewLine("Core", LineTerms(Decimal(100), Decimal(1))),
        NewLine("Support", LineTerms(Decimal(50), Decimal(1))),
    ]
    id_ = world.subscribe(contact, lines=lines, method=world.method(contact, "approved"))
    world.until("2026-01-11")
    return id_


def form_of(company: Company, id_: int, **changes: str) -> dict[str, str]:
    """What the dialog's form holds, with changes."""
    page = company.client.get(company.address("subscriptions", id_, "edit")).content.decode()
    return {**filled(page), **changes}


def filled(page: str) -> dict[str, str]:
    """The values of a form's fields, as a browser would send them."""
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" not in said or (said.get("type") in ("radio", "checkbox") and " checked" not in tag):
            continue
        fields[said["name"]] = unescape(said.get("value", "on" if said.get("type") == "checkbox" else ""))
    for name, inside in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[name] = chosen[1] if chosen else ""
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def save(company: Company, id_: int, fields: dict[str, str]) -> Any:
    """Look at what it comes to, then save."""
    shown = company.send("subscriptions", id_, "edit", **fields)
    assert shown.status_code == 200, words(shown)
    assert "Save if this is right." in words(shown)
    return company.send("subscriptions", id_, "edit", **filled(shown.content.decode()))


def test_what_an_edit_comes_to_is_shown_before_anything_is_saved(company: Company, fleet: int) -> None:
    fields = form_of(company, fleet, **{"lines-0-quantity": "3", "counts": "next"})
    told = words(company.send("subscriptions", fleet, "edit", **fields))
    assert "Nothing is changed yet. Save if this is right." in told
    assert "150 .00 EUR 1 Feb 2026 350 .00 EUR 1 Feb 2026" in told
    assert company.world.subscription(fleet, "next_amount_minor") == 15_000


def test_an_edit_counts_from_the_next_payment_on(company: Company, fleet: int) -> None:
    fields = form_of(company, fleet, **{"lines-0-quantity": "3", "lines-1-remove": "on", "counts": "next"})
    answer = save(company, fleet, fields)
    assert toast(company.client, answer) == "The changes are saved."
    assert company.world.subscription(fleet, "next_amount_minor") == 30_000
    company.world.until("2026-02-02")
    assert company.world.invoices(fleet, "total_minor") == [15_000, 30_000]
    assert company.agrees()


def test_a_line_with_discount_and_tax_is_added_in_the_users_way_of_writing(
    company: Company, fleet: int
) -> None:
    company.user.language = "nb"
    company.user.save()
    more = form_of(company, fleet, step="add", counts="next")
    grown = company.send("subscriptions", fleet, "edit", **more)
    assert grown.status_code == 200
    fields = filled(grown.content.decode()) | {
        "lines-2-name": "Sensorer",
        "lines-2-price": "1 000,50",
        "lines-2-quantity": "2",
        "lines-2-discount": "10",
        "lines-2-discount_kind": "percent",
        "lines-2-tax": "25",
    }
    shown = company.send("subscriptions", fleet, "edit", **fields)
    company.send("subscriptions", fleet, "edit", **filled(shown.content.decode()))
    # 150 + 2 x 1000.50 less 10 % = 1800.90, plus 25 % = 2251.13 (half up)
    assert company.world.subscription(fleet, "next_amount_minor") == 15_000 + 225_113
    assert company.agrees()


def test_a_prorated_edit_charges_what_was_shown_to_the_cent(company: Company, fleet: int) -> None:
    fields = form_of(company, fleet, **{"lines-0-price": "131", "counts": "now"})
    shown = company.send("subscriptions", fleet, "edit", **fields)
    told = words(shown)
    # 21 of 31 days are left: 131 x 21 / 31 = 88.74, 100 x 21 / 31 = 67.74 is credited.
    assert "Core: 88.74 EUR of 131.00 EUR, 21 of 31 days." in told
    assert "Core: 67.74 EUR of 100.00 EUR is credited, 21 of 31 days." in told
    assert "21.00 EUR is charged now." in told
    assert company.world.invoices(fleet, "total_minor") == [15_000]
    answer = company.send("subscriptions", fleet, "edit", **filled(shown.content.decode()))
    assert toast(company.client, answer) == "The changes are saved. 21.00 EUR is collected."
    assert company.world.rows("SELECT amount_minor, status FROM payment ORDER BY id") == [
        (15_000, "succeeded"),
        (2_100, "succeeded"),
    ]
    assert company.agrees()


def test_an_offer_that_has_passed_is_not_kept_but_shown_anew(company: Company, fleet: int) -> None:
    fields = form_of(company, fleet, **{"lines-0-price": "131", "counts": "now"})
    shown = filled(company.send("subscriptions", fleet, "edit", **fields).content.decode())
    company.world.until("2026-01-12")
    answer = company.send("subscriptions", fleet, "edit", **shown)
    assert answer.status_code == 200
    assert "Meanwhile it comes to something else" in words(answer)
    assert company.world.invoices(fleet, "total_minor") == [15_000]
    saved = company.send("subscriptions", fleet, "edit", **filled(answer.content.decode()))
    assert saved.status_code == 303


def test_what_was_changed_after_the_preview_is_shown_again(company: Company, fleet: int) -> None:
    fields = form_of(company, fleet, **{"lines-0-quantity": "3", "counts": "next"})
    shown = filled(company.send("subscriptions", fleet, "edit", **fields).content.decode())
    answer = company.send("subscriptions", fleet, "edit", **(shown | {"lines-0-quantity": "4"}))
    assert (answer.status_code, "450 .00 EUR" in words(answer)) == (200, True)
    assert company.world.subscription(fleet, "next_amount_minor") == 15_000


def test_day_contact_and_name_are_edited(company: Company, fleet: int) -> None:
    other = company.world.customer("Ola Nordmann")
    email = company.world.one("SELECT email FROM contact WHERE id = %s", other)[0]
    fields = form_of(company, fleet, next_due="2026-02-10", contact=email, name="Fleet two", counts="next")
    assert save(company, fleet, fields).status_code == 303
    row = company.world.subscription(fleet, "next_due_date", "contact_id", "name")
    assert (row[0].isoformat(), row[1], row[2]) == ("2026-02-10", other, "Fleet two")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lines-0-price": "-1"}, "Give 0 or more."),
        ({"lines-0-price": "x"}, "Give a number."),
        ({"lines-0-quantity": "0"}, "Give more than 0, or remove the line."),
        ({"lines-0-price": "1.1234567"}, "Give at most six decimals."),
        ({"lines-0-discount": "101"}, "Give a percentage from 0 to 100."),
        ({"lines-0-name": ""}, "This field is required."),
        ({"lines-0-price": "9999999999999"}, "too large"),
        ({"next_due": "2026-01-01"}, "Give a day after today, 11 Jan 2026."),
        ({"contact": "nobody@nowhere.test"}, "There is no contact with this email address."),
        ({"lines-0-remove": "on", "lines-1-remove": "on"}, "no line would be left"),
        ({"lines-0-price": "0.10", "lines-1-remove": "on"}, "below the smallest that can be charged"),
        ({"lines-0-id": "1"}, "not billed any more"),
        ({"counts": "now", "next_due": "2026-03-01"}, "Change this in an edit of its own"),
        ({}, "Nothing is changed yet."),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost(
    company: Company, fleet: int, changes: dict[str, str], told: str
) -> None:
    fields = form_of(company, fleet, **{"counts": "next", **changes})
    answer = company.send("subscriptions", fleet, "edit", **fields)
    assert answer.status_code == 422
    assert told in words(answer)
    kept = filled(answer.content.decode())
    assert {name: kept.get(name) for name in changes if name != "lines-0-id"} == {
        name: value for name, value in changes.items() if name != "lines-0-id"
    }
    assert company.world.subscription(fleet, "next_amount_minor") == 15_000


def test_an_edit_that_is_sent_twice_is_made_once(company: Company, fleet: int) -> None:
    fields = form_of(company, fleet, **{"lines-0-price": "131", "counts": "now"})
    shown = filled(company.send("subscriptions", fleet, "edit", **fields).content.decode())
    assert shown["request_key"]
    for _ in range(2):
        assert company.send("subscriptions", fleet, "edit", **shown).status_code == 303
    assert company.world.invoices(fleet, "total_minor") == [15_000, 8_874]
    assert company.agrees()


def test_edits_close_before_the_payment_so_that_the_customer_has_notice(company: Company, fleet: int) -> None:
    company.world.until("2026-01-31")
    told = company.dialog("subscriptions", fleet, "edit")
    assert "Edits close" in told
    assert "Line items" not in told


def test_one_who_may_only_look_cannot_edit(company: Company, fleet: int) -> None:
    browser = company.as_role("reader")
    address = company.address("subscriptions", fleet, "edit")
    assert browser.get(address).status_code == 403
    assert browser.post(address, form_of(company, fleet, **{"lines-0-price": "1"})).status_code == 403
