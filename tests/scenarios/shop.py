"""The vocabulary of the stories: a shop, its customers, what they buy, and what a person would see of it.

Days are written as they are said (``"2026-03-01"``), money as it is shown (``"25.00 EUR"``). Nothing here reckons:
what happens goes through the public services, and what is seen is read from the records, letters and documents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from kalends.accounts.change import change_settings
from kalends.accounts.people import add_member, add_user
from kalends.billing.balance import credit_balances
from kalends.billing.create import NewLine, NewSubscription, create_subscriptions
from kalends.billing.run import RunResult, run_due
from kalends.catalog import get_object
from kalends.core.calendar import Frequency
from kalends.core.money import format_minor
from kalends.core.pricing import LineTerms
from kalends.crm.create import NewCompany, create_companies
from kalends.messages.backends.memory import MemoryBackend
from kalends.messages.delivery import deliver
from kalends.messages.letters.render import CannotRender, MessageRow, render, render_block
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.proof.verify import verify
from kalends.query import Context, Filter, compile_ids, fetch
from kalends.query.language import Term
from tests.scenarios.people import Colleague, Letter, Person
from tests.scenarios.records import Bill, Dated, Paid, Subscription
from tests.world import World

__all__ = ["Bill", "Colleague", "Dated", "Letter", "Paid", "Person", "Shop", "Subscription", "item"]

_LETTERS = (
    "SELECT subject, text, id, kind, object_id, occasion, recipient, language, created_at FROM message "
    "WHERE account_id = %s ORDER BY id"
)


def item(name: str, price: str, quantity: str = "1", *, discount: str = "0", tax: str = "0") -> NewLine:
    """A line item: what it is called, its unit price, how many; ``discount`` and ``tax`` in percent."""
    terms = LineTerms(
        Decimal(price), Decimal(quantity), discount_percent=Decimal(discount), tax_rate=Decimal(tax)
    )
    return NewLine(name, terms)


class Shop:
    """A business that bills: its people, its clock, its books."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def today(self) -> str:
        return str(self.world.ctx.today)

    def customer(self, name: str, **more: Any) -> Person:
        """Somebody who buys; ``language`` and ``country`` decide how their letters read."""
        id_ = self.world.customer(name, **more)
        return Person(self, id_, self.world.one("SELECT email FROM contact WHERE id = %s", id_)[0])

    def company(self, name: str) -> int:
        """A company that customers belong to."""
        return create_companies(self.world.db, self.world.ctx, [NewCompany(name)])[0]

    def colleague(self, name: str = "Marit Lie", *, role: str = "admin", language: str = "en") -> Colleague:
        """Somebody who works here."""
        email = f"{name.split(maxsplit=1)[0].lower()}.{self.world.ctx.id}@seller.test"
        id_ = add_user(self.world.db, email=email, name=name, language=language)
        add_member(self.world.db, self.world.ctx.id, id_, role)
        return Colleague(self, id_, email)

    def sells(
        self,
        buyer: Person,
        *items: NewLine,
        by: int | None = None,
        every: Frequency = Frequency.MONTHLY,
        start: str | None = None,
        **more: Any,
    ) -> Subscription:
        """Make a subscription: charged to ``by`` where that is given, else invoiced."""
        lines = list(items) or [item("Hosting", "25")]
        fresh = NewSubscription(
            name=more.pop("name", lines[0].name),
            contact_id=buyer.id,
            frequency=every,
            start=self.world.ctx.today if start is None else dt.date.fromisoformat(start),
            currency=more.pop("currency", "EUR"),
            lines=lines,
            automatic=by is not None,
            payment_method_id=by,
            **more,
        )
        with self.world.db.transaction():
            return Subscription(self, self.does(create_subscriptions, [fresh])[0])

    def until(self, day: str, hour: int = 12) -> RunResult:
        """Let time pass until noon (UTC) of a day; everything due on the way happens."""
        return self.world.until(day, hour)

    def at(self, day: str, hour: int = 12, minute: int = 0) -> None:
        """Set the shop's clock to an instant (UTC), without anything happening on the way: nobody was at work."""
        self.stands_at(dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour, minute), dt.UTC))

    def stands_at(self, instant: dt.datetime) -> None:
        """As ``at``, for an instant."""
        self.world.db.execute("UPDATE account SET clock_at = %s WHERE id = %s", [instant, self.world.ctx.id])
        self.world.reload()

    def runs(self, **how: Any) -> RunResult:
        """A scheduler comes round once, now."""
        return run_due(self.world.db, self.world.ctx, self.world.processors, **how)

    def does(self, service: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Use a public service as staff, now."""
        return service(self.world.db, self.world.ctx, *args, **more)

    def receives(self, invoice: int, minor: int, kind: str = "wire_transfer") -> None:
        """Money came in on an invoice, and staff records it."""
        self.does(record_payments, [ReceivedPayment(invoice, minor, kind, self.world.ctx.now)])

    def decides(self, **settings: Any) -> None:
        """Change settings of the account."""
        self.does(change_settings, settings)
        self.world.reload()

    def letters(self, kind: str | None = None, *, to: str | None = None) -> list[Letter]:
        """The letters that were decided on, in order: as they were delivered, or as they would read."""
        found: list[Letter] = []
        for subject, text, *row in self.world.rows(_LETTERS, self.world.ctx.id):
            message = MessageRow(*row)
            if kind in (None, message.kind) and to in (None, message.recipient):
                words = (subject, text) if text else self._written(message)
                found.append(Letter(message.kind, message.recipient, message.language, *words))
        return found

    def _written(self, message: MessageRow) -> tuple[str, str]:
        written = render(self.world.db, self.world.ctx, message)
        return written.subject, written.text

    def unwritable(self) -> list[str]:
        """The letters that were decided on and cannot be written, and why; read as the worker reads them, in blocks."""
        kinds: dict[str, list[MessageRow]] = {}
        for _, text, *row in self.world.rows(_LETTERS, self.world.ctx.id):
            if not text:
                kinds.setdefault(row[1], []).append(MessageRow(*row))
        written = [render_block(self.world.db, self.world.ctx, kind, rows) for kind, rows in kinds.items()]
        return [str(letter) for block in written for letter in block if isinstance(letter, CannotRender)]

    def posts(self) -> None:
        """The worker comes round and delivers the letters that wait."""
        deliver(self.world.db, self.world.ctx, MemoryBackend(), 1000)

    def credit_of(self, person: Person, currency: str = "EUR") -> str:
        """What somebody has to their credit."""
        return format_minor(self.does(credit_balances, person.id).get(currency, 0), currency)

    def balance(self, ledger_account: str, currency: str = "EUR") -> str:
        """The balance of a ledger account, on its debit side."""
        return format_minor(self.world.balance(ledger_account, currency), currency)

    def finds(self, object_name: str, *terms: Term) -> list[int]:
        """The records that meet all the conditions, as a view, a search or the command line finds them."""
        ctx = self.world.ctx
        context = Context(ctx.id, ctx.today, ctx.now, ctx.time_zone)
        statement = compile_ids(get_object(object_name), Filter((terms,)), context)
        return [row["id"] for row in fetch(self.world.db.cursor(), statement)]

    def charges_asked(self) -> int:
        """How many charges the processor was asked for and knows."""
        return self.world.one("SELECT count(*) FROM sandbox_charge WHERE account_id = %s", self.world.ctx.id)[
            0
        ]

    def differences(self) -> Sequence[str]:
        """What an independent proof of the books, the processor's statement beside them, finds wrong."""
        found = verify(self.world.db, self.world.ctx, processors=self.world.processors)
        return [str(each) for each in found.differences]
