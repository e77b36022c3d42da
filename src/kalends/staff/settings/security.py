"""How people come into the account: whether everybody needs a second factor, and who has one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from kalends.accounts import second_factor
from kalends.accounts.people import members
from kalends.accounts.sign_in_models import Passkey, SecondFactor
from kalends.staff.settings.declared import SettingsForm
from kalends.staff.settings.tables import Cell, Row, Table, Tag
from kalends.staff.visit import Visit

SETTING = "second_factor_for_all"


def who_has_one(visit: Visit) -> dict[str, Any]:
    """What stands below the switch: each user with what they come in by."""
    people = members(visit.psycopg(), visit.ctx.id)
    ids = [each.user_id for each in people]
    apps = set(
        SecondFactor.objects.filter(user_id__in=ids, confirmed_at__isnull=False).values_list(
            "user_id", flat=True
        )
    )
    keys = set(Passkey.objects.filter(user_id__in=ids).values_list("user_id", flat=True))
    rows = []
    for each in people:
        kinds = [
            words
            for words, having in ((_("Passkey"), keys), (_("App for codes"), apps))
            if each.user_id in having
        ]
        tags = [] if kinds else [Tag(_("None yet"), "warn")]
        rows.append(Row(each.name, [Cell(each.name, each.email), Cell(", ".join(kinds), tags=tags)]))
    return {"tables": [Table("factors", _("Who has one"), [_("User"), _("Second factor")], rows)]}


def have_one_yourself(visit: Visit, form: SettingsForm) -> None:
    """Whoever asks it of everybody has one: else they would be the first to stand outside."""
    if visit.ctx.settings.second_factor_for_all or not form.cleaned_data.get(SETTING):
        return
    if not second_factor.is_wanted(visit.user.id):
        form.add_error(
            SETTING,
            _("You have none yourself. Set one up first: choose your name in the menu, then Signing in."),
        )
