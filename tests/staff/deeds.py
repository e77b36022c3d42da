"""Doing what dialogs of actions do, in a company of its own that tests may change."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.test import Client

from kalends.accounts.create import create_account
from kalends.accounts.models import User
from kalends.accounts.sql import enter_account
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.proof.verify import verify
from tests.staff.stage import give_place, new_user
from tests.world import World

FIRST = dt.datetime(2026, 1, 1, 5, 0, tzinfo=dt.UTC)


@dataclass(slots=True)
class Company:
    """A company, its owner's browser, and its days."""

    world: World
    user: User
    client: Client

    def address(self, slug: str, id_: int, action: str) -> str:
        return f"/{self.world.ctx.id}/{slug}/{id_}/actions/{action}"

    def dialog(self, slug: str, id_: int, action: str) -> str:
        """What the dialog says, in plain words."""
        answer = self.client.get(self.address(slug, id_, action))
        assert answer.status_code == 200, answer.status_code
        return words(answer)

    def send(self, slug: str, id_: int, action: str, **fields: Any) -> Any:
        """Send the dialog's form."""
        return self.client.post(self.address(slug, id_, action), fields)

    def as_role(self, role: str) -> Client:
        """The browser of somebody with another role."""
        user = new_user(f"Rolf {role.title()}")
        give_place(self.world.db, user, self.world.ctx.id)
        self.world.db.execute("UPDATE membership SET role = %s WHERE user_id = %s", [role, user.id])
        client = Client()
        client.force_login(user)
        return client

    def agrees(self) -> bool:
        """Whether the ledger and every record agree."""
        report = verify(self.world.db, self.world.ctx)
        assert report.found == 0, report.differences
        return True


def words(answer: Any) -> str:
    """The text of an answer, without markup; spaces are plain."""
    text = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return re.sub(r"\s+", " ", text)


def toast(client: Client, answer: Any) -> str:
    """What the next page says was done."""
    assert answer.status_code == 303, words(answer)
    from django.contrib.messages import get_messages

    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


def companies() -> Iterator[Company]:
    """A company with a clock of its own, fresh for each test."""
    with database.connect(autocommit=True) as db:
        ctx = create_account(
            db, name="Skarv Software AS", time_zone="Europe/Oslo", currency="EUR", currencies=("NOK", "USD"),
            country="NO", now=FIRST, clock_at=FIRST,
        )  # fmt: skip
        enter_account(db, ctx.id)
        processors = AccountProcessors(lambda: database.connect(autocommit=True), ctx.id)
        user = new_user()
        give_place(db, user, ctx.id)
        client = Client()
        client.force_login(user)
        try:
            yield Company(World(db, ctx, processors), user, client)
        finally:
            processors.close()
