"""Whom a purchase belongs to: the contact of its email and their company, found or made, and never overwritten."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection, sql
from psycopg.rows import dict_row

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.crm.associations import End, associate
from kalends.crm.create import NewCompany, NewContact, create_companies, create_contacts
from kalends.events import journal
from kalends.sales.buyers import Buyer

Db = Connection[Any]
SOURCE = "PAYMENTS"
SHARED_DOMAINS = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com "
    "aol.com proton.me protonmail.com pm.me gmx.com gmx.net gmx.de web.de mail.com zoho.com yandex.com fastmail.com "
    "online.no broadpark.no getmail.no elisanet.fi luukku.com kolumbus.fi suomi24.fi telia.com comcast.net "
    "verizon.net att.net btinternet.com sky.com orange.fr wanadoo.fr free.fr t-online.de libero.it".split()
)
"""Domains of mailboxes that anybody may have: they say nothing of a company."""


class Payer(NamedTuple):
    """The contact that a purchase belongs to, and their company."""

    contact_id: int
    company_id: int | None


def payer_of(db: Db, ctx: AccountContext, buyer: Buyer, language: str | None) -> Payer:
    """The buyer's contact and company, made where there are none; what is known of them stays, what is empty is filled.

    In the caller's transaction. Two purchases with one new address at a time wait for each other.
    """
    db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [buyer.email.lower(), ctx.id])
    contact_id = contact_of_email(db, ctx, buyer.email)
    if contact_id is None:
        (contact_id,) = create_contacts(db, ctx, [_new_contact(buyer, language)], source=SOURCE)
    else:
        _fill_empty(db, ctx, contact_id, buyer, language)
    return Payer(contact_id, _company(db, ctx, contact_id, buyer))


def contact_of_email(db: Db, ctx: AccountContext, email: str) -> int | None:
    """The living contact of an address: by the address itself, else by one of the further ones."""
    row = db.execute(
        load("kalends.sales", "contact_of_email"), {"account_id": ctx.id, "email": email}
    ).fetchone()
    return None if row is None else row[0]


def _new_contact(buyer: Buyer, language: str | None) -> NewContact:
    address = buyer.billing
    street = ", ".join(filter(None, (address.get("address"), address.get("address2"))))
    return NewContact(
        email=buyer.email,
        first_name=buyer.first_name or None,
        last_name=buyer.last_name or None,
        phone=buyer.phone or None,
        language=language,
        address=street or None,
        city=address.get("city"),
        state=address.get("state"),
        zip=address.get("zip"),
        country=address.get("country"),
    )


_FILLED = ("first_name", "last_name", "phone", "language")
_ADDRESS = ("address", "city", "state", "zip", "country")


def _fill_empty(db: Db, ctx: AccountContext, contact_id: int, buyer: Buyer, language: str | None) -> None:
    told = _new_contact(buyer, language)
    with db.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            "SELECT * FROM contact WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, contact_id]
        ).fetchone()
    assert row is not None
    # An address is one thing: half of another one is worse than none.
    names = _FILLED if any(row[name] for name in _ADDRESS) else (*_FILLED, *_ADDRESS)
    filled = {name: getattr(told, name) for name in names if getattr(told, name) and not row[name]}
    if not filled:
        return
    settings = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in filled
    )
    query = sql.SQL(
        "UPDATE contact SET {}, updated_at = %(now)s WHERE account_id = %(account_id)s AND id = %(contact_id)s"
    ).format(settings)
    db.execute(query, {**filled, "now": ctx.now, "account_id": ctx.id, "contact_id": contact_id})
    changes = journal.changed(**{name: (row[name], value) for name, value in filled.items()})
    journal.write(
        db, ctx.id, ctx.now, [journal.NewEvent("contact.updated", "contact", contact_id, None, changes)]
    )


def _company(db: Db, ctx: AccountContext, contact_id: int, buyer: Buyer) -> int | None:
    """The contact's company as the CRM has it, else the one of the address' domain or of the name that was given."""
    row = db.execute(
        "SELECT c.primary_company_id FROM contact AS c JOIN company AS k ON k.account_id = c.account_id "
        "AND k.id = c.primary_company_id AND k.archived_at IS NULL WHERE c.account_id = %s AND c.id = %s",
        [ctx.id, contact_id],
    ).fetchone()
    if row is not None:
        return row[0]
    domain = buyer.email.rpartition("@")[2].lower()
    domain = "" if domain in SHARED_DOMAINS else domain
    params = {"account_id": ctx.id, "domain": domain, "name": buyer.company}
    found = db.execute(load("kalends.sales", "company_of_buyer"), params).fetchone()
    if found is not None:
        company_id: int = found[0]
    elif buyer.company:
        fresh = NewCompany(name=buyer.company, domain=domain or None)
        (company_id,) = create_companies(db, ctx, [fresh], source=SOURCE)
    else:
        return None
    associate(
        db, ctx, End("contact", contact_id), End("company", company_id), types=(("HUBSPOT_DEFINED", 1),)
    )
    return company_id
