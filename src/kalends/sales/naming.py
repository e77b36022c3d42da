"""What the subscriptions of a sale are called: after what is in them, in the language of whoever buys."""

from __future__ import annotations

from dataclasses import replace

from django.utils import translation
from django.utils.translation import ngettext

from kalends.billing.agree import Planned
from kalends.billing.create import NewSubscription
from kalends.messages.letters.formats import language_of


def named_after_items(planned: Planned, language: str) -> NewSubscription:
    """The subscription to make, called by its first item and how many more there are: "Fleet Core + 2 more"."""
    first, *more = planned.fresh.lines
    if not more:
        return planned.fresh
    with translation.override(language_of(language)):
        words = ngettext("%(name)s + %(count)s more", "%(name)s + %(count)s more", len(more))
    return replace(planned.fresh, name=words % {"name": first.name, "count": len(more)})
