"""Tasks as pages show them, with their records, as far as the user may see those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext_lazy

from kalends.catalog import get_object
from kalends.query import NAME, compile_lookup, fetch
from kalends.staff import formatting
from kalends.staff.cells import Names
from kalends.staff.objects import PAGES, record_address
from kalends.staff.visit import Visit
from kalends.workflows.tasks import Task

PRIORITIES = {
    "none": "",
    "low": gettext_lazy("Low priority"),
    "medium": gettext_lazy("Medium priority"),
    "high": gettext_lazy("High priority"),
}


class Shown(NamedTuple):
    """A task; ``act`` is where it is said to be done, or open again."""

    subject: str
    body: str
    priority: str
    is_high: bool
    owner: str
    due: str
    is_late: bool
    done: str
    record: str
    link: str
    act: str


def shown(visit: Visit, tasks: Iterable[Task]) -> list[Shown]:
    """The tasks whose records the user may see."""
    given = list(tasks)
    if not given:
        return []
    names, people = _records(visit, given), Names.of_account(visit.ctx.id)
    return [_shown(visit, each, names, people) for each in given if (each.object, each.record_id) in names]


def _shown(visit: Visit, task: Task, names: dict[tuple[str, int], str], people: Names) -> Shown:
    zone = visit.ctx.time_zone
    slug = PAGES[task.object].slug
    return Shown(
        task.subject,
        task.body,
        str(PRIORITIES[task.priority]),
        task.priority == "high",
        people.owners.get(str(task.owner_id), ""),
        formatting.instant(task.due_at, zone),
        task.done_at is None and task.due_at < visit.ctx.now,
        formatting.instant(task.done_at, zone) if task.done_at else "",
        names[task.object, task.record_id],
        record_address(visit.ctx.id, task.object, task.record_id),
        reverse(f"{slug}-task", args=[visit.ctx.id, task.record_id, task.id]),
    )


def _records(visit: Visit, tasks: list[Task]) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for name in {each.object for each in tasks if each.object in PAGES and visit.may("view", each.object)}:
        ids = list({each.record_id for each in tasks if each.object == name})
        with visit.cursor() as cursor:
            for row in fetch(cursor, compile_lookup(get_object(name), (NAME,), ids, visit.asking)):
                found[name, row["id"]] = row[NAME] or str(row["id"])
    return found
