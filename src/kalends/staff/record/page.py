"""The page of one record, of any object: its properties, its middle, what happened, and what it is tied to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from kalends.query.context import Cursor
from kalends.staff.actions.registry import offers_for
from kalends.staff.objects import record_address
from kalends.staff.record import customer, invoice, payment, payment_link, quote, sales, subscription
from kalends.staff.record.cards import cards, wizard_address
from kalends.staff.record.properties import properties
from kalends.staff.record.reading import Record, read_record
from kalends.staff.record.story import story
from kalends.staff.shell import shell
from kalends.staff.tasks.reading import shown
from kalends.staff.visit import Visit, account_page
from kalends.workflows.tasks import tasks_of

Middle = Callable[[Cursor, Visit, int], dict[str, Any]]

MIDDLES: Mapping[str, tuple[Middle, str]] = {
    "subscription": (subscription.middle, "subscription"),
    "invoice": (invoice.middle, "invoice"),
    "payment": (payment.middle, "payment"),
    "payment_link": (payment_link.middle, "payment_link"),
    "quote": (quote.middle, "quote"),
    "contact": (customer.of_contact, "customer"),
    "company": (customer.of_company, "customer"),
    "deal": (sales.of_deal, "sales"),
    "product": (sales.of_product, "sales"),
}
"""What stands in the middle of each object's page, and its template."""


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit, slug: str, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    """Everything about one record."""
    with visit.cursor() as cursor:
        return _show(request, cursor, read_record(cursor, visit, slug, id))


@require_safe
@account_page
def of_number(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """The invoice of that number, or of that id."""
    with visit.cursor() as cursor:
        id_ = invoice.id_of(cursor, visit, number)
        return _show(request, cursor, read_record(cursor, visit, "invoices", id_))


def _show(request: HttpRequest, cursor: Cursor, record: Record) -> HttpResponse:
    visit, about = record.visit, record.page
    middle, template = MIDDLES[about.name]
    status = about.status
    context = {
        **shell(cursor, visit, request, record.object.plural),
        "title": record.name,
        **middle(cursor, visit, record.id),
        "record": record,
        "id": record.id,
        "here": record_address(visit.ctx.id, about.name, record.id),
        "list_title": record.object.plural_label.in_language(visit.language),
        "list_link": reverse(about.index, args=[visit.ctx.id]),
        "kind": record.object.singular_label.in_language(visit.language),
        "status": record.wardrobe.cell(record.object.by_name[status], record.row) if status else None,
        "under": _under(record),
        "middle_template": f"staff/record/middle_{template}.html",
        "offers": offers_for(visit, about.name, record.id),
        "subscribe": wizard_address(record),
        "may_delete": about.name not in ("subscription", "payment")
        and visit.may("delete", about.name, record.id),
        "enroll_link": f"{reverse(about.index, args=[visit.ctx.id])}/bulk/enroll?id={record.id}&of=record"
        if visit.may("workflows")
        else "",
        "tasks": shown(visit, tasks_of(visit.psycopg(), visit.ctx, record_id=record.id)),
        "cards": cards(cursor, record),
        **properties(record),
        **story(cursor, record, request.GET.get("events", ""), request.GET.get("before", "")),
    }
    return render(request, "staff/record/page.html", context)


def _under(record: Record) -> str:
    under = str(record.row.get(record.page.under) or "") if record.page.under else ""
    return "" if under == record.name else under
