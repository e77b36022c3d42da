"""Tying a record to another one that is there already, and untying them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from kalends.catalog import OBJECTS
from kalends.crm.association_types import pairing
from kalends.crm.associations import CannotAssociate, End, associate, dissociate
from kalends.query import NAME, Filter, compile_select, fetch
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import Form
from kalends.staff.objects import BY_SLUG, PAGES, record_address
from kalends.staff.record.cards import may_tie
from kalends.staff.record.kinds import kind_label
from kalends.staff.record.reading import Record, read_record
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import dialog, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

FOUND = 12

worded(
    CannotAssociate,
    lambda _e: _("This association is told by the records themselves, and cannot be changed here."),
)


@account_page
def _look(request: HttpRequest, visit: Visit, slug: str, id: int, to: str) -> HttpResponse:  # noqa: A002
    record = _mine(visit, slug, id, to)
    return _choose(request, record, to, Form())


@account_page
def _ask(request: HttpRequest, visit: Visit, slug: str, id: int, to: str, other: int) -> HttpResponse:  # noqa: A002
    record = _mine(visit, slug, id, to)
    visit.require("view", to, other)
    return _confirm(request, record, to, other, Form())


def _adding(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
    return account_action("edit", BY_SLUG[slug].name)(_add)(request, slug=slug, **kwargs)


def _taking(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
    return account_action("edit", BY_SLUG[slug].name)(_take)(request, slug=slug, **kwargs)


_adding.__dict__["is_account_page"] = _taking.__dict__["is_account_page"] = True
add = by_method(get=_look, post=_adding)
take = by_method(get=_ask, post=_taking)


def _mine(visit: Visit, slug: str, id_: int, to: str) -> Record:
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id_)
    if to not in PAGES or OBJECTS[record.page.name].association(to) is None:
        raise Http404(to)
    if not record.may_edit or not may_tie(visit, record.page.name, to):
        raise Forbidden("edit", record.page.name)
    return record


def _add(request: HttpRequest, visit: ActionVisit, slug: str, id: int, to: str) -> HttpResponse:  # noqa: A002
    record = _mine(visit, slug, id, to)
    form = Form(request.POST)
    form.is_valid()
    given = request.POST.get("other", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        form.refuse(Refused(_("Choose a record first.")))
        return _choose(request, record, to, form, status=422)
    visit.require("view", to, int(given))
    category, _slash, number = request.POST.get("label", "").partition("/")
    types = [(category, int(number))] if number.isascii() and number.isdigit() and len(number) < 9 else []
    ends = End(record.page.name, id), End(to, int(given))
    try:
        visit.do(
            "associate",
            lambda db: associate(db, visit.ctx, *ends, types=types, actor=visit.who.actor),
        )
    except Refused as refusal:
        form.refuse(refusal)
        return _choose(request, record, to, form, status=422)
    return moved(request, record_address(visit.ctx.id, record.page.name, id), _("Association added"))


def _take(request: HttpRequest, visit: ActionVisit, slug: str, id: int, to: str, other: int) -> HttpResponse:  # noqa: A002
    record = _mine(visit, slug, id, to)
    visit.require("view", to, other)
    form = Form(request.POST)
    form.is_valid()
    ends = End(record.page.name, id), End(to, other)
    try:
        visit.do("dissociate", lambda db: dissociate(db, visit.ctx, *ends, actor=visit.who.actor))
    except Refused as refusal:
        form.refuse(refusal)
        return _confirm(request, record, to, other, form, status=422)
    return moved(request, record_address(visit.ctx.id, record.page.name, id), _("Association removed"))


def _choose(request: HttpRequest, record: Record, to: str, form: Form, *, status: int = 200) -> HttpResponse:
    visit, target = record.visit, OBJECTS[to]
    words = request.POST if request.method == "POST" else request.GET
    search = words.get("q", "").strip()[:200]
    page = PAGES[to]
    with visit.cursor() as cursor:
        columns = [NAME, *filter(None, (page.under,))]
        sql = compile_select(
            target, columns, Filter(), None, visit.asking, limit=FOUND, search=search or None
        )
        rows = fetch(cursor, sql)
        context = {**shell(cursor, visit, request, record.object.plural)}
    kinds = pairing(visit.psycopg(), visit.ctx, record.page.name, to).kinds.values()
    context |= {
        "title": _("Add to %(name)s") % {"name": record.name},
        "form": form,
        "search": search,
        "target_label": target.plural_label.in_language(visit.language),
        "back": record_address(visit.ctx.id, record.page.name, record.id),
        "labels": [
            (f"{each.category}/{each.type_id}", kind_label(each))
            for each in kinds
            if each.label and not each.derived
        ],
        "found": [
            {
                "id": row["id"],
                "name": row[NAME] or row["id"],
                "under": row.get(page.under)
                if page.under and row.get(page.under) != row[NAME]
                else row["id"],
            }
            for row in rows
        ],
    }
    return dialog(request, "staff/record/tie_add.html", context, status=status)


def _confirm(
    request: HttpRequest, record: Record, to: str, other: int, form: Form, *, status: int = 200
) -> HttpResponse:
    visit = record.visit
    with visit.cursor() as cursor:
        there = read_record(cursor, visit, PAGES[to].slug, other)
        context = {
            **shell(cursor, visit, request, record.object.plural),
            "title": record.name,
            "form": form,
            "one": record.name,
            "other": there.name,
            "back": record_address(visit.ctx.id, record.page.name, record.id),
        }
    return dialog(request, "staff/record/tie_take.html", context, status=status)
