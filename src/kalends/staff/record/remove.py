"""Deleting one record: what that means is said first, and its rules decide."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.crm import records
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.bulk import DELETING, DELETING_OTHERS
from kalends.staff.objects import BY_SLUG, record_address
from kalends.staff.record.reading import Record, read_record
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page


@account_page
def _ask(request: HttpRequest, visit: Visit, slug: str, id: int) -> HttpResponse:  # noqa: A002
    visit.require("delete", BY_SLUG[slug].name, id)
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
    return _show(request, record, Form())


def _do(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
    return account_action("delete", BY_SLUG[slug].name)(_remove)(request, slug=slug, **kwargs)


_do.__dict__["is_account_page"] = True
delete = by_method(get=_ask, post=_do)


def _remove(request: HttpRequest, visit: ActionVisit, slug: str, id: int) -> HttpResponse:  # noqa: A002
    with visit.cursor() as cursor:
        record = read_record(cursor, visit, slug, id)
    form = Form(request.POST)
    form.is_valid()
    try:
        visit.do(
            "delete_record", lambda db: len(records.archive(db, visit.ctx, record.object, [id], visit.who))
        )
    except Refused:
        form.refuse(Refused(str(DELETING.get(record.page.name, DELETING_OTHERS))))
        return _show(request, record, form, status=422)
    gone = _("%(name)s was deleted") % {"name": record.name}
    return moved(request, reverse(record.page.index, args=[visit.ctx.id]), gone)


def _show(request: HttpRequest, record: Record, form: Form, *, status: int = 200) -> HttpResponse:
    visit = record.visit
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, record.object.plural),
            "title": record.name,
            "name": record.name,
            "form": form,
            "consequence": DELETING.get(record.page.name, DELETING_OTHERS),
            "back": record_address(visit.ctx.id, record.page.name, record.id),
        }
    return dialog(request, "staff/record/delete.html", context, status=status)
