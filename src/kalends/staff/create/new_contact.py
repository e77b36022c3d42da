"""A contact that is made while a subscription is: with an address of its own, and never twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.catalog import get_object
from kalends.crm.record_values import INVALID_EMAIL
from kalends.crm.records import New, prepare_new, write_new
from kalends.crm.unique import EXISTS
from kalends.staff.action import ActionVisit
from kalends.staff.create import customers
from kalends.staff.create.forms import ContactForm
from kalends.staff.refusals import Refused

_CONTACT = get_object("contact")


def guess(text: str) -> dict[str, str]:
    """What was searched for, in the field where it belongs.

    >>> guess("kari@example.test"), guess("Kari Nordmann")
    ({'email': 'kari@example.test'}, {'first_name': 'Kari', 'last_name': 'Nordmann'})
    """
    text = text.strip()
    if "@" in text:
        return {"email": text}
    first, _space, last = text.rpartition(" ")
    return {"first_name": first or last, "last_name": last if first else ""}


def make(visit: ActionVisit, form: ContactForm) -> int | None:
    """The new contact's number; None where the form says why there is none.

    Somebody who has the address already is offered instead (``form.twin``), if the user may see them.
    """
    if not form.is_valid():
        return None
    typed, email = form.cleaned_data, form.cleaned_data["email"].lower()
    own = replace(visit, request_key=form.cleaned_data["request_key"] or None, asked=_plain(typed))
    try:
        return own.do("create_contact", lambda db: _write(db, visit, typed))
    except Refused as refusal:
        form.refuse(refusal)
        form.twin = customers.having_email(visit, email)
        return None


def _plain(typed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if name != "request_key"}


def _write(db: Connection[Any], visit: ActionVisit, typed: dict[str, Any]) -> int:
    properties = {
        "email": typed["email"],
        "firstname": typed["first_name"],
        "lastname": typed["last_name"],
        "hubspot_owner_id": str(visit.user.id),
    }
    (draft,) = prepare_new(db, visit.ctx, _CONTACT, [New(properties)])
    for problem in draft.written.problems:
        if problem.code == EXISTS:
            raise Refused(_("A contact with this email address is there already."), "email")
        if problem.code == INVALID_EMAIL:
            raise Refused(_("This is not an email address."), "email")
        raise Refused(_("This value cannot be used."))
    return write_new(db, visit.ctx, _CONTACT, [draft], visit.who)[0]
