"""What a prorated edit comes to today, on the command line: each amount and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalends.cli.charging import Charged, collect_now
from kalends.cli.session import Session
from kalends.cli.show import note, say, table
from kalends.core.money import format_minor

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.billing.edit import Edit, EditPreview, Prorated

_COLUMNS = ("line item", "", "how it came about")
_PAYMENT = "SELECT id FROM payment WHERE account_id = %s AND invoice_id = %s"


def is_prorated(ctx: AccountContext, edit: Edit, asked: bool | None) -> bool:
    """Whether an edit is prorated: as it was asked; else by the account's setting, where lines and no more change."""
    if asked is not None:
        return asked
    alone = edit.next_due is None and edit.contact_id is None
    return ctx.settings.prorate_edits and bool(edit.lines) and alone


def show_prorated(preview: EditPreview, *, aside: bool) -> None:
    """Each amount and how it came about, and what they come to together."""
    prorated, currency = preview.prorated, preview.currency
    if prorated is None:
        return
    tell = note if aside else say
    if not prorated.amounts:
        tell("Nothing is charged or credited today: no paid period is running whose lines would change.")
        return
    rows = [
        (
            amount.name,
            f"credited on {amount.invoice}" if amount.credited else "charged",
            amount.how(currency),
        )
        for amount in prorated.amounts
    ]
    days = f"{prorated.amounts[-1].starts} to {prorated.amounts[-1].ends}"
    table(_COLUMNS, rows, title=f"For the days left from {prorated.on} on (period {days})", aside=aside)
    if not aside:
        say(in_words(prorated, currency))


def in_words(prorated: Prorated, currency: str) -> str:
    """What is charged, credited and left to the customer's credit, in sentences."""

    def money(minor: int) -> str:
        return format_minor(minor, currency)

    said: list[str] = []
    if prorated.credit_minor:
        said.append(f"{money(prorated.credit_minor)} is credited.")
    if prorated.settled_minor:
        said.append(f"{money(prorated.settled_minor)} of that makes an invoice smaller that is not paid yet.")
    if prorated.invoice_minor:
        said.append(f"{money(prorated.invoice_minor)} is invoiced.")
    if prorated.used_minor:
        said.append(f"The customer's credit pays {money(prorated.used_minor)} of it.")
    if prorated.owed_minor:
        said.append(
            f"{money(prorated.owed_minor)} is {'charged now' if prorated.automatic else 'to be paid by the customer'}."
        )
    if prorated.balance_minor:
        said.append(
            f"{money(prorated.balance_minor)} is left to the customer's credit for the next invoices."
        )
    return " ".join(said) or "Nothing is charged or credited today."


def collect_prorated(session: Session, ctx: AccountContext, prorated: Prorated | None) -> list[Charged]:
    """Send what a prorated edit has decided to charge, and say what became of it."""
    if prorated is None or prorated.invoice_id is None:
        return []
    payments = [row[0] for row in session.db.execute(_PAYMENT, [ctx.id, prorated.invoice_id]).fetchall()]
    return collect_now(session, ctx, payments) if payments else []


def as_json(preview: EditPreview) -> dict[str, Any] | None:
    """The offer for programs; None where the edit is not prorated."""
    prorated, currency = preview.prorated, preview.currency
    if prorated is None:
        return None
    names = "on credit_minor settled_minor invoice_minor used_minor owed_minor balance_minor offer invoice_id"
    return {
        **{name: getattr(prorated, name) for name in names.split()},
        "amounts": [
            {
                **amount._asdict(),
                "days": amount.days,
                "days_left": amount.days_left,
                "how": amount.how(currency),
            }
            for amount in prorated.amounts
        ],
    }
