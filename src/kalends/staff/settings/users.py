"""Users of the account: invited, given roles and teams, and removed with their records handed over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.models import User
from kalends.accounts.people import Member, members
from kalends.accounts.permissions import ROLES, place_of
from kalends.accounts.roles import (
    RoleRefused,
    give_role,
    invite_member,
    remove_member,
    roles,
    set_teams,
    sign_member_out,
)
from kalends.accounts.teams import teams
from kalends.crm.hand_over import CannotHandOver, hand_over
from kalends.messages.personal import send_beside
from kalends.platform import security_log
from kalends.staff.account.links import invitation_letter
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.role_words import refused, role_name
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page

worded(RoleRefused, lambda problem: refused(problem.reason))
worded(
    CannotHandOver, lambda problem: _("The records cannot be given to this user: choose another one."), "heir"
)


def role_choices(visit: Visit) -> list[tuple[str, str]]:
    """The roles that this user may give: those that may no more than they may."""
    own = [
        (str(each.id), each.name) for each in roles(visit.psycopg(), visit.ctx) if _covers(visit, each.grants)
    ]
    return [*((key, role_name(key)) for key, grants in ROLES.items() if _covers(visit, grants)), *own]


def _covers(visit: Visit, grants: Any) -> bool:
    return visit.place.grants.covers(grants if not isinstance(grants, str) else ROLES[grants])


def _read_role(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


class InviteForm(Form):
    """Somebody who is to work in the account."""

    email = forms.EmailField(label=gettext_lazy("Email"), max_length=200)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, visit: Visit, data: Any) -> None:
        super().__init__(data, initial={"role": "member"})
        self.fields["role"].choices = role_choices(visit)  # type: ignore[attr-defined]


class RoleForm(Form):
    """A user's role."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, visit: Visit, data: Any, user_id: int) -> None:
        place = _place(visit, user_id)
        super().__init__(data, initial={"role": str(place.role_id or place.role)})
        self.fields["role"].choices = role_choices(visit)  # type: ignore[attr-defined]


class TeamsForm(Form):
    """A user's teams."""

    main = forms.ChoiceField(
        label=gettext_lazy("Main team"),
        help_text=gettext_lazy("It is also the team of the records that the user owns."),
        required=False,
    )
    extra = forms.MultipleChoiceField(
        label=gettext_lazy("Further teams"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, visit: Visit, data: Any, user_id: int) -> None:
        _place(visit, user_id)
        main, extra = _team_ids(visit, user_id)
        super().__init__(data, initial={"main": str(main or ""), "extra": [str(each) for each in extra]})
        known = [(str(each.id), each.name) for each in teams(visit.psycopg(), visit.ctx)]
        self.fields["main"].choices = [("", _("No team")), *known]  # type: ignore[attr-defined]
        self.fields["extra"].choices = known  # type: ignore[attr-defined]
        if not known:
            del self.fields["extra"]


class RemoveForm(Form):
    """Who gets what a user owns."""

    heir = forms.ChoiceField(
        label=gettext_lazy("Who takes over the records"),
        help_text=gettext_lazy("Contacts, companies, deals, subscriptions and all else that the user owns."),
        required=False,
    )

    def __init__(self, visit: Visit, data: Any, user_id: int) -> None:
        _place(visit, user_id)
        super().__init__(data)
        others = [each for each in members(visit.psycopg(), visit.ctx.id) if each.user_id != user_id]
        self.fields["heir"].choices = [  # type: ignore[attr-defined]
            ("", _("Nobody: they have no owner then")),
            *((str(each.user_id), each.name) for each in others),
        ]


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everybody who works in the account."""
    visit.require(PLACES["users"].needs)
    rows = [_row(visit, each) for each in members(visit.psycopg(), visit.ctx.id)]
    table = Table(
        "users",
        _("Users"),
        [_("User"), _("Role"), _("Teams")],
        rows,
        add=Act(_("Invite a user"), reverse("settings-user-invite", args=[visit.ctx.id])),
    )
    return shown(request, visit, "users", "tables", {"tables": [table]})


def _row(visit: Visit, each: Member) -> Row:
    place = _place(visit, each.user_id)
    names = {team.id: team.name for team in teams(visit.psycopg(), visit.ctx)}
    address = [visit.ctx.id, each.user_id]
    acts = [
        Act(_("Role"), reverse("settings-user-role", args=address)),
        Act(_("Teams"), reverse("settings-user-teams", args=address)),
        Act(_("Sign out"), reverse("settings-user-sign-out", args=address)),
        Act(_("Remove"), reverse("settings-user-remove", args=address)),
    ]
    tags = [Tag(_("You"))] if each.user_id == visit.user.id else []
    role = role_name(place.role) if place.role_id is None else place.role
    return Row(
        each.name,
        [
            Cell(each.name, each.email, tags=tags),
            Cell(role),
            Cell(", ".join(names.get(id_, "") for id_ in place.teams) or "--"),
        ],
        acts if _covers(visit, place.grants) else [],
    )


def _place(visit: Visit, user_id: int) -> Any:
    with visit.cursor() as cursor:
        place = place_of(cursor, visit.ctx.id, user_id)
    if place is None:
        raise Http404(f"no user {user_id} in this account")
    return place


def _team_ids(visit: Visit, user_id: int) -> tuple[int | None, list[int]]:
    row = (
        visit.psycopg()
        .execute(
            "SELECT team_id, extra_team_ids FROM membership WHERE account_id = %s AND user_id = %s",
            [visit.ctx.id, user_id],
        )
        .fetchone()
    )
    return row[0], row[1]


def _name(visit: Visit, user_id: int) -> str:
    return next(each.name for each in members(visit.psycopg(), visit.ctx.id) if each.user_id == user_id)


def _write_to(visit: Visit, user_id: int) -> None:
    """Send who has no password yet the link to set one; everybody else signs in as always."""
    user = User.objects.get(id=user_id)
    if not user.has_usable_password():
        send_beside(invitation_letter(user, visit.ctx.name, visit.user.name))


invite = Deed(
    name="invite",
    page="users",
    form=InviteForm,
    asked=lambda visit, form: Asked(
        _("Invite a user"),
        _("Invite"),
        [
            _(
                "The user has a place in this account at once. Who has no password yet gets a letter with a link."
            )
        ],
    ),
    work=lambda db, visit, asked: invite_member(
        db,
        visit.ctx,
        email=asked["email"],
        name=asked["name"],
        role=_read_role(asked["role"]),
        by=visit.place,
    ),
    told=lambda asked: _("%(name)s has a place in this account") % asked,
    after=_write_to,
)
role = Deed(
    name="role",
    page="users",
    form=RoleForm,
    asked=lambda visit, form, user_id: Asked(
        _("Role of %(name)s") % {"name": _name(visit, user_id)},
        _("Give this role"),
        [_("From the next page on the user sees and does what the role allows.")],
    ),
    work=lambda db, visit, asked, user_id: give_role(
        db, visit.ctx, user_id, _read_role(asked["role"]), by=visit.place
    ),
    told=lambda asked: _("The role is given"),
)
in_teams = Deed(
    name="teams",
    page="users",
    form=TeamsForm,
    asked=lambda visit, form, user_id: Asked(
        _("Teams of %(name)s") % {"name": _name(visit, user_id)},
        _("Save"),
        [_("Who sees their team's records sees those of the users whose main team it is.")],
    ),
    work=lambda db, visit, asked, user_id: set_teams(
        db,
        visit.ctx,
        user_id,
        team_id=int(asked["main"]) if asked["main"] else None,
        extra=[int(each) for each in asked.get("extra", [])],
        by=visit.place,
    ),
    told=lambda asked: _("The teams are set"),
)


def _sign_out(db: Any, visit: Any, asked: dict[str, Any], user_id: int) -> int:  # noqa: ARG001
    sign_member_out(db, visit.ctx, user_id, by=visit.place)
    return user_id


sign_out = Deed(
    name="sign out user",
    page="users",
    form=of_what_is_there(_place),
    asked=lambda visit, form, user_id: Asked(
        _("Sign out %(name)s") % {"name": _name(visit, user_id)},
        _("Sign out"),
        [_("The user has to sign in again in every browser, for other accounts too.")],
        takes_away=True,
    ),
    work=_sign_out,
    told=lambda asked: _("The user is signed out everywhere"),
    after=lambda visit, user_id: security_log.tell(
        "way_in_changed", what="sessions_ended", user_id=user_id, account_id=visit.ctx.id
    ),
)


def _remove(db: Any, visit: Any, asked: dict[str, Any], user_id: int) -> dict[str, int]:
    heir = int(asked["heir"]) if asked["heir"] else None
    moved = hand_over(db, visit.ctx, user_id, heir, actor=visit.who.actor)
    remove_member(db, visit.ctx, user_id, by=visit.place)
    return moved


remove = Deed(
    name="remove user",
    page="users",
    form=RemoveForm,
    asked=lambda visit, form, user_id: Asked(
        _("Remove %(name)s") % {"name": _name(visit, user_id)},
        _("Remove"),
        [
            _("The user cannot enter this account any more, from the next click on."),
            _("What the user did stays in the timelines and in the audit log."),
            _(
                "API tokens and apps go on, also those that the user made or let in. Revoke those that nobody needs."
            ),
        ],
        takes_away=True,
    ),
    work=_remove,
    told=lambda asked: _("The user is removed, and the records are handed over"),
)
