"""Teams: made, renamed and deleted. Who is in them is set for each user."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.teams import (
    NAME_LENGTH_MAX,
    Team,
    TeamRefused,
    create_team,
    delete_team,
    rename_team,
    teams,
)
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.visit import Visit, account_page

_REFUSED = {
    "name_empty": lambda: _("Give the team a name of 1 to 60 characters."),
    "name_taken": lambda: _("There is a team of this name already."),
    "unknown": lambda: _("This team is not there any more."),
    "in_use": lambda: _("Users are in this team: put them into another one first."),
}
worded(TeamRefused, lambda problem: _REFUSED[problem.reason](), "name")


class TeamForm(Form):
    """What a team is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The teams and who is in them."""
    visit.require(PLACES["teams"].needs)
    rows = [_row(visit, each) for each in teams(visit.psycopg(), visit.ctx)]
    table = Table(
        "teams",
        _("Teams"),
        [_("Team"), _("Main team of"), _("Also in it")],
        rows,
        note=_("A record belongs to the main team of its owner. Users are put into teams on the page Users."),
        add=Act(_("Add a team"), reverse("settings-team-add", args=[visit.ctx.id])),
        empty=_("No teams yet. Without them everybody who sees their team's records sees their own."),
    )
    return shown(request, visit, "teams", "tables", {"tables": [table]})


def _row(visit: Visit, each: Team) -> Row:
    address = [visit.ctx.id, each.id]
    return Row(
        each.name,
        [Cell(each.name), Cell(", ".join(each.main) or "--"), Cell(", ".join(each.extra) or "--")],
        [
            Act(_("Rename"), reverse("settings-team-rename", args=address)),
            Act(_("Delete"), reverse("settings-team-delete", args=address)),
        ],
    )


def _found(visit: Visit, team_id: int) -> Team:
    found = next((each for each in teams(visit.psycopg(), visit.ctx) if each.id == team_id), None)
    if found is None:
        raise Http404(f"no team {team_id}")
    return found


def _rename_form(visit: Visit, data: Any, team_id: int) -> Form:
    return TeamForm(data, initial={"name": _found(visit, team_id).name})


add = Deed(
    name="create team",
    page="teams",
    form=lambda visit, data: TeamForm(data),
    asked=lambda visit, form: Asked(_("Add a team"), _("Add")),
    work=lambda db, visit, asked: create_team(db, visit.ctx, name=asked["name"], by=visit.place),
    told=lambda asked: _("The team is there: put users into it"),
)
rename = Deed(
    name="rename team",
    page="teams",
    form=_rename_form,
    asked=lambda visit, form, team_id: Asked(_("Rename the team"), _("Rename")),
    work=lambda db, visit, asked, team_id: rename_team(
        db, visit.ctx, team_id, name=asked["name"], by=visit.place
    ),
    told=lambda asked: _("The team has another name"),
)
delete = Deed(
    name="delete team",
    page="teams",
    form=of_what_is_there(_found),
    asked=lambda visit, form, team_id: Asked(
        _("Delete the team %(name)s") % {"name": _found(visit, team_id).name},
        _("Delete"),
        [_("Only a team that nobody is in can be deleted. No record is deleted with it.")],
        takes_away=True,
    ),
    work=lambda db, visit, asked, team_id: delete_team(db, visit.ctx, team_id, by=visit.place),
    told=lambda asked: _("The team is deleted"),
)
