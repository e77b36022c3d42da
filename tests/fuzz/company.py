"""A company with one of everything, and somebody at each of its doors: staff, a buyer with links, a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kalends.accounts import signed_links
from kalends.accounts.context import AccountSettings
from kalends.accounts.create import create_account
from kalends.accounts.models import User
from kalends.accounts.tokens import create_token
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database, translations
from kalends.segments.services import create_segment
from tests.business.sales.quoting import Desk
from tests.business.sales.shop import Shop, item
from tests.conftest import FIRST_MOMENT
from tests.staff.stage import give_place, new_user
from tests.workflows.conftest import Flows, match
from tests.world import World

UNLIMITED = AccountSettings(
    partial_payments=True, portal_cancel=True, portal_pause=True, api_requests_per_ten_seconds=0,
    api_app_requests_per_ten_seconds=0, api_searches_per_second=0, api_requests_per_day=0,
)  # fmt: skip
_SOURCE = Path(__file__).parents[2] / "src" / "kalends"


@dataclass(slots=True)
class Company:
    """The account's world, who is signed in, and what there is: ``ids`` by the word that addresses have for it."""

    world: World
    user: User
    token: str
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    links: list[str] = field(default_factory=list[str])

    @property
    def staff(self) -> Client:
        """A browser in which the owner has signed in."""
        client = Client()
        client.force_login(self.user)
        return client


@contextmanager
def open_company() -> Iterator[Company]:
    """Make the company; two months have passed in it."""
    translations.compile_translations()
    with database.connect(autocommit=True) as db:
        ctx = create_account(
            db, name="Spoiled AS", time_zone="Europe/Oslo", currency="EUR", currencies=("NOK", "JPY"), country="NO",
            now=FIRST_MOMENT, clock_at=FIRST_MOMENT, settings=UNLIMITED,
        )  # fmt: skip
        processors = AccountProcessors(database.connect, ctx.id)
        world = World(db, ctx, processors)
        user = new_user("Spoiled Owner")
        give_place(db, user, ctx.id)
        token = create_token(db, ctx.id, name="Fuzz", scopes=("all",), now=FIRST_MOMENT).token
        made = Company(world, user, token)
        _fill(made)
        try:
            yield made
        finally:
            processors.close()


def _fill(company: Company) -> None:
    world = company.world
    db, ctx = world.db, world.ctx
    kari, ola = world.customer("Kari Nordmann"), world.customer("Ola Nordmann")
    by_card = world.subscribe(kari, "99.50", method=world.method(kari), tax="25")
    by_invoice = world.subscribe(ola, "120", net_terms_days=30)
    failing = world.subscribe(ola, "20", method=world.method(ola, "insufficient_funds"))
    world.until("2026-02-02")
    ctx = world.ctx
    shop, desk = Shop(world), Desk(world)
    link = shop.link(item("Fleet Core", "40", "monthly"), item("Setup", "15"))
    code = shop.code("SPRING", "10")
    quote, draft = desk.published(), desk.quote()
    segment = create_segment(
        db, ctx, name="Nordmann", object="contact", kind="active",
        filter={"groups": [[{"property": "lastname", "operator": "is_any_of", "values": ["Nordmann"]}]]},
        made_by=company.user.id,
    )  # fmt: skip
    flows = Flows(world)
    workflow = flows.made(
        "Tell the team", {"do": "notify", "text": "New", "to": {"users": [company.user.id]}},
        {"do": "wait", "amount": 2, "unit": "days"},
        triggers=[{"on": "match", "filter": match("hs_status", "active")}],
    )  # fmt: skip

    def numbers(table: str) -> list[str]:
        rows = world.rows(f"SELECT id FROM {table} WHERE account_id = %s ORDER BY id", ctx.id)
        return [str(row[0]) for row in rows]

    company.ids = {
        "subscriptions": list(map(str, (by_card, by_invoice, failing))),
        "invoices": numbers("invoice"), "payments": numbers("payment"), "contacts": [str(kari), str(ola)],
        "companies": numbers("company"), "deals": numbers("deal"), "quotes": [str(quote), str(draft)],
        "payment-links": [str(link)], "products": numbers("product"), "codes": [str(code)], "segments": [str(segment)],
        "workflows": [str(workflow)], "users": [str(company.user.id)],
    }  # fmt: skip
    invoice = world.rows(
        "SELECT id FROM invoice WHERE account_id = %s AND status = 'open' ORDER BY id", ctx.id
    )[0][0]
    keys: dict[str, UUID] = {
        table: world.rows(f"SELECT public_key FROM {table} WHERE account_id = %s ORDER BY id", ctx.id)[0][0]
        for table in ("payment_link", "quote_version")
    }
    email = world.one("SELECT email FROM contact WHERE id = %s", ola)[0]
    now = ctx.now
    told: dict[str, Any] = {"contact_id": ola, "email": email}
    company.links = [
        f"/invoice/{signed_links.token('invoice', ctx.id, invoice, now, **told)}",
        f"/method/{signed_links.token('method', ctx.id, by_invoice, now, **told)}",
        f"/portal/{signed_links.token('portal', ctx.id, ola, now, **told)}",
        f"/portal/{ctx.id}", f"/portal/{ctx.id}/sign-in", f"/portal/{ctx.id}/details",
        f"/buy/{ctx.id}/{keys['payment_link']}", f"/quote/{ctx.id}/{keys['quote_version']}",
    ]  # fmt: skip


def patterns() -> list[str]:
    """Every address of the product, with its places: ``<int:account_id>/subscriptions/<int:id>``."""

    def walk(node: URLResolver, before: str) -> Iterator[str]:
        for each in node.url_patterns:
            if isinstance(each, URLResolver):
                yield from walk(each, before + str(each.pattern))
            elif isinstance(each, URLPattern):
                yield before + str(each.pattern)

    return sorted(set(walk(get_resolver(), "")))


def vocabulary() -> list[str]:
    """The words that pages read from addresses and forms, as the source has them."""
    asked = re.compile(r"""\.(?:get|getlist)\(\s*f?"([a-z_][a-z_0-9-]{0,30})["{]""")
    found: set[str] = set()
    for face in ("staff", "buyer"):
        for path in (_SOURCE / face).rglob("*.py"):
            found |= set(asked.findall(path.read_text("utf-8")))
    return sorted(found)


@dataclass(slots=True)
class SentForm:
    """A form of a page as a browser would send it: where to, how, and its fields with what stands in them."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    buttons: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[SentForm] = []
        self._select = self._area = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = told.get("hx-post") or told.get("hx-get") or told.get("action", "")
            method = "post" if "hx-post" in told else told.get("method", "get").lower()
            self.forms.append(SentForm(action, method))
        if not self.forms:
            return
        form, name = self.forms[-1], told.get("name", "")
        if tag == "input" and name:
            kind = told.get("type", "text")
            value = told.get("value", "on" if kind in ("checkbox", "radio") else "")
            form.fields.append((name, value))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.fields.append((self._select, told.get("value", "")))
        elif tag == "textarea":
            self._area, self._text = name, []
        elif tag == "button" and name:
            form.buttons.append((name, told.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            self.forms[-1].fields.append((self._area, "".join(self._text)))
            self._area = ""


def forms_of(content: bytes) -> list[SentForm]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(content.decode("utf-8", "replace"))
    return [each for each in parser.forms if each.fields or each.buttons]
