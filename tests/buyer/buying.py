"""A buyer with a browser, for tests: what is on the page is what is sent."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tests.business.sales.shop import Shop

CARD, DECLINED, NEEDS_BANK, ACCOUNT = (
    "4242424242424242",
    "4000000000009995",
    "4000002760003184",
    "AT611904300234573201",
)
BAD_ACCOUNT = "AT861904300235473202"


class _Form:
    """A form of a page: where it goes, and what it would send as it stands."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.sent: dict[str, list[str]] = {}

    def add(self, name: str, value: str) -> None:
        self.sent.setdefault(name, []).append(value)


class _Forms(HTMLParser):
    """The forms of a page that are sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._now: _Form | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and told.get("method", "").lower() == "post":
            self._now = _Form(told.get("action", ""))
            self.forms.append(self._now)
        elif self._now is None:
            return
        elif tag == "input" and "name" in told:
            if told.get("type") not in ("checkbox", "radio", "submit"):
                self._now.add(told["name"], told.get("value", ""))
            elif "checked" in told:
                self._now.add(told["name"], told.get("value", "on"))
        elif tag == "textarea":
            self._area = told.get("name", "")
            self._now.sent[self._area] = [""]
        elif tag == "select":
            self._select = told.get("name", "")
        elif tag == "option" and self._select and (self._select not in self._now.sent or "selected" in told):
            self._now.sent[self._select] = [told.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._area and self._now is not None:
            self._now.sent[self._area] = [data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._now = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


class Buyer:
    """Somebody who looks at one page at a time, and fills in its form."""

    def __init__(self, shop: Shop, client: Client | None = None) -> None:
        self.shop, self.client = shop, client or Client()
        self.address, self.status, self.html = "", 0, ""

    def link(self, link_id: int) -> str:
        """The address of a payment link."""
        (key,) = self.shop.world.one("SELECT public_key FROM payment_link WHERE id = %s", link_id)
        return f"/buy/{self.shop.ctx.id}/{key}"

    def comes_to(self, link_id: int, query: str = "") -> Buyer:
        """Open a payment link."""
        return self.opens(self.link(link_id) + query)

    def opens(self, address: str) -> Buyer:
        """Open an address, and go where it leads."""
        return self._took(self.client.get(address), address)

    def reloads(self) -> Buyer:
        """Load the page again."""
        return self.opens(self.address)

    def sends(self, button: str = "pay", **typed: Any) -> Buyer:
        """Press a button of the form, with some fields typed anew; None unticks."""
        page = _Forms()
        page.feed(self.html)
        form = next((each for each in page.forms if each.sent.keys() & typed.keys()), page.forms[-1])
        sent = {**form.sent, button: ["1"]}
        for name, value in typed.items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = [value]
        address = form.action or self.address
        return self._took(self.client.post(address, sent, HTTP_USER_AGENT="Firefox"), address)

    def buys(self, **typed: Any) -> Buyer:
        """Fill in the form and press the button, agreeing to what is asked."""
        consent = {"consent": "on"} if 'name="consent"' in self.html else {}
        return self.sends(**{"email": "kari@customers.test", **consent, **typed})

    def gives(self, number: str = CARD) -> Buyer:
        """Give a test card or account on the processor's page."""
        assert self.address.startswith("/sandbox/pay/"), (
            f"not at the processor's: {self.address}\n{self.text}"
        )
        return self.sends(choice=number)

    @property
    def text(self) -> str:
        """The words of the page, without what is for the browser only."""
        body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", self.html)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).replace("\N{NO-BREAK SPACE}", " ")

    def sees(self, *words: str) -> Buyer:
        """Fail unless all of this is on the page."""
        missing = [each for each in words if each not in self.text]
        assert not missing, f"{missing} not on {self.address} ({self.status}):\n{self.text}"
        return self

    def _took(self, answer: Any, address: str) -> Buyer:
        for _step in range(8):
            if answer.status_code not in (302, 303):
                break
            address = answer["Location"].removeprefix("http://testserver")
            answer = self.client.get(address)
        self.address, self.status, self.html = address, answer.status_code, answer.content.decode()
        return self
