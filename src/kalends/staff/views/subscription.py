"""The record of one subscription."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from kalends.catalog import OBJECTS
from kalends.catalog.groups import GROUPS
from kalends.core.pricing import price_document
from kalends.proof.explain import explain_next
from kalends.query import Filter, compile_select, fetch, parse
from kalends.query.context import Cursor
from kalends.staff import formatting
from kalends.staff.cells import Cell, Names, Row, Wardrobe, initials
from kalends.staff.methods import invoiced, stored
from kalends.staff.money_rows import invoice_entry, payment_entry
from kalends.staff.queries import record as read
from kalends.staff.rail import PAST, TO_COME, rail, upcoming
from kalends.staff.shell import shell
from kalends.staff.statuses import SUBSCRIPTION as ICONS
from kalends.staff.timeline import timeline
from kalends.staff.visit import Visit, account_page
from kalends.staff.why import tell

OBJECT = OBJECTS["subscription"]
SHOWN_EVENTS, SHOWN_MONEY = 40, 6

KEY_PROPERTIES = (
    "hubspot_owner_id",
    "hs_collection_process",
    "hs_recurring_billing_frequency",
    "hs_recurring_billing_terms",
    "hs_recurring_billing_start_date",
    "hs_recurring_billing_end_date",
    "hs_payment_method",
    "hs_currency_code",
    "hs_mrr",
    "hs_arr",
    "hs_number_of_completed_payments",
    "hs_last_payment_amount",
)


@require_safe
@account_page
def record(request: HttpRequest, visit: Visit, subscription_id: int) -> HttpResponse:
    """Everything about one subscription on one page."""
    with visit.cursor() as cursor:
        facts = read.facts(cursor, visit.ctx.id, subscription_id)
        if facts is None:
            raise Http404(f"no subscription {subscription_id}")
        row = _properties_row(cursor, visit, subscription_id)
        context: dict[str, Any] = {
            **shell(cursor, visit, request, "subscriptions"),
            "title": facts.name,
            "list_title": OBJECT.plural_label.in_language(visit.language),
            "id": subscription_id,
            "facts": facts,
            "customer": facts.company_name or facts.contact_name or facts.contact_email,
            "status": OBJECT.by_name["hs_status"].option_label(facts.status, visit.language),
            "status_icon": ICONS[facts.status],
            "frequency": OBJECT.by_name["hs_recurring_billing_frequency"].option_label(
                facts.frequency, visit.language
            ),
            "payments_text": ngettext("%(count)s payment", "%(count)s payments", facts.completed_payments)
            % {"count": facts.completed_payments},
            **_money(cursor, visit, facts, subscription_id),
            **_lines(cursor, visit, facts, subscription_id),
            "months": timeline(
                read.events(cursor, visit.ctx.id, subscription_id, SHOWN_EVENTS), visit.ctx.time_zone
            ),
            **_properties(visit, facts, row),
            "contact_initials": initials(facts.contact_name or facts.contact_email or ""),
            "company_initials": initials(facts.company_name or ""),
        }
    return render(request, "staff/subscription.html", context)


def _properties_row(cursor: Cursor, visit: Visit, id_: int) -> Row:
    names = [prop.name for prop in OBJECT.properties]
    return fetch(cursor, compile_select(OBJECT, names, _only(id_), None, visit.asking, limit=1))[0]


def _only(id_: int) -> Filter:
    condition = {"property": "hs_object_id", "operator": "is_any_of", "values": [id_]}
    return parse(OBJECT, {"groups": [[condition]]})


def _money(cursor: Cursor, visit: Visit, facts: read.Facts, id_: int) -> dict[str, Any]:
    """Tiles, the rail of cycles, invoices and payments."""
    past = read.invoices(cursor, visit.ctx.id, id_, max(PAST, SHOWN_MONEY + 1))
    paid = read.payments(cursor, visit.ctx.id, subscription_id=id_, limit=SHOWN_MONEY + 1)
    today = visit.ctx.today
    return {
        "next_when": formatting.until(facts.next_due_date, today) if facts.next_due_date else "",
        "next_day": formatting.day(facts.next_due_date) if facts.next_due_date else "",
        "next_amount": _minor(facts.next_amount_minor, facts) if facts.next_due_date else None,
        "resumes": formatting.day(facts.resume_on) if facts.resume_on else "",
        "collected": _minor(facts.collected_minor, facts),
        "dots": rail(facts, past, today, visit.ctx.time_zone),
        "invoices": [invoice_entry(each, visit, today) for each in past[:SHOWN_MONEY]],
        "invoices_shown": len(past) > SHOWN_MONEY,
        "payments": [payment_entry(each, visit) for each in paid[:SHOWN_MONEY]],
        "payments_shown": len(paid) > SHOWN_MONEY,
        "arrears": [
            invoice_entry(each, visit, today)
            for each in past
            if each.payment_status == "failed" and each.balance_minor
        ][:1],
    }


def _minor(amount: int | None, facts: read.Facts) -> formatting.Money | None:
    return None if amount is None else formatting.minor(amount, facts.currency)


def _lines(cursor: Cursor, visit: Visit, facts: read.Facts, id_: int) -> dict[str, Any]:
    """What the next cycle bills, why it comes to its amount, and what follows. What has ended shows its last cycle."""
    every = read.lines(cursor, visit.ctx.id, "subscription", id_)
    cycle = facts.next_cycle if facts.next_due_date else max(facts.next_cycle - 1, 0)
    lines = [line for line in every if line.bills(cycle)] or every
    priced = price_document([line.terms for line in lines], facts.currency)
    coming = upcoming(facts, TO_COME + 1)
    return {
        "lines": [
            {"line": line, "net": _minor(part.net_minor, facts)}
            for line, part in zip(lines, priced.lines, strict=True)
        ],
        "lines_tax": _minor(priced.tax_minor, facts) if priced.tax_minor else None,
        "lines_total": _minor(priced.total_minor, facts),
        "why": tell(explain_next(visit.psycopg(), visit.ctx, id_), visit.language) if coming else None,
        "coming": [
            {"day": day, "money": _minor(_amount_of(every, facts.next_cycle + number, facts.currency), facts)}
            for number, day in enumerate(coming)
        ][1:],
    }


def _amount_of(lines: list[read.Line], cycle: int, currency: str) -> int:
    terms = [line.terms for line in lines if line.bills(cycle)]
    return price_document(terms, currency).total_minor if terms else 0


def _properties(visit: Visit, facts: read.Facts, row: Row) -> dict[str, Any]:
    """The card of the properties that are asked for most, and all of them in the catalogue's groups."""
    special = {"hs_payment_method": lambda _row: _method(facts)}
    names = Names.of_account(visit.ctx.id)
    wardrobe = Wardrobe(OBJECT, visit.language, visit.ctx.time_zone, names, special)

    def told(name: str) -> dict[str, Any]:
        prop = OBJECT.by_name[name]
        return {
            "label": prop.label.in_language(visit.language),
            "cell": wardrobe.cell(prop, row),
            "about": prop.description,
        }

    groups = [
        {
            "label": group.label.in_language(visit.language),
            "properties": [told(prop.name) for prop in OBJECT.properties if prop.group == group],
        }
        for group in GROUPS
    ]
    return {
        "key_properties": [told(name) for name in KEY_PROPERTIES],
        "groups": [group for group in groups if group["properties"]],
        "property_count": len(OBJECT.properties),
    }


def _method(facts: read.Facts) -> Cell:
    if facts.method_kind:
        method = stored(facts.method_kind, facts.brand, facts.last4)
        expiry = _("expires %(month)s") % {"month": f"{facts.expires_on:%m/%y}"} if facts.expires_on else ""
        return Cell(kind="method", text=method.name, icon=method.icon, note=expiry)
    if facts.collection == "manual":
        method = invoiced(facts.net_days)
        return Cell(kind="method", text=method.name, icon=method.icon)
    return Cell(kind="empty")
