"""API tokens: made with what they may do said in words, shown once, and revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.scopes import ALL, OWNERS, scope_of
from kalends.accounts.tokens import (
    NAME_LENGTH_MAX,
    NewToken,
    TokenRow,
    create_token,
    list_tokens,
    revoke_token,
)
from kalends.catalog.registry import OBJECTS
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form, dress
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.once import shown_once
from kalends.staff.settings.places import PLACES, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table
from kalends.staff.visit import Visit, account_page

_NOTHING, _READ, _WRITE = "", "read", "write"


class TokenForm(Form):
    """What a token is called, and what it may do: everything, or so much with each object."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH_MAX,
        help_text=gettext_lazy("The program that uses it, so that you know later which one to stop."),
    )
    everything = forms.BooleanField(
        label=gettext_lazy("May do everything"),
        help_text=gettext_lazy("Also what programs are able to do one day and cannot do yet."),
        required=False,
    )
    owners = forms.BooleanField(label=gettext_lazy("May read who owns records"), required=False)

    def __init__(self, visit: Visit, data: Any) -> None:
        super().__init__(data)
        self.names = []
        for name, obj in OBJECTS.items():
            for kind, words in (("objects", _("records")), ("schemas", _("properties"))):
                key = f"{kind}:{name}"
                self.names.append(key)
                self.fields[key] = forms.ChoiceField(
                    label=f"{obj.plural_label.in_language(visit.language)}: {words}",
                    choices=[(_NOTHING, _("Nothing")), (_READ, _("Read")), (_WRITE, _("Read and change"))],
                    required=False,
                )
                dress(self.fields[key])

    def grid(self) -> list[tuple[str, list[Any]]]:
        """Each object with its two choices."""
        pairs = [self.names[start : start + 2] for start in range(0, len(self.names), 2)]
        return [(str(self[pair[0]].label).rpartition(":")[0], [self[key] for key in pair]) for pair in pairs]

    def scopes(self) -> list[str]:
        """What was chosen, by the names that the API has for it."""
        chosen = self.cleaned_data
        if chosen.get("everything"):
            return [ALL]
        found = [OWNERS] if chosen.get("owners") else []
        for key in self.names:
            kind, _colon, name = key.partition(":")
            verbs = {_READ: [_READ], _WRITE: [_READ, _WRITE]}.get(chosen.get(key, ""), [])
            found += [scope_of(OBJECTS[name], verb, kind) for verb in verbs]
        return found

    def clean(self) -> dict[str, Any]:
        """Raises ``ValidationError`` where nothing was chosen: such a token opens nothing."""
        if not self.scopes():
            raise ValidationError(_("Choose at least one thing that the token may do."))
        return {**self.cleaned_data, "scopes": self.scopes()}


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The tokens that open something, and those that were revoked."""
    visit.require(PLACES["tokens"].needs)
    found = list_tokens(visit.psycopg(), visit.ctx.id)
    working = [each for each in found if each.revoked_at is None]
    gone = [each for each in found if each.revoked_at is not None]
    columns = [_("Token"), _("May"), _("Last used")]
    tables = [
        Table(
            "tokens",
            _("API tokens"),
            columns,
            [_row(visit, each) for each in working],
            note=_("Whoever has a token may do what it may, without signing in. Keep it like a password."),
            add=Act(_("Make a token"), reverse("settings-token-add", args=[visit.ctx.id]), dialog=False),
            empty=_("No program comes in yet."),
        )
    ]
    if gone:
        tables.append(Table("revoked", _("Revoked"), columns, [_row(visit, each) for each in gone]))
    return shown(request, visit, "tokens", "tables", {"tables": tables})


def _row(visit: Visit, each: TokenRow) -> Row:
    zone = visit.ctx.time_zone
    made = _("made %(when)s") % {"when": formatting.instant(each.created_at, zone)}
    used = formatting.instant(each.last_used_at, zone) if each.last_used_at else _("Never")
    revoke = Act(_("Revoke"), reverse("settings-token-revoke", args=[visit.ctx.id, each.id]))
    may = _scopes(each.scopes, visit.language)
    return Row(
        each.name, [Cell(each.name, made), Cell(may), Cell(used)], [revoke] if each.revoked_at is None else []
    )


def _scopes(scopes: list[str], language: str) -> str:
    """What a token may, in words: changing includes reading."""
    if ALL in scopes:
        return _("Everything")
    parts = [_("read owners")] if OWNERS in scopes else []
    for obj in OBJECTS.values():
        name = obj.plural_label.in_language(language).lower()
        for kind, read, write in (
            ("objects", _("read %(what)s"), _("change %(what)s")),
            ("schemas", _("read properties of %(what)s"), _("change properties of %(what)s")),
        ):
            if scope_of(obj, _WRITE, kind) in scopes:
                parts.append(write % {"what": name})
            elif scope_of(obj, _READ, kind) in scopes:
                parts.append(read % {"what": name})
    return ", ".join(parts)


@require_safe
@account_page
def _ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    visit.require(PLACES["tokens"].needs)
    return shown(request, visit, "tokens", "token_new", {"form": TokenForm(visit, None)})


@account_action("tokens")
def _make(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    form = TokenForm(visit, request.POST)
    # What an action returns is kept for the form that is sent twice; the token must not be, so it goes past it.
    made: list[NewToken] = []

    def work(db: Any) -> int:
        made[:] = [_create(db, visit, form.cleaned_data)]
        return made[0].id

    if visit.carry_out("create token", form, work):
        return _told(request, visit, made)
    return shown(request, visit, "tokens", "token_new", {"form": form}, status=422)


make = by_method(get=_ask, post=_make)


def _create(db: Any, visit: ActionVisit, asked: dict[str, Any]) -> NewToken:
    return create_token(
        db, visit.ctx.id, name=asked["name"], scopes=asked["scopes"], now=visit.ctx.now, actor=visit.who.actor
    )


def _told(request: HttpRequest, visit: Visit, made: list[NewToken]) -> HttpResponse:
    """The token, once."""
    return shown_once(
        request,
        visit,
        "tokens",
        made,
        heading=_("Copy it now"),
        text=_("It is shown only once. Kalends keeps no copy of it: whoever loses it makes another one."),
        before=_("This token was made and shown before"),
    )


def _found(visit: Visit, token_id: int) -> TokenRow:
    for each in list_tokens(visit.psycopg(), visit.ctx.id):
        if each.id == token_id and each.revoked_at is None:
            return each
    raise Http404(f"no token {token_id}")


def _revoke(db: Any, visit: ActionVisit, asked: dict[str, Any], token_id: int) -> None:  # noqa: ARG001
    revoke_token(db, visit.ctx.id, str(token_id), visit.ctx.now, actor=visit.who.actor)


revoke = Deed(
    name="revoke token",
    page="tokens",
    form=of_what_is_there(_found),
    asked=lambda visit, form, token_id: Asked(
        _("Revoke the token %(name)s") % {"name": _found(visit, token_id).name},
        _("Revoke"),
        [
            _("Programs that use it are turned away from their next request on."),
            _("It cannot be taken back: make another token if it was a mistake."),
        ],
        takes_away=True,
    ),
    work=_revoke,
    told=lambda asked: _("The token opens nothing any more"),
)
