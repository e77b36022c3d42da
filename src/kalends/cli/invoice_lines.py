"""``kalends invoice show`` and ``kalends invoice credit``: what stands on an invoice, and taking parts of it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from kalends.cli.asking import done_before, key_of, request_key_option, tell_and_do, yes_option
from kalends.cli.records import Invoice, amount_typed, find_invoice, spoken
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import facts, json_option, money, print_json, say, table
from kalends.core.money import format_minor
from kalends.platform.errors import UserFacing

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.credit import CreditedLine, IssuedNote

_LINES = """
    SELECT l.id, l.name, l.total_minor, coalesce((
        SELECT sum(c.total_minor)::bigint FROM credit_note_line AS c
        WHERE c.account_id = l.account_id AND c.invoice_line_id = l.id
    ), 0)
    FROM line_item AS l
    WHERE l.account_id = %s AND l.parent_id = %s AND l.parent_type = 'invoice'
    ORDER BY l.position, l.id
"""
_NOTES = """
    SELECT number, issued_on, total_minor, applied_minor, to_balance_minor, reason
    FROM credit_note
    WHERE account_id = %s AND invoice_id = %s
    ORDER BY id
"""
_PAID = """
    SELECT contact_id, coalesce((
        SELECT sum(a.amount_minor)::bigint FROM credit_application AS a
        WHERE a.account_id = i.account_id AND a.invoice_id = i.id AND a.credit_note_id IS NULL
    ), 0)
    FROM invoice AS i
    WHERE account_id = %s AND id = %s
"""


class _Line(NamedTuple):
    """A line as it stands; ``number`` counts from 1, as on the page."""

    number: int
    id: int
    name: str
    total_minor: int
    credited_minor: int


class _Note(NamedTuple):
    number: str
    issued_on: date
    total_minor: int
    applied_minor: int
    to_balance_minor: int
    reason: str


@click.command(epilog="Exit codes: 0 shown, 2 no such invoice, 3 no database.")
@click.argument("invoice_", metavar="INVOICE")
@account_option
@json_option
def show(invoice_: str, account: str | None, as_json: bool) -> None:
    """Show where an INVOICE (its number or id) stands: its lines, what was credited of each, and its credit notes.

    Lines have the numbers by which `invoice credit --line` finds them. `kalends explain` says how each amount came
    about, and tells every payment.

    \b
    Examples:
      kalends invoice show INV-1001
      kalends invoice show INV-1001 --json
    """
    with open_session() as session:
        ctx = session.account(account)
        found = find_invoice(session, ctx, invoice_)
        lines, notes = _read(session, ctx, found)
        used, balances = _credit(session, ctx, found)
    if as_json:
        amounts = {
            "total_minor": found.total_minor,
            "paid_minor": found.paid_minor,
            "credited_minor": found.credited_minor,
            "credit_used_minor": used,
            "owed_minor": found.owed_minor,
        }
        print_json(
            {"invoice": found.name, "status": found.status, "currency": found.currency, **amounts}
            | {
                "lines": [line._asdict() for line in lines],
                "credit_notes": [note._asdict() for note in notes],
            }
            | {"customer_credit_minor": balances}
        )
        return
    _tell(found, lines, notes, used, balances)


def _read(session: Session, ctx: AccountContext, found: Invoice) -> tuple[list[_Line], list[_Note]]:
    rows = session.db.execute(_LINES, [ctx.id, found.id]).fetchall()
    notes = session.db.execute(_NOTES, [ctx.id, found.id]).fetchall()
    return [_Line(number, *row) for number, row in enumerate(rows, start=1)], [_Note(*row) for row in notes]


def _credit(session: Session, ctx: AccountContext, found: Invoice) -> tuple[int, dict[str, int]]:
    """How much of the customer's credit paid it, and what they have to their credit now."""
    from kalends.billing.balance import credit_balances

    row = session.db.execute(_PAID, [ctx.id, found.id]).fetchone()
    assert row is not None
    contact, used = row
    return used, {} if contact is None else credit_balances(session.db, ctx, contact)


def _tell(
    found: Invoice, lines: Sequence[_Line], notes: Sequence[_Note], used: int, balances: dict[str, int]
) -> None:
    def shown(minor: int) -> str | None:
        return format_minor(minor, found.currency) if minor else None

    say(found.words)
    facts(
        [
            ("subscription", found.subscription and f"{found.subscription} ({found.subscription_id})"),
            ("total", format_minor(found.total_minor, found.currency)),
            ("paid", shown(found.paid_minor)),
            ("paid from credit", shown(used)),
            ("credited", shown(found.credited_minor - used)),
            ("still owed", format_minor(0 if found.status == "voided" else found.owed_minor, found.currency)),
            ("customer's credit", money(balances) if balances else None),
        ]
    )
    say()
    rows = [
        (line.number, line.name, shown(line.total_minor) or "", shown(line.credited_minor) or "")
        for line in lines
    ]
    table(("line", "name", "total", "credited"), rows, title="Lines", right=("line", "total", "credited"))
    if notes:
        rows_of_notes = [(note.number, note.issued_on, *map(shown, note[2:5]), note.reason) for note in notes]
        say()
        table(
            ("number", "date", "total", "off the invoice", "to the balance", "reason"),
            rows_of_notes,
            title="Credit notes",
            right=("total", "off the invoice", "to the balance"),
        )


@click.command(
    epilog="Exit codes: 0 credited, 2 no such invoice or line, an amount that cannot be, or no --yes, 3 no database, "
    "4 it cannot be credited, or not that much."
)
@click.argument("invoice_", metavar="INVOICE")
@click.option(
    "--line",
    "typed",
    metavar="N[:AMOUNT]",
    multiple=True,
    help="Line N, whole or an amount; may be repeated.",
)
@click.option("--reason", default="", help="Why; it stands on the credit note.")
@account_option
@yes_option
@request_key_option
@json_option
def credit(
    invoice_: str,
    typed: tuple[str, ...],
    reason: str,
    account: str | None,
    yes: bool,
    request_key: str | None,
    as_json: bool,
) -> None:
    """Write a credit note on an INVOICE (its number or id), by default over everything that is left of it.

    An amount holds its tax. What is still owed on the invoice becomes less first; the rest is to the customer's
    credit, which their next invoices use up. No money is given back: for that there is `payment refund`.

    \b
    Examples:
      kalends invoice credit INV-1001
      kalends invoice credit INV-1001 --line 2 --reason "Never delivered"
      kalends invoice credit INV-1001 --line 1:25.00 --line 2:10.00 --yes
    """
    from kalends.billing.credit import issue_credit_note

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_invoice(session, ctx, invoice_)
        lines = _wanted(typed, _read(session, ctx, found)[0], found) if typed else None
        key, before = key_of(request_key), done_before(db, ctx, "credit_note", request_key)
        note = tell_and_do(
            db,
            "credit",
            found,
            lambda: issue_credit_note(db, ctx, found.id, lines, reason=reason, actor="cli", request_key=key),
            lambda foreseen: _consequence(found, foreseen),
            yes=yes,
            before=before,
        )
        after = find_invoice(session, ctx, str(found.id) if found.number is None else found.number)
    if as_json:
        print_json(_as_json(after, note))
        return
    say(f"Credit note {note.number} over {format_minor(note.total_minor, found.currency)} is written.")
    say(_what_follows(after, note, after.owed_minor))
    if after.subscription_status not in (None, found.subscription_status):
        say(
            f"{after.subscription} ({after.subscription_id}) is {spoken(after.subscription_status or '')} now."
        )


def _wanted(typed: Sequence[str], lines: Sequence[_Line], found: Invoice) -> list[CreditedLine]:
    """What was typed as lines and amounts. Raises UserFacing."""
    from kalends.billing.credit import CreditedLine

    by_number = {str(line.number): line for line in lines}
    wanted: list[CreditedLine] = []
    for text in typed:
        number, _, amount = text.partition(":")
        line = by_number.get(number.strip())
        if line is None:
            there = ", ".join(f"{line.number} {line.name}" for line in lines)
            raise UserFacing(
                f"Invoice {found.name} has no such line.",
                where="--line",
                value=text,
                remedy=f"It has: {there}.",
            )
        minor = amount_typed(amount, found.currency) if amount else None
        wanted.append(CreditedLine(line.id, minor))
    return wanted


def _consequence(found: Invoice, note: IssuedNote) -> str:
    credited = f"{format_minor(note.total_minor, found.currency)} of it is taken back."
    return f"{credited} {_what_follows(found, note, found.owed_minor - note.applied_minor)} This cannot be undone."


def _what_follows(found: Invoice, note: IssuedNote, owed_minor: int) -> str:
    said: list[str] = []
    if note.applied_minor:
        off, owed = format_minor(note.applied_minor, found.currency), format_minor(owed_minor, found.currency)
        rest = f"{owed} is still owed" if owed_minor else "nothing is owed any more"
        said.append(f"{off} is taken off what is owed: {rest}.")
    if note.to_balance_minor:
        kept = format_minor(note.to_balance_minor, found.currency)
        said.append(
            f"{kept} is to the credit of {found.customer or 'the customer'}; their next invoices use it up."
        )
    return " ".join(said)


def _as_json(after: Invoice, note: IssuedNote) -> dict[str, Any]:
    return {
        "invoice": after.name,
        "status": after.status,
        "owed_minor": after.owed_minor,
        "currency": after.currency,
        "credit_note": note.number,
        "total_minor": note.total_minor,
        "applied_minor": note.applied_minor,
        "to_balance_minor": note.to_balance_minor,
        "subscription": after.subscription_id,
        "subscription_status": after.subscription_status,
    }
