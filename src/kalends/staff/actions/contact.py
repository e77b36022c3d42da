"""Sending a contact the link to their own pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import Connection

from kalends.messages.way_in import send_portal_link
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import ContactFacts
from kalends.staff.forms import Form
from kalends.staff.visit import Visit


def _may_send(visit: Visit, facts: ContactFacts) -> Verdict:
    if not visit.ctx.settings.portal:
        return _("Customers see no pages of their own. Switch them on in the settings first.")
    return True if facts.email else _("It has no email address. Give it one first.")


def _tell_send(visit: Visit, facts: ContactFacts, form: Form) -> Told:  # noqa: ARG001
    words = _(
        "%(email)s gets a letter with a link to their subscriptions, invoices, receipts and payment methods."
    )
    effects = [
        Effect(words % {"email": facts.email}, "mail"),
        Effect(
            _("The link works for an hour. It lets in whoever has it, so it goes to no other address."),
            "clock",
        ),
    ]
    return Told(_("Send the link to their pages"), _("Send the letter"), effects)


def _send(visit: ActionVisit, facts: ContactFacts, form: Form) -> str:  # noqa: ARG001
    def work(db: Connection[Any]) -> dict[str, str]:
        return {"email": send_portal_link(db, visit.ctx, facts.id, actor=visit.who.actor)}

    email = visit.do(PORTAL_LINK.kind, work)["email"]
    return _("The letter to %(email)s is on its way") % {"email": email}


PORTAL_LINK = Action(
    object="contact",
    key="portal-link",
    label=gettext_lazy("Send portal link"),
    icon="link",
    needs=("edit", "contact"),
    verdict=_may_send,
    tell=_tell_send,
    do=_send,
)
