"""``kalends subscription edit``: what was agreed, changed from the next payment on; both futures are shown first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click
import psycopg

from kalends.cli.asking import DAY, RECORD_ID, ask, foresee, refusals_told, yes_option
from kalends.cli.records import Subscription, called, find_subscription
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, json_option, note, print_json, say, table
from kalends.core.money import format_minor
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.edit import Edit, EditPreview, Upcoming

_COLUMNS = ("cycle", "due now", "amount now", "due then", "amount then")
_CONTACT = """
    SELECT coalesce(nullif(btrim(concat_ws(' ', first_name, last_name)), ''), email, id::text) FROM contact
    WHERE account_id = %s AND id = %s AND archived_at IS NULL
"""
_METHOD = """
    SELECT method.kind, method.brand, method.last4,
        coalesce(nullif(btrim(concat_ws(' ', c.first_name, c.last_name)), ''), c.email, c.id::text)
    FROM payment_method AS method
    LEFT JOIN contact AS c ON c.account_id = method.account_id AND c.id = method.contact_id
    WHERE method.account_id = %s AND method.id = %s
"""


@dataclass(frozen=True, slots=True)
class _Typed:
    """The options of the command as they were given."""

    name: str | None
    added: Sequence[str]
    replaced: Sequence[str]
    removed: Sequence[int]
    next_due: datetime | None
    contact: int | None
    method: int | None


@dataclass(frozen=True, slots=True)
class _Planned:
    """An edit, what it changes in words, and the next invoices without and with it."""

    edit: Edit
    words: list[str]
    preview: EditPreview


@click.command(
    epilog="Exit codes: 0 edited or previewed, 2 no such record or a value that cannot be, 3 no database, 4 it may not "
    "be edited, or not now."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--name", help="Call it so; possible at any time.")
@click.option(
    "--add",
    "added",
    multiple=True,
    metavar='"NAME;PRICE;QUANTITY;DISCOUNT%;TAX%"',
    help="Add a line item; what comes after the price may be left out.",
)
@click.option(
    "--replace",
    "replaced",
    multiple=True,
    metavar='LINE="..."',
    help="Replace the line item of this number; parts that are left empty stay as they are.",
)
@click.option(
    "--remove", "removed", multiple=True, metavar="LINE", type=RECORD_ID, help="Remove a line item."
)
@click.option("--next-due", type=DAY, help="Bill the next payment on this day; it becomes the new anchor.")
@click.option("--contact", metavar="ID", type=RECORD_ID, help="Send invoices and letters to this contact.")
@click.option(
    "--method",
    metavar="ID",
    type=RECORD_ID,
    help="Charge by this stored payment method; alone, possible until it has ended.",
)
@click.option("--preview", is_flag=True, help="Show the next invoices and change nothing.")
@account_option
@yes_option
@json_option
def edit(
    id_: int,
    name: str | None,
    added: Sequence[str],
    replaced: Sequence[str],
    removed: Sequence[int],
    next_due: datetime | None,
    contact: int | None,
    method: int | None,
    preview: bool,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Edit the subscription ID: its line items, next due date, contact, payment method or name.

    An edit counts from the next payment on, and past invoices stay as they are. It closes some days before that
    payment, so that the customer, who is told of it by a letter, has notice. The next invoices are always shown first,
    as they are now and as they would be then. `kalends subscription show ID` lists the line items with their numbers.

    \b
    Examples:
      kalends subscription edit 1042 --add "Support;25;1;0;25" --preview
      kalends subscription edit 1042 --replace 1043=";120" --remove 1044
      kalends subscription edit 1042 --replace "1043=Fleet Core;120;2;10%;25%" --next-due 2026-09-15
      kalends subscription edit 1042 --method 1077
    """
    typed = _Typed(name, added, replaced, removed, next_due, contact, method)
    with open_session() as session:
        ctx = session.account(account)
        found = find_subscription(session, ctx, id_)
        planned = _plan(session, ctx, found, typed)
        _show(found, planned, aside=not preview or as_json)
        if not preview:
            ask("edit", f"{found.words}. {_consequence(planned)}", yes=yes)
            with _wrong_values_told(), refusals_told(found):
                _apply(session.db, ctx, id_, planned.edit)
    if as_json:
        print_json({"subscription": id_, "edited": not preview, **_preview_as_json(planned.preview)})
    elif not preview:
        _tell(found, typed)


def _plan(session: Session, ctx: AccountContext, found: Subscription, typed: _Typed) -> _Planned:
    """The edit that was typed, looked at as if it were made; nothing of it is kept. Raises UserFacing."""
    from kalends.billing.edit import Edit, preview_edit
    from kalends.cli.subscription.lines import line_changes

    changes = line_changes(session, ctx, found, typed.added, typed.replaced, typed.removed)
    planned = Edit(
        lines=[change.edit for change in changes],
        next_due=typed.next_due.date() if typed.next_due else None,
        contact_id=typed.contact,
        payment_method_id=typed.method,
        name=_name(typed.name),
    )
    if planned == Edit(lines=[]):
        raise UserFacing(
            "Nothing is to be changed.",
            where="the options",
            remedy="Say what: --name, --add, --replace, --remove, --next-due, --contact or --method.",
        )
    words = [change.words for change in changes] + _other_words(session, ctx, planned)
    shown = Edit() if _is_method_alone(planned) else planned
    with _wrong_values_told():
        foresee(session.db, found, lambda: _apply(session.db, ctx, found.id, planned))
        preview = foresee(session.db, found, lambda: preview_edit(session.db, ctx, found.id, shown))
    return _Planned(planned, words, preview)


def _name(typed: str | None) -> str | None:
    if typed is not None and not typed.strip():
        raise UserFacing(
            "A subscription has a name.",
            where="--name",
            value=repr(typed),
            remedy="Give at least one letter.",
        )
    return typed


def _other_words(session: Session, ctx: AccountContext, planned: Edit) -> list[str]:
    """What is changed besides lines, after a look at whether those records exist."""
    words: list[str] = []
    if planned.next_due is not None:
        if planned.next_due <= ctx.today:
            raise UserFacing(
                "The next payment cannot fall due before tomorrow.",
                where="--next-due",
                value=str(planned.next_due),
                remedy=f"Give a day after {ctx.today}.",
            )
        words.append(f"the next payment is due on {planned.next_due}, which becomes its day")
    if planned.contact_id is not None:
        row = session.db.execute(_CONTACT, [ctx.id, planned.contact_id]).fetchone()
        if row is None:
            raise _unknown("contact", "--contact", ctx, planned.contact_id)
        words.append(f"invoices and letters go to {row[0]}")
    if planned.payment_method_id is not None:
        row = session.db.execute(_METHOD, [ctx.id, planned.payment_method_id]).fetchone()
        if row is None:
            raise _unknown("stored payment method", "--method", ctx, planned.payment_method_id)
        words.append(f"it is charged by {called(*row[:3])} of {row[3]}")
    if planned.name is not None:
        words.append(f"it is called {planned.name}")
    return words


def _unknown(kind: str, option: str, ctx: AccountContext, id_: int) -> UserFacing:
    return UserFacing(
        f"There is no such {kind}.",
        where=option,
        value=str(id_),
        remedy=f"Give the number of a {kind} of account {ctx.id} ({ctx.name}).",
    )


def _is_method_alone(edit: Edit) -> bool:
    """Whether nothing that is billed changes but the method; a customer in arrears may do that, at any time."""
    return edit.payment_method_id is not None and not replace(edit, payment_method_id=None).concerns_billing


def _apply(db: psycopg.Connection[Any], ctx: AccountContext, id_: int, edit: Edit) -> None:
    from kalends.billing.changes import change_payment_method
    from kalends.billing.edit import apply_edit

    with db.transaction():
        if edit.payment_method_id is not None and _is_method_alone(edit):
            change_payment_method(db, ctx, id_, edit.payment_method_id, actor="cli")
            edit = replace(edit, payment_method_id=None)
            if edit.name is None:
                return
        apply_edit(db, ctx, id_, edit, actor="cli")


@contextmanager
def _wrong_values_told() -> Iterator[None]:
    from kalends.billing.create import InvalidSubscription

    try:
        yield
    except InvalidSubscription as problem:
        raise UserFacing(
            str(problem),
            where=problem.field_name,
            remedy="Give a value that can be billed; nothing was changed.",
        ) from problem


def _show(found: Subscription, planned: _Planned, *, aside: bool) -> None:
    preview = planned.preview
    tell = note if aside else say
    if not preview.before and not preview.after:
        tell(f"Nothing more of {found.name} ({found.id}) is to be billed.")
        return
    pairs = list(zip_longest(preview.before, preview.after))
    rows = [
        ((then or now).cycle + 1, *_cells(now, preview.currency), *_cells(then, preview.currency))
        for now, then in pairs
    ]
    title = f"The next {count(len(rows), 'invoice')} of {found.name}, now and then"
    table(_COLUMNS, rows, title=title, right=("cycle", "amount now", "amount then"), aside=aside)
    if not aside:
        say(f"{_totals(preview)} Nothing was changed.")


def _cells(payment: Upcoming | None, currency: str) -> tuple[str, str]:
    if payment is None:
        return "", ""
    return str(payment.due_date), format_minor(payment.total_minor, currency)


def _totals(preview: EditPreview) -> str:
    now, then = (sum(payment.total_minor for payment in each) for each in (preview.before, preview.after))
    if not preview.before:
        return ""
    return (
        f"Together they come to {format_minor(now, preview.currency)} now and "
        f"{format_minor(then, preview.currency)} then."
    )


def _consequence(planned: _Planned) -> str:
    changed = "; ".join(planned.words)
    sentences = [f"{changed[:1].upper()}{changed[1:]}."]
    if planned.edit.lines or planned.edit.next_due:
        sentences.append(_totals(planned.preview))
    if planned.edit.concerns_billing and not _is_method_alone(planned.edit):
        sentences.append("The customer is told by a letter.")
    return " ".join(sentence for sentence in sentences if sentence)


def _tell(found: Subscription, typed: _Typed) -> None:
    say(f"{typed.name or found.name} ({found.id}) is edited.")
    if typed.method is not None and found.status in ("unpaid", "past_due"):
        say(
            f"What failed is charged by the new method with `kalends subscription charge-overdue {found.id}`."
        )


def _preview_as_json(preview: EditPreview) -> dict[str, Any]:
    return {
        "currency": preview.currency,
        "before": [payment._asdict() for payment in preview.before],
        "after": [payment._asdict() for payment in preview.after],
    }
