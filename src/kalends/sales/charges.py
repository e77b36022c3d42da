"""Paying a checkout: the buyer gives a way to pay on a page of the processor's, comes back, and is charged once.

Intention, call, outcome, as for any charge: the intention (what was agreed, and that a charge of it is ``sent``) is
committed before the processor is called, and the outcome is written in the transaction that makes the records. One
charge of a checkout may be other than failed, and the database sees to that: of two clicks, a reload and a report that
comes late, one is the payment.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, cast, get_args

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.billing.hold import find_hold
from kalends.core.checkout import is_chargeable
from kalends.payments.collect import Processors
from kalends.payments.methods import is_accepted, refuse_others_token
from kalends.payments.processors.interface import (
    GivenMethod,
    MethodKind,
    ProcessorUnavailable,
    SetupRequest,
)
from kalends.payments.sender import named_sender
from kalends.sales import agreed as agreements
from kalends.sales.buyers import troubles_of
from kalends.sales.checkouts import (
    DONE,
    OPEN,
    PAYING,
    Checkout,
    checkout_of,
    lock_checkout,
    terms_of,
)
from kalends.sales.codes import code_trouble, lock_code
from kalends.sales.offers import Shown, show, source
from kalends.sales.people import contact_of_email
from kalends.sales.sending import Charge, any_lost, look, send, settle_lost
from kalends.sales.settle import settle_without_charge
from kalends.sales.trouble import Closed, NotOpen, Refused, Trouble

__all__ = [
    "Consent",
    "NoProcessor",
    "OfferChanged",
    "any_lost",
    "begin",
    "come_back",
    "look",
    "settle_lost",
]

Db = Connection[Any]


class OfferChanged(Exception):
    """What the buyer was shown is not what would be charged now: show it, and ask again. Nothing was charged."""

    def __init__(self, shown: Shown) -> None:
        super().__init__("The offer has changed since it was shown.")
        self.shown = shown


class NoProcessor(Exception):
    """The account has no processor that may charge: the sandbox processor's test means are for sandboxes only."""


@dataclass(frozen=True, slots=True)
class Consent:
    """That a buyer agreed to payments to come: to which text, from which address, with which browser."""

    text: str
    address: str
    agent: str


def begin(
    db: Db,
    ctx: AccountContext,
    processors: Processors,
    checkout: Checkout,
    *,
    processor: str,
    digest: str,
    consent: Consent | None,
    return_url: str,
    cancel_url: str,
) -> str:
    """The address to send the buyer to, who agrees to the offer of this ``digest``. ``db`` is in no transaction.

    It is the processor's page, or ``return_url`` where nothing need be given (any more). Raises ``OfferChanged``,
    ``Refused`` (choices, code, buyer, consent), ``Closed``, ``NotOpen``, ``NoProcessor``, ``ProcessorUnavailable``.
    """
    checkout = checkout_of(db, ctx, checkout.id)
    if checkout.status != OPEN:
        raise NotOpen(checkout.status)
    _refuse_processor(ctx, processor)
    _refuse_while_held(db, ctx)
    shown = _agreed_now(db, ctx, checkout, digest)
    offer = shown.offer
    if offer.recurs and (consent is None or not consent.text.strip()):
        text = "The payments to come need the buyer's consent; ask for it, and keep the words."
        raise Refused([Trouble("consent", "missing", "", text)])
    reference, address = None, return_url
    if offer.due_minor or offer.subscribes:
        reference, address = _page(db, ctx, processors, checkout, processor, return_url, cancel_url)
    kept = None if consent is None else {**asdict(consent), "at": ctx.now.isoformat(), "offer": digest}
    changed = db.execute(
        "UPDATE checkout SET offer = %s, due_minor = %s, consent = %s, processor = %s, setup_reference = %s, "
        "updated_at = %s WHERE account_id = %s AND id = %s AND status = 'open'",
        [digest, offer.due_minor, Jsonb(kept), processor, reference, ctx.now, ctx.id, checkout.id],
    ).rowcount
    if not changed:
        raise NotOpen(checkout_of(db, ctx, checkout.id).status)
    return address


def come_back(
    db: Db, ctx: AccountContext, processors: Processors, checkout: Checkout, *, return_url: str
) -> Checkout:
    """Charge a buyer who has come back from the processor's page; safe to repeat, and for two at once.

    ``db`` is in no transaction. An ``open`` checkout comes back where nothing was given, or (``declined``) the charge
    failed. Raises ``OfferChanged``, ``Refused``, ``Closed``, ``NoProcessor`` and ``ProcessorUnavailable`` (so too for
    a token that is another customer's); nothing was charged then.
    """
    checkout = checkout_of(db, ctx, checkout.id)
    if checkout.status == PAYING:
        return look(db, ctx, processors, checkout)
    if checkout.status == DONE or checkout.offer is None:
        return checkout
    if checkout.setup_reference is None:
        return _without_method(db, ctx, checkout)
    assert checkout.processor is not None
    _refuse_processor(ctx, checkout.processor)
    setup = processors(checkout.processor).read_setup(checkout.setup_reference, ctx.now)
    if setup.status != "complete" or setup.method is None:
        return checkout
    accepted = terms_of(db, ctx, checkout).allowed_payment_methods
    if not is_accepted(setup.method.method_kind, accepted):
        text = f"Only {', '.join(accepted or ())} is accepted here; give another way to pay."
        raise Refused([Trouble("method", "invalid", setup.method.method_kind, text)])
    _refuse_others(db, ctx, checkout, setup.method)
    with named_sender(db) as sender:
        charge = _intend(db, ctx, checkout, setup.method, sender)
        if charge is not None:
            send(db, ctx, processors, charge, return_url)
    return checkout_of(db, ctx, checkout.id)


def _refuse_processor(ctx: AccountContext, name: str) -> None:
    if name == "sandbox" and not ctx.is_sandbox:
        raise NoProcessor("Test means of payment are for sandbox accounts; connect a processor first.")


def _refuse_others(db: Db, ctx: AccountContext, checkout: Checkout, method: GivenMethod) -> None:
    """Before anything is charged: a token that is another customer's is not this buyer's to pay with."""
    assert checkout.processor is not None
    row = db.execute(
        "SELECT id, contact_id FROM payment_method WHERE account_id = %s AND processor = %s AND token = %s",
        [ctx.id, checkout.processor, method.token],
    ).fetchone()
    if row is not None:
        payer_id = contact_of_email(db, ctx, checkout.buyer.email)
        refuse_others_token(checkout.processor, row[0], row[1], payer_id)


def _refuse_while_held(db: Db, ctx: AccountContext) -> None:
    if find_hold(db, ctx.id) is not None:
        raise ProcessorUnavailable("Nothing is charged at present: the account's billing is held.")


def _agreed_now(db: Db, ctx: AccountContext, checkout: Checkout, digest: str | None) -> Shown:
    """The offer as it stands, which is the one that was shown, to a buyer who has said everything."""
    terms = terms_of(db, ctx, checkout)
    if terms.closed is not None:
        raise Closed(terms.closed)
    shown = show(db, ctx, terms, checkout.choices, checkout.discount_code_id)
    troubles = [*shown.troubles, *troubles_of(checkout.buyer, terms)]
    if shown.code is not None and not is_chargeable(shown.offer):
        troubles.append(code_trouble(shown.code.code, "too_much"))
    if troubles:
        raise Refused(troubles)
    if shown.offer.digest != digest:
        raise OfferChanged(shown)
    return shown


def _page(
    db: Db,
    ctx: AccountContext,
    processors: Processors,
    checkout: Checkout,
    name: str,
    return_url: str,
    cancel_url: str,
) -> tuple[str, str]:
    """Reference and address of the processor's page; ``return_url`` where a way to pay was given there already."""
    processor = processors(name)
    number = checkout.setup_number
    accepted = terms_of(db, ctx, checkout).allowed_payment_methods
    if checkout.setup_reference is not None and checkout.processor == name:
        setup = processor.read_setup(checkout.setup_reference, ctx.now)
        given = None if setup.method is None else setup.method.method_kind
        if setup.status == "complete" and given is not None and is_accepted(given, accepted):
            return checkout.setup_reference, return_url
        if setup.status != "open":
            number = _next_page(db, ctx, checkout)
    kinds = tuple(kind for kind in get_args(MethodKind) if is_accepted(kind, accepted)) or ("card",)
    buyer, language = checkout.buyer, checkout.language or ctx.language
    asked = (kinds, checkout.currency, buyer.name, buyer.email, return_url, cancel_url, language)
    mark = blake2b(repr(asked).encode(), digest_size=6).hexdigest()
    page = processor.open_setup(
        SetupRequest(
            idempotency_key=f"kalends-setup-{ctx.known_as}-{checkout.id}-{number}-{mark}",
            kinds=cast("tuple[MethodKind, ...]", kinds),
            currency=checkout.currency,
            customer_name=buyer.name or None,
            customer_email=buyer.email,
            return_url=return_url,
            cancel_url=cancel_url,
            language=language,
            metadata={"account_id": ctx.id, "checkout_id": checkout.id},
            at=ctx.now,
        )
    )
    return page.reference, page.url


def _next_page(db: Db, ctx: AccountContext, checkout: Checkout) -> int:
    row = db.execute(
        "UPDATE checkout SET setup_number = setup_number + 1 WHERE account_id = %s AND id = %s AND setup_number = %s "
        "RETURNING setup_number",
        [ctx.id, checkout.id, checkout.setup_number],
    ).fetchone()
    return checkout.setup_number + 1 if row is None else row[0]


def _locked(db: Db, ctx: AccountContext, checkout: Checkout) -> tuple[Checkout, Shown] | None:
    """The checkout and its offer, with what it may use up locked; None where it is not the one that came back."""
    _refuse_while_held(db, ctx)
    source(checkout.source).lock(db, ctx, checkout.source_id, checkout.id)
    if checkout.discount_code_id is not None:
        lock_code(db, ctx, checkout.discount_code_id)
    now = lock_checkout(db, ctx, checkout.id)
    if now.status != OPEN or now.offer is None:
        return None
    if (now.processor, now.setup_reference) != (checkout.processor, checkout.setup_reference):
        return None  # begun anew in another window meanwhile: what is given there counts
    shown = _agreed_now(db, ctx, now, now.offer)
    if now.discount_code_id != checkout.discount_code_id:
        raise OfferChanged(shown)  # another code of the same worth, of which no use was locked
    return now, shown


def _keep_agreed(db: Db, ctx: AccountContext, checkout: Checkout, shown: Shown) -> None:
    agreed = agreements.agree_on(terms_of(db, ctx, checkout), shown.offer, shown.code)
    db.execute(
        "UPDATE checkout SET status = 'paying', agreed = %s, due_minor = %s, declined = NULL, updated_at = %s "
        "WHERE account_id = %s AND id = %s",
        [Jsonb(agreements.stored(agreed)), shown.offer.due_minor, ctx.now, ctx.id, checkout.id],
    )


def _without_method(db: Db, ctx: AccountContext, checkout: Checkout) -> Checkout:
    """Settle an order that costs nothing, now or later."""
    with db.transaction():
        found = _locked(db, ctx, checkout)
        if found is not None and not found[1].offer.due_minor and not found[1].offer.subscribes:
            _keep_agreed(db, ctx, *found)
            settle_without_charge(db, ctx, checkout.id, None)
    return checkout_of(db, ctx, checkout.id)


def _intend(
    db: Db, ctx: AccountContext, checkout: Checkout, method: GivenMethod, sender: int
) -> Charge | None:
    """Decide on the charge, and commit that; settle at once where nothing is due today. None: nothing to send."""
    with db.transaction():
        found = _locked(db, ctx, checkout)
        if found is None:
            return None
        now, shown = found
        _keep_agreed(db, ctx, now, shown)
        if not shown.offer.due_minor:
            settle_without_charge(db, ctx, now.id, method)
            return None
        row = db.execute(
            load("kalends.sales", "intend_charge"),
            {
                "account_id": ctx.id,
                "checkout_id": now.id,
                "amount": shown.offer.due_minor,
                "currency": shown.offer.currency,
                "processor": now.processor,
                "token": method.token,
                "kind": method.method_kind,
                "method": Jsonb({**method._asdict(), "expires_on": _day(method)}),
                "now": ctx.now,
                "sender": sender,
            },
        ).fetchone()
    assert row is not None
    return Charge(*row)


def _day(method: GivenMethod) -> str | None:
    return None if method.expires_on is None else method.expires_on.isoformat()
