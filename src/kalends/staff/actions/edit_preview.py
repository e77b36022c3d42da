"""What an edit comes to, for the page: invoices before and after, and what is charged and credited today."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from itertools import zip_longest
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kalends.billing.edit import Edit, EditPreview, Prorated, ProratedAmount
from kalends.staff import formatting
from kalends.staff.actions.declare import Effect
from kalends.staff.actions.words import amount, day

_SHOWN = 4


class Pair(NamedTuple):
    """An invoice to come, as it is and as it would be; ``changed`` says that they differ."""

    number: int
    day_before: str
    before: formatting.Money | None
    day_after: str
    after: formatting.Money | None
    changed: bool


def digest(edit: Edit, *, prorate: bool) -> str:
    """A name for the edit, by which what is saved is known to be what was looked at."""
    content = json.dumps([asdict(edit), prorate], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def pairs(preview: EditPreview) -> list[Pair]:
    """The next invoices side by side, what the customer's credit pays taken off."""
    found: list[Pair] = []
    for before, after in list(zip_longest(preview.before, preview.after))[:_SHOWN]:
        number = (after or before).cycle + 1
        found.append(
            Pair(
                number,
                day(before.due_date) if before else "",
                formatting.minor(before.total_minor, preview.currency) if before else None,
                day(after.due_date) if after else "",
                formatting.minor(after.total_minor, preview.currency) if after else None,
                changed=before is None
                or after is None
                or (before.due_date, before.total_minor) != (after.due_date, after.total_minor),
            )
        )
    return found


def today(prorated: Prorated, currency: str) -> list[Effect]:
    """What a prorated edit does today: each amount with its days, then what is charged and credited in all."""
    effects = [_one(each, currency) for each in prorated.amounts if each.amount_minor]
    told = {
        "credit": amount(prorated.credit_minor, currency),
        "used": amount(prorated.used_minor, currency),
        "owed": amount(prorated.owed_minor, currency),
        "balance": amount(prorated.balance_minor, currency),
    }
    if prorated.used_minor:
        effects.append(Effect(_("%(used)s of that is paid from the customer's credit.") % told, "wallet"))
    if prorated.owed_minor and prorated.automatic:
        effects.append(Effect(_("%(owed)s is charged now.") % told, "credit-card", "warn"))
    elif prorated.owed_minor:
        effects.append(Effect(_("%(owed)s is invoiced now.") % told, "file-text", "warn"))
    if prorated.balance_minor:
        effects.append(Effect(_("%(balance)s is to the customer's credit then.") % told, "wallet"))
    if not effects:
        effects.append(Effect(_("Nothing is charged or credited today."), "info"))
    return effects


def _one(each: ProratedAmount, currency: str) -> Effect:
    told = {
        "name": each.name,
        "left": each.days_left,
        "days": each.days,
        "amount": amount(each.amount_minor, currency),
        "whole": amount(each.whole_minor, currency),
    }
    if each.credited:
        words = _("%(name)s: %(amount)s of %(whole)s is credited, %(left)s of %(days)s days.") % told
        return Effect(words, "undo-2")
    words = _("%(name)s: %(amount)s of %(whole)s, %(left)s of %(days)s days.") % told
    return Effect(words, "circle-plus")


def context(preview: EditPreview, edit: Edit, *, prorate: bool, note: str = "") -> dict[str, Any]:
    """The part of the dialog below the form."""
    prorated = preview.prorated
    return {
        "note": note,
        "pairs": pairs(preview),
        "prorated": today(prorated, preview.currency) if prorated is not None else [],
        "shown": digest(edit, prorate=prorate),
        "offer": prorated.offer if prorated is not None else "",
        "letter": edit.concerns_billing,
    }
