"""What people do about prices and money: edits, other cards, checks, refunds, retries, credit notes, payments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from kalends.billing.credit import CreditedLine, issue_credit_note
from kalends.billing.edit import apply_edit, preview_edit
from kalends.billing.edit_plan import Edit, LineEdit
from kalends.billing.void import void_invoice
from kalends.payments.again import pay_by_new_method, retry_by_hand
from kalends.payments.pay_now import pay_now
from kalends.payments.pay_now import send as send_payment
from kalends.payments.record import ReceivedPayment, record_payments
from kalends.payments.refund import request_refund
from kalends.simulation.acts import Act, perform
from kalends.simulation.crashes import Mortal
from kalends.simulation.diary import Agreement, Item
from kalends.simulation.office import Office
from kalends.simulation.people import (
    change,
    lines_of,
    new_token,
    some_agreement,
    some_items,
    some_kind,
    store_method,
)

_LINES = (
    "SELECT id FROM line_item WHERE account_id = %s AND parent_type = 'subscription' AND parent_id = %s "
    "AND until_cycle IS NULL ORDER BY position, id"
)
_OPEN_INVOICES = (
    "SELECT id, total_minor - paid_minor - credited_minor, contact_id FROM invoice "
    "WHERE account_id = %s AND status = 'open' ORDER BY id"
)


class _Change(NamedTuple):
    """What is to be agreed, and by which changes of the lines, of which it is given the ids in their order."""

    items: tuple[Item, ...]
    edits: Callable[[list[int]], list[LineEdit]]


def _some_change(office: Office, before: tuple[Item, ...], *, prorate: bool) -> _Change:
    """Something is added, replaced or removed; or only what was agreed for later is to count at once."""
    items, dice = some_items(office), office.dice
    fresh = [LineEdit(line=line) for line in lines_of(items)]
    way = dice.choice(["add", "add", "all", "all", "one", "one", "remove", *(["now"] if prorate else [])])
    place = dice.randrange(len(before))
    if way == "add" and len(before) < 4:
        return _Change((*before, *items), lambda old: fresh)
    if way == "remove" and len(before) > 1:
        return _Change((*before[:place], *before[place + 1 :]), lambda old: [LineEdit(old[place])])
    if way == "one":
        after = (*before[:place], items[0], *before[place + 1 :])
        return _Change(after, lambda old: [LineEdit(old[place], fresh[0].line)])
    if way == "now":
        return _Change(before, lambda old: [])
    return _Change(items, lambda old: [*fresh, *(LineEdit(line_id) for line_id in old)])


def edit_one(office: Office, *, prorate: bool) -> Act | None:
    """Items change; without proration the next payment may move to another day."""
    agreement, dice = some_agreement(office, "running"), office.dice
    if agreement is None:
        return None
    changed = _some_change(office, agreement.items, prorate=prorate)
    moves = not prorate and dice.random() < 0.3
    next_due = office.ctx.today + timedelta(days=dice.randint(3, 40)) if moves else None
    expected = agreement.prorated(changed.items, office.ctx.today)

    def do(db: Mortal, id_: int) -> None:
        lines = changed.edits([row[0] for row in office.rows(_LINES, id_)])
        edit = Edit(lines=lines, next_due=next_due)
        shown = preview_edit(db, office.ctx, id_, edit, prorate=prorate).prorated
        offer = None if shown is None else shown.offer
        made = apply_edit(db, office.ctx, id_, edit, prorate=prorate, offer=offer).prorated
        if made is None:
            return
        if replace(made, invoice_id=None) != shown:
            office.accusations.append(
                f"subscription {id_}: a prorated edit was previewed as {shown} and is {made}"
            )
        if not expected.agrees(made.invoice_minor, made.credit_minor):
            office.accusations.append(
                f"subscription {id_}: a prorated edit charges {made.invoice_minor} and credits {made.credit_minor}, "
                f"and was to come to {expected}"
            )

    def remember(found: Agreement, billed: int) -> None:
        found.edit(billed, changed.items, next_due)
        if prorate and found.in_force:
            found.in_force = changed.items

    return change(office, "edit, prorated" if prorate else "edit", agreement, do, remember)


def change_method(office: Office) -> Act | None:
    """Another card or bank; what is overdue is charged by it at once."""
    agreement = some_agreement(office, "running", "running", "paused")
    if agreement is None or not agreement.automatic:
        return None
    token = new_token(office, some_kind(office))
    stored: list[int] = []

    def store(db: Mortal, key: str) -> int:  # noqa: ARG001
        return store_method(office, db, agreement.contact_id, token)

    perform(office, Act("store a method", store, stored.append))

    def do(db: Mortal, key: str) -> list[int]:
        return pay_by_new_method(db, office.ctx, agreement.id, stored[0], request_key=key)

    return Act("change the method", do, keyed=True)


def method_ends(office: Office) -> None:
    """A bank closes a card that is in use."""
    rows = office.rows(
        "SELECT m.token FROM payment_method AS m WHERE m.account_id = %s AND m.ended_at IS NULL AND EXISTS ("
        "SELECT FROM subscription AS s WHERE s.account_id = m.account_id AND s.payment_method_id = m.id) ORDER BY m.id"
    )
    if rows:
        office.bank.end_method(office.dice.choice(rows)[0])


def money_comes(office: Office) -> Act | None:
    """A check or a transfer for an open invoice: all of it, or a part."""
    rows = office.rows(_OPEN_INVOICES)
    if not rows:
        return None
    invoice, owed, _ = office.dice.choice(rows)
    amount = max(1, owed // office.dice.choice([1, 1, 1, 2, 3]))

    def do(db: Mortal, key: str) -> Any:
        received = ReceivedPayment(invoice, amount, "wire_transfer", office.ctx.now)
        return record_payments(db, office.ctx, [received], request_key=key).payments

    return Act("record money", do, keyed=True)


def pay_on_the_page(office: Office) -> Act | None:
    """A customer pays an invoice on its page, by another card."""
    rows = [row for row in office.rows(_OPEN_INVOICES) if row[2] is not None]
    if not rows:
        return None
    invoice, owed, contact = office.dice.choice(rows)
    token, stored = new_token(office, "card"), list[int]()

    def store(db: Mortal, key: str) -> int:  # noqa: ARG001
        return store_method(office, db, contact, token)

    perform(office, Act("store a method", store, stored.append))

    def do(db: Mortal, key: str) -> int:
        payment = pay_now(db, office.ctx, invoice, method_id=stored[0], amount_minor=owed, request_key=key)
        send_payment(db, office.ctx, office.processors, payment, return_url="https://pay.test/back")
        return payment

    return Act("pay on the invoice's page", do, keyed=True)


def refund_one(office: Office) -> Act | None:
    """Money goes back: all that is left, or a part."""
    rows = office.rows(
        "SELECT id, amount_minor FROM payment WHERE account_id = %s AND status IN ('succeeded', 'partially_refunded', "
        "'processing') ORDER BY id DESC LIMIT 40"
    )
    if not rows:
        return None
    payment, amount = office.dice.choice(rows)
    wanted = office.dice.choice([None, max(1, amount // 3)])
    return Act(
        "refund",
        lambda db, key: request_refund(db, office.ctx, payment, wanted, request_key=key),
        keyed=True,
    )


def retry_one(office: Office) -> Act | None:
    """Staff charges once more what was declined."""
    rows = office.rows("SELECT id FROM payment WHERE account_id = %s AND status = 'failed' ORDER BY id")
    if not rows:
        return None
    payment = office.dice.choice(rows)[0]
    return Act(
        "retry by hand",
        lambda db, key: retry_by_hand(db, office.ctx, payment, request_key=key),
        keyed=True,
    )


def credit_one(office: Office) -> Act | None:
    """A line of an invoice is taken back, or a part of it, or the whole invoice."""
    rows = office.rows(
        "SELECT parent_id, id, total_minor FROM line_item WHERE account_id = %s AND parent_type = 'invoice' "
        "ORDER BY id DESC LIMIT 60"
    )
    if not rows:
        return None
    invoice, line, total = office.dice.choice(rows)
    whole, part = office.dice.random() < 0.4, office.dice.randint(1, 3)
    lines = None if whole else [CreditedLine(line, -(-total // part))]

    def do(db: Mortal, key: str) -> Any:
        return str(issue_credit_note(db, office.ctx, invoice, lines, request_key=key))

    return Act("credit", do, keyed=True)


def void_one(office: Office) -> Act | None:
    """An invoice was a mistake."""
    rows = office.rows(_OPEN_INVOICES)
    if not rows:
        return None
    invoice = office.dice.choice(rows)[0]
    return Act("void", lambda db, key: void_invoice(db, office.ctx, invoice) and None)
