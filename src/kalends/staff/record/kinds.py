"""What the kinds of ties are called: the catalogue's in the reader's language, an account's own as it named them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from kalends.crm.association_types import DEFINED, Kind

STANDARD: dict[str, Promise] = {
    "Primary": gettext_lazy("Primary"),
    "Upcoming": gettext_lazy("Upcoming"),
    "Contact signer": gettext_lazy("Contact signer"),
    "Billing contact": gettext_lazy("Billing contact"),
    "Billing company": gettext_lazy("Billing company"),
    "Parent Company": gettext_lazy("Parent company"),
    "Child Company": gettext_lazy("Child company"),
}
"""By the label that programs see."""


def kind_label(kind: Kind) -> str:
    """The label that people read; empty for the plain kind that every tie has."""
    if kind.category == DEFINED and kind.label in STANDARD:
        return str(STANDARD[kind.label])
    return kind.label or ""
