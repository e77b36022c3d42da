"""A person is erased for good, and the books stay as they are.

The contact's row goes. What other rooms know of the person (a billing address on a subscription, a card, a letter) goes
by rules that they register here, as a :class:`Part` each. Invoices, payments, the ledger and credit keep their numbers,
days and amounts, and the number of a contact that is no longer there. The journal keeps every event at its place: the
database lets one function take a person's words out of it, and nobody else change anything. See decision 22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.crm.erasing import blank, exported
from kalends.events import answers, journal, requests

Db = Connection[Any]
Rows = list[dict[str, Any]]

ERASED = "contact.erased"


class UnknownPerson(LookupError):
    """There is no such contact here, or not any more."""


class CannotErase(ValueError):
    """Something that has to come to its end first; ``obstacles`` are sentences, each with what to do."""

    def __init__(self, contact: int, obstacles: Sequence[str]) -> None:
        self.obstacles = list(obstacles)
        super().__init__(f"The contact {contact} cannot be erased yet. {' '.join(obstacles)}")


class Person(NamedTuple):
    """Whom it concerns: the contact with those that were merged into it, and words by which a text speaks of them:
    addresses, telephone numbers, full names."""

    contacts: list[int]
    words: list[str]


def _nothing_found(db: Db, ctx: AccountContext, contacts: list[int]) -> list[Any]:  # noqa: ARG001
    return []


def _nothing_known(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:  # noqa: ARG001
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one room knows of a person.

    ``obstacles`` says what must end first, and locks what could begin meanwhile. ``words`` are further ones by
    which the room's records speak of the person. ``erase`` takes the person out of its tables. ``export`` is all of it,
    by kind, for the person to have. What is to be erased ``first`` finds its rows by ties that other rooms take away.
    """

    name: str
    erase: Callable[[Db, AccountContext, Person], None]
    obstacles: Callable[[Db, AccountContext, list[int]], list[str]] = _nothing_found
    words: Callable[[Db, AccountContext, list[int]], list[str]] = _nothing_found
    export: Callable[[Db, AccountContext, list[int]], Mapping[str, Rows]] = _nothing_known
    first: bool = False


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    """Say what a room knows of people; once for each room."""
    assert _parts.setdefault(part.name, part) == part, f"the part of {part.name} was registered before"


class Erased(NamedTuple):
    """What was erased: the contacts, and how many events of the journal lost their words."""

    contacts: list[int]
    events: int


def erase_contact(db: Db, ctx: AccountContext, id_: int, *, actor: str = "system") -> Erased:
    """Erase a contact, archived ones as well, with everything personal that is known of it; one transaction.

    Contacts that were merged into it are the same person and go with it. Raises :class:`UnknownPerson` and
    :class:`CannotErase`, before anything is changed.
    """
    with db.transaction():
        person = check_erasure(db, ctx, id_)
        params = {"account_id": ctx.id, "columns": list(PERSONAL), **person._asdict()}
        row = db.execute(load("kalends.crm", "erase_from_journal"), params).fetchone()
        for part in sorted(_parts.values(), key=lambda part: not part.first):
            part.erase(db, ctx, person)
        requests.forget(db, ctx.id, person.contacts, person.words)
        answers.forget(db, ctx.id, person.contacts, person.words)
        db.execute(load("kalends.crm", "erase_contacts"), params)
        events = [journal.NewEvent(ERASED, "contact", each, None, {}) for each in person.contacts]
        journal.write(db, ctx.id, ctx.now, events, actor)
    return Erased(person.contacts, row[0] if row else 0)


def check_erasure(db: Db, ctx: AccountContext, id_: int) -> Person:
    """Who would be erased; in a transaction nothing can begin that would stand in the way.

    Raises :class:`UnknownPerson` and :class:`CannotErase`.
    """
    person = _look_at(db, ctx, id_, lock=True)
    obstacles = [each for part in _parts.values() for each in part.obstacles(db, ctx, person.contacts)]
    if obstacles:
        raise CannotErase(id_, obstacles)
    return person


def export_contact(db: Db, ctx: AccountContext, id_: int) -> dict[str, Any]:
    """Everything personal that is known of a contact, by kind, in plain columns. Raises :class:`UnknownPerson`."""
    person = _look_at(db, ctx, id_, lock=False)
    found: dict[str, Any] = {
        "contact": id_,
        "contacts": exported(db, ctx, "contact", "id", person.contacts),
        "history": exported(db, ctx, "event", "object_id", person.contacts),
    }
    for part in _parts.values():
        found |= part.export(db, ctx, person.contacts)
    return found


def _look_at(db: Db, ctx: AccountContext, id_: int, *, lock: bool) -> Person:
    """Raises :class:`UnknownPerson`."""
    params: dict[str, Any] = {"account_id": ctx.id, "id": id_}
    contacts = [row[0] for row in db.execute(load("kalends.crm", "same_person"), params).fetchall()]
    if lock:
        held = "SELECT id FROM contact WHERE account_id = %s AND id = ANY(%s) ORDER BY id FOR UPDATE"
        contacts = [row[0] for row in db.execute(held, [ctx.id, contacts]).fetchall()]
    if id_ not in contacts:
        raise UnknownPerson(f"There is no contact {id_} in this account.")
    params["contacts"] = contacts
    words = [row[0] for row in db.execute(load("kalends.crm", "words_of_contacts"), params).fetchall()]
    words += [each for part in _parts.values() for each in part.words(db, ctx, contacts)]
    return Person(contacts, sorted({each.strip() for each in words if each and each.strip()}))


PERSONAL = (
    "email additional_emails first_name last_name phone mobile_phone address address2 city state zip country job_title "
    "billing_address billing_address2 billing_city billing_state billing_zip billing_country billing_email "
    "shipping_address shipping_address2 shipping_city shipping_state shipping_zip shipping_country customer_email "
    "bill_to_name ship_to_name last4 bank_or_issuer external_recipient recipient_company_address "
    "recipient_company_address2 recipient_company_city recipient_company_state recipient_company_zip "
    "comments internal_comment content note checkout_answers"
).split()
"""Columns that speak of a person or were written for one, in whatever table; changes of them leave the journal."""

_TIED = {"order": "purchase_order", "deal": "deal", "ticket": "ticket", "quote": "quote"}
_KEPT_OF_ORDERS = {"shipping_country", "billing_country"}


def _tied(db: Db, ctx: AccountContext, contacts: list[int]) -> list[int]:
    """Records of the shop floor that are tied to the contacts."""
    rows = db.execute(
        "SELECT to_id FROM association WHERE account_id = %s AND from_type = 'contact' AND from_id = ANY(%s) "
        "AND to_type = ANY(%s)",
        [ctx.id, contacts, list(_TIED)],
    )
    return [row[0] for row in rows]


def _erase_tied(db: Db, ctx: AccountContext, person: Person) -> None:
    tied = _tied(db, ctx, person.contacts)
    for table in _TIED.values():
        blank(db, ctx, table, tied, set(PERSONAL) - _KEPT_OF_ORDERS, person.words)


def _export_tied(db: Db, ctx: AccountContext, contacts: list[int]) -> dict[str, Rows]:
    tied = _tied(db, ctx, contacts)
    return {f"{name}s": exported(db, ctx, table, "id", tied) for name, table in _TIED.items()}


register(Part(name="crm", erase=_erase_tied, export=_export_tied))
