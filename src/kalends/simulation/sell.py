"""What is sold on pages: at a payment link, and by a quote that a customer agrees to, or pays at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from kalends.catalog import get_object
from kalends.crm.associations import End, associate
from kalends.crm.record_values import Written
from kalends.crm.records import Who, write_new
from kalends.crm.rules import Draft
from kalends.sales.buyers import Buyer
from kalends.sales.charges import Consent, begin, come_back
from kalends.sales.checkouts import Checkout, checkout_of, offer_of, open_checkout, tell_buyer
from kalends.sales.link_lines import LinkLine
from kalends.sales.links import NewLink, create_link
from kalends.sales.parent_lines import set_lines
from kalends.sales.quote_accept import Agreement as QuoteAgreement
from kalends.sales.quote_accept import accept_quote
from kalends.sales.quote_convert import convert_quote
from kalends.sales.quote_course import publish
from kalends.sales.quote_versions import current_version
from kalends.sales.quotes import make_quote
from kalends.sales.trouble import Closed
from kalends.simulation.acts import REFUSALS, Act, perform
from kalends.simulation.crashes import Fate, Killed, Mortal
from kalends.simulation.diary import Agreement, Item
from kalends.simulation.office import Office
from kalends.simulation.people import new_person, new_token
from kalends.simulation.rounds import BrokeOff

_BACK = "https://shop.test/back"
_CONSENT = Consent("I agree to the payments to come.", "192.0.2.7", "Firefox")
_KILLED_AT_MOST = 60


class Purchase(NamedTuple):
    """Somebody who pays on a page: the day on which they came back, what it will cost, and of which quote it is."""

    checkout: int
    day: date
    items: tuple[Item, ...]
    quote: int | None = None


def _line(name: str, item: Item, frequency: str | None) -> LinkLine:
    return LinkLine(
        values={
            "name": name,
            "frequency": frequency,
            "unit_price": Decimal(item.cents) / 100,
            "quantity": Decimal(item.quantity),
            "tax_rate": Decimal(item.tax_percent),
        }
    )


def some_link(office: Office) -> tuple[int, Item]:
    """One of the account's payment links; the first buyers find a new one."""
    dice = office.dice
    if len(office.links) < 3:
        item = Item(dice.randint(500, 9_000), dice.randint(1, 3), 25)
        lines = [_line("Plan", item, "monthly")]
        if dice.random() < 0.5:
            lines.append(_line("Setting up", Item(4_900, 1, 25), None))

        def do(db: Mortal, key: str) -> int:
            return create_link(db, office.ctx, NewLink("Plan", office.ctx.currency, lines), request_key=key)

        act = Act("make a payment link", do, lambda id_: office.links.update({id_: item}), keyed=True)
        perform(office, act)
    return dice.choice(list(office.links.items()))


def buy_at_link(office: Office) -> None:
    """A stranger fills in the form, gives a card on the processor's page and comes back: once, twice, or again."""
    link, item = some_link(office)
    _buy(office, "payment_link", link, item, windows=1)


def _buy(office: Office, source: str, id_: int, item: Item, *, windows: int) -> None:
    """Somebody fills in the form in so many windows, and then pays in each."""
    office.serial += 1
    buyer = Buyer(
        f"buyer.{office.serial}@customers.test", first_name="Kari", last_name=f"No. {office.serial}"
    )
    filled = [
        _live(office, "fill in a checkout", lambda db: _fill_in(office, db, source, id_, buyer))
        for _ in range(windows)
    ]
    for checkout in filled:
        if checkout is not None:
            _pay(office, checkout, item)


def _pay(office: Office, filled: Checkout, item: Item) -> None:
    assert filled.setup_reference is not None
    office.bank.give(filled.setup_reference, new_token(office, "card"), "card")
    quote = filled.source_id if filled.source == "quote" else None
    office.purchases.append(Purchase(filled.id, office.ctx.today, (item,), quote))
    for _ in range(2 if office.dice.random() < 0.3 else 1):
        _live(
            office,
            "come back to a checkout",
            lambda db: come_back(
                db, office.ctx, office.processors, checkout_of(db, office.ctx, filled.id), return_url=_BACK
            ),
        )
    office.tally["checkouts"] += 1


def _fill_in(office: Office, db: Mortal, source: str, id_: int, buyer: Buyer) -> Checkout:
    checkout = open_checkout(db, office.ctx, source, id_, language="en")
    checkout = tell_buyer(db, office.ctx, checkout, buyer)
    begin(
        db,
        office.ctx,
        office.processors,
        checkout,
        processor=office.bank.name,
        digest=offer_of(db, office.ctx, checkout).offer.digest,
        consent=_CONSENT,
        return_url=_BACK,
        cancel_url="https://shop.test/left",
    )
    return checkout_of(db, office.ctx, checkout.id)


def _live(office: Office, name: str, do: Any) -> Any:
    """Do it; again when the process died. None when it was refused, or nobody answered."""
    came: list[Any] = []
    dies_at = (
        office.fate.randint(1, _KILLED_AT_MOST) if office.fate.random() < 0.12 * office.wildness else None
    )
    while True:
        end = office.processes.live(lambda db: came.append(do(db)), Fate(dies_at))
        dies_at = None
        if isinstance(end, Killed):
            office.tally["people whose process was killed"] += 1
            continue
        if isinstance(end, (*REFUSALS, Closed)):
            office.tally[f"{name}: refused"] += 1
            return None
        if end is not None:
            raise BrokeOff(f"Somebody wanted to {name}, and got {type(end).__name__}: {end}") from end
        return came[-1]


def learn_of_purchases(office: Office) -> None:
    """Enter into the diary what has come of checkouts since."""
    for purchase in list(office.purchases):
        ((status, made, contact),) = office.rows(
            "SELECT status, made, contact_id FROM checkout WHERE account_id = %s AND id = %s",
            purchase.checkout,
        )
        if status == "paying":
            continue
        office.purchases.remove(purchase)
        if status != "done":
            continue
        _count_quote(office, purchase)
        for id_ in made["subscriptions"]:
            agreement = Agreement(id_, contact, "monthly", purchase.day, purchase.items, automatic=True)
            agreement.write_until(office.ctx.today)
            office.diary.agreements[id_] = agreement
        office.tally["checkouts paid"] += 1


def _count_quote(office: Office, purchase: Purchase) -> None:
    """A quote is paid once, in however many windows it was open."""
    if purchase.quote is None:
        return
    office.tally["quotes paid on their page"] += 1
    if purchase.quote in office.paid_quotes:
        office.accusations.append(f"quote {purchase.quote} was paid twice on its page")
    office.paid_quotes.add(purchase.quote)


def _publish(office: Office, contact: int, item: Item, changes: dict[str, Any]) -> int | None:
    """A deal, and a quote of it that its customer can read."""
    came: list[int] = []

    def offer(db: Mortal, key: str) -> int:  # noqa: ARG001
        name = f"Deal {office.serial}"
        columns = {"name": name, "stage": "appointmentscheduled", "currency": office.ctx.currency}
        draft = Draft(Written(), (), columns)
        (deal,) = write_new(db, office.ctx, get_object("deal"), [draft], Who("system"))
        associate(db, office.ctx, End("deal", deal), End("contact", contact))
        set_lines(db, office.ctx, "deal", deal, office.ctx.currency, [_line("Plan", item, "monthly")])
        quote = make_quote(db, office.ctx, deal, changes={"language": "en", **changes})
        publish(db, office.ctx, quote)
        return quote

    perform(office, Act("publish a quote", offer, came.append))
    return came[0] if came else None


def _accept(office: Office, quote: int) -> bool:
    def agree(db: Mortal, key: str) -> None:  # noqa: ARG001
        version = current_version(db, office.ctx, quote)
        assert version is not None
        accept_quote(db, office.ctx, version, QuoteAgreement("Kari", "I accept.", "192.0.2.7", "Firefox"))

    return perform(office, Act("accept a quote", agree))


def sell_by_quote(office: Office) -> None:
    """A deal, a quote of it, a customer who agrees, and a subscription that is invoiced."""
    contact, today = new_person(office), office.ctx.today
    item = Item(office.dice.randint(2_000, 30_000), 1, 25)
    quote = _publish(office, contact, item, {})
    if quote is None:
        return

    def convert(db: Mortal, key: str) -> list[int]:  # noqa: ARG001
        return list(convert_quote(db, office.ctx, quote).subscriptions)

    def remember(ids: list[int]) -> None:
        for id_ in ids:
            agreement = Agreement(id_, contact, "monthly", today, (item,), automatic=False)
            office.diary.agreements[id_] = agreement

    if _accept(office, quote):
        perform(office, Act("convert a quote", convert, remember))


def sell_on_the_quotes_page(office: Office) -> None:
    """A quote that is paid on its page, agreed to before or by paying; some have it open in two windows."""
    dice = office.dice
    item = Item(dice.randint(2_000, 30_000), 1, 25)
    by_click = dice.random() < 0.5
    changes = {"payment_enabled": True} | ({} if by_click else {"acceptance_method": None})
    quote = _publish(office, new_person(office), item, changes)
    if quote is not None and (not by_click or _accept(office, quote)):
        _buy(office, "quote", quote, item, windows=dice.choice([1, 1, 2]))
