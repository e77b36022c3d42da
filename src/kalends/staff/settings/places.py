"""The pages of the settings: where they stand, and which ability each needs. What may not be used is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.staff.forbidden import Forbidden
from kalends.staff.shell import shell
from kalends.staff.visit import Visit


class Place(NamedTuple):
    """A page of the settings; ``about`` is the line under its heading."""

    key: str
    label: Callable[[], str]
    icon: str
    needs: str
    about: Callable[[], str]

    @property
    def address(self) -> str:
        """The name of its address."""
        return f"settings-{self.key}"


class Group(NamedTuple):
    """Pages under a heading."""

    label: Callable[[], str]
    places: tuple[Place, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        lambda: _("Account"),
        (
            Place(
                "company",
                lambda: _("Company and branding"),
                "building-2",
                "settings",
                lambda: _("What customers see on letters, invoices and pages."),
            ),
            Place(
                "currencies",
                lambda: _("Currencies"),
                "banknote",
                "settings",
                lambda: _("In which currencies you bill, and what they are worth in your own."),
            ),
        ),
    ),
    Group(
        lambda: _("Billing"),
        (
            Place(
                "subscriptions",
                lambda: _("Subscriptions"),
                "repeat",
                "settings",
                lambda: _("When billing begins, and how subscriptions are edited."),
            ),
            Place(
                "payments",
                lambda: _("Payments"),
                "credit-card",
                "settings",
                lambda: _(
                    "What customers pay with, what happens when a charge fails, and how fast charges are sent."
                ),
            ),
            Place(
                "processor",
                lambda: _("Payment processor"),
                "landmark",
                "settings",
                lambda: _("Through whom customers pay, and whether its books and yours agree."),
            ),
            Place(
                "invoices",
                lambda: _("Invoices"),
                "file-text",
                "settings",
                lambda: _("How invoices and credit notes are numbered and paid."),
            ),
            Place(
                "links",
                lambda: _("Payment links"),
                "link",
                "settings",
                lambda: _("What a new payment link begins with, and whether purchases make deals."),
            ),
            Place(
                "quotes",
                lambda: _("Quotes"),
                "file-text",
                "settings",
                lambda: _("How long they are valid, their terms, and whether they are approved."),
            ),
            Place(
                "codes",
                lambda: _("Discount codes"),
                "ticket-percent",
                "settings",
                lambda: _("Words that take something off the first payment at checkout."),
            ),
            Place(
                "taxes",
                lambda: _("Taxes"),
                "percent",
                "settings",
                lambda: _("The rates that line items can be given."),
            ),
            Place(
                "letters",
                lambda: _("Email templates"),
                "mail",
                "settings",
                lambda: _("Which letters go out, and how each of them reads."),
            ),
        ),
    ),
    Group(
        lambda: _("People"),
        (
            Place(
                "users",
                lambda: _("Users"),
                "users",
                "users",
                lambda: _("Who works in this account, with which role and in which teams."),
            ),
            Place(
                "teams",
                lambda: _("Teams"),
                "users-round",
                "users",
                lambda: _("Whose records belong together for those who see their team's."),
            ),
            Place(
                "roles",
                lambda: _("Roles and permissions"),
                "shield-check",
                "users",
                lambda: _("What people may see and do. A change holds from their next page on."),
            ),
            Place(
                "security",
                lambda: _("Signing in"),
                "fingerprint",
                "users",
                lambda: _("What people need to come into this account, and who has it."),
            ),
            Place(
                "audit",
                lambda: _("Audit log"),
                "scroll-text",
                "users",
                lambda: _("What users did, with the values before and after."),
            ),
        ),
    ),
    Group(
        lambda: _("Data"),
        (
            Place(
                "properties",
                lambda: _("Properties"),
                "tag",
                "edit_property_settings",
                lambda: _("Facts of your own on contacts, subscriptions and the rest."),
            ),
            Place(
                "pipelines",
                lambda: _("Pipelines"),
                "handshake",
                "edit_property_settings",
                lambda: _("The stages that deals go through."),
            ),
            Place(
                "imports",
                lambda: _("Imports"),
                "upload",
                "import",
                lambda: _("Files that became records, and what came of each row."),
            ),
            Place(
                "exports",
                lambda: _("Exports"),
                "download",
                "export",
                lambda: _("Which records were exported, by whom, and where the files are."),
            ),
        ),
    ),
    Group(
        lambda: _("Programs"),
        (
            Place(
                "tokens",
                lambda: _("API tokens"),
                "key-round",
                "tokens",
                lambda: _("What lets programs of yours read and change records."),
            ),
            Place(
                "apps",
                lambda: _("Apps and webhooks"),
                "webhook",
                "tokens",
                lambda: _("Programs of others, and where they are told of changes."),
            ),
            Place(
                "limits",
                lambda: _("API limits"),
                "sliders-horizontal",
                "settings",
                lambda: _("How much programs may ask for, so that one of them cannot slow down the others."),
            ),
        ),
    ),
)

PLACES = {place.key: place for group in GROUPS for place in group.places}


class Entry(NamedTuple):
    """A link of the side navigation."""

    key: str
    label: str
    icon: str
    link: str


def navigation(visit: Visit) -> Iterator[tuple[str, list[Entry]]]:
    """The groups that have something for this user, each with its pages."""
    for group in GROUPS:
        entries = [
            Entry(each.key, each.label(), each.icon, reverse(each.address, args=[visit.ctx.id]))
            for each in group.places
            if visit.may(each.needs)
        ]
        if entries:
            yield group.label(), entries


def first(visit: Visit) -> str:
    """Where the settings begin for this user. Raises ``Forbidden`` where there is nothing for them."""
    for _label, entries in navigation(visit):
        return entries[0].link
    raise Forbidden("settings")


def link(visit: Visit, key: str) -> str:
    """The address of one of the pages."""
    return reverse(PLACES[key].address, args=[visit.ctx.id])


def framed(request: HttpRequest, visit: Visit, key: str, context: dict[str, Any]) -> dict[str, Any]:
    """The context of a page of the settings, and of dialogs above it."""
    place = PLACES[key]
    visit.require(place.needs)
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "settings")
    return {
        **around,
        "title": place.label(),
        "about": place.about(),
        "settings_pages": list(navigation(visit)),
        "settings_page": key,
        "settings_heading": _("Settings"),
        **context,
    }


def shown(
    request: HttpRequest, visit: Visit, key: str, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the settings."""
    return render(
        request, f"staff/settings/{template}.html", framed(request, visit, key, context), status=status
    )
