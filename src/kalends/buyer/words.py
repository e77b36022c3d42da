"""What several pages tell buyers: what became of a payment, and why it cannot be made."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

from kalends.buyer.door import Guest
from kalends.messages.letters.words import why_failed
from kalends.payments.pay_now import CannotPay, Course


class Told(NamedTuple):
    """A callout: its tone and icon, a headline, and a sentence."""

    tone: str
    icon: str
    headline: str
    text: str
    is_over: bool = True


def told_of(guest: Guest, course: Course) -> Told:
    """What became of a payment. ``is_over`` is false while it is worth a look again in some seconds."""
    amount = {"amount": guest.formats.money(course.amount_minor, course.currency)}
    if course.status == "failed":
        why = why_failed(course.failure_code, for_staff=False)
        text = _("%(why)s Nothing was charged. You can try again with another card or account.") % {
            "why": why
        }
        return Told("bad", "circle-alert", _("%(amount)s was declined") % amount, text)
    if course.unanswered:
        text = _("The processor has not answered yet. You need not do anything: nothing is charged twice.")
        return Told(
            "info",
            "hourglass",
            _("We are finding out what became of %(amount)s") % amount,
            text,
            is_over=False,
        )
    if course.status == "processing" and course.method_kind == "card":
        text = _("The bank still has to confirm it. This page tells when it has.")
        return Told("info", "hourglass", _("%(amount)s is being processed") % amount, text, is_over=False)
    if course.status == "processing":
        text = _(
            "A bank debit takes some banking days. You get a receipt by email once the money has arrived."
        )
        return Told("info", "hourglass", _("%(amount)s is on its way from your bank") % amount, text)
    return Told(
        "ok", "circle-check", _("%(amount)s is paid") % amount, _("Thank you. The receipt comes by email.")
    )


def why_not(guest: Guest, refusal: CannotPay) -> str:
    """Why an invoice could not be paid so, in a sentence."""
    del guest
    return {
        "not_open": _("This invoice is not open any more, so nothing was charged."),
        "nothing_owed": _("Nothing is left to pay on this invoice, so nothing was charged."),
        "under_way": _("A payment of this invoice is on its way already, so nothing more was charged."),
        "too_much": _(
            "Less is owed than a moment ago, so nothing was charged. Look at the amount, and pay again."
        ),
        "too_little": _("This is less than the smallest amount that can be paid online."),
        "not_in_parts": _(
            "More is owed than a moment ago, so nothing was charged. Look at the amount, and pay again."
        ),
        "rest_too_small": _(
            "What would be left is too little to be paid online. Pay all of it, or leave more."
        ),
        "method": _("This card or account cannot be used here. Choose another one."),
        "held": _("Payments are not taken at the moment. Nothing was charged; try again later."),
    }[refusal.code]
