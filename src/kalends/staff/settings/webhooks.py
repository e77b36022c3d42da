"""Where an app is told of changes, of which ones, and what did not arrive."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.accounts.permissions import PERMITTED
from kalends.catalog import get_object
from kalends.events import journal
from kalends.events.webhooks.kinds import BadEventType, read_event_type
from kalends.events.webhooks.settings import (
    CALLS_AT_ONCE,
    CALLS_AT_ONCE_MOST,
    BadSettings,
    delete_target,
    find_target,
    set_target,
)
from kalends.events.webhooks.subscriptions import (
    CannotSubscribe,
    SubscribedAlready,
    Wanted,
    find_wanted,
    list_wanted,
    subscribe,
    switch,
    unsubscribe,
)
from kalends.events.webhooks.upkeep import given_up, send_again
from kalends.staff import formatting
from kalends.staff.action import ActionVisit
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.settings.apps import found_app, note
from kalends.staff.settings.deeds import Asked, Deed, of_what_is_there
from kalends.staff.settings.places import link, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.visit import Visit, account_page

CHANGES = {
    "creation": lambda: _("Made"),
    "propertyChange": lambda: _("A property changes"),
    "deletion": lambda: _("Deleted"),
    "restore": lambda: _("Restored"),
    "associationChange": lambda: _("An association changes"),
}

worded(BadSettings, lambda problem: _("This cannot be an address: %(reason)s") % {"reason": problem}, "url")
worded(SubscribedAlready, lambda problem: _("The app is told of this already."), "change")
worded(
    CannotSubscribe,
    lambda problem: _("Name a property whose changes are kept, by its internal name."),
    "property_name",
)
worded(BadEventType, lambda problem: _("Nobody can be told of this change of this object."), "change")


class TargetForm(Form):
    """Where an app is told, and how much at once."""

    url = forms.CharField(
        label=gettext_lazy("Address"), help_text=gettext_lazy("It begins with https://."), max_length=2000
    )
    calls_at_once = forms.IntegerField(
        label=gettext_lazy("Requests at once"), min_value=1, max_value=CALLS_AT_ONCE_MOST
    )


class WantedForm(Form):
    """A change that an app is to be told of."""

    object = forms.ChoiceField(label=gettext_lazy("Object"))
    change = forms.ChoiceField(label=gettext_lazy("Change"))
    property_name = forms.CharField(
        label=gettext_lazy("Property"),
        help_text=gettext_lazy("Its internal name, where a property changes."),
        required=False,
        max_length=100,
    )

    def __init__(self, visit: Visit, data: Any) -> None:
        super().__init__(data)
        self.fields["object"].choices = [  # type: ignore[attr-defined]
            (name, get_object(name).plural_label.in_language(visit.language)) for name in PERMITTED
        ]
        self.fields["change"].choices = [(key, words()) for key, words in CHANGES.items()]  # type: ignore[attr-defined]


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit, app_id: int) -> HttpResponse:
    """What an app is told, and where."""
    visit.require("tokens")
    app = found_app(visit, app_id)
    db = visit.psycopg()
    target = find_target(db, visit.ctx, app_id)
    address = reverse("settings-webhook-target", args=[visit.ctx.id, app_id])
    rows = []
    if target is not None:
        tags = [Tag(_("Does not answer"), "warn")] if target.failures else []
        stop = Act(_("Stop"), reverse("settings-webhook-stop", args=[visit.ctx.id, app_id]))
        at_once = _("%(number)s requests at once at most") % {"number": target.calls_at_once}
        rows = [Row(target.url, [Cell(target.url, at_once, tags=tags)], [Act(_("Change"), address), stop])]
    tables = [
        Table(
            "target",
            _("Where %(name)s is told") % {"name": app.name},
            [_("Address")],
            rows,
            add=None if target else Act(_("Set an address"), address),
            empty=_("No address yet: the app is told of nothing."),
        ),
        Table(
            "wanted",
            _("Of what it is told"),
            [_("Change"), _("Property")],
            [_row(visit, each) for each in list_wanted(db, visit.ctx, app_id)],
            add=Act(_("Add a change"), reverse("settings-webhook-add", args=[visit.ctx.id, app_id])),
            empty=_("Of nothing yet."),
        ),
    ]
    back = [{"label": _("All apps"), "link": link(visit, "apps"), "chosen": False}]
    return shown(request, visit, "apps", "tables", {"tables": tables, "picks": back, "pick_label": _("Apps")})


def _row(visit: Visit, each: Wanted) -> Row:
    many = get_object(each.object_type).plural_label.in_language(visit.language)
    words = CHANGES[each.change]() if each.change in CHANGES else each.change
    address = [visit.ctx.id, each.app_id, each.id]
    acts = [
        Act(
            _("Switch off") if each.active else _("Switch on"),
            reverse("settings-webhook-switch", args=address),
        ),
        Act(_("Delete"), reverse("settings-webhook-delete", args=address)),
    ]
    tag = Tag(_("On"), "ok") if each.active else Tag(_("Off"))
    name = f"{many}: {words}"
    return Row(name, [Cell(name, each.event_type, tags=[tag]), Cell(each.property_name or "--")], acts)


def _back(visit: Visit, app_id: int, wanted_id: int = 0) -> str:  # noqa: ARG001
    return reverse("settings-webhooks", args=[visit.ctx.id, app_id])


def _target_form(visit: Visit, data: Any, app_id: int) -> Form:
    found_app(visit, app_id)
    target = find_target(visit.psycopg(), visit.ctx, app_id)
    initial = (
        {"url": target.url, "calls_at_once": target.calls_at_once}
        if target
        else {"calls_at_once": CALLS_AT_ONCE}
    )
    return TargetForm(data, initial=initial)


def _set(db: Any, visit: ActionVisit, asked: dict[str, Any], app_id: int) -> None:
    before = find_target(db, visit.ctx, app_id)
    after = set_target(
        db, visit.ctx, app_id, url=asked["url"], calls_at_once=asked["calls_at_once"], now=visit.ctx.now
    )
    told = journal.changed(
        url=(before.url if before else None, after.url),
        calls_at_once=(before.calls_at_once if before else None, after.calls_at_once),
    )
    note(db, visit, "webhook.address_set", "webhook", app_id, {"name": after.url, **told})


def _stop_form(visit: Visit, data: Any, app_id: int) -> Form:
    found_app(visit, app_id)
    if find_target(visit.psycopg(), visit.ctx, app_id) is None:
        raise Http404(f"the app {app_id} is told nowhere")
    return Form(data)


def _stop(db: Any, visit: ActionVisit, asked: dict[str, Any], app_id: int) -> None:  # noqa: ARG001
    delete_target(db, visit.ctx, app_id)
    note(db, visit, "webhook.stopped", "webhook", app_id, {})


def _add_form(visit: Visit, data: Any, app_id: int) -> Form:
    found_app(visit, app_id)
    return WantedForm(visit, data)


def _add(db: Any, visit: ActionVisit, asked: dict[str, Any], app_id: int) -> int:
    kind = read_event_type(f"object.{asked['change']}", get_object(asked["object"]).type_id)
    name = asked["property_name"].strip() or None
    made = subscribe(db, visit.ctx, app_id, kind, property_name=name, active=True, now=visit.ctx.now)
    data = {"name": f"{asked['object']}.{asked['change']}", "property": name}
    note(db, visit, "webhook.created", "webhook", made.id, data)
    return made.id


def _found(visit: Visit, app_id: int, wanted_id: int) -> Wanted:
    found_app(visit, app_id)
    found = find_wanted(visit.psycopg(), visit.ctx, app_id, wanted_id)
    if found is None:
        raise Http404(f"no subscription {wanted_id}")
    return found


def _switch(db: Any, visit: ActionVisit, asked: dict[str, Any], app_id: int, wanted_id: int) -> None:  # noqa: ARG001
    before = find_wanted(db, visit.ctx, app_id, wanted_id)
    assert before is not None, "it was there when the form was made"
    switch(db, visit.ctx, app_id, {wanted_id: not before.active}, visit.ctx.now)
    told = journal.changed(active=(before.active, not before.active))
    note(db, visit, "webhook.changed", "webhook", wanted_id, {"name": before.event_type, **told})


def _delete(db: Any, visit: ActionVisit, asked: dict[str, Any], app_id: int, wanted_id: int) -> None:  # noqa: ARG001
    unsubscribe(db, visit.ctx, app_id, wanted_id)
    note(db, visit, "webhook.deleted", "webhook", wanted_id, {})


target = Deed(
    name="webhook target",
    page="apps",
    form=_target_form,
    asked=lambda visit, form, app_id: Asked(
        _("Where the app is told"),
        _("Save"),
        [_("It is told of what happens from now on, in requests that are signed with its secret.")],
    ),
    work=_set,
    told=lambda asked: _("The address is set"),
    back=_back,
)
stop = Deed(
    name="stop webhooks",
    page="apps",
    form=_stop_form,
    asked=lambda visit, form, app_id: Asked(
        _("Tell the app of nothing more"),
        _("Stop"),
        [_("What it was not told yet is dropped and cannot be sent later.")],
        takes_away=True,
    ),
    work=_stop,
    told=lambda asked: _("The app is told of nothing more"),
    back=_back,
)
add = Deed(
    name="subscribe webhook",
    page="apps",
    form=_add_form,
    asked=lambda visit, form, app_id: Asked(
        _("Add a change"), _("Add"), [_("The app is told of it from now on, not of what was before.")]
    ),
    work=_add,
    told=lambda asked: _("The app is told of it"),
    back=_back,
)
flip = Deed(
    name="switch webhook",
    page="apps",
    form=of_what_is_there(_found),
    asked=lambda visit, form, app_id, wanted_id: (
        Asked(_("Switch off"), _("Switch off"), [_("What it was not told yet of this is dropped.")])
        if _found(visit, app_id, wanted_id).active
        else Asked(
            _("Switch on"), _("Switch on"), [_("The app is told of it from now on, not of what was before.")]
        )
    ),
    work=_switch,
    told=lambda asked: _("It is switched"),
    back=_back,
)
delete = Deed(
    name="unsubscribe webhook",
    page="apps",
    form=of_what_is_there(_found),
    asked=lambda visit, form, app_id, wanted_id: Asked(
        _("Tell the app of this no more"),
        _("Delete"),
        [_("What it was not told yet of this is dropped.")],
        takes_away=True,
    ),
    work=_delete,
    told=lambda asked: _("The app is told of this no more"),
    back=_back,
)


def _again_form(visit: Visit, data: Any, batch_id: int | None = None) -> Form:
    lost = [each.id for each in given_up(visit.psycopg(), visit.ctx)]
    if not lost or batch_id not in (None, *lost):
        raise Http404(f"nothing was given up: {batch_id}")
    return Form(data)


def _again(db: Any, visit: ActionVisit, asked: dict[str, Any], batch_id: int | None = None) -> int:  # noqa: ARG001
    number = send_again(db, visit.ctx, visit.ctx.now, batch_id)
    note(db, visit, "webhook.sent_again", "webhook", batch_id or 0, {"batches": number})
    return number


def _batches(visit: Visit, batch_id: int | None) -> str:
    lost = [each for each in given_up(visit.psycopg(), visit.ctx) if batch_id in (None, each.id)]
    return formatting.number(Decimal(sum(each.events for each in lost)))


again = Deed(
    name="send webhooks again",
    page="apps",
    form=_again_form,
    asked=lambda visit, form, batch_id=None: Asked(
        _("Send again"),
        _("Send again"),
        [
            _("Events that are sent: %(number)s. An app that has one already knows it by its number.")
            % {"number": _batches(visit, batch_id)}
        ],
    ),
    work=_again,
    told=lambda asked: _("They are sent again"),
)
