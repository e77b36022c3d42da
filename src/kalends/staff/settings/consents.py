"""Consents: each time that somebody let an app in, with what it may do since, and taking one back by itself."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.accounts.oauth import Consent, consents, revoke_grant
from kalends.events import journal
from kalends.staff import formatting
from kalends.staff.action import ActionVisit
from kalends.staff.scope_words import gathered
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.visit import Visit


def table(visit: Visit) -> Table:
    """Every consent that stands, the newest first."""
    return Table(
        "consents",
        _("Consents"),
        [_("App"), _("May"), _("Last used")],
        [_row(visit, each) for each in consents(visit.psycopg(), visit.ctx.id)],
        note=_(
            "Each lasts until it is taken back. To change what an app may do, let it ask again and take the earlier "
            "one back."
        ),
        empty=_("Nobody has let an app in."),
    )


def _row(visit: Visit, each: Consent) -> Row:
    given = _("%(name)s, %(moment)s") % {
        "name": each.user,
        "moment": formatting.instant(each.given_at, visit.ctx.time_zone),
    }
    used = formatting.instant(each.last_used_at, visit.ctx.time_zone) if each.last_used_at else _("Never")
    back = Act(_("Take back"), reverse("settings-consent-revoke", args=[visit.ctx.id, each.id]))
    return Row(f"{each.app}, {given}", [Cell(each.app, given), Cell(_may(visit, each)), Cell(used)], [back])


def _may(visit: Visit, each: Consent) -> str:
    words = [f"{about}: {', '.join(may)}" for about, may in gathered(each.scopes, visit.language)]
    return "; ".join(words) or _("See which account this is, and nothing else")


def _found(visit: Visit, consent_id: int) -> Consent:
    found = consents(visit.psycopg(), visit.ctx.id, consent_id)
    if not found:
        raise Http404(f"no consent {consent_id}")
    return found[0]


def _take_back(db: Any, visit: ActionVisit, asked: dict[str, Any], consent_id: int) -> None:  # noqa: ARG001
    consent = _found(visit, consent_id)
    revoke_grant(db, visit.ctx.id, consent_id, visit.ctx.now)
    told = {"name": consent.app, "consent": consent_id, "given_by": consent.user_id}
    event = journal.NewEvent("app.consent_taken_back", "app", consent.app_id, None, told)
    journal.write(db, visit.ctx.id, visit.ctx.now, [event], visit.who.actor)


revoke = Deed(
    name="take consent back",
    page="apps",
    form=of_what_is_there(_found),
    asked=lambda visit, form, consent_id: Asked(
        _("Take back what %(name)s was allowed") % {"name": _found(visit, consent_id).app},
        _("Take back"),
        [
            _("Every token that the app got by this consent opens nothing any more."),
            _("The app stays, and so do other consents. It can ask for another one."),
        ],
        takes_away=True,
    ),
    work=_take_back,
    told=lambda asked: _("The consent is taken back"),
)
