"""How a payment method is called: Visa ··4417, SEPA ··3021, an invoice with its terms."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

_NAMES = {
    "ach": "ACH",
    "sepa": "SEPA",
    "bacs": "BACS",
    "pads": "PADs",
    "pad": "PADs",
    "jcb": "JCB",
    "amex": "Amex",
    "american express": "Amex",
}
_MONEY_BY_HAND = ("check", "cash", "wire_transfer", "other")


class Method(NamedTuple):
    """An icon and a name."""

    icon: str
    name: str


def stored(kind: str, brand: str | None, last4: str | None) -> Method:
    """A card or an account that is charged.

    >>> stored("card", "visa", "4417")
    Method(icon='credit-card', name='Visa ··4417')
    """
    if kind in _MONEY_BY_HAND:
        return Method("banknote", by_hand(kind))
    name = _NAMES.get((brand or kind).lower()) or (
        _("Card") if not brand and kind == "card" else (brand or kind)
    )
    name = name[:1].upper() + name[1:]
    return Method("credit-card" if kind == "card" else "landmark", f"{name} ··{last4}" if last4 else name)


def by_hand(kind: str) -> str:
    """Money that came outside a processor."""
    return {
        "check": _("Check"),
        "cash": _("Cash"),
        "wire_transfer": _("Wire transfer"),
    }.get(kind, _("Other means"))


def invoiced(net_days: int) -> Method:
    """An invoice that asks for payment."""
    if net_days:
        return Method("file-text", _("Invoice, net %(days)s") % {"days": net_days})
    return Method("file-text", _("Invoice, on receipt"))
