"""All actions on records, by object, and which of them are offered for a record to whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.urls import reverse

from kalends.staff.actions.contact import PORTAL_LINK
from kalends.staff.actions.declare import Action
from kalends.staff.actions.facts import read_facts
from kalends.staff.actions.invoice_credit import CREDIT
from kalends.staff.actions.invoice_end import DOWNLOAD, EDIT_DRAFT, ISSUE, RESEND, VOID
from kalends.staff.actions.invoice_pay import PARTS, RECORD
from kalends.staff.actions.payment_again import RESEND_RECEIPT, RETRY, SETTLE
from kalends.staff.actions.payment_link import CLONE, EDIT_LINK, SHARE, SWITCH_OFF, SWITCH_ON, TEST
from kalends.staff.actions.payment_refund import DISPUTE, REFUND
from kalends.staff.actions.quote import APPROVE, CONVERT, EDIT_QUOTE, PUBLISH, RECALL, REJECT, SEND
from kalends.staff.actions.subscription_cancel import CANCEL
from kalends.staff.actions.subscription_edit import EDIT
from kalends.staff.actions.subscription_end import DELETE, RELEASE, START
from kalends.staff.actions.subscription_method import ASK_METHOD, METHOD, OVERDUE
from kalends.staff.actions.subscription_pause import KEEP, PAUSE, RESUME
from kalends.staff.visit import Visit

ACTIONS: Mapping[str, tuple[Action, ...]] = {
    "subscription": (
        *(EDIT, RELEASE, OVERDUE, ASK_METHOD, METHOD, START),
        *(PAUSE, RESUME, KEEP, CANCEL, DELETE),
    ),
    "invoice": (RECORD, EDIT_DRAFT, ISSUE, DOWNLOAD, RESEND, PARTS, CREDIT, VOID),
    "payment_link": (SHARE, EDIT_LINK, TEST, CLONE, SWITCH_OFF, SWITCH_ON),
    "quote": (SEND, PUBLISH, EDIT_QUOTE, APPROVE, REJECT, CONVERT, RECALL),
    "contact": (PORTAL_LINK,),
    "payment": (REFUND, RETRY, SETTLE, RESEND_RECEIPT, DISPUTE),
}
"""In the order in which menus show them."""


class Offer(NamedTuple):
    """An entry of a menu. ``why_not`` says why it cannot be done now; then it leads nowhere.

    One that ``opens`` a dialog is fetched into ``#dialog``; another is a link.
    """

    key: str
    label: str
    icon: str
    address: str
    danger: bool
    opens: bool
    why_not: str = ""


def offers(visit: Visit, object_name: str, ids: Iterable[int]) -> dict[int, list[Offer]]:
    """What may be done to each of these records, which the user may see; what is not permitted is not named."""
    wanted = list(ids)
    if object_name not in ACTIONS or not wanted:
        return {id_: [] for id_ in wanted}
    with visit.cursor() as cursor:
        facts = read_facts(cursor, visit.ctx.id, object_name, wanted)
    found: dict[int, list[Offer]] = {id_: [] for id_ in wanted}
    permitted: dict[tuple[str, str], set[int]] = {}
    for action in ACTIONS[object_name]:
        what, name = action.needs
        if action.needs not in permitted:
            everybody = set(wanted) if visit.may(what, name) else set[int]()
            permitted[action.needs] = visit.among(what, name, everybody) if name else everybody
        for id_, known in facts.items():
            verdict = action.verdict(visit, known) if id_ in permitted[action.needs] else False
            if verdict is not False:
                found[id_].append(_offer(visit, action, id_, verdict if isinstance(verdict, str) else ""))
    return found


def offers_for(visit: Visit, object_name: str, id_: int) -> list[Offer]:
    """What may be done to one record that the user may see."""
    return offers(visit, object_name, [id_])[id_]


def _offer(visit: Visit, action: Action, id_: int, why_not: str) -> Offer:
    address = reverse(action.route, args=[visit.ctx.id, id_])
    return Offer(
        action.key, str(action.label), action.icon, address, action.danger, action.tell is not None, why_not
    )
