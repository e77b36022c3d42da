"""Deals and quotes for tests, in short words."""

from __future__ import annotations

import itertools
from typing import Any

from kalends.accounts.short_codes import SIGNING, code_for
from kalends.catalog import get_object
from kalends.crm.associations import End, associate
from kalends.crm.record_values import Written
from kalends.crm.records import Who, write_new
from kalends.crm.rules import Draft
from kalends.sales.parent_lines import set_lines
from kalends.sales.quote_accept import Acceptance, Agreement, accept_quote
from kalends.sales.quote_course import publish
from kalends.sales.quote_signing import ask_code, check_code
from kalends.sales.quote_versions import Version, current_version
from kalends.sales.quotes import Quote, edit_quote, find_quote, make_quote
from tests.business.sales.shop import item
from tests.world import World

_serial = itertools.count(1)
MONTHLY = item("Fleet Core", "100", "monthly", tax_rate="25")
ONCE = item("Setup", "50", tax_rate="25")


class Desk:
    """Somebody who sells, and their buyers."""

    def __init__(self, world: World) -> None:
        self.world = world

    def deal(self, *lines: Any, contact: int | None = None, currency: str = "EUR") -> int:
        db, ctx = self.world.db, self.world.ctx
        columns = {"name": f"Fleet {next(_serial)}", "stage": "appointmentscheduled", "currency": currency}
        with db.transaction():
            (deal,) = write_new(db, ctx, get_object("deal"), [Draft(Written(), (), columns)], Who("test"))
            if contact is None:
                contact = self.world.customer()
            if contact:
                associate(db, ctx, End("deal", deal), End("contact", contact))
        if lines:
            set_lines(db, ctx, "deal", deal, currency, lines)
        return deal

    def quote(self, *lines: Any, contact: int | None = None, **changes: Any) -> int:
        return self.quote_of(self.deal(*(lines or (MONTHLY, ONCE)), contact=contact), **changes)

    def quote_of(self, deal: int, **changes: Any) -> int:
        return make_quote(self.world.db, self.world.ctx, deal, changes=changes)

    def published(self, *lines: Any, **changes: Any) -> int:
        quote = self.quote(*lines, **changes)
        publish(self.world.db, self.world.ctx, quote)
        return quote

    def read(self, quote: int) -> Quote:
        return find_quote(self.world.db, self.world.ctx, quote)

    def version(self, quote: int) -> Version:
        found = current_version(self.world.db, self.world.ctx, quote)
        assert found is not None
        return found

    def edit(self, quote: int, **changes: Any) -> bool:
        return edit_quote(self.world.db, self.world.ctx, quote, changes)

    def click(
        self, quote: int, name: str = "Kari Nordmann", *, version: Version | None = None, **more: Any
    ) -> Acceptance:
        agreement = Agreement(name, "I accept this quote.", "192.0.2.7", "Firefox", **more)
        return accept_quote(self.world.db, self.world.ctx, version or self.version(quote), agreement)

    def code(self, quote: int, contact: int) -> tuple[Any, str]:
        """The key and the code of a letter to a signer."""
        db, ctx = self.world.db, self.world.ctx
        key = ask_code(db, ctx, self.version(quote), contact)
        return key, code_for(SIGNING, str(key))

    def sign(self, quote: int, contact: int, **more: Any) -> Acceptance:
        key, code = self.code(quote, contact)
        verified = check_code(self.world.db, self.world.ctx, self.version(quote), key, code)
        return self.click(quote, verified=verified, **more)

    def kinds(self, quote: int) -> list[str]:
        """The kinds of a quote's events, in order."""
        rows = self.world.rows(
            "SELECT kind FROM event WHERE account_id = %s AND object_type = 'quote' AND object_id = %s ORDER BY id",
            self.world.ctx.id,
            quote,
        )
        return [row[0] for row in rows]
