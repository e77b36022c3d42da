"""An app from its own side: what it sends to get tokens, and what it is answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import requests

from kalends.accounts import integration_apps, oauth
from kalends.accounts.context import AccountContext
from kalends.accounts.people import add_member, add_user
from kalends.accounts.sql import enter_account
from tests.api.conftest import Api
from tests.conftest import FIRST_MOMENT, AnyConnection

BACK = "https://fleet.example/back"
READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
CONTACTS = "/crm/v3/objects/contacts"
MAIL = "maja@kalends.test"
NEVER = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
"""When codes of tests are given, so that they have not ended, whatever the day."""


@dataclass(frozen=True, slots=True)
class Program:
    """An app, from its own side: what it sends, and what it is answered."""

    address: str
    db: AnyConnection
    ctx: AccountContext
    made: integration_apps.NewApp
    user_id: int

    @property
    def client_id(self) -> str:
        return self.made.app.client_id

    def consented(self, *scopes: str, challenge: str = "", redirect_uri: str = BACK) -> str:
        """The code that a consent has just given."""
        enter_account(self.db, self.ctx.id)
        return oauth.give_code(
            self.db,
            self.ctx.id,
            self.made.app,
            user_id=self.user_id,
            redirect_uri=redirect_uri,
            scopes=scopes or (READ,),
            challenge=challenge,
            now=NEVER,
        )

    def post(self, path: str = "/oauth/v1/token", **fields: str | None) -> requests.Response:
        """A form with the app's own keys, unless other ones are given."""
        keys = {"client_id": self.client_id, "client_secret": self.made.client_secret}
        form = {name: value for name, value in {**keys, **fields}.items() if value is not None}
        return requests.post(f"{self.address}{path}", data=form, timeout=30, allow_redirects=False)

    def exchange(self, code: str, **more: Any) -> requests.Response:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
        return self.post(**given)

    def refresh(self, token: str, **more: Any) -> requests.Response:
        return self.post(**{"grant_type": "refresh_token", "refresh_token": token, **more})

    def tokens(self, *scopes: str) -> dict[str, Any]:
        answer = self.exchange(self.consented(*scopes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def api(self, token: str) -> Api:
        return Api(self.address, token)


def new_program(address: str, db: AnyConnection, ctx: AccountContext, name: str = "Fleet Mirror") -> Program:
    made = integration_apps.create_app(
        db,
        ctx.id,
        name=name,
        redirect_uris=[BACK, "http://localhost:3000/back?from=kalends"],
        scopes=[READ],
        optional_scopes=[WRITE],
        now=FIRST_MOMENT,
    )
    user_id = add_user(db, email=MAIL, name="Maja Lindqvist")
    add_member(db, ctx.id, user_id, "admin")
    return Program(address, db, ctx, made, user_id)


def refused(answer: requests.Response, status: str, error: str = "invalid_grant") -> None:
    """The shape of OAuth's errors: 400, where ``status`` is a code."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert (body["status"], body["error"]) == (status, error)
    assert body["message"] == body["error_description"] != ""
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-HubSpot-Correlation-Id"]
