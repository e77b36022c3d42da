"""Roles and what they allow, in words."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from kalends.query import Scope

ROLE_NAMES: dict[str, Callable[[], str]] = {
    "admin": lambda: _("Administrator"),
    "member": lambda: _("Member"),
    "sales": lambda: _("Sales"),
    "finance": lambda: _("Finance"),
    "reader": lambda: _("Reader"),
}
ROLE_ABOUT: dict[str, Callable[[], str]] = {
    "admin": lambda: _("May do everything."),
    "member": lambda: _("May do everything but change settings."),
    "sales": lambda: _("Works with their own records and sees their team's."),
    "finance": lambda: _("Sees everything and handles the money."),
    "reader": lambda: _("Sees everything and changes nothing."),
}
SCOPES: dict[Scope, Callable[[], str]] = {
    Scope.NONE: lambda: _("None"),
    Scope.OWNED: lambda: _("Owned"),
    Scope.TEAM: lambda: _("Team's"),
    Scope.ALL: lambda: _("All"),
}
VERBS: dict[str, Callable[[], str]] = {
    "view": lambda: _("View"),
    "edit": lambda: _("Edit"),
    "delete": lambda: _("Delete"),
}
_REFUSED: dict[str, Callable[[], str]] = {
    "name_empty": lambda: _("Give the role a name of 1 to 60 characters."),
    "name_taken": lambda: _("There is a role of this name already."),
    "unknown_role": lambda: _("This role is not there any more."),
    "in_use": lambda: _("Users have this role: give them another one first."),
    "beyond": lambda: _("You cannot give a role that may do more than you may."),
    "last_administrator": lambda: _(
        "The account would be without an administrator: make somebody else one first."
    ),
    "email": lambda: _("Give an email address such as name@company.com."),
    "member_already": lambda: _("This person has a place in the account already."),
    "unknown_team": lambda: _("This team is not there any more."),
}


def role_name(key: str) -> str:
    """What a role that comes with Kalends is called."""
    return ROLE_NAMES[key]()


def refused(reason: str) -> str:
    """Why something cannot be done with roles."""
    return _REFUSED[reason]()
