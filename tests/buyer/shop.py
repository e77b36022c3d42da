"""A shop with customers who come by links."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from kalends.accounts import connections, signed_links
from tests.world import World

CARD = "4242424242424242"


class Shop:
    """Short words for what buyers do on pages; ``world`` is the account behind them."""

    def __init__(self, world: World, client: Client) -> None:
        self.world, self.client = world, client

    def bill(self, contact: int, price: str = "100", **more: Any) -> int:
        """An open invoice of a subscription that is invoiced, due in a month; returns its id."""
        subscription = self.world.subscribe(
            contact, price, net_terms_days=30, start=self.world.ctx.today, **more
        )
        self.world.until(self.world.ctx.today, hour=12)
        (invoice,) = self.world.invoices(subscription, "id")
        return invoice

    def whole(self, invoice: int) -> int:
        """The same, to be paid in one."""
        self.world.db.execute("UPDATE invoice SET allow_partial_payments = false WHERE id = %s", [invoice])
        return invoice

    def email(self, contact: int) -> str:
        (email,) = self.world.one("SELECT email FROM contact WHERE id = %s", contact)
        return email

    def link(self, purpose: str, record: int, contact: int = 0) -> str:
        """The path of a link as it stands in a letter to the contact; of nobody's without one."""
        email = self.email(contact) if contact else None
        ctx = self.world.ctx
        token = signed_links.token(purpose, ctx.id, record, ctx.now, contact_id=contact, email=email)
        return f"/{purpose}/{token}"

    def form(self, page: str, **fields: str) -> dict[str, str]:
        """The fields of a page's form as a browser would send them, with these changed."""
        text = self.text(self.client.get(page))
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
        hidden |= dict(re.findall(r'<input type="radio" name="(\w+)" value="([^"]*)"[^>]*checked', text))
        return {**{name: unescape(value) for name, value in hidden.items()}, **fields}

    def text(self, answer: HttpResponse) -> str:
        return unescape(answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")

    def in_a_window(self, ask: Callable[[Client], HttpResponse]) -> Callable[[], int]:
        """A request from a browser of its own, in a thread that lets go of its connections; tells its status."""

        def run() -> int:
            try:
                return ask(Client()).status_code
            finally:
                connections.inside(self.world.ctx.id).close()
                connection.close()

        return run

    def follow(self, answer: Any) -> HttpResponse:
        """Go where answers lead, until one is a page."""
        for _ in range(6):
            if answer.status_code not in (302, 303):
                return answer
            answer = self.client.get(answer["Location"].removeprefix("http://testserver"))
        raise AssertionError("they lead on and on")

    def give(self, answer: Any, number: str = CARD) -> Any:
        """At the processor's page: choose a number, and come back."""
        assert answer.status_code == 303, self.text(answer)
        assert "/sandbox/pay/" in answer["Location"]
        path = answer["Location"].removeprefix("http://testserver")
        return self.follow(self.client.post(path, {"choice": number}))

    def pay(self, page: str, number: str = CARD, **fields: str) -> str:
        """Pay by a new card or account; the page that is shown then."""
        return self.text(self.give(self.client.post(page, self.form(page, **fields)), number))
