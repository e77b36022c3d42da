"""The line items of a deal: the editor as a page of its own, until they are saved."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from kalends.sales.parent_lines import set_lines
from kalends.sales.trouble import Refused as Troubles
from kalends.staff.action import REQUEST_KEY, ActionVisit, account_action, by_method
from kalends.staff.create import origins
from kalends.staff.create.rows import add_lines_of, change_rows, one_line_at_least
from kalends.staff.create.sold import LineEditor, totals
from kalends.staff.create.wizard import Deal, find_deal
from kalends.staff.objects import record_address
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import is_htmx, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

worded(
    Troubles,
    lambda refused: (
        _("This cannot be saved: %(reason)s")
        % {"reason": " ".join(f"{each.place}: {each.text}" for each in refused.troubles)}
    ),
)


@account_page
def _open(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    visit.require("edit", "deal", id)
    deal = _deal(visit, id)
    values = QueryDict(mutable=True)
    values[REQUEST_KEY] = secrets.token_urlsafe(18)
    add_lines_of(visit, values, "deal", id)
    one_line_at_least(values)
    return _show(request, visit, deal, values)


@account_action("edit", "deal")
def _step(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
    """What a button asks for; nothing is written before ``save``."""
    deal, values = _deal(visit, id), request.POST.copy()
    step, _colon, what = values.get("step", "again").partition(":")
    if step == "find":
        found = origins.find_products(visit, values.get("find_product", ""), _currency(visit, deal))
        return render(request, "staff/create/products_found.html", {"found_products": found})
    if step == "preview":
        editor = LineEditor(visit, values, _currency(visit, deal))
        told = totals(editor)
        context = {"totals": told, "marks": told.get("marks", {}), "rows": editor.rows, "apart": True}
        return HttpResponse(render_to_string("staff/create/sold_preview.html", context, request))
    if step == "save":
        return _save(request, visit, deal, values)
    change_rows(visit, values, step, what, _currency(visit, deal))
    return _show(request, visit, deal, values)


edit = by_method(get=_open, post=_step)


def _save(request: HttpRequest, visit: ActionVisit, deal: Deal, values: QueryDict) -> HttpResponse:
    editor = LineEditor(visit, values, _currency(visit, deal))
    if not editor.is_right():
        return _show(request, visit, deal, values, editor=editor, status=422)

    def work(db: Any) -> dict[str, Any]:
        lines = set_lines(
            db, visit.ctx, "deal", deal.id, editor.currency, editor.lines, actor=visit.who.actor
        )
        return {"lines": lines}

    try:
        visit.do("set_deal_lines", work)
    except Refused as refusal:
        return _show(request, visit, deal, values, editor=editor, wrong=refusal.message, status=422)
    return moved(request, record_address(visit.ctx.id, "deal", deal.id), _("Line items saved"))


def _deal(visit: Visit, id_: int) -> Deal:
    deal = find_deal(visit, id_)
    if deal is None:
        raise Http404(f"no deal {id_}")
    return deal


def _currency(visit: Visit, deal: Deal) -> str:
    return deal.currency or visit.ctx.currency


def _show(
    request: HttpRequest,
    visit: Visit,
    deal: Deal,
    values: QueryDict,
    *,
    editor: LineEditor | None = None,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or for htmx the editor in it; only after a check do fields say what is wrong with them."""
    checked = editor is not None
    editor = editor or LineEditor(visit, values, _currency(visit, deal))
    told = totals(editor)
    if not checked:
        editor.forgive()
    context: dict[str, Any] = {
        "account": visit.ctx,
        "visit": visit,
        "title": _("Line items of %(name)s") % {"name": deal.name},
        "deal": deal,
        "checked": checked,
        "wrong": wrong,
        "rows": editor.rows,
        "currency": editor.currency,
        "totals": told,
        "marks": told.get("marks", {}),
        "here": reverse("deal-lines", args=[visit.ctx.id, deal.id]),
        "back": record_address(visit.ctx.id, "deal", deal.id),
        "finds": {"product": values.get("find_product", "")},
        "found_products": origins.find_products(visit, values.get("find_product", ""), editor.currency),
        "may_products": visit.may("view", "product"),
        REQUEST_KEY: values.get(REQUEST_KEY, ""),
    }
    if is_htmx(request):
        response = render(request, "staff/create/deal_lines.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#wizard", "outerHTML"
        return response
    with visit.cursor() as cursor:
        context = {**shell(cursor, visit, request, "deals"), **context}
    return render(request, "staff/create/deal_lines_page.html", context, status=status)
