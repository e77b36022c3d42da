"""The API over HTTP: a server that runs as ``kalends serve`` runs it, and for every test an account of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from hypothesis import settings

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.create import create_account
from kalends.accounts.sql import enter_account
from kalends.accounts.tokens import create_token
from kalends.proof.verify import verify
from tests.api.contract import differences
from tests.browser.conftest import serving
from tests.conftest import FIRST_MOMENT, AnyConnection, Connect
from tests.world import World

settings.register_profile("fuzz")
"""A long run of test_fuzz.py, with other requests each time: --hypothesis-profile=fuzz."""

UNLIMITED = AccountSettings(
    partial_payments=True,
    api_requests_per_ten_seconds=0,
    api_app_requests_per_ten_seconds=0,
    api_searches_per_second=0,
    api_requests_per_day=0,
)


@pytest.fixture(scope="session")
def address(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server."""
    with serving(tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture
def account(db: AnyConnection) -> AccountContext:
    """A sandbox in Oslo whose programs may ask as often as they like; ``db`` has entered it."""
    return new_account(db)


def new_account(db: AnyConnection, name: str = "Nordlys Test AS", **more: Any) -> AccountContext:
    """Make an account and enter it."""
    return create_account(
        db,
        name=name,
        time_zone="Europe/Oslo",
        currency="EUR",
        currencies=("NOK", "USD", "JPY"),
        country="NO",
        now=FIRST_MOMENT,
        clock_at=FIRST_MOMENT,
        **{"settings": UNLIMITED, **more},
    )


def new_token(db: AnyConnection, ctx: AccountContext, *scopes: str) -> str:
    """A token of an account."""
    enter_account(db, ctx.id)
    return create_token(db, ctx.id, name="Test", scopes=scopes or ("all",), now=FIRST_MOMENT).token


@dataclass
class Api:
    """Short words for requests of one token; what came back is checked for what every answer must have."""

    address: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A request as it is; ``body`` becomes JSON, bytes stay what they are."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        given = {"data": body} if isinstance(body, bytes | str) else {} if body is None else {"json": body}
        answer = self.session.request(
            method,
            f"{self.address}{path}",
            headers=headers,
            timeout=60,
            allow_redirects=False,
            **given,
            **more,
        )
        check(answer)
        undocumented = differences(method, answer.url, answer.status_code, answer.content, answer.headers)
        assert undocumented == [], answer.text[:2000]
        return answer

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self._expect("GET", path, None, status, **more)

    def post(self, path: str, body: Any = None, status: int = 201, **more: Any) -> Any:
        return self._expect("POST", path, body, status, **more)

    def patch(self, path: str, body: Any, status: int = 200, **more: Any) -> Any:
        return self._expect("PATCH", path, body, status, **more)

    def put(self, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        return self._expect("PUT", path, body, status, **more)

    def delete(self, path: str, status: int = 204, **more: Any) -> Any:
        return self._expect("DELETE", path, None, status, **more)

    def make(self, kind: str, associations: Any = None, **properties: Any) -> str:
        """A record with these properties; its id."""
        body = {"properties": properties, **({"associations": associations} if associations else {})}
        return str(self.post(f"/crm/v3/objects/{kind}", body)["id"])

    def _expect(self, method: str, path: str, body: Any, status: int, **more: Any) -> Any:
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.text else None


def check(answer: requests.Response) -> None:
    """What holds for every answer: JSON, a correlation id, never a failure of ours, one shape of errors."""
    assert answer.status_code < 500, answer.text
    correlation = answer.headers["X-HubSpot-Correlation-Id"]
    if answer.status_code in (204, 304):
        assert answer.content == b""
        return
    assert answer.headers["Content-Type"].startswith("application/json")
    if answer.status_code >= 400:
        body = answer.json()
        assert body["status"] == "error"
        assert body["correlationId"] == correlation
        assert body["message"]
        assert body["category"]


@pytest.fixture
def api(address: str, db: AnyConnection, account: AccountContext) -> Iterator[Api]:
    """Requests with a token of the test's account that may do everything."""
    opened = Api(address, new_token(db, account))
    yield opened
    opened.session.close()


NewApi = Callable[..., Api]


@pytest.fixture
def another(address: str, connect: Connect) -> Iterator[NewApi]:
    """Requests with other tokens: of another account, or with fewer scopes."""
    opened: list[Api] = []

    def new(ctx: AccountContext | None = None, *scopes: str, **more: Any) -> Api:
        db = connect()
        opened.append(Api(address, new_token(db, ctx or new_account(db, "Another AS", **more), *scopes)))
        return opened[-1]

    yield new
    for each in opened:
        each.session.close()


def tie(to: str | int, type_id: int) -> dict[str, Any]:
    """An inline association."""
    return {
        "to": {"id": to},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
    }


@pytest.fixture
def books(world: World) -> World:
    """The account as pages and commands see it."""
    return world


@pytest.fixture
def active(books: World) -> int:
    """A subscription of 100 EUR a month, whose January was paid by card."""
    customer = books.customer()
    id_ = books.subscribe(customer, start=books.ctx.today, method=books.method(customer))
    books.until("2026-01-02")
    assert books.subscription(id_, "status") == "active"
    return id_


def in_order(books: World) -> None:
    """The books agree with themselves and with the processor."""
    enter_account(books.db, books.ctx.id)
    report = verify(books.db, books.reload(), processors=books.processors)
    assert [str(each) for each in report.differences] == []
