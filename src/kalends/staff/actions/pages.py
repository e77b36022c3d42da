"""The dialog of an action: asked for by GET, done by POST, once for each form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.events.requests import find_request
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.actions.declare import Action, Again, Growing, Row, Trouble
from kalends.staff.actions.facts import read_facts
from kalends.staff.forbidden import NoRecord
from kalends.staff.forms import Form
from kalends.staff.objects import PAGES, index_address, record_address
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, is_htmx, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


def address_of(action: Action) -> URLPattern:
    """The address of an action's dialog, which is also where it is done."""
    where = f"<int:account_id>/{PAGES[action.object].slug}/<int:id>/actions/{action.key}"
    ask = require_safe(_ask(action))
    view = ask if action.do is None else by_method(get=ask, post=_act(action))
    return path(where, view, name=action.route)


def _ask(action: Action) -> Any:
    @account_page
    def ask(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002
        facts = _facts(visit, action, id)
        return _shown(request, visit, action, facts, action.form(visit, facts, None))

    return ask


def _act(action: Action) -> Any:
    # The record is looked at after it is known whether the form was sent before: it may be gone by what that did.
    @account_action(*action.needs, record="")
    def act(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
        assert action.do is not None
        if _was_done(visit, action):
            return moved(request, _back(request, visit, action, id, done=True))
        facts = _facts(visit, action, id)
        form = action.form(visit, facts, request.POST)
        if request.POST.get("step") == "add" and isinstance(form, Growing):
            form.add_row()
            return _shown(request, visit, action, facts, form)
        if not form.is_valid():
            return _shown(request, visit, action, facts, form, status=422)
        try:
            _refuse_senseless(visit, action, facts)
            done = action.do(visit, facts, form)
        except Refused as refusal:
            return _refused(request, visit, action, id, form, refusal)
        if isinstance(done, Again):
            return _shown(request, visit, action, facts, form, more=done.more)
        where = _back(request, visit, action, id, done=True)
        if isinstance(done, Trouble):
            messages.error(request, done)
            return moved(request, where)
        return moved(request, where, done)

    return act


def _refuse_senseless(visit: ActionVisit, action: Action, facts: Any) -> None:
    """Raises ``Refused`` where nobody is offered this now, unless that is so since it was done in this very moment."""
    if action.verdict(visit, facts) is False and not _was_done(visit, action):
        raise Refused(_("This cannot be done to it, as it stands now. Nothing was changed."))


def _refused(
    request: HttpRequest, visit: ActionVisit, action: Action, id_: int, form: Form, refusal: Refused
) -> HttpResponse:
    """The form again; where the record has become one that this cannot be done to, that is the reason."""
    facts = _facts(visit, action, id_)
    verdict = action.verdict(visit, facts)
    form.refuse(Refused(verdict) if isinstance(verdict, str) else refusal)
    return _shown(request, visit, action, facts, form, status=422)


def _was_done(visit: ActionVisit, action: Action) -> bool:
    """Whether this very form was sent before, and done."""
    if visit.request_key is None:
        return False
    earlier = find_request(visit.db, visit.ctx, action.kind, visit.request_key)
    return earlier is not None and earlier.asked == json.loads(json.dumps(visit.asked))


def _facts(visit: Visit, action: Action, id_: int) -> Any:
    """The record as it stands. Raises ``Http404`` and ``Forbidden``."""
    what, name = action.needs
    visit.require("view", action.object, id_)
    visit.require(what, name, id_ if name else None)
    with visit.cursor() as cursor:
        found = read_facts(cursor, visit.ctx.id, action.object, [id_])
    if id_ not in found:
        raise NoRecord(action.object, id_)
    return found[id_]


def _back(request: HttpRequest, visit: Visit, action: Action, id_: int, *, done: bool = False) -> str:
    """The page on which the dialog was opened; without JavaScript the record's, or the list it was in."""
    if done and action.leaves:
        return index_address(visit.ctx.id, PAGES[action.object])
    if is_htmx(request):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        if page.path.startswith(f"/{visit.ctx.id}/") and "/actions/" not in page.path:
            return f"{page.path}?{page.query}" if page.query else page.path
    return record_address(visit.ctx.id, action.object, id_)


def _shown(
    request: HttpRequest,
    visit: Visit,
    action: Action,
    facts: Any,
    form: Form,
    *,
    status: int = 200,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    assert action.tell is not None
    verdict = action.verdict(visit, facts)
    if verdict is False and not form.is_bound:
        raise Http404(f"{action.kind} makes no sense for {facts.id}")
    told = action.tell(visit, facts, form)
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, PAGES[action.object].index),
            "form": form,
            "back": _back(request, visit, action, facts.id),
            "facts": facts,
            "told": told,
            "rows": [
                Row(field, told.units.get(field.name, ""), _css(field.name))
                for field in form.visible_fields()
            ],
            "danger": action.danger,
            "why_not": verdict if isinstance(verdict, str) else "",
            "acts": action.do is not None and (verdict is True or form.is_bound),
            **told.more,
            **(more or {}),
        }
    return dialog(request, action.template, context, status=status)


def _css(name: str) -> str:
    """A field's own style, by which stylesheets hide what another choice makes needless."""
    if name == "acknowledged":
        return "ack"
    return "field--line" if name.startswith("line-") else f"field--{name}"
