"""Keeping another card or account, for subscriptions and invoices to come."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kalends.buyer.door import NotThere
from kalends.buyer.giving import Visitor, Wanted, given, lead_to_processor
from kalends.buyer.pages import moved
from kalends.buyer.portal.door import own_page
from kalends.buyer.portal.session import Owner
from kalends.payments.methods import kinds_in
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import chosen_processor


@require_POST
@own_page
def add(owner: Owner) -> HttpResponse:
    """To the processor's page, for a card or an account in the currency of what the customer has."""
    guest, contact = owner.guest, owner.contact
    processor = chosen_processor(guest.db, guest.ctx)
    if processor is None:
        raise NotThere
    row = guest.db.execute(
        "SELECT currency FROM subscription WHERE account_id = %s AND contact_id = %s ORDER BY id DESC LIMIT 1",
        [guest.ctx.id, contact.id],
    ).fetchone()
    currency = row[0] if row else guest.ctx.currency
    here = guest.address_of(reverse("portal", args=[guest.ctx.id]))
    wanted = Wanted("contact", contact.id, currency, kinds_in(currency, None), contact.id, keep=True)
    visitor = Visitor(contact.name, contact.email, guest.language)
    words = _("It is kept for your later payments. Nothing is charged now.")
    try:
        return lead_to_processor(guest, processor, wanted, visitor, here=here, back="methods", words=words)
    except ProcessorUnavailable:
        return moved(f"{here}?done=nothing")


@require_safe
@own_page
def back(owner: Owner, key: UUID) -> HttpResponse:
    """Back from there: what was given is kept, once."""
    guest = owner.guest
    try:
        _asked, method_id = given(guest, key, "contact", owner.contact.id)
    except ProcessorUnavailable:
        method_id = None
    done = "nothing" if method_id is None else "method"
    return moved(f"{reverse('portal', args=[guest.ctx.id])}?done={done}")
