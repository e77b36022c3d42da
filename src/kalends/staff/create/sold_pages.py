"""The page of what is sold: a payment link, a quote or an invoice in its editor, which every button sends to itself.

Nothing is written before ``save``. With htmx a button gets the editor alone, without script the whole page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from psycopg import Connection

from kalends.sales.trouble import Refused as Troubles
from kalends.sales.trouble import Trouble
from kalends.staff.action import REQUEST_KEY, ActionVisit
from kalends.staff.create import origins
from kalends.staff.create.sold import LineEditor
from kalends.staff.refusals import Refused
from kalends.staff.reply import is_htmx
from kalends.staff.shell import shell
from kalends.staff.visit import Visit


class Editor(Protocol):
    """Everything about what is sold, as the form would send it."""

    values: QueryDict
    currency: str
    form: Any
    lines: LineEditor

    def is_right(self) -> bool:
        """Whether it can be saved, as far as its fields tell."""
        ...

    def refuse(self, refusal: Troubles) -> None:
        """Show what the service refused, at the field where the editor has one."""
        ...

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        ...

    def totals(self) -> dict[str, Any]:
        """What it comes to, for ``staff/create/sold_totals.html``."""
        ...


Show = Callable[..., HttpResponse]
"""Shows an editor: ``show(editor, checked=..., status=...)``."""


def find(request: HttpRequest, visit: Visit, editor: Editor) -> HttpResponse:
    """Products, while their name is typed."""
    found = origins.find_products(visit, editor.values.get("find_product", ""), editor.currency)
    return render(request, "staff/create/products_found.html", {"found_products": found})


def preview(request: HttpRequest, editor: Editor, **own: str) -> HttpResponse:
    """Only what is worked out: totals and marks of the lines. No field is touched. ``own`` are words of the page."""
    told = editor.totals()
    context = {
        "totals": told,
        "marks": told.get("marks", {}),
        "rows": editor.lines.rows,
        "apart": True,
        "here": request.path,
        **own,
    }
    return HttpResponse(render_to_string("staff/create/sold_preview.html", context, request))


def save(
    visit: ActionVisit, editor: Editor, kind: str, write: Callable[[Connection[Any]], int], show: Show
) -> int | HttpResponse:
    """Write it, as the deed of that kind: the record's number, or the editor with what is wrong."""
    if not editor.is_right():
        return show(editor, checked=True, status=422)
    try:
        return visit.do(kind, lambda db: {"id": write(db)})["id"]
    except Refused as refusal:
        if isinstance(refusal.__cause__, Troubles):
            editor.refuse(refusal.__cause__)
        else:
            editor.form.refuse(refusal)
        return show(editor, checked=True, status=422)


def show(
    request: HttpRequest,
    visit: Visit,
    editor: Editor,
    folder: str,
    own: Mapping[str, Any],
    *,
    checked: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page of ``staff/<folder>/``, or for htmx the editor in it; ``own`` is what only this kind of page has, its
    ``here``, ``title`` and ``area`` of the menu among it. Only after a check do fields say what is wrong with them."""
    told = editor.totals()
    if not checked:
        editor.forgive()
    found = editor.values.get("find_product", "")
    context: dict[str, Any] = {
        "account": visit.ctx,
        "visit": visit,
        "editor": editor,
        "form": editor.form,
        "rows": editor.lines.rows,
        "currency": editor.currency,
        "finds": {"product": found},
        "found_products": origins.find_products(visit, found, editor.currency),
        "may_products": visit.may("view", "product"),
        REQUEST_KEY: editor.values.get(REQUEST_KEY, ""),
        "checked": checked,
        "totals": told,
        "marks": told.get("marks", {}),
        **own,
    }
    if is_htmx(request):
        response = render(request, f"staff/{folder}/editor.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#wizard", "outerHTML"
        return response
    with visit.cursor() as cursor:
        context |= {**shell(cursor, visit, request, own["area"]), "title": own["title"]}
    return render(request, f"staff/{folder}/page.html", context, status=status)


def place_troubles(
    editor: Editor, refusal: Troubles, fields: Mapping[str, str], words: Callable[[Trouble], str]
) -> None:
    """Put each trouble at its field: those of lines at theirs, those of ``fields`` at the form's."""
    for trouble in refusal.troubles:
        head, _comma, rest = trouble.place.partition(", ")
        kind, _space, place = head.partition(" ")
        if kind == "line" and place.isdecimal() and int(place) <= len(editor.lines.filled):
            row = editor.lines.filled[int(place) - 1]
            row.add_error(rest if rest in row.fields else None, words(trouble))
        else:
            editor.form.add_error(fields.get(head), words(trouble))
