"""The customer's own pages: everything at a glance, and each subscription with its cycles."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kalends.billing.cancel import cancel_subscriptions
from kalends.billing.changes import cancel_at_period_end, keep_after_all, pause, resume
from kalends.buyer.methods import methods_of
from kalends.buyer.pages import moved, page
from kalends.buyer.portal.details import address_lines
from kalends.buyer.portal.door import own_page
from kalends.buyer.portal.reading import (
    Subscription,
    coming_of,
    first_due,
    invoices_of,
    lines_of,
    method_page,
    rail_of,
    subscription_of,
    subscriptions_of,
    why_next,
)
from kalends.buyer.portal.session import Owner
from kalends.buyer.words import Told
from kalends.core.lifecycle import RefusedTransition, Status
from kalends.payments.processors.registry import chosen_processor

DONE = "done"
"""The parameter that says what was done just before."""


class Deed(NamedTuple):
    """Something that the customer may do to a subscription: its name in the address, its button, what comes of it."""

    name: str
    label: str
    heading: str
    effects: list[str]
    icon: str


@require_safe
@own_page
def overview(owner: Owner) -> HttpResponse:
    """Subscriptions, what comes, invoices, methods and details."""
    guest = owner.guest
    found = subscriptions_of(owner)
    rows = [_shown(owner, each) for each in found]
    invoices, methods = invoices_of(owner), methods_of(guest, owner.contact.id)
    coming = coming_of(owner, found)
    nearest = coming[0].found if coming else None
    context = {
        "title": _("Your pages"),
        "owner": owner,
        "subscriptions": rows,
        "nearest": nearest,
        "next": coming[0] if coming else None,
        "why": why_next(owner, nearest) if nearest else None,
        "charged_to": next((each for each in methods if nearest and each.id == nearest.method_id), None),
        "change": method_page(owner, nearest.id) if nearest and nearest.automatic else "",
        "upcoming": coming[1:],
        "invoices": invoices,
        "to_pay": first_due(invoices),
        "methods": [(each, each.expires(guest.ctx.today)) for each in methods],
        "used": {each.method_id for each in found if not each.has_ended},
        "pays_online": chosen_processor(guest.db, guest.ctx) is not None,
        "address": address_lines(owner),
        "told": _told(guest.request.GET.get(DONE, "")),
    }
    return _own(owner, "buyer/portal/overview.html", context)


@require_safe
@own_page
def subscription(owner: Owner, id_: int) -> HttpResponse:
    """One subscription: its cycles, what comes, by what it is paid, and what may be done."""
    found = subscription_of(owner, id_)
    guest = owner.guest
    context = {
        "title": found.name,
        "owner": owner,
        **_shown(owner, found),
        "rail": rail_of(owner, found),
        "lines": lines_of(owner, found),
        "method": next(
            (each for each in methods_of(guest, owner.contact.id) if each.id == found.method_id), None
        ),
        "deeds": deeds_of(owner, found),
        "told": _told(guest.request.GET.get(DONE, "")),
    }
    return _own(owner, "buyer/portal/subscription.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def deed(owner: Owner, id_: int, name: str) -> HttpResponse:
    """Tell what canceling, pausing or going on means, and do it once that was read."""
    found = subscription_of(owner, id_)
    wanted = next((each for each in deeds_of(owner, found) if each.name == name), None)
    here = reverse("portal-subscription", args=[owner.guest.ctx.id, id_])
    if wanted is None:
        return moved(here)
    context: dict[str, Any] = {
        "title": wanted.label,
        "owner": owner,
        "deed": wanted,
        "found": found,
        "back": here,
    }
    if owner.guest.request.method != "POST":
        return _own(owner, "buyer/portal/deed.html", context)
    try:
        _do(owner, found, name)
    except RefusedTransition:
        return moved(here)  # it was changed meanwhile: the page tells how it stands
    return moved(f"{here}?{DONE}={name}")


def _do(owner: Owner, found: Subscription, name: str) -> None:
    db, ctx, actor = owner.guest.db, owner.guest.ctx, f"contact:{owner.contact.id}"
    if name == "cancel":
        cancel_at_period_end(db, ctx, found.id, actor=actor)
    elif name == "end":
        cancel_subscriptions(db, ctx, [found.id], actor=actor)
    elif name == "pause":
        pause(db, ctx, found.id, actor=actor)
    elif name == "resume":
        resume(db, ctx, found.id, actor=actor)
    else:
        keep_after_all(db, ctx, found.id, actor=actor)


def deeds_of(owner: Owner, found: Subscription) -> list[Deed]:
    """What the account lets its customers do, and the subscription allows, with what comes of it in words."""
    settings, day = owner.guest.ctx.settings, owner.guest.formats.day
    deeds: list[Deed] = []
    waits = found.cancel_on is not None or found.pause_on is not None
    if settings.portal_pause and found.status == Status.PAUSED:
        effects = [_("It is charged again from its next date on."), _("What was skipped is not charged.")]
        deeds.append(Deed("resume", _("Go on"), _("Go on with %(name)s?") % _named(found), effects, "undo-2"))
    if settings.portal_cancel and waits:
        effects = [_("It goes on as before, and is charged on its dates.")]
        deeds.append(Deed("keep", _("Keep it"), _("Keep %(name)s?") % _named(found), effects, "undo-2"))
    if settings.portal_pause and found.status == Status.ACTIVE and not waits:
        effects = [
            _("Nothing is charged while it is paused. Dates that pass are skipped, not made up for."),
            _("You can go on at any time."),
        ]
        deeds.append(Deed("pause", _("Pause"), _("Pause %(name)s?") % _named(found), effects, "circle-pause"))
    may_end = found.status in (Status.ACTIVE, Status.PAST_DUE, Status.UNPAID) and found.next_cycle > 0
    if settings.portal_cancel and may_end and found.cancel_on is None and found.next_due_on is not None:
        effects = [
            _("It stays yours until %(date)s, which is paid for.") % {"date": day(found.next_due_on)},
            _("Nothing is charged for it from then on, and nothing is given back."),
            _("What is overdue stays to be paid."),
            _("Until that day you can take it back."),
        ]
        deeds.append(
            Deed(
                "cancel", _("Cancel subscription"), _("Cancel %(name)s?") % _named(found), effects, "circle-x"
            )
        )
    if settings.portal_cancel and found.status == Status.PAUSED:
        deeds.append(_end_paused(owner, found))
    return deeds


def _end_paused(owner: Owner, found: Subscription) -> Deed:
    """Canceling what is paused: no period runs out meanwhile, so it ends at once."""
    effects = [_("It ends at once, and this cannot be taken back."), _("What is overdue stays to be paid.")]
    paid_until = found.paid_until
    if paid_until is not None and paid_until > owner.guest.ctx.today:
        told = _("It is paid for until %(date)s. To use those days, go on first and cancel then.")
        effects.insert(1, told % {"date": owner.guest.formats.day(paid_until)})
    return Deed("end", _("Cancel subscription"), _("Cancel %(name)s?") % _named(found), effects, "circle-x")


def _named(found: Subscription) -> dict[str, str]:
    return {"name": found.name}


def _shown(owner: Owner, found: Subscription) -> dict[str, Any]:
    language = owner.guest.language
    return {
        "found": found,
        "status": found.status_word(language),
        "rhythm": found.rhythm(language),
        "method_page": method_page(owner, found.id) if found.automatic and not found.has_ended else "",
        "waits": _waits(owner, found),
    }


def _waits(owner: Owner, found: Subscription) -> str:
    """What is planned for it, in a sentence."""
    day = owner.guest.formats.day
    if found.cancel_on is not None:
        return _("It ends on %(date)s.") % {"date": day(found.cancel_on)}
    if found.pause_on is not None:
        return _("It is paused from %(date)s on.") % {"date": day(found.pause_on)}
    if found.status == Status.PAUSED and found.resume_on is not None:
        return _("It is paused until %(date)s.") % {"date": day(found.resume_on)}
    return ""


def _told(done: str) -> Told | None:
    words = {
        "cancel": _("It is canceled for the end of the paid period. A letter confirms it."),
        "end": _("It is canceled. A letter confirms it."),
        "pause": _("It is paused. A letter confirms it."),
        "resume": _("It goes on. A letter confirms it."),
        "keep": _("It goes on as before. A letter confirms it."),
        "details": _("Your details are saved."),
        "method": _("Your new card or account is kept."),
        "nothing": _("You came back without giving a card or an account."),
    }
    text = words.get(done)
    tone = ("info", "info") if done == "nothing" else ("ok", "circle-check")
    return (
        None
        if text is None
        else Told(*tone, _("Nothing was changed") if done == "nothing" else _("Done"), text)
    )


def _own(owner: Owner, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return page(owner.guest, template, {**context, "account_id": owner.guest.ctx.id}, status=status)
