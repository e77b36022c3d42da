"""The addresses of tasks."""

from __future__ import annotations

from django.urls import path

from kalends.staff.objects import PAGES
from kalends.staff.tasks import pages

urlpatterns = [
    path("<int:account_id>/tasks", pages.index, name="tasks"),
    *(
        path(
            f"<int:account_id>/{page.slug}/<int:id>/tasks/<int:task_id>",
            pages.finish(page),
            name=f"{page.slug}-task",
        )
        for page in PAGES.values()
    ),
]
