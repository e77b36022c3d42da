"""The account's tax rates, the line items that copy them, and whether the account can take payments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from kalends.accounts.context import AccountContext
from kalends.accounts.create import create_account
from kalends.billing.tax_rates import TaxRate, create_tax_rate, update_tax_rate
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.processors.stripe.connection import connect
from tests.api.conftest import UNLIMITED, Api, NewApi, tie
from tests.business.stripe.conftest import stripe  # noqa: F401
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.fakes.stripe_server import StripeServer
from tests.world import World

RATES = "/tax-rates/v1/tax-rates"
STATUS = "/commerce/payment-accounts/2026-09-beta/status"
LINES = "/crm/v3/objects/line_items"
TAXED = "?properties=hs_tax_rate_group_id,hs_tax_rate,hs_tax_label,hs_tax_amount"


@pytest.fixture
def general(db: AnyConnection, account: AccountContext) -> TaxRate:
    """25 %, as buyers in Norway know it."""
    return create_tax_rate(db, account, name="Norway, general", label="MVA", percentage=Decimal(25))


def taxes(api: Api, line: str) -> dict[str, Any]:
    """What a line says of its tax."""
    told = api.get(f"{LINES}/{line}{TAXED}")["properties"]
    return {name.removeprefix("hs_tax_"): told[name] for name in sorted(told) if name.startswith("hs_tax_")}


# ---------------------------------------------------------------- the list


def test_the_list_has_every_rate_in_hubspots_shape_the_active_ones_first(
    api: Api, db: AnyConnection, account: AccountContext, general: TaxRate
) -> None:
    former = create_tax_rate(db, account, name="A former one", percentage=Decimal("12.50"))
    update_tax_rate(db, account, former.id, active=False)

    first, second = api.get(RATES)["results"]

    assert first == api.get(f"{RATES}/{general.id}")
    assert {**first, "createdAt": "", "updatedAt": ""} == {
        "id": str(general.id), "name": "Norway, general", "label": "MVA", "percentageRate": 25, "active": True,
        "createdAt": "", "updatedAt": "",
    }  # fmt: skip
    assert (second["name"], second["label"], second["percentageRate"], second["active"]) == (
        "A former one", "A former one", 12.5, False,
    )  # fmt: skip
    assert api.get(f"{RATES}/") == api.get(RATES)
    assert api.get("/tax-rates/2026-03/tax-rates") == api.get(RATES)


def test_a_percentage_is_the_very_number_that_was_given(
    api: Api, db: AnyConnection, account: AccountContext
) -> None:
    for percentage in ("0.000001", "99.999999", "8.1", "0", "100"):
        rate = create_tax_rate(db, account, name=percentage, percentage=Decimal(percentage))
        assert f'"percentageRate":{percentage},' in api.ask("GET", f"{RATES}/{rate.id}").text


@pytest.mark.parametrize("id_", ["0", "999999999999", "x", "%00", "-1", "1.5"])
def test_a_rate_that_is_not_there_is_not_found(api: Api, general: TaxRate, id_: str) -> None:
    api.get(f"{RATES}/{id_}", 404)


def test_rates_of_others_are_not_seen_and_a_scope_is_needed(
    api: Api, another: NewApi, account: AccountContext, general: TaxRate
) -> None:
    assert another().get(RATES) == {"results": []}
    another().get(f"{RATES}/{general.id}", 404)
    another(account, "crm.objects.line_items.read").get(RATES, 403)
    assert len(another(account, "tax_rates.read").get(RATES)["results"]) == 1


# ---------------------------------------------------------------- line items


def test_a_line_takes_over_percentage_and_label_and_keeps_them(
    api: Api, db: AnyConnection, account: AccountContext, general: TaxRate
) -> None:
    line = api.make("line_items", name="Seat", price="80", quantity="1", hs_tax_rate_group_id=str(general.id))
    copied = {"amount": "20.00", "label": "MVA", "rate": "25", "rate_group_id": str(general.id)}
    assert taxes(api, line) == copied

    update_tax_rate(db, account, general.id, percentage=Decimal(30), label="VAT")
    update_tax_rate(db, account, general.id, active=False)
    api.patch(f"{LINES}/{line}", {"properties": {"name": "Seats", "hs_tax_rate_group_id": str(general.id)}})

    assert taxes(api, line) == copied


def test_a_line_whose_rate_is_taken_away_has_no_tax(api: Api, general: TaxRate) -> None:
    line = api.make("line_items", name="Seat", price="80", quantity="1", hs_tax_rate_group_id=str(general.id))

    api.patch(f"{LINES}/{line}", {"properties": {"hs_tax_rate_group_id": ""}})

    assert taxes(api, line) == {"amount": "0.00", "label": None, "rate": "0", "rate_group_id": None}


def test_a_line_takes_the_rate_of_its_product(api: Api, general: TaxRate) -> None:
    product = api.make("products", name="Seat", price="80", hs_tax_rate_group_id=str(general.id))

    line = api.make("line_items", hs_product_id=product, quantity="2")

    assert taxes(api, line)["amount"] == "40.00"


@pytest.mark.parametrize("kind", ["line_items", "products"])
@pytest.mark.parametrize("id_", ["999999999999", "high", "-1", "9" * 40])
def test_a_rate_that_is_not_there_is_refused(api: Api, kind: str, id_: str) -> None:
    body = {"properties": {"name": "Seat", "price": "80", "hs_tax_rate_group_id": id_}}

    refused = api.post(f"/crm/v3/objects/{kind}", body, 400)

    assert [each["code"] for each in refused["errors"]] == ["INVALID_OPTION"]
    assert id_ in refused["message"]


def test_an_archived_rate_is_given_to_no_new_line(
    api: Api, db: AnyConnection, account: AccountContext, general: TaxRate
) -> None:
    update_tax_rate(db, account, general.id, active=False)
    body = {"properties": {"name": "Seat", "price": "80", "hs_tax_rate_group_id": str(general.id)}}

    assert "not active" in api.post(LINES, body, 400)["message"]


def test_what_is_billed_has_the_tax_of_the_line_until_the_line_is_edited(
    api: Api, db: AnyConnection, account: AccountContext, processors: AccountProcessors, general: TaxRate
) -> None:
    ada = api.make("contacts", email="ada@example.com")
    line = api.make(
        "line_items", name="Seat", price="80", quantity="1", recurringbillingfrequency="monthly",
        hs_tax_rate_group_id=str(general.id),
    )  # fmt: skip
    id_ = api.make(
        "subscriptions", [tie(ada, 295), tie(line, 301)], hs_name="Seat", hs_currency_code="EUR",
        hs_recurring_billing_start_date="2026-01-02", hs_net_payment_terms="180",
    )  # fmt: skip
    api.patch(f"/crm/v3/objects/subscriptions/{id_}", {"properties": {"hs_invoice_creation": "on"}})
    update_tax_rate(db, account, general.id, percentage=Decimal(30))
    books = World(db, account, processors)

    books.until("2026-01-02")
    at = f"/kalends/v1/subscriptions/{id_}/edit"
    api.post(at, {"lines": [{"id": line, "properties": {"quantity": "2"}}]}, 200)
    books.until("2026-02-02")
    newest = books.one("SELECT max(id) FROM line_item WHERE parent_id = %s", int(id_))[0]
    api.post(
        at, {"lines": [{"id": str(newest), "properties": {"hs_tax_rate_group_id": str(general.id)}}]}, 200
    )
    books.until("2026-03-02")
    newest = books.one("SELECT max(id) FROM line_item WHERE parent_id = %s", int(id_))[0]
    api.post(at, {"lines": [{"id": str(newest), "properties": {"hs_tax_rate_group_id": ""}}]}, 200)
    books.until("2026-04-02")

    assert books.invoices(int(id_), "subtotal_minor", "tax_minor") == [
        (8000, 2000), (16000, 4000), (16000, 4800), (16000, 0),
    ]  # fmt: skip


# ---------------------------------------------------------------- whether payments can be taken


def test_a_sandbox_can_charge_and_says_what_it_has_charged(
    api: Api, db: AnyConnection, account: AccountContext, processors: AccountProcessors
) -> None:
    before = api.get(STATUS)
    books = World(db, account, processors)
    customer = books.customer()
    books.subscribe(customer, method=books.method(customer))
    books.until("2026-01-01")

    after = api.get(STATUS)

    assert (before["enrollmentState"], before["canTransact"], before["hasTransacted"]) == (
        "ACTIVE",
        True,
        False,
    )
    assert "lastTransactedAt" not in before
    assert (after["id"], after["hasTransacted"], after["canPayout"], after["test"]) == (
        str(account.id),
        True,
        False,
        True,
    )
    assert dt.datetime.fromisoformat(after["lastTransactedAt"]).date() == dt.date(2026, 1, 1)
    assert "card" in after["methods"]


def test_a_live_account_takes_nothing_until_a_processor_is_connected(
    another: NewApi, db: AnyConnection
) -> None:
    account = create_account(
        db, name="Live AS", time_zone="Europe/Oslo", currency="EUR", now=FIRST_MOMENT, settings=UNLIMITED
    )
    live = another(account)

    told = live.get(STATUS)

    assert (told["enrollmentState"], told["processorType"]) == ("NOT_STARTED", "NOT_ENROLLED")
    assert told["canTransact"] is told["hasTransacted"] is told["test"] is False
    assert (told["methods"], told["eligibleProcessorTypes"]) == ([], ["BYO_STRIPE"])


def test_an_account_that_is_connected_to_stripe_takes_what_stripe_lets_it(
    another: NewApi,
    db: AnyConnection,
    stripe: StripeServer,  # noqa: F811
) -> None:
    account = create_account(
        db, name="Live AS", time_zone="Europe/Oslo", currency="EUR", now=FIRST_MOMENT, settings=UNLIMITED
    )
    connect(db, account, stripe.key_of_merchant, address="http://localhost", now=FIRST_MOMENT)

    told = another(account).get(STATUS)

    assert (told["processorType"], told["processor"], told["methods"]) == (
        "BYO_STRIPE",
        "stripe",
        ["card", "sepa"],
    )
    assert told["canTransact"] is told["canPayout"] is True


def test_other_places_of_commerce_are_not_there(api: Api, another: NewApi, account: AccountContext) -> None:
    api.get("/commerce/payment-accounts/v9/status", 404)
    assert api.ask("POST", STATUS, {}).status_code == 405
    another(account, "crm.objects.contacts.read").get(STATUS, 403)


# ---------------------------------------------------------------- what is not built yet


@pytest.mark.parametrize("kind", ["carts", "0-169", "quote_template", "quote_templates"])
def test_objects_that_are_not_there_yet_are_refused_by_their_name(api: Api, kind: str) -> None:
    product = api.make("products", name="Seat")

    for method, path, body in (
        ("GET", f"/crm/v4/objects/products/{product}/associations/{kind}", None),
        ("PUT", f"/crm/v4/objects/products/{product}/associations/default/{kind}/1", None),
        ("GET", f"/crm/v4/associations/subscriptions/{kind}/labels", None),
        ("POST", f"/crm/v4/associations/quotes/{kind}/batch/read", {"inputs": [{"id": "1"}]}),
        ("GET", f"/crm/v3/objects/{kind}", None),
    ):
        answer = api.ask(method, path, body)
        assert answer.status_code == 400, path
        assert answer.json()["message"] == f"Unable to infer object type from: {kind}"
