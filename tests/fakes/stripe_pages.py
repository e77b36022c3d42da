"""The pages of the small Stripe, for customers who come with a browser: where a way to pay is given, and their bank's.

A stand-in for tests: forms whose buttons say what comes of them. As with the real one, the pages have another address
than the API, and whoever is done is led back to where they came from, the bank's customers with a word on the way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.fakes.stripe_server import StripeServer
from tests.fakes.stripe_things import Thing

GO_BACK = "Go back"
WAYS = {
    "Save card": ("card", "pm_card_ok"),
    "Card that is declined": ("card", "pm_card_insufficient_funds"),
    "Needs authentication": ("card", "pm_card_confirm"),
    "Bank debit": ("sepa_debit", "pm_sepa_debit_ok"),
}
"""What is given by each button: its type at Stripe, and how the method behaves when it is charged."""

CONFIRM, REFUSE = "Confirm", "Refuse"


class HostedStripe(StripeServer):
    """A small Stripe with pages; ``pages_url`` is where they are."""

    def __init__(self) -> None:
        super().__init__()
        self._pages = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._pages.daemon_threads = True
        self.pages_url = f"http://127.0.0.1:{self._pages.server_port}"

    def forget(self) -> None:
        """Be another merchant's, to whom nothing has happened yet."""
        with self._turn:
            for kept in (self.things, self.keys, self.requests):
                kept.clear()

    def look(self, path: str) -> str | None:
        """What a page shows; None where there is none."""
        with self._turn:
            found = self._at(path)
            if found is None:
                return None
            if found["object"] == "payment_intent":
                return _page("Your bank", [CONFIRM, REFUSE] if found["status"] == "requires_action" else [])
            accepted = found["payment_method_types"]
            offered = [words for words, (kind, _method) in WAYS.items() if kind in accepted]
            return _page("Give a way to pay", [*offered, GO_BACK] if found["status"] == "open" else [])

    def press(self, path: str, button: str) -> str | None:
        """Where a button of a page leads; pressed once more, it does nothing more."""
        with self._turn:
            found = self._at(path)
            if found is None:
                return None
            return (
                self._asked(found, button)
                if found["object"] == "payment_intent"
                else self._give(found, button)
            )

    def _at(self, path: str) -> Thing | None:
        kind, _, reference = path.strip("/").partition("/")
        found = self.things.get(reference)
        expected = {"pay": "checkout.session", "bank": "payment_intent"}.get(kind)
        return found if found is not None and found["object"] == expected else None

    def _give(self, session: Thing, button: str) -> str:
        if button == GO_BACK:
            return session["cancel_url"]
        if session["status"] == "open":
            self.complete(session["id"], f"{WAYS[button][1]}-{session['id']}")
        return session["success_url"]

    def _asked(self, intent: Thing, button: str) -> str:
        back = intent["return_url"]
        if intent["status"] == "requires_action":
            self.settle(intent["id"], None if button == CONFIRM else "authentication_required")
        return f"{back}{'&' if '?' in back else '?'}payment_intent={intent['id']}"

    def _session(self, params: Thing) -> Thing:
        session = super()._session(params)
        session["url"] = f"{self.pages_url}/pay/{session['id']}"
        return session

    def _intent(self, params: Thing) -> Thing:
        intent = super()._intent(params)
        if intent["next_action"]:
            intent["next_action"]["redirect_to_url"]["url"] = f"{self.pages_url}/bank/{intent['id']}"
            intent["return_url"] = params["return_url"]
        return intent

    @contextmanager
    def running(self) -> Iterator[HostedStripe]:
        """Serve the API and the pages while the block runs."""
        thread = threading.Thread(target=lambda: self._pages.serve_forever(0.05), daemon=True)
        thread.start()
        try:
            with super().running():
                yield self
        finally:
            self._pages.shutdown()
            self._pages.server_close()


def _page(heading: str, buttons: list[str]) -> str:
    shown = "".join(
        f'<p><button name="button" value="{escape(each)}">{escape(each)}</button></p>' for each in buttons
    )
    return (
        f'<!doctype html><html lang="en"><head><title>{heading}</title><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width"></head>'
        f'<body><h1>{heading}</h1><form method="post">{shown or "<p>You are done here.</p>"}</form></body></html>'
    )


def _handler(stripe: HostedStripe) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = stripe.look(urlsplit(self.path).path)
            self._say(404 if page is None else 200, page or "There is no such page.")

        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers.get("content-length") or 0)).decode())
            onward = stripe.press(urlsplit(self.path).path, sent["button"][0])
            if onward is None:
                self._say(404, "There is no such page.")
            else:
                self._say(303, "", onward)

        def _say(self, status: int, text: str, onward: str = "") -> None:
            body = text.encode()
            self.send_response(status)
            if onward:
                self.send_header("Location", onward)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Handler
