"""Apps: programs of others, made with a secret that is shown once, given another one, and revoked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.integration_apps import (
    NAME_LENGTH_MAX,
    App,
    InvalidApp,
    NewApp,
    create_app,
    find_app,
    list_apps,
    revoke_app,
    rotate_secret,
)
from kalends.events import journal
from kalends.events.webhooks.signatures import standard_secret
from kalends.events.webhooks.upkeep import Standing, given_up, standings
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.settings import consents
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.once import shown_once
from kalends.staff.settings.places import PLACES, link, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page

worded(
    InvalidApp,
    lambda problem: _("Give whole addresses that begin with https:// (or http:// on this machine itself)."),
    "redirect_uris",
)


class AppForm(Form):
    """An app."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    redirect_uris = forms.CharField(
        label=gettext_lazy("Redirect addresses"),
        help_text=gettext_lazy(
            "Where the app may send people back to after they consented, one on each line."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_redirect_uris(self) -> list[str]:
        """The addresses, one of each line."""
        return [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines() if line.strip()]


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The apps, how each is told of changes, and what did not arrive."""
    visit.require(PLACES["apps"].needs)
    db = visit.psycopg()
    found = list_apps(db, visit.ctx.id)
    told = {each.app_id: each for each in standings(db, visit.ctx)}
    names = {each.id: each.name for each in found}
    tables = [
        Table(
            "apps",
            _("Apps"),
            [_("App"), _("Told of changes at")],
            [_row(visit, each, told.get(each.id)) for each in found if each.revoked_at is None],
            add=Act(_("Make an app"), reverse("settings-app-add", args=[visit.ctx.id]), dialog=False),
            empty=_("No apps. A program of your own needs only a token."),
        )
    ]
    tables.append(consents.table(visit))
    lost = given_up(db, visit.ctx)
    if lost:
        again = Act(_("Send all again"), reverse("settings-batches-again", args=[visit.ctx.id]))
        tables.append(
            Table(
                "given-up",
                _("What did not arrive"),
                [_("App"), _("Events"), _("Why")],
                [_lost_row(visit, each, names) for each in lost],
                note=_("These were tried for as long as the rules say, and then given up."),
                add=again,
            )
        )
    gone = [
        Row(each.name, [Cell(each.name, each.client_id)]) for each in found if each.revoked_at is not None
    ]
    if gone:
        tables.append(Table("revoked", _("Revoked"), [_("App")], gone))
    return shown(request, visit, "apps", "tables", {"tables": tables})


def _row(visit: Visit, each: App, told: Standing | None) -> Row:
    address = [visit.ctx.id, each.id]
    if told is None:
        where = Cell("--")
    else:
        tags = [Tag(_("Does not answer"), "warn")] if told.failures else []
        counts = _("%(subscriptions)s kinds of changes, %(waiting)s waiting") % {
            "subscriptions": told.subscriptions,
            "waiting": told.unsent + told.waiting,
        }
        where = Cell(told.url, counts, tags=tags)
    acts = [
        Act(_("Webhooks"), reverse("settings-webhooks", args=address), dialog=False),
        Act(_("New secret"), reverse("settings-app-rotate", args=address), dialog=False),
        Act(_("Revoke"), reverse("settings-app-revoke", args=address)),
    ]
    return Row(each.name, [Cell(each.name, each.client_id), where], acts)


def _lost_row(visit: Visit, each: Any, names: dict[int, str]) -> Row:
    when = formatting.instant(each.closed_at, visit.ctx.time_zone)
    why = each.error or (_("It answered %(status)s") % {"status": each.answer})
    again = Act(_("Send again"), reverse("settings-batch-again", args=[visit.ctx.id, each.id]))
    name = names.get(each.app_id, str(each.app_id))
    return Row(
        f"{name}, {when}",
        [Cell(name, when), Cell(formatting.number(Decimal(each.events))), Cell(why)],
        [again],
    )


def found_app(visit: Visit, app_id: int) -> App:
    """A working app. Raises ``Http404``."""
    found = find_app(visit.psycopg(), visit.ctx.id, app_id)
    if found is None:
        raise Http404(f"no app {app_id}")
    return found


def note(db: Any, visit: ActionVisit, kind: str, object_type: str, id_: int, data: dict[str, Any]) -> None:
    """Tell the journal who did what to apps and webhooks."""
    event = journal.NewEvent(kind, object_type, id_, None, data)
    journal.write(db, visit.ctx.id, visit.ctx.now, [event], visit.who.actor)


def _show_form(request: HttpRequest, visit: Visit, form: Form, asked: str, status: int = 200) -> HttpResponse:
    context = {"form": form, "asked_heading": asked, "back_link": link(visit, "apps")}
    return shown(request, visit, "apps", "app_new", context, status=status)


@require_safe
@account_page
def _ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _show_form(request, visit, AppForm(), _("Make an app"))


@account_action("tokens")
def _make(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    form = AppForm(request.POST)
    made: list[NewApp] = []

    def work(db: Any) -> int:
        asked = form.cleaned_data
        fresh = create_app(
            db, visit.ctx.id, name=asked["name"], redirect_uris=asked["redirect_uris"], now=visit.ctx.now
        )
        note(db, visit, "app.created", "app", fresh.app.id, {"name": fresh.app.name})
        made[:] = [fresh]
        return fresh.app.id

    if visit.carry_out("create app", form, work):
        return _told(request, visit, made)
    return _show_form(request, visit, form, _("Make an app"), 422)


make = by_method(get=_ask, post=_make)


@require_safe
@account_page
def _ask_rotate(request: HttpRequest, visit: Visit, app_id: int) -> HttpResponse:
    visit.require("tokens")
    heading = _("A new secret for %(name)s") % {"name": found_app(visit, app_id).name}
    return _show_form(request, visit, Form(), heading)


@account_action("tokens")
def _rotate(request: HttpRequest, visit: ActionVisit, app_id: int) -> HttpResponse:
    app = found_app(visit, app_id)
    made: list[NewApp] = []

    def work(db: Any) -> int:
        made[:] = [rotate_secret(db, visit.ctx.id, str(app_id))]
        note(db, visit, "app.secret_rotated", "app", app_id, {"name": app.name})
        return app_id

    visit.do("rotate secret", work)
    return _told(request, visit, made)


rotate = by_method(get=_ask_rotate, post=_rotate)


def _told(request: HttpRequest, visit: Visit, made: list[NewApp]) -> HttpResponse:
    """The secret and the key, once."""
    return shown_once(
        request,
        visit,
        "apps",
        made,
        heading=_("Copy them now"),
        text=_("The developer key is shown only once. Programs with the old ones are turned away."),
        before=_("This was done and shown before"),
        standard_secret=standard_secret(made[0].client_secret) if made else "",
    )


def _revoke(db: Any, visit: ActionVisit, asked: dict[str, Any], app_id: int) -> None:  # noqa: ARG001
    gone = revoke_app(db, visit.ctx.id, str(app_id), visit.ctx.now)
    note(db, visit, "app.revoked", "app", app_id, {"name": gone.name})


revoke = Deed(
    name="revoke app",
    page="apps",
    form=of_what_is_there(found_app),
    asked=lambda visit, form, app_id: Asked(
        _("Revoke the app %(name)s") % {"name": found_app(visit, app_id).name},
        _("Revoke"),
        [
            _("Its secret, its key and all tokens that it was given open nothing any more."),
            _("It is told of nothing more. It cannot be taken back."),
        ],
        takes_away=True,
    ),
    work=_revoke,
    told=lambda asked: _("The app is revoked"),
)
