"""Make a quote of a deal, and change it: one page that every button sends to itself, until it is saved."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.crm.association_reads import linked
from kalends.sales.quote_adjusting import OnTheWhole, set_adjustments
from kalends.sales.quote_amounts import KINDS, adjustments_of
from kalends.sales.quotes import (
    CLICK,
    DRAFT,
    REJECTED,
    NoSuchQuote,
    Quote,
    edit_quote,
    find_quote,
    make_quote,
    parties_of,
)
from kalends.staff.action import REQUEST_KEY, ActionVisit, account_action, by_method
from kalends.staff.create import sold_pages
from kalends.staff.create.rows import add_lines_of, change_rows, one_line_at_least
from kalends.staff.create.wizard import Deal, find_deal, number
from kalends.staff.forbidden import NoRecord
from kalends.staff.objects import next_address, record_address
from kalends.staff.quotes.adjustments import change_adjustments, put
from kalends.staff.quotes.editing import QuoteEditor
from kalends.staff.quotes.forms import typed_of
from kalends.staff.reply import moved
from kalends.staff.visit import Visit, account_page


@account_page
def _begin(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new quote of a deal."""
    visit.require("edit", "quote")
    deal = _deal(visit, request.GET.get("deal"))
    return _show(request, visit, QuoteEditor(visit, _fresh(visit, deal), deal))


@account_action("edit", "quote")
def _step(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    return _answer(request, visit, request.POST.copy(), _deal(visit, request.POST.get("deal")), None)


@account_page
def _open(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    """A draft that is there."""
    visit.require("edit", "quote", id)
    quote, deal = _draft(visit, id)
    return _show(request, visit, QuoteEditor(visit, _values_of(visit, quote), deal, quote))


@account_action("edit", "quote")
def _change(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
    quote, deal = _draft(visit, id)
    return _answer(request, visit, request.POST.copy(), deal, quote)


create = by_method(get=_begin, post=_step)
edit = by_method(get=_open, post=_change)


def _deal(visit: Visit, id_: str | None) -> Deal:
    deal = find_deal(visit, number(id_))
    if deal is None:
        raise NoRecord("deal", number(id_) or 0)
    return deal


def _draft(visit: Visit, id_: int) -> tuple[Quote, Deal]:
    try:
        quote = find_quote(visit.psycopg(), visit.ctx, id_)
    except NoSuchQuote as problem:
        raise Http404(str(problem)) from problem
    if quote.archived_at is not None or quote.status not in (DRAFT, REJECTED):
        raise Http404(f"the quote {id_} is no draft")
    deal_id = parties_of(visit.psycopg(), visit.ctx, id_).deal_id
    return quote, _deal(visit, str(deal_id))


def _fresh(visit: Visit, deal: Deal) -> QueryDict:
    settings = visit.ctx.settings
    values = QueryDict(mutable=True)
    contacts = linked(visit.psycopg(), visit.ctx, "deal", [deal.id], "contact", limit=1).get(deal.id, [])
    values.update(
        {
            REQUEST_KEY: secrets.token_urlsafe(18),
            "title": deal.name,
            "expires_on": (visit.ctx.today + timedelta(days=settings.quotes_days)).isoformat(),
            "contact": str(contacts[0].id) if contacts else "",
            "acceptance": CLICK,
            "terms": settings.quotes_terms,
            "net_terms": str(settings.net_terms_days),
            "owner": str(deal.owner_id or visit.user.id),
        }
    )
    return _with_lines(visit, values, "deal", deal.id)


def _values_of(visit: Visit, quote: Quote) -> QueryDict:
    values = QueryDict(mutable=True)
    contact = parties_of(visit.psycopg(), visit.ctx, quote.id).contact_id
    values.update({REQUEST_KEY: secrets.token_urlsafe(18), "contact": str(contact or ""), **typed_of(quote)})
    for kind, all_of_kind in zip(KINDS, adjustments_of(visit.psycopg(), visit.ctx, quote.id), strict=True):
        for each in all_of_kind:
            put(values, OnTheWhole(kind, each.label, each.value, each.is_percent))
    return _with_lines(visit, values, "quote", quote.id)


def _with_lines(visit: Visit, values: QueryDict, parent: str, id_: int) -> QueryDict:
    add_lines_of(visit, values, parent, id_)
    one_line_at_least(values)
    return values


def _answer(
    request: HttpRequest, visit: ActionVisit, values: QueryDict, deal: Deal, quote: Quote | None
) -> HttpResponse:
    """What a button of the editor asks for; nothing is written before ``save``."""
    step, _colon, what = values.get("step", "again").partition(":")
    editor = QuoteEditor(visit, values, deal, quote)
    if step == "find":
        return sold_pages.find(request, visit, editor)
    if step == "preview":
        return sold_pages.preview(request, editor)
    if step == "save":
        return _save(request, visit, editor)
    if not change_adjustments(values, step, what):
        change_rows(visit, values, step, what, editor.currency)
    return _show(request, visit, QuoteEditor(visit, values, deal, quote))


def _save(request: HttpRequest, visit: ActionVisit, editor: QuoteEditor) -> HttpResponse:
    kind = "edit_quote" if editor.quote else "create_quote"
    made = sold_pages.save(
        visit, editor, kind, lambda db: _write(db, visit, editor), partial(_show, request, visit)
    )
    if isinstance(made, HttpResponse):
        return made
    toast = _("Quote saved") if editor.quote else _("Draft made. Publish it when it is ready.")
    return moved(request, next_address(visit, "quote", made), toast)


def _write(db: Connection[Any], visit: ActionVisit, editor: QuoteEditor) -> int:
    given: dict[str, Any] = {
        "lines": editor.lines.lines,
        "contact_id": editor.form.contact_id,
        "actor": visit.who.actor,
    }
    if editor.quote is None:
        id_ = make_quote(db, visit.ctx, editor.deal.id, changes=editor.form.columns, **given)
    else:
        id_ = editor.quote.id
        edit_quote(db, visit.ctx, id_, editor.form.columns, **given)
    set_adjustments(db, visit.ctx, id_, editor.whole.wanted, actor=visit.who.actor)
    return id_


def _show(
    request: HttpRequest, visit: Visit, editor: QuoteEditor, *, checked: bool = False, status: int = 200
) -> HttpResponse:
    quote = editor.quote
    if quote:
        here, back = reverse("quote-edit", args=[visit.ctx.id, quote.id]), ("quote", quote.id)
    else:
        here, back = reverse("create-quote", args=[visit.ctx.id]), ("deal", editor.deal.id)
    own = {
        "area": "quotes",
        "title": _("Edit quote") if quote else _("New quote"),
        "here": here,
        "deal_address": record_address(visit.ctx.id, "deal", editor.deal.id),
        "back": record_address(visit.ctx.id, *back),
    }
    return sold_pages.show(request, visit, editor, "quotes", own, checked=checked, status=status)
