"""Whatever is asked, no answer is a failure of ours, and each is one that the document tells.

A run is the same every time. A longer one, with other requests each time:
``./kalends test tests/api/test_fuzz.py --hypothesis-profile=fuzz``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("schemathesis")

from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from kalends.accounts.people import add_member, add_user
from kalends.api.openapi.described import OPERATIONS
from kalends.api.openapi.document import document
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from tests.api import fuzzing
from tests.api.conftest import Api, new_account, new_token
from tests.api.contract import differences
from tests.world import World

EXAMPLES, LONG = 10, 500
CHECKS = [not_a_server_error, status_code_conformance]
MOST = {"advanceClock": 3, "setClock": 3, "rehearseRun": 3}
"""Requests that do very much are sent less often."""

_PATHS = {
    each["operationId"]: (path, method.upper())
    for path, methods in document()["paths"].items()
    for method, each in methods.items()
}
_LAST = ("archive", "merge", "erase", "cancel", "advance", "set")
NAMES = sorted(
    (each.id for each in OPERATIONS if each.id in _PATHS and each.security == "token"),
    key=lambda name: (name.startswith(_LAST), "Batch" in name),
)


@pytest.fixture(scope="module")
def there(address: str) -> Iterator[fuzzing.There]:
    """An account with records of every kind, and subscriptions that are billed."""
    with database.connect(autocommit=True) as db:
        account = new_account(db, "Anything AS")
        processors = AccountProcessors(database.connect, account.id)
        books = World(db, account, processors)
        for number in range(4):
            customer = books.customer()
            method = books.method(customer) if number % 2 else None
            books.subscribe(customer, start=account.today, method=method)
        books.until("2026-02-02")
        owner = add_user(db, email=f"owner.{account.id}@example.com", name="Olive Owner")
        add_member(db, account.id, owner)
        opened = Api(address, new_token(db, account))
        made = fuzzing.There(opened, books.reload())
        made.words |= {"owner": [str(owner)], **_own_words(opened)}
        made.refill()
        yield made
        opened.session.close()
        processors.close()


def _own_words(api: Api) -> dict[str, list[str]]:
    """Pipelines, properties, groups and labels of the account's own."""
    for kind in ("contacts", "subscriptions", "deals"):
        api.post(f"/crm/v3/properties/{kind}/groups", {"name": "own_group", "label": "Own"})
        terms = {"label": "Own", "type": "string", "fieldType": "text", "groupName": "own_group"}
        for name in ("own_a", "own_b", "own_c"):
            api.post(f"/crm/v3/properties/{kind}", {"name": name, **terms, "hasUniqueValue": name == "own_a"})
    stages = [
        {"label": "Asked", "metadata": {"probability": "0.2"}},
        {"label": "Won", "metadata": {"probability": "1"}},
    ]
    pipeline = api.post("/crm/v3/pipelines/deals", {"label": "Own", "stages": stages})
    labels = api.post(
        "/crm/v4/associations/contacts/companies/labels", {"label": "Friend", "name": "friend"}, 200
    )
    return {
        "pipeline": ["default", "0", pipeline["id"]],
        "stage": ["contractsent", "1", *(each["id"] for each in pipeline["stages"])],
        "number": [str(each["typeId"]) for each in labels["results"]],
        "kind": ["contact_to_company", "279", "1", "subscription_to_contact"],
        "groups": ["own_group", "contactinformation", "subscriptioninformation"],
        "properties": ["own_a", "own_b", "own_c"],
    }


@pytest.fixture(scope="module")
def operations() -> dict[str, Any]:
    """The operations as schemathesis has them, by path and method."""
    found = (each.ok() for each in fuzzing.schema().get_all_operations())
    return {f"{each.path} {each.method.upper()}": each for each in found}


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_asked_the_answer_is_one_that_the_document_tells(
    name: str, there: fuzzing.There, operations: dict[str, Any]
) -> None:
    long = settings.get_current_profile_name() == "fuzz"
    most = MOST.get(name, EXAMPLES) * (LONG // EXAMPLES if long else 1)
    operation = operations[" ".join(_PATHS[name])]
    if name.startswith(_LAST):
        there.refill()

    @settings(
        max_examples=most,
        derandomize=not long,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(fuzzing.requests(operation, there))
        headers = {"Authorization": f"Bearer {there.api.token}"}
        answer = case.call(
            base_url=there.api.address, session=there.api.session, headers=headers, timeout=120
        )
        case.validate_response(answer, checks=CHECKS)
        undocumented = differences(
            answer.request.method or "",
            answer.request.url or "",
            answer.status_code,
            answer.content,
            answer.headers,
        )
        assert undocumented == [], f"{case.as_curl_command()}\n{answer.text[:2000]}"

    ask()
