"""The addresses of exports."""

from __future__ import annotations

from django.urls import path

from kalends.staff.exports import begin, pages, standing
from kalends.staff.objects import PAGES

_ONE = "<int:account_id>/exports/<int:export_id>"

urlpatterns = [
    *(
        path(
            f"<int:account_id>/{page.slug}/export",
            begin.begin,
            {"slug": page.slug},
            name=f"{page.slug}-export",
        )
        for page in PAGES.values()
    ),
    path(_ONE, pages.page, name="export"),
    path(f"{_ONE}/standing", standing.standing, name="export-standing"),
    path(f"{_ONE}/file", pages.file, name="export-file"),
]
