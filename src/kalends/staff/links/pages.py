"""Make and change a payment link: one page that every button sends to itself, until it is saved."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.crm.associations import End, associate
from kalends.sales.links import Link, NoSuchLink, create_link, edit_link, find_link
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.create import sold_pages
from kalends.staff.create.rows import change_rows
from kalends.staff.links.editing import LinkEditor, fresh_values, values_of
from kalends.staff.links.forms import change_questions
from kalends.staff.objects import next_address, record_address
from kalends.staff.reply import moved
from kalends.staff.visit import Visit, account_page

LINES = "lines-"


@account_page
def _begin(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new link, with what is known already."""
    visit.require("edit", "payment_link")
    return _show(request, visit, LinkEditor(visit, fresh_values(visit, request.GET)))


@account_action("edit", "payment_link")
def _step(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    values: QueryDict = request.POST.copy()
    if values.get("step") == "start":
        typed = values
        values = fresh_values(visit, request.POST)
        for name in typed:
            if name.startswith(LINES):
                values.setlist(name, typed.getlist(name))
        values["step"] = "again"
    return _answer(request, visit, values, None)


@account_page
def _open(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    """A link that is there."""
    visit.require("edit", "payment_link", id)
    link = _link(visit, id)
    return _show(request, visit, LinkEditor(visit, values_of(visit, link), link))


@account_action("edit", "payment_link")
def _change(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
    return _answer(request, visit, request.POST.copy(), _link(visit, id))


create = by_method(get=_begin, post=_step)
edit = by_method(get=_open, post=_change)


def _link(visit: Visit, id_: int) -> Link:
    try:
        link = find_link(visit.psycopg(), visit.ctx, id_)
    except NoSuchLink as problem:
        raise Http404(str(problem)) from problem
    if link.archived:
        raise Http404(f"the payment link {id_} is archived")
    return link


def _answer(request: HttpRequest, visit: ActionVisit, values: QueryDict, link: Link | None) -> HttpResponse:
    """What a button of the editor asks for; nothing is written before ``save``."""
    step, _colon, what = values.get("step", "again").partition(":")
    editor = LinkEditor(visit, values, link)
    if step == "find":
        return sold_pages.find(request, visit, editor)
    if step == "preview":
        return sold_pages.preview(request, editor)
    if step == "save":
        return _save(request, visit, editor)
    if not change_questions(values, step, what):
        change_rows(visit, values, step, what, editor.currency)
    return _show(request, visit, LinkEditor(visit, values, link))


def _save(request: HttpRequest, visit: ActionVisit, editor: LinkEditor) -> HttpResponse:
    kind = "edit_payment_link" if editor.link else "create_payment_link"
    made = sold_pages.save(
        visit, editor, kind, lambda db: _write(db, visit, editor), partial(_show, request, visit)
    )
    if isinstance(made, HttpResponse):
        return made
    toast = (
        _("Payment link saved") if editor.link else _("Payment link created. Share it with your customers.")
    )
    return moved(request, next_address(visit, "payment_link", made), toast)


def _write(db: Connection[Any], visit: ActionVisit, editor: LinkEditor) -> int:
    actor = visit.who.actor
    if editor.link is not None:
        edit_link(db, visit.ctx, editor.link.id, editor.changes(), lines=editor.lines.lines, actor=actor)
        return editor.link.id
    id_ = create_link(db, visit.ctx, editor.wanted(), actor=actor)
    for name, found in (("contact", editor.contact), ("company", editor.company), ("deal", editor.deal)):
        if found is not None:
            associate(db, visit.ctx, End("payment_link", id_), End(name, found.id), actor=actor)
    return id_


def _show(
    request: HttpRequest, visit: Visit, editor: LinkEditor, *, checked: bool = False, status: int = 200
) -> HttpResponse:
    link, every = editor.link, reverse("payment-links", args=[visit.ctx.id])
    own = {
        "area": "payment_links",
        "title": _("Edit payment link") if link else _("New payment link"),
        "here": reverse("payment_link-edit", args=[visit.ctx.id, link.id])
        if link
        else reverse("create-payment-link", args=[visit.ctx.id]),
        "reorders": True,
        "currency_fixed": link is not None,
        "list": every,
        "back": record_address(visit.ctx.id, "payment_link", link.id) if link else every,
    }
    return sold_pages.show(request, visit, editor, "links", own, checked=checked, status=status)
