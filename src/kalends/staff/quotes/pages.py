"""Make a quote of a deal, and change it: one page that every button sends to itself, until it is saved."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from psycopg import Connection

from kalends.crm.association_reads import linked
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
from kalends.sales.trouble import Refused as Troubles
from kalends.staff.action import REQUEST_KEY, ActionVisit, account_action, by_method
from kalends.staff.cells import Names
from kalends.staff.create import customers, origins
from kalends.staff.create.lines import fresh_row
from kalends.staff.create.rows import add_line, change_rows
from kalends.staff.create.sold import LineEditor, totals
from kalends.staff.create.wizard import Deal, find_deal, number
from kalends.staff.objects import record_address
from kalends.staff.quotes.forms import QuoteForm, typed_of
from kalends.staff.refusals import Refused
from kalends.staff.reply import is_htmx, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

_FIELDS = {
    "title": "title",
    "terms": "terms",
    "net_terms_days": "net_terms",
    "acceptance_method": "acceptance",
}


class QuoteEditor:
    """Everything about the quote that ``values`` is, as its form would send it. ``quote`` is one that is changed."""

    def __init__(self, visit: Visit, values: QueryDict, deal: Deal, quote: Quote | None = None) -> None:
        self.visit, self.values, self.deal, self.quote = visit, values, deal, quote
        self.currency = (quote.currency if quote else deal.currency) or visit.ctx.currency
        owners = sorted(Names.of_account(visit.ctx.id).owners.items(), key=lambda owner: owner[1])
        self.form = QuoteForm(values, contacts=self._contacts, owners=owners, language=visit.language)
        self.lines = LineEditor(visit, values, self.currency)

    @cached_property
    def _contacts(self) -> list[tuple[str, str]]:
        """The contacts of the deal and of the quote that the user may see."""
        db, ctx = self.visit.psycopg(), self.visit.ctx
        tied = linked(db, ctx, "deal", [self.deal.id], "contact", limit=50).get(self.deal.id, [])
        if self.quote is not None:
            tied += linked(db, ctx, "quote", [self.quote.id], "contact", limit=50).get(self.quote.id, [])
        found = [
            customers.party(self.visit, "contact", id_) for id_ in dict.fromkeys(each.id for each in tied)
        ]
        return [
            (str(each.id), f"{each.name} ({each.below})" if each.below else each.name)
            for each in found
            if each
        ]

    def is_right(self) -> bool:
        """Whether it can be saved, as far as its fields tell."""
        return all([self.form.is_valid(), self.lines.is_right()])

    def refuse(self, refusal: Troubles) -> None:
        """Show what the service refused, at the field where the editor has one."""
        for trouble in refusal.troubles:
            head, _comma, rest = trouble.place.partition(", ")
            kind, _space, place = head.partition(" ")
            if kind == "line" and place.isdecimal() and int(place) <= len(self.lines.filled):
                row = self.lines.filled[int(place) - 1]
                row.add_error(rest if rest in row.fields else None, trouble.text)
            else:
                self.form.add_error(_FIELDS.get(head), trouble.text)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        self.lines.forgive()
        self.form.is_valid()
        # Django has no other way to keep the values and drop the errors.
        self.form._errors = ErrorDict()  # type: ignore[attr-defined]  # noqa: SLF001


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
        raise Http404(f"no deal {id_}")
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
    return _with_lines(visit, values, "quote", quote.id)


def _with_lines(visit: Visit, values: QueryDict, parent: str, id_: int) -> QueryDict:
    for origin in origins.of_parent(visit, parent, id_):
        add_line(values, origin=origin.key, **origin.row)
    if not any(name.startswith("lines-") for name in values):
        values.update(fresh_row(0))
    return values


def _answer(
    request: HttpRequest, visit: ActionVisit, values: QueryDict, deal: Deal, quote: Quote | None
) -> HttpResponse:
    """What a button of the editor asks for; nothing is written before ``save``."""
    step, _colon, what = values.get("step", "again").partition(":")
    editor = QuoteEditor(visit, values, deal, quote)
    if step == "find":
        found = origins.find_products(visit, values.get("find_product", ""), editor.currency)
        return render(request, "staff/create/products_found.html", {"found_products": found})
    if step == "preview":
        told = totals(editor.lines)
        context = {
            "totals": told,
            "marks": told.get("marks", {}),
            "rows": editor.lines.rows,
            "apart": True,
            "here": request.path,
        }
        return HttpResponse(render_to_string("staff/create/sold_preview.html", context, request))
    if step == "save":
        return _save(request, visit, editor)
    change_rows(visit, values, step, what, editor.currency)
    return _show(request, visit, QuoteEditor(visit, values, deal, quote))


def _save(request: HttpRequest, visit: ActionVisit, editor: QuoteEditor) -> HttpResponse:
    if not editor.is_right():
        return _show(request, visit, editor, checked=True, status=422)
    kind = "edit_quote" if editor.quote else "create_quote"
    try:
        made = visit.do(kind, lambda db: {"id": _write(db, visit, editor)})["id"]
    except Refused as refusal:
        if isinstance(refusal.__cause__, Troubles):
            editor.refuse(refusal.__cause__)
        else:
            editor.form.refuse(refusal)
        return _show(request, visit, editor, checked=True, status=422)
    toast = _("Quote saved") if editor.quote else _("Draft made. Publish it when it is ready.")
    after = (
        record_address(visit.ctx.id, "quote", made)
        if visit.may("view", "quote", made)
        else reverse("quotes", args=[visit.ctx.id])
    )
    return moved(request, after, toast)


def _write(db: Connection[Any], visit: ActionVisit, editor: QuoteEditor) -> int:
    given: dict[str, Any] = {
        "lines": editor.lines.lines,
        "contact_id": editor.form.contact_id,
        "actor": visit.who.actor,
    }
    if editor.quote is None:
        return make_quote(db, visit.ctx, editor.deal.id, changes=editor.form.columns, **given)
    edit_quote(db, visit.ctx, editor.quote.id, editor.form.columns, **given)
    return editor.quote.id


def _show(
    request: HttpRequest, visit: Visit, editor: QuoteEditor, *, checked: bool = False, status: int = 200
) -> HttpResponse:
    """The whole page, or for htmx the editor in it; only after a check do fields say what is wrong with them."""
    told = totals(editor.lines)
    if not checked:
        editor.forgive()
    context = {**_context(visit, editor), "checked": checked, "totals": told, "marks": told.get("marks", {})}
    if is_htmx(request):
        response = render(request, "staff/quotes/editor.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#wizard", "outerHTML"
        return response
    with visit.cursor() as cursor:
        context |= {**shell(cursor, visit, request, "quotes"), "title": context["title"]}
    return render(request, "staff/quotes/page.html", context, status=status)


def _context(visit: Visit, editor: QuoteEditor) -> dict[str, Any]:
    quote, found = editor.quote, editor.values.get("find_product", "")
    if quote:
        here, back = reverse("quote-edit", args=[visit.ctx.id, quote.id]), ("quote", quote.id)
    else:
        here, back = reverse("create-quote", args=[visit.ctx.id]), ("deal", editor.deal.id)
    return {
        "account": visit.ctx,
        "visit": visit,
        "title": _("Edit quote") if quote else _("New quote"),
        "editor": editor,
        "form": editor.form,
        "rows": editor.lines.rows,
        "currency": editor.currency,
        "here": here,
        "finds": {"product": found},
        "found_products": origins.find_products(visit, found, editor.currency),
        "may_products": visit.may("view", "product"),
        "deal_address": record_address(visit.ctx.id, "deal", editor.deal.id),
        "back": record_address(visit.ctx.id, *back),
        REQUEST_KEY: editor.values.get(REQUEST_KEY, ""),
    }
