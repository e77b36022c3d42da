"""``kalends contact``: what is known of a person, and erasing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from kalends.cli.asking import RECORD_ID, ask, refused, yes_option
from kalends.cli.session import Session, account_option, open_session
from kalends.cli.show import count, json_option, note, print_json, say
from kalends.platform.errors import UserFacing
from kalends.platform.patience import patiently

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

_FIND = """
    SELECT coalesce(nullif(btrim(concat_ws(' ', first_name, last_name)), ''), email, 'without a name'),
        CASE WHEN archived_at IS NULL THEN 'living' ELSE 'archived' END
    FROM contact WHERE account_id = %s AND id = %s
"""


class _Contact(NamedTuple):
    id: int
    name: str
    status: str

    @property
    def place(self) -> str:
        return f"contact {self.id}"

    @property
    def words(self) -> str:
        return f"Contact {self.id} ({self.name})"


@click.group()
def contact() -> None:
    """Hand a person what is known of them, or erase it for good."""


@contact.command(epilog="Exit codes: 0 shown, 2 no such contact, 3 no database.")
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
def export(id_: int, account: str | None) -> None:
    """Show everything personal that is known of contact ID, as JSON: for the person, who has a right to it.

    The contact with its history, subscriptions, invoices, payments, payment methods, letters, and what it is tied to.
    Contacts that were merged into it are the same person. Nothing is changed.

    \b
    Example:
      kalends contact export 1042 > kari.json
    """
    from kalends.crm.erasure import export_contact

    with open_session() as session:
        ctx = session.account(account)
        found = _find(session, ctx, id_)
        known = export_contact(session.db, ctx, id_)
    print_json(known)
    note(f"This is everything that is known of contact {id_} ({found.name}); whoever reads it knows it too.")


@contact.command(
    epilog="Exit codes: 0 erased, 2 no such contact or no --yes, 3 no database, 4 something has to end first."
)
@click.argument("id_", metavar="ID", type=RECORD_ID)
@account_option
@yes_option
@json_option
def erase(id_: int, account: str | None, yes: bool, as_json: bool) -> None:
    """Erase contact ID for good, with everything personal that is known of it.

    The person's names, addresses, numbers, cards and letters go, also from the history. Invoices, payments, the ledger
    and the number of events stay. Issued invoices keep their buyer's name and address for as many years as the setting
    keep_buyers_years says. Refused while the person is billed, owes something, has credit, or a charge is under way.

    \b
    Examples:
      kalends contact erase 1042
      kalends contact erase 1042 --yes --json
    """
    from kalends.crm.erasure import CannotErase, check_erasure, erase_contact

    with open_session() as session:
        ctx = session.account(account)
        db, found = session.db, _find(session, ctx, id_)
        try:
            person = check_erasure(db, ctx, id_)
            ask("erase", f"{found.words}. {_consequence(ctx, len(person.contacts))}", yes=yes)
            erased = patiently(lambda: erase_contact(db, ctx, id_, actor="cli"))
        except CannotErase as refusal:
            raise refused(str(refusal), found) from refusal
    if as_json:
        print_json({"account": ctx.id, "erased": erased.contacts, "events": erased.events})
        return
    say(f"Contact {id_} is erased; {count(erased.events, 'event')} of the journal lost their words.")


def _find(session: Session, ctx: AccountContext, id_: int) -> _Contact:
    """Raises UserFacing."""
    row = session.db.execute(_FIND, [ctx.id, id_]).fetchone()
    if row is None:
        raise UserFacing(
            "There is no such contact.",
            where="ID",
            value=str(id_),
            remedy="It was never there, or was erased; `kalends subscription show` names contacts.",
        )
    return _Contact(id_, *row)


def _consequence(ctx: AccountContext, contacts: int) -> str:
    merged = f" with {count(contacts - 1, 'contact')} merged into it" if contacts > 1 else ""
    years = ctx.settings.keep_buyers_years
    kept = (
        f"Issued invoices keep their buyer's name and address for {count(years, 'year')} after their own."
        if years
        else "Issued invoices keep neither the buyer's name nor their address."
    )
    return (
        f"Everything personal that is known of it{merged} goes for good: names, addresses, numbers, cards, letters. "
        f"{kept} The books keep their amounts. This cannot be taken back, and a backup made before still has it."
    )
