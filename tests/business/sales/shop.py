"""A shop for tests: payment links, buyers who walk through a checkout, and the books afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import psycopg

from kalends.accounts.context import AccountContext
from kalends.core.choices import Choice
from kalends.payments.collect import Processors
from kalends.payments.processors.sandbox.cards import new_token
from kalends.proof.verify import verify
from kalends.sales.buyers import Buyer
from kalends.sales.charges import Consent, begin, come_back
from kalends.sales.checkouts import (
    Checkout,
    checkout_of,
    choose,
    offer_of,
    open_checkout,
    take_code,
    tell_buyer,
)
from kalends.sales.codes import NewCode, create_code
from kalends.sales.link_lines import LinkLine
from kalends.sales.links import NewLink, create_link
from tests.world import World

RETURN_URL = "https://pay.test/checkout/back"
CONSENT = Consent("I agree to the payments to come.", "192.0.2.7", "Firefox")

_serial = itertools.count(1)
Db = psycopg.Connection[tuple[Any, ...]]


def item(name: str, price: str, frequency: str | None = None, **values: Any) -> LinkLine:
    """A line written out; numbers may be given as text."""
    numbers = {"unit_price": Decimal(price), "quantity": Decimal(str(values.pop("quantity", 1)))}
    for each in ("tax_rate", "discount_percent", "discount_per_unit", "buyer_price_min"):
        if each in values:
            numbers[each] = Decimal(values.pop(each))
    return LinkLine(values={"name": name, "frequency": frequency, **numbers, **values})


class Shop:
    """Payment links of an account, and short words for what buyers do."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def db(self) -> Db:
        return self.world.db

    @property
    def ctx(self) -> AccountContext:
        return self.world.ctx

    def link(self, *lines: LinkLine, currency: str = "EUR", **more: Any) -> int:
        """A payment link; returns its number."""
        wanted = NewLink(more.pop("name", "Fleet Core"), currency, lines, **more)
        return create_link(self.db, self.ctx, wanted)

    def code(self, word: str = "SPRING", percent: str | None = None, **more: Any) -> int:
        """A discount code; returns its number."""
        kind = "percent" if percent else "fixed"
        value = None if percent is None else Decimal(percent)
        return create_code(self.db, self.ctx, NewCode(word, kind, value, **more))

    def visit(
        self,
        link: int,
        *,
        email: str | None = None,
        choices: Mapping[int, Choice] | None = None,
        code: str | None = None,
        db: Db | None = None,
        **buyer: Any,
    ) -> Checkout:
        """A checkout that is filled in as far as the button."""
        db = db or self.db
        checkout = open_checkout(db, self.ctx, "payment_link", link, language="en")
        if choices:
            checkout = choose(db, self.ctx, checkout, choices)
        if code:
            checkout = take_code(db, self.ctx, checkout, code)
        email = email or f"buyer.{next(_serial)}@customers.test"
        names = {"first_name": "Kari", "last_name": "Nordmann", **buyer}
        return tell_buyer(db, self.ctx, checkout, Buyer(email, **names))

    def press(self, checkout: Checkout, *, db: Db | None = None, processors: Processors | None = None) -> str:
        """The button: the buyer agrees to what is shown; returns where they are sent."""
        db = db or self.db
        return begin(
            db,
            self.ctx,
            processors or self.world.processors,
            checkout,
            processor="sandbox",
            digest=offer_of(db, self.ctx, checkout).offer.digest,
            consent=CONSENT,
            return_url=RETURN_URL,
            cancel_url="https://pay.test/checkout/canceled",
        )

    def give(self, checkout: Checkout, outcome: str = "approved", *numbers: int, kind: str = "card") -> str:
        """The buyer gives a card or an account on the processor's page; returns its token."""
        reference = checkout_of(self.db, self.ctx, checkout.id).setup_reference
        token = new_token(kind, outcome, *numbers, label=f"{checkout.id}x{next(_serial)}")
        changed = self.db.execute(
            "UPDATE sandbox_setup SET token = %s, method_kind = %s, last4 = '4242', brand = 'Visa', given_at = %s "
            "WHERE reference = %s AND token IS NULL",
            [token, kind, self.ctx.now, reference],
        ).rowcount
        assert changed == 1
        return token

    def back(
        self, checkout: Checkout, *, db: Db | None = None, processors: Processors | None = None
    ) -> Checkout:
        """The buyer comes back from the processor's page."""
        return come_back(
            db or self.db, self.ctx, processors or self.world.processors, checkout, return_url=RETURN_URL
        )

    def ready(
        self, link: int, outcome: str = "approved", *numbers: int, kind: str = "card", **more: Any
    ) -> Checkout:
        """A checkout whose buyer has given a way to pay and is about to come back."""
        checkout = self.visit(link, **more)
        self.press(checkout)
        self.give(checkout, outcome, *numbers, kind=kind)
        return checkout

    def buy(
        self, link: int, outcome: str = "approved", *numbers: int, kind: str = "card", **more: Any
    ) -> Checkout:
        """The whole way."""
        return self.back(self.ready(link, outcome, *numbers, kind=kind, **more))

    def lines(self, link: int) -> list[int]:
        """The numbers of a link's line items, in their order."""
        rows = self.world.rows(
            "SELECT id FROM line_item WHERE parent_type = 'payment_link' AND parent_id = %s AND archived_at IS NULL "
            "ORDER BY position",
            link,
        )
        return [row[0] for row in rows]

    def charges(self) -> list[tuple[int, str]]:
        """Amount and status of every charge in the processor's own book, in order."""
        return self.world.rows(
            "SELECT amount_minor, status FROM sandbox_charge WHERE account_id = %s "
            "ORDER BY created_at, idempotency_key",
            self.ctx.id,
        )

    def assert_clean(self) -> None:
        """The books agree with everything, the processor's statement included."""
        report = verify(self.db, self.ctx, processors=self.world.processors)
        assert not report.differences, "\n".join(map(str, report.differences))

    def count(self, table: str, where: str = "true") -> int:
        """How many rows a table has."""
        return self.world.one(f"SELECT count(*) FROM {table} WHERE account_id = %s AND {where}", self.ctx.id)[
            0
        ]
