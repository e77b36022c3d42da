"""The pages of imports: the list, the start, and an import as it stands."""

from __future__ import annotations

import csv
import io
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.catalog.registry import get_object
from kalends.crm.schema import account_object
from kalends.exports.values import defused_text
from kalends.imports import carry, release, runs, sheets, undo
from kalends.imports.guessing import guess, object_of
from kalends.imports.plan import IMPORTABLE
from kalends.imports.runs import Import
from kalends.imports.sheets import WrongFile
from kalends.platform.clock import system_now
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.imports import words
from kalends.staff.imports.mapping import mapping_context
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved
from kalends.staff.settings.places import PLACES, framed, shown
from kalends.staff.settings.tables import Act, Cell, Row, Table, Tag
from kalends.staff.status.waiting import nobody_works
from kalends.staff.visit import Visit, account_page

ABILITY = "import"
PROBLEMS_SHOWN = 100
_GUESSED = "guess"


class FileForm(Form):
    """A file, and what its rows are."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or XLSX with headings in the first row; 200 MB and a million rows at most."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    object = forms.ChoiceField(label=gettext_lazy("Each row is"))

    def __init__(self, visit: Visit, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        field = self.fields["object"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (_GUESSED, _("What its headings say")),
            *(
                (name, get_object(name).singular_label.in_language(visit.language))
                for name in IMPORTABLE
                if visit.may("edit", name)
            ),
        ]


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest imports."""
    visit.require(PLACES["imports"].needs)
    found = [each for each in runs.list_imports(visit.psycopg(), visit.ctx) if _is_theirs(visit, each)]
    table = Table(
        "imports",
        _("Imports"),
        [_("File"), _("Records"), _("Rows"), _("Status")],
        [_row(visit, each) for each in found],
        add=Act(_("Import a file"), reverse("import-start", args=[visit.ctx.id]), dialog=False),
        empty=_("Nothing was imported yet."),
    )
    return shown(request, visit, "imports", "tables", {"tables": [table]})


def _row(visit: Visit, each: Import) -> Row:
    args = [visit.ctx.id, each.id]
    acts = [Act(_("Undo"), reverse("import-undo", args=args))] if each.status in ("done", "canceled") else []
    when = formatting.instant(each.asked_at, visit.ctx.time_zone)
    return Row(
        each.name,
        [
            Cell(
                each.name, f"{each.asker}, {when}" if each.asker else when, link=reverse("import", args=args)
            ),
            Cell(get_object(each.object).plural_label.in_language(visit.language)),
            Cell(formatting.number(Decimal(each.rows)) if each.rows else "--"),
            Cell(
                "",
                each.problem,
                tags=[Tag(str(words.STATUS_WORDS[each.status]), words.TONES.get(each.status, ""))],
            ),
        ],
        acts,
    )


def seen(visit: Visit, id_: int) -> Import:
    """An import that the user started, or any where the user is an administrator. Raises ``Http404``."""
    visit.require(ABILITY)
    one = runs.find(visit.psycopg(), visit.ctx, id_)
    if one is None or not _is_theirs(visit, one):
        raise Http404(f"no import {id_}")
    return one


def _is_theirs(visit: Visit, one: Import) -> bool:
    return visit.place.is_administrator or one.user_id == visit.user.id


def file_of(visit: Visit, one: Import) -> Path:
    """Where the import's file lies."""
    return carry.folder_of(Path(settings.MEDIA_ROOT), visit.ctx.id) / one.key


# ---------------------------------------------------------------- the start


@require_safe
@account_page
def _ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    visit.require(ABILITY)
    return _asked(request, visit, FileForm(visit))


def _asked(request: HttpRequest, visit: Visit, form: FileForm, *, status: int = 200) -> HttpResponse:
    context = framed(request, visit, "imports", {"form": form, "title": _("Import a file")})
    return render(request, "staff/imports/start.html", context, status=status)


@account_action(ABILITY)
def _start(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    form = FileForm(visit, request.POST, files=request.FILES)
    if form.is_valid():
        folder = carry.folder_of(Path(settings.MEDIA_ROOT), visit.ctx.id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_urlsafe(32)
        path = folder / key
        try:
            _save(form.cleaned_data["file"], path)
            id_ = visit.do("import", lambda db: _taken_in(db, visit, form, path))
        except Refused as refusal:
            path.unlink(missing_ok=True)
            form.refuse(refusal)
        else:
            return moved(request, reverse("import", args=[visit.ctx.id, id_]))
    return _asked(request, visit, form, status=422)


def _save(file: Any, path: Path) -> None:
    if file.size > sheets.FILE_BYTES_MAX:
        raise Refused(str(words.WHY_NOT["too_large"]), "file")
    with path.open("wb") as target:
        path.chmod(0o600)
        for part in file.chunks():
            target.write(part)


def _taken_in(db: Any, visit: ActionVisit, form: FileForm, path: Path) -> int:
    try:
        shape = sheets.guess_shape(path)
        names = sheets.headings(path, shape)
        rows = sheets.sample(path, shape)
    except WrongFile as problem:
        raise Refused(words.why(problem), "file") from problem
    asked = form.cleaned_data["object"]
    name = object_of(names) if asked == _GUESSED else asked
    if not visit.may("edit", name):
        raise Refused(_("You may not make such records: say what each row is."), "object")
    plan = guess(db, visit.ctx, account_object(db, visit.ctx, name), shape, names, rows)
    file = form.cleaned_data["file"]
    try:
        return runs.start(
            db,
            visit.ctx,
            plan,
            name=Path(file.name).name,
            user_id=visit.user.id,
            actor=visit.who.actor,
            now=system_now(),
            key=path.name,
            file_size=file.size,
        )
    except runs.ImportRefused as problem:
        raise Refused(words.why(problem)) from problem


start = by_method(get=_ask, post=_start)


# ---------------------------------------------------------------- one import


@require_safe
@account_page
def page(request: HttpRequest, visit: Visit, import_id: int) -> HttpResponse:
    """An import as it stands: its columns, its progress, or what came of it."""
    one = seen(visit, import_id)
    if one.status in ("new", "failed"):
        return mapping_page(request, visit, one, mapping_context(visit, one.plan, file_of(visit, one)))
    return import_page(request, visit, one)


def mapping_page(
    request: HttpRequest,
    visit: Visit,
    one: Import,
    context: dict[str, Any],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The screen of the columns."""
    around = framed(request, visit, "imports", {**context, **_about(visit, one), "form": Form()})
    return render(
        request, "staff/imports/mapping.html", {**around, "problem": problem or one.problem}, status=status
    )


def import_page(request: HttpRequest, visit: Visit, one: Import, **more: Any) -> HttpResponse:
    """What came of an import, or how far it has come."""
    db = visit.psycopg()
    context = {
        **_about(visit, one),
        **standing_context(visit, one),
        "form": Form(),
        "problems": [
            each._replace(remedy=words.remedy(each, visit.language))
            for each in runs.problems(db, visit.ctx, one.id, limit=PROBLEMS_SHOWN)
        ],
        "kept": [
            (number, words.why_kept(reason, visit.language))
            for number, reason in undo.kept_records(db, visit.ctx, one)
        ],
        "waiting": len(release.waiting(db, visit.ctx, one.id)) if one.object == "subscription" else 0,
        **more,
    }
    return render(request, "staff/imports/page.html", framed(request, visit, "imports", context))


def _about(visit: Visit, one: Import) -> dict[str, Any]:
    args = [visit.ctx.id, one.id]
    obj = get_object(one.object)
    links = {
        each.replace("-", "_"): reverse(f"import-{each}", args=args)
        for each in ("plan", "run", "cancel", "undo", "again", "standing", "bad-rows", "release")
    }
    return {
        "one": one,
        "title": one.name,
        "about": f"{obj.plural_label.in_language(visit.language)}, {words.STATUS_WORDS[one.status]}",
        "links": links,
        "list_link": reverse("settings-imports", args=[visit.ctx.id]),
        "import_link": reverse("import", args=args),
    }


def standing_context(visit: Visit, one: Import) -> dict[str, Any]:
    """How far an import has come, in figures."""
    return {
        "nobody_works": nobody_works(visit, one.asked_at if one.is_open else None),
        "status_words": words.STATUS_WORDS[one.status],
        "counts": [
            (key, label, formatting.number(Decimal(one.found[key])))
            for key, label in words.VERDICTS.items()
            if one.found.get(key)
        ],
        "rows_text": words.rows_text(one.rows_done),
    }


@require_safe
@account_page
def standing(request: HttpRequest, visit: Visit, import_id: int) -> HttpResponse:
    """How far it has come; once it is over, the page is asked for anew."""
    one = seen(visit, import_id)
    context = {"account": visit.ctx, **_about(visit, one), **standing_context(visit, one)}
    response = render(request, "staff/imports/standing.html", context)
    if not one.is_open:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@account_page
def bad_rows(request: HttpRequest, visit: Visit, import_id: int) -> HttpResponse:  # noqa: ARG001
    """The rows that cannot be used, as a file to mend and give again."""
    one = seen(visit, import_id)
    path = file_of(visit, one)
    if not path.is_file():
        return HttpResponseRedirect(reverse("import", args=[visit.ctx.id, one.id]))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=one.plan.delimiter or ",", lineterminator="\n")
    for row in carry.bad_rows(path, one, runs.bad_lines(visit.psycopg(), visit.ctx, one.id)):
        writer.writerow([defused_text(cell) for cell in row])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    named = content_disposition_header(as_attachment=True, filename=f"rows-{one.id}.csv")
    response["Content-Disposition"] = named or ""
    response["Cache-Control"] = "private, no-store"
    return response
