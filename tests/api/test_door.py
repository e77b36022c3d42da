"""The way in: who may ask, in which forms, and what is answered to what makes no sense."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import pytest
import requests

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import revoke_token
from kalends.api.wire import LARGEST_BODY
from tests.api.conftest import Api, NewApi, check
from tests.conftest import FIRST_MOMENT, AnyConnection

CONTACTS = "/crm/v3/objects/contacts"


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic a2FsOmthbA==",
        "Bearer kal_1_" + "x" * 43,
        "Bearer kal_999999999999999999_" + "x" * 43,
        "Bearer kal_0_" + "x" * 43,
        "Bearer pat-na1-1234",
    ],
)
@pytest.mark.parametrize(
    "path", [CONTACTS, "/crm/v3/objects/pets", "/crm/v3/nothing", f"{CONTACTS}/batch/create"]
)
def test_nobody_is_let_in_before_anything_else_is_looked_at(
    address: str, given: str | None, path: str
) -> None:
    headers = {} if given is None else {"Authorization": given}
    for method in ("GET", "POST"):
        answer = requests.request(method, f"{address}{path}", headers=headers, data=b"{not json", timeout=30)
        check(answer)
        assert answer.status_code == 401
        assert answer.json()["category"] == "INVALID_AUTHENTICATION"
        assert answer.json()["message"].startswith("Authentication credentials not found.")


def test_a_revoked_token_opens_nothing_from_the_next_request_on(
    api: Api, db: AnyConnection, account: AccountContext
) -> None:
    api.get(CONTACTS)
    enter_account(db, account.id)
    revoke_token(db, account.id, "Test", FIRST_MOMENT)

    assert api.get(CONTACTS, 401)["category"] == "INVALID_AUTHENTICATION"


def test_the_use_of_a_token_is_noted_once_a_minute(
    api: Api, db: AnyConnection, account: AccountContext
) -> None:
    api.get(CONTACTS)
    enter_account(db, account.id)
    first = db.execute(
        "SELECT last_used_at, xmin::text FROM access_token WHERE account_id = %s", [account.id]
    ).fetchone()
    api.get(CONTACTS)
    second = db.execute(
        "SELECT last_used_at, xmin::text FROM access_token WHERE account_id = %s", [account.id]
    ).fetchone()

    assert first is not None
    assert first[0] is not None
    assert first == second


def test_a_token_may_do_what_its_scopes_say(account: AccountContext, another: NewApi) -> None:
    reader = another(account, "crm.objects.contacts.read", "crm.objects.commercepayments.write")

    reader.get(CONTACTS)
    reader.post(f"{CONTACTS}/search", {}, 200)
    reader.post(f"{CONTACTS}/batch/read", {"inputs": []}, 200)
    for method, path, scope in (
        ("POST", CONTACTS, "crm.objects.contacts.write"),
        ("PATCH", f"{CONTACTS}/1", "crm.objects.contacts.write"),
        ("GET", "/crm/v3/objects/companies", "crm.objects.companies.read"),
        ("GET", "/crm/objects/2026-03/0-101/1", "crm.objects.commercepayments.read"),
    ):
        answer = reader.ask(method, path, b"{not json")
        assert answer.status_code == 403
        assert answer.json()["category"] == "MISSING_SCOPES"
        assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == [scope]
    paid = {"hs_initial_amount": "1", "hs_initiated_date": "2026-01-01"}
    reader.post("/crm/v3/objects/commerce_payments", {"properties": paid})


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", "line 1, column 2"),
        (b'{"properties": {"a": }}', "line 1, column 22"),
        (b"\n\n  nonsense", "line 3, column 3"),
        (b"[]", "line 1, column 1"),
        (b'"text"', "line 1, column 1"),
        (b"null", "line 1, column 1"),
        (b"\xff\xfe\xfa", "line 1"),
        (b'{"a": NaN}', "line 1"),
        (b'{"a": 1e99999999999999999999}', "line 1"),
        (b"[" * 100_000, "line 1"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "line 1"),
        (b"email=ada", "line 1, column 1"),
    ],
)
def test_bad_json_is_told_with_its_place(api: Api, body: bytes, place: str) -> None:
    answer = api.ask("POST", CONTACTS, body)

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert answer.json()["message"].startswith("Invalid input JSON on ")
    assert place in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"properties": null}'])
def test_a_record_without_properties_is_none(api: Api, body: bytes) -> None:
    assert api.post(CONTACTS, body, 400)["errors"][0]["in"] == "properties"


@pytest.mark.parametrize("properties", [[], "a", 1, True, ["email"]])
def test_properties_are_an_object(api: Api, properties: Any) -> None:
    assert "properties" in api.post(CONTACTS, {"properties": properties}, 400)["message"]


def test_a_body_over_the_limit_is_refused(api: Api) -> None:
    large = b'{"properties": {"firstname": "' + b"x" * LARGEST_BODY + b'"}}'

    assert api.post(CONTACTS, large, 413)["category"] == "VALIDATION_ERROR"

    def chunks() -> Any:
        for start in range(0, len(large), 1_000_000):
            yield large[start : start + 1_000_000]

    headers = {"Authorization": f"Bearer {api.token}"}
    answer = requests.post(f"{api.address}{CONTACTS}", data=chunks(), headers=headers, timeout=60)
    assert answer.status_code == 413


def test_a_body_may_come_in_chunks(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    parts = iter([b'{"properties": {"first', b'name": "Ada"}}'])
    answer = requests.post(f"{api.address}{CONTACTS}", data=parts, headers=headers, timeout=60)
    assert answer.status_code == 201
    assert answer.json()["properties"]["firstname"] == "Ada"


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "application/json",
        "application/json; charset=UTF-8",
        "text/plain",
        "application/x-www-form-urlencoded",
    ],
)
def test_any_content_type_will_do(api: Api, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    api.post(CONTACTS, b'{"properties": {"firstname": "Ada"}}', headers=headers)
    api.get(CONTACTS, headers={"Content-Type": "application/json", "Accept": "application/json, */*;q=0.8"})
    api.get(CONTACTS, headers={"Accept": "text/html"})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", CONTACTS, "GET, POST"),
        ("POST", f"{CONTACTS}/1", "DELETE, GET, PATCH"),
        ("DELETE", CONTACTS, "GET, POST"),
        ("OPTIONS", CONTACTS, "GET, POST"),
    ],
)
def test_a_wrong_method_is_told_with_the_right_ones(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.ask(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/nothing",
        "/crm/v9/objects/contacts",
        "/crm",
        "/crm/",
        "/crm/v3",
        "/crm/objects/2019-01/contacts",
        "/crm/v3/objects",
        "/crm/v3/objects/",
        "/crm/v3/objects//",
        "/account-info/v77/details",
        "/crm/%00/%ff",
    ],
)
def test_what_is_not_there_is_told_in_json(api: Api, path: str) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code == 404


def test_a_page_for_people_is_not_mistaken_for_the_api(address: str) -> None:
    answer = requests.get(f"{address}/crmx", timeout=30)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_answers_set_no_cookies_and_are_not_kept(api: Api) -> None:
    answer = api.ask(
        "POST", CONTACTS, {"properties": {"firstname": "Ada"}}, headers={"Cookie": "kalends_session=x"}
    )
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_of_what_comes_twice_the_last_counts_and_query_and_body_are_two_places(api: Api) -> None:
    for _ in range(2):
        api.make("contacts", firstname="Ada")

    def found(method: str, path: str, body: bytes | None = None) -> int:
        answer = api.ask(method, path, body)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["results"])

    assert found("GET", f"{CONTACTS}?limit=2&limit=1") == 1
    assert found("GET", f"{CONTACTS}?limit=1&limit=2") == 2
    assert found("POST", f"{CONTACTS}/search", b'{"limit": 2, "limit": 1}') == 1
    assert found("POST", f"{CONTACTS}/search?limit=1", b'{"limit": 2}') == 2


def test_what_is_encoded_twice_is_decoded_once(api: Api) -> None:
    id_ = api.make("contacts", email="a%40b@example.com", firstname="%41 &amp; \\u0041 +")
    by_address = f"{CONTACTS}/a%2540b%40example.com?idProperty=email&properties=firstname"
    assert api.get(by_address)["id"] == id_
    assert api.get(by_address)["properties"]["firstname"] == "%41 &amp; \\u0041 +"
    api.get(f"{CONTACTS}/a%252540b%2540example.com?idProperty=email", 404)
    api.get(f"{CONTACTS}/{id_[:-1]}%25{ord(id_[-1]):x}", 404)


@pytest.mark.parametrize(
    "message",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: +2\r\n\r\n{}",
        b"Content-Length: 2, 3\r\n\r\n{}",
        b"Transfer-Encoding: xchunked\r\n\r\n{}",
        b"Content-Length : 2\r\n\r\n{}",
    ],
)
def test_a_message_whose_end_is_doubtful_is_refused_and_nothing_follows_it(
    address: str, message: bytes
) -> None:
    answers = _said(address, message + _ANOTHER)
    assert answers.startswith(b"HTTP/1.1 400")
    assert answers.count(b"HTTP/1.1 ") == 1


def test_a_message_that_says_in_two_ways_where_it_ends_is_the_last_one(address: str) -> None:
    """RFC 9112: else what one server takes for its body, the next one takes for a request."""
    both = b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_ANOTHER), _ANOTHER)  # of which the first line has four bytes
    answers = _said(address, both + body + _ANOTHER)
    assert answers.startswith(b"HTTP/1.1 401")
    assert answers.count(b"HTTP/1.1 ") == 1


_ANOTHER = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def _said(address: str, message: bytes) -> bytes:
    """All that the server says to bytes on a connection of their own, until it hangs up."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as wire:
        wire.sendall(b"POST /crm/v3/objects/contacts HTTP/1.1\r\nHost: localhost\r\n" + message)
        told = b""
        with contextlib.suppress(ConnectionResetError):
            while part := wire.recv(65_536):
                told += part
    return told


@pytest.mark.parametrize(
    "query",
    [
        "properties=%00",
        "properties=%ff%fe",
        "after=%00",
        "after=abc",
        "after=-1",
        "archived=1&archived=0",
        "limit=",
        "associations=pets",
        "associations=invoices,pets",
        "idProperty=%00",
        "properties=" + "a," * 5_000,
        "propertiesWithHistory=%27%3B--",
        "&&&==&=",
        "%",
    ],
)
@pytest.mark.parametrize("path", [CONTACTS, f"{CONTACTS}/1", f"{CONTACTS}/%27%20OR%201=1--"])
def test_no_query_makes_the_server_fail(api: Api, path: str, query: str) -> None:
    assert api.ask("GET", f"{path}?{query}").status_code in (200, 400, 404)


@pytest.mark.parametrize(
    "junk",
    [
        [],
        "text",
        5,
        True,
        None,
        {"a": {"b": []}},
        [[]],
        {"inputs": 5},
        {"inputs": [5]},
        {"inputs": [None]},
        {"inputs": [{"id": {}}]},
        {"inputs": [{"id": None}]},
        {"inputs": [{}]},
        {"inputs": [{"id": "1", "properties": []}]},
        {"inputs": [{"id": "1", "idProperty": 5, "properties": {}}]},
        {"filterGroups": "all"},
        {"filterGroups": [{"filters": [{"propertyName": {}, "operator": []}]}]},
        {"sorts": [[]]},
        {"limit": {}},
        {"after": []},
        {"query": 5},
        {"properties": "email"},
    ],
)
@pytest.mark.parametrize(
    "verb",
    ["", "/search", "/batch/create", "/batch/read", "/batch/update", "/batch/upsert", "/batch/archive"],
)
def test_no_body_makes_the_server_fail(api: Api, verb: str, junk: Any) -> None:
    assert api.ask("POST", f"{CONTACTS}{verb}", junk).status_code in (200, 201, 204, 207, 400)
