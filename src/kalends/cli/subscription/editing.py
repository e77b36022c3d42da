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
from kalends.cli.charging import Charged, none_failed
from kalends.cli.records import Subscription, find_subscription
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, json_option, note, print_json, say, table
from kalends.cli.subscription.edit_words import address_typed, name_typed, other_words, owner_typed
from kalends.cli.subscription.prorating import (
    as_json,
    collect_prorated,
    in_words,
    is_prorated,
    show_prorated,
)
from kalends.core.money import format_minor
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.edit import Edit, EditPreview, Upcoming

_COLUMNS = ("cycle", "due now", "amount now", "due then", "amount then")


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
    owner: str | None
    address: Sequence[str]
    prorate: bool | None


@dataclass(frozen=True, slots=True)
class _Planned:
    """An edit, what it changes in words, and the next invoices without and with it."""

    edit: Edit
    words: list[str]
    preview: EditPreview


@click.command(
    epilog="Exit codes: 0 edited or previewed, 1 edited, and its charge was declined or got no answer, 2 no such "
    "record or a value that cannot be, 3 no database, 4 it may not be edited, or not now."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@click.option("--name", help="Call it so; possible at any time, as is --owner.")
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
@click.option("--owner", metavar="EMAIL|ID", help="The user of the account who looks after it.")
@click.option(
    "--address",
    multiple=True,
    metavar="PART=TEXT",
    help="The billing address, all of it: address=..., zip=0155, city=Oslo, country=NO.",
)
@click.option(
    "--prorate/--no-prorate",
    default=None,
    help="Let it count from today: charge and credit the days left at once. Without either, the setting prorate_edits "
    "decides.",
)
@click.option(
    "--preview", is_flag=True, help="Show the next invoices, and what is charged today; change nothing."
)
@account_option
@yes_option
@json_option
@click.pass_context
def edit(
    click_ctx: click.Context,
    id_: int,
    name: str | None,
    added: Sequence[str],
    replaced: Sequence[str],
    removed: Sequence[int],
    next_due: datetime | None,
    contact: int | None,
    method: int | None,
    owner: str | None,
    address: Sequence[str],
    prorate: bool | None,
    preview: bool,
    account: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Edit the subscription ID: its line items, next due date, contact, payment method, address, owner or name.

    An edit counts from the next payment on, and past invoices stay as they are. It closes some days before that
    payment, so that the customer, who is told of it by a letter, has notice. The next invoices are always shown first,
    as they are now and as they would be then. `kalends subscription show ID` lists the line items with their numbers.

    With --prorate it counts from today: what is new is charged for the days left of the running period, and what it
    replaces is credited for them. Each amount is shown with how it came about, and what is charged is what was shown.

    \b
    Examples:
      kalends subscription edit 1042 --add "Support;25;1;0;25" --preview
      kalends subscription edit 1042 --replace 1043=";120" --remove 1044
      kalends subscription edit 1042 --replace "1043=Fleet Core;120;2;10%;25%" --next-due 2026-09-15
      kalends subscription edit 1042 --method 1077
      kalends subscription edit 1042 --replace 1043=";;5" --prorate --preview
    """
    typed = _Typed(name, added, replaced, removed, next_due, contact, method, owner, address, prorate)
    with open_session() as session:
        ctx = session.account(account)
        found = find_subscription(session, ctx, id_)
        planned = _plan(session, ctx, found, typed)
        _show(found, planned, aside=not preview or as_json)
        charged: list[Charged] = []
        if not preview:
            planned = _edit_as_shown(session, ctx, found, planned, yes=yes)
            charged = collect_prorated(session, ctx, planned.preview.prorated)
    if as_json:
        document = _preview_as_json(planned.preview)
        print_json(
            {
                "subscription": id_,
                "edited": not preview,
                **document,
                "charged": [item.as_json() for item in charged],
            }
        )
    elif not preview:
        _tell(found, typed, charged)
    if not none_failed(charged):
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _edit_as_shown(
    session: Session, ctx: AccountContext, found: Subscription, planned: _Planned, *, yes: bool
) -> _Planned:
    """Get a yes and make the edit; where it comes to something else than was shown, show that and ask again."""
    from kalends.billing.edit import OfferChanged

    while True:
        ask("edit", f"{found.words}. {_consequence(planned)}", yes=yes)
        try:
            with _wrong_values_told(), refusals_told(found):
                return replace(planned, preview=_apply(session.db, ctx, found.id, planned))
        except UserFacing as refusal:
            if yes or not isinstance(refusal.__cause__, OfferChanged):
                raise
            note("Meanwhile it comes to something else, so nothing was changed yet.")
            planned = replace(planned, preview=refusal.__cause__.preview)
            _show(found, planned, aside=True)


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
        name=name_typed(typed.name),
        owner_id=owner_typed(session, ctx, typed.owner),
        address=address_typed(typed.address),
    )
    if planned == Edit(lines=[]) and not typed.prorate:
        raise UserFacing(
            "Nothing is to be changed.",
            where="the options",
            remedy="Say what: --name, --owner, --add, --replace, --remove, --next-due, --contact, --method or "
            "--address.",
        )
    words = [change.words for change in changes] + other_words(session, ctx, planned)
    db, prorate = session.db, is_prorated(ctx, planned, typed.prorate)
    shown = Edit() if _is_method_alone(planned) and not prorate else planned
    with _wrong_values_told():
        preview = foresee(db, found, lambda: preview_edit(db, ctx, found.id, shown, prorate=prorate))
        foreseen = _Planned(planned, words, preview)
        if not prorate:
            foresee(db, found, lambda: _apply(db, ctx, found.id, foreseen))
    return foreseen


def _is_method_alone(edit: Edit) -> bool:
    """Whether nothing that is billed changes but the method; a customer in arrears may do that, at any time."""
    return edit.payment_method_id is not None and not replace(edit, payment_method_id=None).concerns_billing


def _apply(db: psycopg.Connection[Any], ctx: AccountContext, id_: int, planned: _Planned) -> EditPreview:
    """Make the edit, a prorated one for what was shown; returns what it came to."""
    from kalends.billing.changes import change_payment_method
    from kalends.billing.edit import apply_edit

    edit, prorated = planned.edit, planned.preview.prorated
    if prorated is not None:
        return apply_edit(db, ctx, id_, edit, prorate=True, offer=prorated.offer, actor="cli")
    with db.transaction():
        if edit.payment_method_id is not None and _is_method_alone(edit):
            change_payment_method(db, ctx, id_, edit.payment_method_id, actor="cli")
            edit = replace(edit, payment_method_id=None)
            if edit.name is None:
                return planned.preview
        apply_edit(db, ctx, id_, edit, actor="cli")
    return planned.preview


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
    show_prorated(preview, aside=aside)
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
    if planned.preview.prorated is not None:
        sentences.append(in_words(planned.preview.prorated, planned.preview.currency))
    if planned.edit.concerns_billing and not _is_method_alone(planned.edit):
        sentences.append("The customer is told by a letter.")
    return " ".join(sentence for sentence in sentences if sentence)


def _tell(found: Subscription, typed: _Typed, charged: Sequence[Charged]) -> None:
    say(f"{typed.name or found.name} ({found.id}) is edited.")
    for charge in charged:
        say(charge.words)
    if typed.method is not None and found.status in ("unpaid", "past_due"):
        say(
            f"What failed is charged by the new method with `kalends subscription charge-overdue {found.id}`."
        )


def _preview_as_json(preview: EditPreview) -> dict[str, Any]:
    return {
        "currency": preview.currency,
        "before": [payment._asdict() for payment in preview.before],
        "after": [payment._asdict() for payment in preview.after],
        "prorated": as_json(preview),
    }
