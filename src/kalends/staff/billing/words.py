"""Why a subscription is put aside, and what mends it, for the codes of :mod:`kalends.billing`."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_PARKED: dict[str, tuple[Promise, Promise]] = {
    "status": (
        _("Its status is one that is never billed"),
        _("Look at its history, and set right what made it due."),
    ),
    "date": (
        _("Its next payment date is not on its schedule"),
        _("Edit the subscription and choose the next payment date anew."),
    ),
    "lines": (
        _("No line item bills this period"),
        _("Add a line item, or cancel the subscription if nothing more is to be billed."),
    ),
    "method": (
        _("It is charged automatically and has no payment method"),
        _("Ask the customer for a payment method, or send invoices instead."),
    ),
    "amount": (
        _("The amount is another than the one that was announced"),
        _("Compare its line items with the last invoice, and edit what is wrong."),
    ),
    "minimum": (
        _("The amount is below the smallest charge of its currency"),
        _("Raise the price, or bill several periods together."),
    ),
    "restored": (
        _("It may have been billed before the database was put back to an earlier state"),
        _(
            "Give back or record what was charged, or tell the customer which invoice counts. Then release it."
        ),
    ),
    "value": (
        _("A value on it is impossible"),
        _("The details name the value. Set it right."),
    ),
}


def parked_why(code: str) -> str:
    """Why it was put aside, in a few words."""
    return str(_PARKED[code][0]) if code in _PARKED else code


def parked_remedy(code: str) -> str:
    """What would mend it."""
    return str(_PARKED[code][1]) if code in _PARKED else ""
