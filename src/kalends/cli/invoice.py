"""``kalends invoice``: where an invoice stands, and taking it back, whole or in part."""

from __future__ import annotations

import click

from kalends.cli.asking import tell_and_do, yes_option
from kalends.cli.invoice_lines import credit, show
from kalends.cli.records import find_invoice, spoken
from kalends.cli.session import account_option, open_session
from kalends.cli.show import json_option, print_json, say
from kalends.core.money import format_minor


@click.group()
def invoice() -> None:
    """Look at an invoice, credit it or void it; each command says what follows before it is done."""


invoice.add_command(show)
invoice.add_command(credit)


@invoice.command(
    epilog="Exit codes: 0 voided, 2 no such invoice or no --yes, 3 no database, 4 it is not open, partly paid or being "
    "charged."
)
@click.argument("invoice_", metavar="INVOICE")
@click.option("--reason", default="", help="Why; kept with the invoice.")
@account_option
@yes_option
@json_option
def void(invoice_: str, reason: str, account: str | None, yes: bool, as_json: bool) -> None:
    """Void an open INVOICE (its number or id) on which nothing was paid: nobody owes it any more.

    Its number stays used, and charges of it that failed are not tried again. A subscription that was behind for this
    invoice alone is active again. A voided invoice cannot be opened again.

    \b
    Examples:
      kalends invoice void INV-1001
      kalends invoice void INV-1001 --reason "Sent by mistake" --yes
    """
    from kalends.billing.void import void_invoice

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, find_invoice(session, ctx, invoice_)
        amount = format_minor(found.owed_minor, found.currency)
        tell_and_do(
            db,
            "void",
            found,
            lambda: void_invoice(db, ctx, found.id, reason=reason, actor="cli"),
            lambda _: f"{amount} is not owed any more, and the number stays used. This cannot be taken back.",
            yes=yes,
        )
        after = find_invoice(session, ctx, str(found.id) if found.number is None else found.number)
    if as_json:
        subscription = {
            "subscription": after.subscription_id,
            "subscription_status": after.subscription_status,
        }
        print_json({"invoice": found.name, "was": found.status, "status": after.status, **subscription})
        return
    say(f"Invoice {found.name} is voided; {amount} is not owed any more.")
    if after.subscription_status not in (None, found.subscription_status):
        say(
            f"{after.subscription} ({after.subscription_id}) is {spoken(after.subscription_status or '')} now."
        )
