"""Who pays: contacts and companies to choose from, what is known of them, and how they can be charged."""

from __future__ import annotations

from typing import NamedTuple

from kalends.accounts.context import AccountContext
from kalends.catalog import get_object
from kalends.query import NAME, Filter, compile_select, fetch, parse
from kalends.query.context import Cursor
from kalends.staff.cells import initials
from kalends.staff.methods import stored
from kalends.staff.visit import Visit

SHOWN = 8
ADDRESS = ("address", "address2", "city", "state", "zip", "country")
_CONTACT = """
    SELECT email, primary_company_id, language, address, NULL, city, state, zip, country
    FROM contact WHERE account_id = %s AND id = %s
"""
_COMPANY = """
    SELECT domain, NULL, NULL, address, address2, city, state, zip, country
    FROM company WHERE account_id = %s AND id = %s
"""
_ROWS = {"contact": _CONTACT, "company": _COMPANY}
_BELOW = {"contact": "email", "company": "domain"}
_METHODS = """
    SELECT id, kind, brand, last4 FROM payment_method
    WHERE account_id = %s AND contact_id = %s AND (expires_on IS NULL OR expires_on >= %s) AND ended_at IS NULL
    ORDER BY id DESC
"""
_CURRENCIES = "SELECT code FROM enabled_currency WHERE account_id = %s ORDER BY code"


class Found(NamedTuple):
    """A contact or a company to choose: its name, and below it an email address or a domain."""

    id: int
    name: str
    below: str
    initials: str


class Party(NamedTuple):
    """A contact or a company that was chosen. ``company_id`` and ``language`` are a contact's."""

    id: int
    name: str
    below: str
    initials: str
    company_id: int | None
    language: str | None
    address: dict[str, str]


class StoredMethod(NamedTuple):
    """A way to pay that the contact has stored and that has not expired."""

    id: int
    kind: str
    name: str


def search(visit: Visit, name: str, text: str) -> list[Found]:
    """Contacts or companies that the user may see, by what was typed; the newest where nothing was."""
    return _read(visit, name, Filter(), text) if visit.may("view", name) else []


def having_email(visit: Visit, email: str) -> Found | None:
    """The contact that has this address, if the user may see it."""
    obj = get_object("contact")
    this = {"property": "email", "operator": "is_any_of", "values": [email]}
    found = _read(visit, "contact", parse(obj, {"groups": [[this]]}), "")
    return found[0] if found else None


def _read(visit: Visit, name: str, wanted: Filter, text: str) -> list[Found]:
    below = _BELOW[name]
    sql = compile_select(
        get_object(name),
        [NAME, below],
        wanted,
        None,
        visit.asking,
        limit=SHOWN,
        search=text.strip()[:200] or None,
    )
    with visit.cursor() as cursor:
        return [
            Found(row["id"], row[NAME], row[below] or "", initials(row[NAME])) for row in fetch(cursor, sql)
        ]


def party(visit: Visit, name: str, id_: int | None) -> Party | None:
    """The contact or the company of a number; None where there is none, or none that the user may see."""
    if id_ is None:
        return None
    obj = get_object(name)
    this = {"property": "hs_object_id", "operator": "is_any_of", "values": [id_]}
    found = _read(visit, name, parse(obj, {"groups": [[this]]}), "")
    if not found:
        return None
    with visit.cursor() as cursor:
        cursor.execute(_ROWS[name], [visit.ctx.id, id_])
        ((below, company, language, *address),) = cursor.fetchall()
    parts = {part: text for part, text in zip(ADDRESS, address, strict=True) if text}
    return Party(id_, found[0].name, below or "", found[0].initials, company, language, parts)


def methods(cursor: Cursor, ctx: AccountContext, contact_id: int | None) -> list[StoredMethod]:
    """What the contact can be charged by today, newest first."""
    cursor.execute(_METHODS, [ctx.id, contact_id, ctx.today])
    return [
        StoredMethod(id_, kind, stored(kind, brand, last4).name)
        for id_, kind, brand, last4 in cursor.fetchall()
    ]


def currencies(cursor: Cursor, ctx: AccountContext) -> list[str]:
    """The currencies that the account bills in, its own first."""
    cursor.execute(_CURRENCIES, [ctx.id])
    codes = [code for (code,) in cursor.fetchall()]
    return [ctx.currency, *(code for code in codes if code != ctx.currency)]
