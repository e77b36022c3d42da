"""Roles and permissions: the ones that come with Kalends to read, the account's own to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from kalends.accounts.permissions import ABILITIES, PERMITTED, ROLES, VERBS, Grants, Rights
from kalends.accounts.roles import NAME_LENGTH_MAX, Role, change_role, create_role, delete_role, roles
from kalends.catalog import get_object
from kalends.query import Scope
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forbidden import ABILITY_WORDS
from kalends.staff.forms import Form, dress
from kalends.staff.reply import moved
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.settings.role_words import ROLE_ABOUT, SCOPES, role_name
from kalends.staff.settings.role_words import VERBS as VERB_WORDS
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.visit import Visit, account_page

OFFERED = ABILITIES
"""What a role can be given on its page."""


class RoleForm(Form):
    """A role: a choice for each object and verb, and a box for each ability."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    unassigned = forms.BooleanField(
        label=gettext_lazy("Records that nobody owns count as owned and as the team's"), required=False
    )

    def __init__(self, visit: Visit, data: Any, *, name: str = "", grants: Grants | None = None) -> None:
        shown_grants = grants or Grants({})
        super().__init__(data, initial={"name": name, "unassigned": shown_grants.unassigned})
        self.visit = visit
        for obj in PERMITTED:
            label = get_object(obj).plural_label.in_language(visit.language)
            for verb in VERBS:
                self.fields[f"{obj}:{verb}"] = forms.ChoiceField(
                    label=f"{label}: {VERB_WORDS[verb]()}",
                    choices=[(scope.value, words()) for scope, words in SCOPES.items()],
                    initial=shown_grants.scope(verb, obj).value,
                )
        for ability in OFFERED:
            self.fields[f"may:{ability}"] = forms.BooleanField(
                label=capfirst(ABILITY_WORDS[ability]()),
                initial=ability in shown_grants.abilities,
                required=False,
            )
        for field in self.fields.values():
            dress(field)

    def grid(self) -> list[tuple[str, list[Any]]]:
        """The objects with their three choices."""
        return [
            (
                get_object(obj).plural_label.in_language(self.visit.language),
                [self[f"{obj}:{verb}"] for verb in VERBS],
            )
            for obj in PERMITTED
        ]

    def boxes(self) -> list[Any]:
        """The abilities."""
        return [self[f"may:{ability}"] for ability in OFFERED]

    def grants(self) -> Grants:
        """What was chosen."""
        chosen = self.cleaned_data
        return Grants(
            {obj: Rights(*(Scope(chosen[f"{obj}:{verb}"]) for verb in VERBS)) for obj in PERMITTED},
            frozenset(each for each in OFFERED if chosen[f"may:{each}"]),
            chosen["unassigned"],
        )


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All roles."""
    visit.require(PLACES["roles"].needs)
    own = [_own_row(visit, each) for each in roles(visit.psycopg(), visit.ctx)]
    tables = [
        Table(
            "own",
            _("Your own roles"),
            [_("Role"), _("Users")],
            own,
            add=Act(_("Make a role"), reverse("settings-role-add", args=[visit.ctx.id]), dialog=False),
            empty=_("No roles of your own yet. Copy one below and change what does not fit."),
        ),
        Table(
            "built-in",
            _("Roles that come with Kalends"),
            [_("Role")],
            [_built_in_row(visit, key) for key in ROLES],
            note=_("They cannot be changed. A copy can."),
        ),
    ]
    return shown(request, visit, "roles", "tables", {"tables": tables})


def _own_row(visit: Visit, each: Role) -> Row:
    address = [visit.ctx.id, each.id]
    change = reverse("settings-role", args=address)
    acts = [
        Act(_("Change"), change, dialog=False),
        Act(_("Copy"), f"{reverse('settings-role-add', args=[visit.ctx.id])}?like={each.id}", dialog=False),
        Act(_("Delete"), reverse("settings-role-delete", args=address)),
    ]
    return Row(each.name, [Cell(each.name, link=change), Cell(formatting.number(Decimal(each.users)))], acts)


def _built_in_row(visit: Visit, key: str) -> Row:
    look = reverse("settings-role-built-in", args=[visit.ctx.id, key])
    copy = f"{reverse('settings-role-add', args=[visit.ctx.id])}?like={key}"
    name = role_name(key)
    return Row(name, [Cell(name, ROLE_ABOUT[key](), look)], [Act(_("Copy as your own"), copy, dialog=False)])


@require_safe
@account_page
def built_in(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """What a role that comes with Kalends allows, to read."""
    if key not in ROLES:
        raise Http404(f"no role {key}")
    grants = ROLES[key]
    context = {
        "role_heading": role_name(key),
        "role_about": ROLE_ABOUT[key](),
        "verbs": [words() for words in VERB_WORDS.values()],
        "grid": [
            (
                get_object(obj).plural_label.in_language(visit.language),
                [SCOPES[grants.scope(verb, obj)]() for verb in VERBS],
            )
            for obj in PERMITTED
        ],
        "abilities": [(capfirst(words()), each in grants.abilities) for each, words in ABILITY_WORDS.items()],
        "copy": f"{reverse('settings-role-add', args=[visit.ctx.id])}?like={key}",
    }
    return shown(request, visit, "roles", "role_built_in", context)


def _show(
    request: HttpRequest, visit: Visit, form: RoleForm, heading: str, note: str, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "role_heading": heading,
        "role_note": note,
        "verbs": [words() for words in VERB_WORDS.values()],
    }
    return shown(request, visit, "roles", "role", context, status=status)


@require_safe
@account_page
def _ask_new(request: HttpRequest, visit: Visit) -> HttpResponse:
    name, grants = _like(visit, request.GET.get("like", ""))
    return _show(request, visit, RoleForm(visit, None, name=name, grants=grants), _("Make a role"), "")


def _like(visit: Visit, like: str) -> tuple[str, Grants | None]:
    """The name and the grants to begin with, when another role is copied."""
    if like in ROLES:
        return _("Copy of %(name)s") % {"name": role_name(like)}, ROLES[like]
    for each in roles(visit.psycopg(), visit.ctx):
        if str(each.id) == like:
            return _("Copy of %(name)s") % {"name": each.name}, each.grants
    return "", None


@account_action("users")
def _make(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    form = RoleForm(visit, request.POST)

    def work(db: Any) -> int:
        name = form.cleaned_data["name"]
        return create_role(db, visit.ctx, name=name, grants=form.grants(), by=visit.place)

    if visit.carry_out("create role", form, work):
        return moved(request, link(visit, "roles"), _("The role is there: give it to users"))
    return _show(request, visit, form, _("Make a role"), "", 422)


make = by_method(get=_ask_new, post=_make)


def _found(visit: Visit, role_id: int) -> Role:
    found = next((each for each in roles(visit.psycopg(), visit.ctx) if each.id == role_id), None)
    if found is None:
        raise Http404(f"no role {role_id}")
    return found


def _note(each: Role) -> str:
    if not each.users:
        return _("Nobody has this role.")
    return ngettext(
        "%(number)s user has this role: a change holds from the user's next page on.",
        "%(number)s users have this role: a change holds from their next page on.",
        each.users,
    ) % {"number": each.users}


@require_safe
@account_page
def _ask_change(request: HttpRequest, visit: Visit, role_id: int) -> HttpResponse:
    visit.require("users")
    each = _found(visit, role_id)
    return _show(
        request, visit, RoleForm(visit, None, name=each.name, grants=each.grants), each.name, _note(each)
    )


@account_action("users")
def _change(request: HttpRequest, visit: ActionVisit, role_id: int) -> HttpResponse:
    each = _found(visit, role_id)
    form = RoleForm(visit, request.POST)

    def work(db: Any) -> None:
        name = form.cleaned_data["name"]
        change_role(db, visit.ctx, role_id, name=name, grants=form.grants(), by=visit.place)

    if visit.carry_out("change role", form, work):
        return moved(request, link(visit, "roles"), _("The role is changed"))
    return _show(request, visit, form, each.name, _note(each), 422)


change = by_method(get=_ask_change, post=_change)


delete = Deed(
    name="delete role",
    page="roles",
    form=of_what_is_there(_found),
    asked=lambda visit, form, role_id: Asked(
        _("Delete the role %(name)s") % {"name": _found(visit, role_id).name},
        _("Delete"),
        [_("Only a role that nobody has can be deleted.")],
        takes_away=True,
    ),
    work=lambda db, visit, asked, role_id: delete_role(db, visit.ctx, role_id, by=visit.place),
    told=lambda asked: _("The role is deleted"),
)
