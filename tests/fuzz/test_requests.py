"""Requests of programs as they come over the wire: bodies, queries, headers, and what is signed.

That whatever the document describes is answered as it says is tested beside the API (tests/api/test_fuzz.py). Here
stands what no document describes: bytes that are no JSON, numbers without end, headers that no client sends.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from kalends.accounts import integration_apps
from kalends.accounts.models import SignInAttempt
from kalends.accounts.sql import enter_account
from kalends.api import stripe_events
from kalends.api.gate import HANDLERS
from kalends.api.openapi.document import document
from kalends.payments.processors.stripe import connection
from tests.conftest import FIRST_MOMENT
from tests.fuzz.company import Company, open_company
from tests.fuzz.making import often, scalars, spoiled, spoiled_bytes, spoiled_tree, words
from tests.fuzz.rows import rows_of


@pytest.fixture(scope="module")
def company(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    with django_db_blocker.unblock(), open_company() as made:
        yield made


@pytest.fixture(autouse=True)
def _unblocked(company: Company, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


assert HANDLERS, "the document tells what the gate's handlers answer"
PATHS = sorted(
    (method.upper(), path)
    for path, methods in document()["paths"].items()
    for method, each in methods.items()
    if method in ("get", "post", "put", "patch", "delete") and "gdpr" not in path and "erase" not in path
)
RIGHT: list[dict[str, Any]] = [
    {"properties": {"email": "kari@example.com", "firstname": "Kari", "hubspot_owner_id": "1"}},
    {"inputs": [{"properties": {"name": "Gold", "price": "10.50", "hs_recurring_billing_period": "P12M"},
                 "id": "12"}]},
    {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "EQ", "value": "a@b.no"}]}], "limit": 5},
    {"name": "Own", "label": "Own", "type": "enumeration", "fieldType": "select", "groupName": "contactinformation",
     "options": [{"label": "A", "value": "a", "displayOrder": 1}]},
    {"label": "Pipe", "displayOrder": 1, "stages": [{"label": "One", "metadata": {"probability": "0.5"},
                                                     "displayOrder": 0}]},
    {"lines": [{"properties": {"name": "A", "price": "1"}}], "prorate": True, "on": "2026-03-01", "duration": "1d"},
    {"to": "2026-02-03", "next": 1770000000000, "reason": "x", "resumeOn": "2026-12-01", "cancelOn": "2026-12-01"},
    {"name": "List", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": {"filterBranchType": "OR",
     "filterBranches": [{"filterBranchType": "AND", "filters": [{"filterType": "PROPERTY", "property": "email",
     "operation": {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"}}]}]}},
    {"exportType": "LIST", "objectType": "CONTACT", "exportName": "All", "format": "CSV", "language": "EN",
     "objectProperties": ["email"], "associatedObjectType": "COMPANY",
     "publicCrmSearchRequest": {"filters": [], "sorts": [], "query": ""}},
    {"code": "SPRING26", "kind": "percent", "value": "10", "percent": "10", "amount": "5", "currency": "EUR",
     "maxUses": 5},
    {"webhookUrl": "https://example.com", "throttling": {"maxConcurrentRequests": 5}, "eventType": "contact.creation",
     "propertyName": "email", "active": True},
    {"primaryObjectId": "1", "objectIdToMerge": "2", "objectWriteTraceId": "x"},
    {"types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}], "from": {"id": "1"},
     "to": {"id": "2"}},
]  # fmt: skip
bodies = st.one_of(
    spoiled_tree(st.sampled_from(RIGHT), st.one_of(scalars,
                                                   spoiled(words))).map(lambda tree: json.dumps(tree).encode()),
    spoiled_bytes(st.sampled_from([json.dumps(each).encode() for each in RIGHT])),
    st.sampled_from((
        b"[" * 100_000, b'{"a":' * 50_000, b"9" * 100_000, b"-", b"1e99999999999999999999", b"NaN", b"-Infinity",
        b'"\\ud800"',
        b'{"properties": {"email": "\\u0000"}}', b'{"properties": {"\\ud800": "\\udfff"}}', b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}", b"{} {}", b'{"a":1,"a":2}', b"\x00", b" " * 1_000, b"null", b"[]", b"7", b'"x"', b"tru",
        b'{"limit": 1e400}', b'{"inputs": [' + b'{"id": "1"},' * 2_000 + b'{"id": "1"}]}', gzip.compress(b"{}"),
        b'{"properties": {"email": ' + b"9" * 5_000 + b"}}", b'{"id": ' + b"9" * 5_000 + b"}",
    )),
)  # fmt: skip
HEADERS: dict[str, tuple[str, ...]] = {
    "HTTP_AUTHORIZATION": ("", "Bearer", "Bearer ", "Basic eDp5", "Bearer  x y", "bearer {token}", "BEARER\t{token}",
                           "Bearer {token}x",
                           "Bearer kal_9_", "Bearer kal_99999999999999999_" + "a" * 43, "Bearer \xe6\xf8", "Bearer ²"),
    "HTTP_IF_MATCH": ("*", '"1-2"', 'W/"1-2"', '"', '""', ',,"', '"1-2", "3', "\xff", '"' * 5_000,
                      '"1-' + "9" * 5_000 + '"'),
    "HTTP_IF_NONE_MATCH": ("*", '"1-2"', "W/", '"' * 5_000, "²"),
    "HTTP_IDEMPOTENCY_KEY": ("", " ", "a", "a" * 255, "a" * 256, "\xe6", "a\tb", "\x7f", "{}", "a" * 10_000),
    "HTTP_ACCEPT_LANGUAGE": ("", "*", "nb", "nb;q=", "nb;q=9e9", "x" * 5_000, "nb," * 2_000, "en-" * 2_000, "\xff",
                             ";;;", "../../x"),
    "HTTP_X_REQUEST_ID": ("", "a" * 10_000, "a\x1b[31mb", "\xff", "' --", "{}", "%s"),
    "HTTP_X_FORWARDED_FOR": ("", "1.2.3.4, 5", "999.999.999.999", "::1%25eth0", "a" * 10_000, "\xff", ",,,"),
    "HTTP_X_FORWARDED_PROTO": ("https", "http,https", "javascript", "\xff"),
    "HTTP_FORWARDED": ("for=1.2.3.4;proto=https", ";;;=", "for=\"[::1\"", "\xff" * 100),
    "HTTP_HOST": ("", "localhost:99999", "a b", "[::1", "evil.example", "localhost:", "\xff", "localhost\x00"),
    "HTTP_COOKIE": ("", "=", ";;;", "kalends_session=", "kalends_session=" + "a" * 5_000,
                    "kalends_session=\xff; kalends_csrf=x",
                    "a=" * 2_000, "django_language=../../x", 'kalends_session="\\000"',
                    "sessionid=1; kalends_buyer=x.y.z"),
    "HTTP_RANGE": ("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=" + "9" * 5_000 + "-", "lines=1-2", "bytes=0-0,1-1"),
    "HTTP_IF_MODIFIED_SINCE": ("0", "Thu, 01 Jan 99999 00:00:00 GMT", "Sat, 29 Feb 2026 00:00:00 GMT", "\xff",
                               "a" * 5_000),
    "HTTP_ACCEPT_ENCODING": ("gzip;q=x", "*;q=0", "\xff", "br," * 2_000, "gzip;q=" + "9" * 5_000),
    "HTTP_TRANSFER_ENCODING": ("identity", "gzip"),
    "CONTENT_TYPE": ("", "text/plain", "application/json; charset=utf-7", "multipart/form-data",
                     "multipart/form-data; boundary=",
                     "multipart/form-data; boundary=" + "a" * 300, "application/x-www-form-urlencoded; charset=zz",
                     "\xff", ";"),
    "CONTENT_LENGTH": ("-1", "", "9" * 5_000, "²", "0x10", "1e3"),
    "HTTP_STRIPE_SIGNATURE": ("", "t=", "t=1,v1=", "t=²,v1=a", "t=" + "9" * 5_000 + ",v1=a", "t=-1,v1=x", "v1=",
                              "\xff", ",=,=", "t=1,t=2,v1=a"),
    "HTTP_HX_REQUEST": ("true", "\xff"), "HTTP_HX_CURRENT_URL": ("", "http://[", "javascript:1", "\xff", "a" * 5_000),
    "HTTP_REFERER": ("http://[", "\xff", "a" * 5_000), "HTTP_ORIGIN": ("null", "http://[", "\xff"),
    "REQUEST_METHOD": ("", "PROPFIND", "get", "\xff"),
    "HTTP_USER_AGENT": ("", "\xff", "\x00", "a" * 100_000), "REMOTE_ADDR": ("", "unix:", "fe80::1%eth0"),
    "HTTP_X_CSRFTOKEN": ("", "\xff", "a" * 64),
}  # fmt: skip
QUERY = ("limit", "after", "properties", "propertiesWithHistory", "associations", "idProperty", "archived", "hapikey",
         "types",
         "includeFilters", "listIds", "before", "from", "to", "q")  # fmt: skip


def here(company: Company) -> dict[str, int]:
    """The rows of the company."""
    enter_account(company.world.db, company.world.ctx.id)
    return rows_of(company.world.db, company.world.ctx.id)


def sent(data: st.DataObject, company: Company) -> dict[str, str]:
    """One or two headers that nobody means well."""
    names = data.draw(st.lists(st.sampled_from(sorted(HEADERS)), min_size=1, max_size=2, unique=True))
    return {
        name: data.draw(st.one_of(st.sampled_from(HEADERS[name]), st.text(st.characters(max_codepoint=255),
                                                                          max_size=30)))
        .replace("{token}", company.token).replace("\r", "").replace("\n", "")
        for name in names
    }  # fmt: skip


def filled(data: st.DataObject, company: Company, path: str) -> str:
    """A path of the API whose places name what is there, or not."""
    there = [number for numbers in company.ids.values() for number in numbers]
    values = st.one_of(
        st.sampled_from(
            [
                *there,
                "contacts",
                "subscriptions",
                "deals",
                "0-1",
                "email",
                "default",
                "contact_to_company",
                "1",
            ]
        ),
        spoiled(st.sampled_from(there)),
    )
    while "{" in path:
        before, _, rest = path.partition("{")
        _, _, behind = rest.partition("}")
        value = (
            data.draw(values)
            .encode("utf-8", "replace")
            .decode()
            .replace("{", "")
            .replace("}", "")
            .replace("?", "")
            .replace("#", "")
        )
        path = f"{before}{value}{behind}"
    return path


def asked(company: Company, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
    """The answer, which is JSON, no failure of ours, and says what is wrong; a refusal changes nothing."""
    before = here(company)
    told = {"HTTP_AUTHORIZATION": f"Bearer {company.token}", "CONTENT_TYPE": "application/json", **headers}
    content = {} if body is None else {"data": body}
    kind = told.pop("CONTENT_TYPE")
    answer = Client().generic(method, path, content_type=kind, **content, **told)  # type: ignore[arg-type]
    assert answer.status_code < 500, (method, path, body, headers, answer.content[:500])
    if answer.status_code >= 400:
        assert here(company) == before, (method, path, body)
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            assert answer.json()["message"]
    return answer


@often(42)
@given(data=st.data(), body=bodies)
def test_no_body_makes_the_api_fail(data: st.DataObject, body: bytes, company: Company) -> None:
    method, path = data.draw(st.sampled_from([each for each in PATHS if each[0] not in ("GET", "DELETE")]))
    asked(company, method, filled(data, company, path), body)


@often(21)
@given(data=st.data())
def test_no_query_makes_the_api_fail(data: st.DataObject, company: Company) -> None:
    method, path = data.draw(st.sampled_from([each for each in PATHS if each[0] == "GET"]))
    pairs = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(QUERY),
                st.one_of(words, spoiled(st.sampled_from(("10", "true", "email,hs_name", "contacts")))),
            ),
            max_size=4,
        )
    )
    text = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in pairs)
    text = data.draw(st.sampled_from((text, f"{text}&&=%zz%ff", text.replace("%", "%%"), "&" * 3_000)))
    asked(company, method, filled(data, company, path) + f"?{text}")


PAGES = (
    "/sign-in",
    "/",
    "/forgotten",
    "/static/none.css",
    "/oauth/authorize",
    "/nowhere",
    "/webhooks/stripe/1",
)


@often(28)
@given(data=st.data())
@example(data=None)
def test_no_header_makes_an_answer_fail(data: st.DataObject | None, company: Company) -> None:
    if data is None:
        for name, values in HEADERS.items():
            for value in values:
                shown = value.replace("{token}", company.token)
                _with_headers(company, "GET", "/crm/v3/objects/contacts?limit=1", {name: shown})
        return
    known = [*PATHS, *(("GET", each) for each in PAGES), *(("POST", each) for each in PAGES)]
    method, path = data.draw(st.sampled_from(known))
    _with_headers(company, method, filled(data, company, path), sent(data, company))


def _with_headers(company: Company, method: str, path: str, headers: dict[str, str]) -> None:
    method = headers.pop("REQUEST_METHOD", method) or "GET"
    kind = headers.pop("CONTENT_TYPE", "application/json")
    told: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {company.token}", **headers}
    # As from a server whose client hangs up: Django's own refuses to read what a length only claims.
    told["wsgi.input"] = io.BytesIO(b"{}")
    answer = Client().generic(method, path, data=b"{}", content_type=kind, **told)
    assert answer.status_code < 500, (method, path, headers, answer.content[:500])


CREDENTIAL: dict[str, Any] = {
    "id": "abc", "rawId": "abc", "type": "public-key", "authenticatorAttachment": "platform", "name": "Mine",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AQ",
                 "attestationObject": "o2NmbXRkbm9uZQ"},
    "clientExtensionResults": {},
}  # fmt: skip
PASSKEY = {"credential": CREDENTIAL, "name": "Mine", "next": "/"}


@often(14)
@given(
    path=st.sampled_from(
        (
            "/sign-in/passkey",
            "/sign-in/passkey/options",
            "/{account}/you/passkeys",
            "/{account}/you/passkeys/options",
        )
    ),
    body=st.one_of(
        spoiled_tree(st.just(PASSKEY), st.one_of(scalars, words)).map(lambda tree: json.dumps(tree).encode()),
        bodies,
    ),
)
@example(path="/sign-in/passkey", body=b"[" * 100_000)
def test_no_answer_of_an_authenticator_makes_signing_in_fail(
    path: str, body: bytes, company: Company
) -> None:
    SignInAttempt.objects.all().delete()
    client = company.staff if "{account}" in path else Client()
    address = path.replace("{account}", str(company.world.ctx.id))
    client.post("/sign-in/passkey/options", content_type="application/json")
    answer = client.post(address, body, content_type="application/json")
    assert answer.status_code < 500


SECRET = "whsec_" + "a" * 40
EVENT: dict[str, Any] = {
    "id": "evt_1", "object": "event", "api_version": "2026-10-28.endive", "created": 1_770_000_000, "livemode": False,
    "type": "charge.refunded", "account": "acct_1", "request": {"id": None, "idempotency_key": "kalends-1-2-3"},
    "data": {"object": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "customer": "cus_1",
                        "metadata": {"kalends_key": "kalends-1-2-3", "invoice_id": "7"}},
             "previous_attributes": {"amount_refunded": 0}},
}  # fmt: skip


def _signed(body: bytes, secret: str = SECRET, at: int | None = None) -> str:
    """What Stripe writes into its header."""
    moment = int(FIRST_MOMENT.timestamp()) if at is None else at
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@pytest.fixture
def listening(company: Company, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address to which Stripe tells events, with a secret that the test knows."""
    monkeypatch.setattr(stripe_events, "system_now", lambda: FIRST_MOMENT)
    monkeypatch.setattr(connection, "read_signing_secret", lambda db, account_id: (SECRET, True))
    return f"/webhooks/stripe/{company.world.ctx.id}"


@often(21)
@given(
    body=st.one_of(
        spoiled_tree(st.just(EVENT)).map(lambda tree: json.dumps(tree).encode()),
        spoiled_bytes(st.just(json.dumps(EVENT).encode())),
        bodies,
    )
)
@example(body=b"[" * 100_000)
@example(body=b'{"type": "charge.refunded", "livemode": false}')
@example(body=b"7")
@example(body=b'{"id": "evt_1", "type": [], "created": 1e400, "data": null, "livemode": false}')
def test_an_event_that_is_signed_and_makes_no_sense_is_taken_or_refused(
    body: bytes, company: Company, listening: str
) -> None:
    answer = Client().post(
        listening, body, content_type="application/json", HTTP_STRIPE_SIGNATURE=_signed(body)
    )
    assert answer.status_code in (200, 400, 413)


@pytest.mark.parametrize("odd", ["\x85", "\xe9", "\xff"])
def test_a_signature_of_letters_that_no_signature_has_is_refused(
    odd: str, company: Company, listening: str
) -> None:
    body = json.dumps(EVENT).encode()
    header = _signed(body)[:-1] + odd
    answer = Client().post(listening, body, content_type="application/json", HTTP_STRIPE_SIGNATURE=header)
    assert answer.status_code == 400


@often(21)
@given(data=st.data())
def test_an_event_whose_signature_is_not_right_is_refused(
    data: st.DataObject, company: Company, listening: str
) -> None:
    body = json.dumps(EVENT).encode()
    right = _signed(body)
    header = data.draw(
        st.one_of(
            spoiled(st.just(right)),
            st.sampled_from((_signed(body, "whsec_other"), _signed(body, at=1_000_000), _signed(body + b" "),
                             right.replace("v1", "v0"))),
            st.sampled_from(HEADERS["HTTP_STRIPE_SIGNATURE"]),
        )
    )  # fmt: skip
    header = header.encode("latin-1", "replace").decode("latin-1").replace("\n", "").replace("\r", "")
    told = here(company)
    answer = Client().post(listening, body, content_type="application/json", HTTP_STRIPE_SIGNATURE=header)
    parts = [each.strip() for each in header.split(",")]
    if not set(right.split(",")) <= set(parts):
        assert answer.status_code == 400
        assert here(company) == told


OAUTH: dict[str, Any] = {
    "grant_type": "authorization_code", "code": f"kalc_1_{'a' * 43}", "redirect_uri": "https://fleet.example/back",
    "client_id": "1-01234567-89ab-cdef-0123-456789abcdef", "client_secret": "s", "refresh_token": f"kalr_1_{'a' * 43}",
    "token": f"kalr_1_{'a' * 43}", "code_verifier": "v" * 43,
}  # fmt: skip


@often(20)
@given(
    path=st.sampled_from(
        ("/oauth/v1/token", "/oauth/v3/token", "/oauth/v3/token/introspect", "/oauth/v3/token/revoke")
    ),
    told=spoiled_tree(st.just(OAUTH), st.one_of(scalars, words)),
    is_form=st.booleans(),
)
@example(path="/oauth/v1/token", told={**OAUTH, "client_secret": "\ud800", "code": "\udfff"}, is_form=False)
def test_nobody_without_a_secret_gets_a_token(path: str, told: Any, is_form: bool, company: Company) -> None:
    app = integration_apps.create_app(
        company.world.db, company.world.ctx.id, name="Fuzz", redirect_uris=["https://fleet.example/back"],
        scopes=["crm.objects.contacts.read"], optional_scopes=[], now=FIRST_MOMENT,
    ).app  # fmt: skip
    if isinstance(told, dict) and told.get("client_id") == OAUTH["client_id"]:
        told = {**told, "client_id": app.client_id}
    pairs = told if isinstance(told, dict) else {}
    form = urlencode(
        {
            str(name).encode("utf-8", "replace"): str(value).encode("utf-8", "replace")
            for name, value in pairs.items()
        }
    )
    kind = "application/x-www-form-urlencoded" if is_form else "application/json"
    answer = Client().post(path, form.encode() if is_form else json.dumps(told).encode(), content_type=kind)
    assert answer.status_code < 500
    assert b"access_token" not in answer.content or answer.status_code != 200
