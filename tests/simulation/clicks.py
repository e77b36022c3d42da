"""People and programs who go on clicking while processes are killed: each repeats a request until it is answered.

What they asked for is counted, and compared with what the books hold: every request is done once, however often it was
sent, and under the same key each time.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests

from tests.buyer.buying import Buyer
from tests.world import World

SECONDS = 15
PAUSE_SECONDS = 0.4
SECONDS_BETWEEN_BUYERS = 6
"""Pages for buyers are counted by machine, and all of these buyers sit at one."""
AGAIN = frozenset({409, 423, 429, 500, 502, 503, 504})
"""Answers after which a program sends the same request again."""


class NotNow(Exception):
    """No answer, or none that settles anything: the same is done again."""


class Browser:
    """What tests' buyers look through, over the wire: it does not follow where an answer leads.

    ``broken_off`` is the request that got no answer; loading the page again sends just that.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.broken_off: tuple[str, str, dict[str, Any]] | None = None

    def again(self) -> tuple[_Answer, str]:
        """Send again what broke off; its answer and address."""
        assert self.broken_off is not None
        method, path, more = self.broken_off
        return self._ask(method, path, **more), path

    def get(self, path: str) -> _Answer:
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, Any], **_: Any) -> _Answer:
        return self._ask("POST", path, data=fields)

    def _ask(self, method: str, path: str, **more: Any) -> _Answer:
        self.broken_off = (method, path, more)
        try:
            answer = self.session.request(
                method,
                urljoin(self.address, path),
                allow_redirects=False,
                timeout=SECONDS,
                headers={"Referer": self.address},
                **more,
            )
        except requests.RequestException as problem:
            raise NotNow(str(problem)) from problem
        if answer.status_code in AGAIN:
            raise NotNow(f"{method} {path}: {answer.status_code}")
        self.broken_off = None
        return _Answer(answer)


class _Answer:
    """An answer as Django's test client gives it."""

    def __init__(self, answer: requests.Response) -> None:
        self.status_code, self.content, self.headers = answer.status_code, answer.content, answer.headers

    def __getitem__(self, name: str) -> str:
        parts = urlsplit(self.headers[name])
        return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass
class Clicks:
    """Clients at work, each in a thread of its own, until the block is left; then each ends what it has begun.

    ``done`` counts what was asked for and answered, by what it was done to.
    """

    address: str
    account: int
    shop: int
    token: str
    links: Sequence[str]
    invoices: Sequence[int]
    payments: Sequence[int]
    done: dict[str, Counter[Any]] = field(default_factory=dict)
    sent_again: int = 0
    problems: list[str] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for name, deed in (
            ("contacts", self._make_contact),
            ("recorded", self._record_payment),
            ("refunded", self._refund),
            ("bought", self._buy),
        ):
            self.done[name] = Counter()
            thread = threading.Thread(target=self._go_on, args=(name, deed), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def end(self) -> None:
        """Let everybody end what they have begun; a server must be there again."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=120)
            if thread.is_alive():
                self.problems.append(
                    f"{thread.name}: nothing settled the last request: {self.last[thread.name]}"
                )

    def _go_on(self, name: str, deed: Callable[[int], Callable[[], Any]]) -> None:
        number = 0
        while not self._stop.is_set():
            ask = deed(number)
            try:
                self.done[name][self._until_answered(ask)] += 1
            except Exception as problem:  # noqa: BLE001 - told by the test, and not by a thread that is gone
                self.problems.append(f"{name} {number}: {type(problem).__name__} {problem}")
            number += 1

    def _until_answered(self, ask: Callable[[], Any]) -> Any:
        while True:
            try:
                return ask()
            except NotNow as problem:
                self.last[threading.current_thread().name] = str(problem)[-500:]
            self.sent_again += 1
            threading.Event().wait(PAUSE_SECONDS)

    def _make_contact(self, number: int) -> Callable[[], str]:
        """A program makes a contact, under the same key each time."""
        email = f"program.{number}@customers.test"
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"contact-{number}"}

        def ask() -> str:
            try:
                answer = requests.post(
                    f"{self.address}/crm/v3/objects/contacts",
                    json={"properties": {"firstname": f"Program {number}", "lastname": email}},
                    headers=headers,
                    timeout=SECONDS,
                )
            except requests.RequestException as problem:
                raise NotNow(str(problem)) from problem
            if answer.status_code in AGAIN:
                raise NotNow(answer.text)
            assert answer.status_code == 201, answer.text[:300]
            return email

        return ask

    def _record_payment(self, number: int) -> Callable[[], int]:
        """Staff record that ten euros came for an invoice; the form has a key of its own."""
        invoice = self.invoices[number % len(self.invoices)]
        filled = {
            "amount": "10.00",
            "received": "2026-01-02",
            "kind": "wire_transfer",
            "reference": f"click {number}",
        }
        return self._form(f"/{self.account}/invoices/{invoice}/actions/record-payment", filled, invoice)

    def _refund(self, number: int) -> Callable[[], int]:
        """Staff give ten cents of a payment back."""
        payment = self.payments[number % len(self.payments)]
        filled = {"amount": "0.10", "reason": f"click {number}"}
        return self._form(f"/{self.account}/payments/{payment}/actions/refund", filled, payment)

    def _form(self, address: str, filled: dict[str, str], about: int) -> Callable[[], int]:
        """A dialog that was opened once, and whose button is pressed until something comes of it."""
        browser = Browser(self.address)
        page = Buyer(None, browser)  # type: ignore[arg-type]  # looks at pages of staff, not of a shop
        sent: dict[str, Any] = {}

        def ask() -> int:
            if not sent:
                html = browser.get(address).content.decode()
                key = html.split('name="request_key"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
                token = html.split('name="csrfmiddlewaretoken"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
                sent.update(filled, request_key=key, csrfmiddlewaretoken=token)
            answer = browser.post(address, sent)
            assert answer.status_code == 303, page.text or answer.content.decode()[:500]
            return about

        return ask

    def _buy(self, number: int) -> Callable[[], str]:
        """A buyer goes through a payment link with a card; whatever breaks off, they load the page again."""
        email = f"buyer.{number}@customers.test"
        browser = Browser(self.address)
        buyer = Buyer(None, browser)  # type: ignore[arg-type]  # the link is given as an address

        def ask() -> str:
            if browser.broken_off:
                buyer._took(*browser.again())
            elif not buyer.address:
                self._stop.wait(SECONDS_BETWEEN_BUYERS)
                buyer.opens(self.links[number % len(self.links)])
            for _step in range(4):
                if "is paid" in buyer.text:
                    return email
                if buyer.address.startswith("/sandbox/pay/"):
                    buyer.gives()
                elif 'name="email"' in buyer.html:
                    buyer.buys(email=email)
                else:
                    buyer.reloads()
            raise NotNow(buyer.text)

        return ask


def held(world: World, query: str) -> dict[Any, int]:
    """What the books hold, by what it was done to; ``query`` gives both for an account."""
    return {row[0]: int(row[1]) for row in world.rows(query, world.ctx.id)}
