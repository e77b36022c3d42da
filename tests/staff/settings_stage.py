"""A small account of its own for changing settings in, so that the company of the other tests stays as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from kalends.accounts.change import settings_of
from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.create import create_account
from kalends.accounts.models import User
from kalends.accounts.setting import written
from kalends.accounts.sql import enter_account
from kalends.platform import database, translations
from kalends.staff.settings.declared import several
from kalends.staff.settings.words import names_on
from tests.staff.stage import AnyConnection, give_place, new_user

NOW = dt.datetime(2026, 6, 15, 7, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Company:
    """An account, its administrator, and a browser in which that one has signed in."""

    db: AnyConnection
    ctx: AccountContext
    user: User
    client: Client

    def at(self, path: str) -> str:
        return f"/{self.ctx.id}/settings/{path}"

    def read(self, path: str, client: Client | None = None) -> str:
        answer = (client or self.client).get(self.at(path))
        assert answer.status_code == 200, answer.content.decode()
        return answer.content.decode()

    def settings(self) -> dict[str, Any]:
        return settings_of(load_context(self.db, self.ctx.id, system_now=NOW))

    def fields(self, page: str) -> dict[str, Any]:
        """What a form of settings sends when nobody has touched it."""
        values = self.settings()
        return {
            name: values[name] if several(name) else written(values[name])
            for name in names_on(page)
            if values[name] is not False
        }

    def rows(self, query: str, *more: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(query, [self.ctx.id, *more]).fetchall()  # type: ignore[call-overload]

    def events(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        query = "SELECT actor, data FROM event WHERE account_id = %s AND kind = %s ORDER BY id"
        return [(row[0], row[1]) for row in self.rows(query, kind)]

    def employ(self, role: str = "member") -> tuple[User, Client]:
        """Somebody else who works here."""
        user = new_user("Henrik Aas")
        self.db.execute(
            "INSERT INTO membership (account_id, user_id, role) VALUES (%s, %s, %s)",
            [self.ctx.id, user.id, role],
        )
        client = Client()
        client.force_login(user)
        return user, client


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    translations.compile_translations()
    with database.connect(autocommit=True) as db:
        ctx = create_account(
            db,
            name="Nordlys AS",
            time_zone="Europe/Oslo",
            currency="NOK",
            country="NO",
            now=NOW,
            clock_at=NOW,
        )
        user = new_user()
        give_place(db, user, ctx.id)
        enter_account(db, ctx.id)
        client = Client()
        client.force_login(user)
        yield Company(db, ctx, user, client)
