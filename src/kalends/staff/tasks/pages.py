"""The page of tasks, and saying that one is done."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kalends.platform.patience import patiently
from kalends.staff.action import ActionVisit, account_action
from kalends.staff.objects import ObjectPage, record_address
from kalends.staff.reply import moved
from kalends.staff.shell import shell
from kalends.staff.tasks.reading import shown
from kalends.staff.visit import View, Visit, account_page
from kalends.workflows.tasks import UnknownTask, find_task, finish_task, tasks_of


@require_safe
@account_page
def index(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One's own open tasks, or everybody's, or those that are done; of records that one may see."""
    which = request.GET.get("which", "")
    which = which if which in ("all", "done") else "mine"
    tasks = tasks_of(
        visit.psycopg(), visit.ctx, owner_id=visit.user.id if which == "mine" else None, done=which == "done"
    )
    here = reverse("tasks", args=[visit.ctx.id])
    with visit.cursor() as cursor:
        around = shell(cursor, visit, request, "tasks")
    context = {
        **around,
        "title": _("Tasks"),
        "which": which,
        "tabs": [
            ("mine", _("My open tasks"), here),
            ("all", _("Everybody's open tasks"), f"{here}?which=all"),
            ("done", _("Done"), f"{here}?which=done"),
        ],
        "tasks": shown(visit, tasks),
        "of": which,
    }
    return render(request, "staff/tasks/page.html", context)


def finish(page: ObjectPage) -> View:
    """Says that a task about a record of this object is done, or is open again."""

    @account_action("view", page.name)
    def act(request: HttpRequest, visit: ActionVisit, id: int, task_id: int) -> HttpResponse:  # noqa: A002
        try:
            task = find_task(visit.db, visit.ctx, task_id)
        except UnknownTask as gone:
            raise Http404(str(gone)) from gone
        if (task.object, task.record_id) != (page.name, id):
            raise Http404(f"no task {task_id} of {page.name} {id}")
        done = request.POST.get("done") == "1"

        def write() -> None:
            with visit.db.transaction():
                finish_task(visit.db, visit.ctx, task_id, visit.who.actor, done=done)

        patiently(write)
        of = request.POST.get("of", "")
        here = reverse("tasks", args=[visit.ctx.id])
        back = (
            record_address(visit.ctx.id, page.name, id)
            if of == "record"
            else here
            if of not in ("all", "done")
            else f"{here}?which={of}"
        )
        return moved(request, back, _("The task is done") if done else _("The task is open again"))

    return act
