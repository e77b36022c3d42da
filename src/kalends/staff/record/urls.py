"""The addresses of records, and of what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, path

from kalends.staff.objects import PAGES, ObjectPage
from kalends.staff.record import create, letters, page, properties, remove, story, ties

_PARTS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("create", create.create, "create"),
    ("<int:id>/story", story.part, "story"),
    ("<int:id>/delete", remove.delete, "remove"),
    ("<int:id>/letters/<int:letter>", letters.letter, "letter"),
    ("<int:id>/properties/<str:name>", properties.one, "property"),
    ("<int:id>/properties/<str:name>/edit", properties.edit, "property-edit"),
    ("<int:id>/properties/<str:name>/history", properties.history, "property-history"),
    ("<int:id>/ties/<str:to>/add", ties.add, "tie-add"),
    ("<int:id>/ties/<str:to>/<int:other>/remove", ties.take, "tie-take"),
)


def _routes(about: ObjectPage) -> Iterator[URLPattern]:
    slug = {"slug": about.slug}
    for route, view, name in _PARTS:
        yield path(f"<int:account_id>/{about.slug}/{route}", view, slug, name=f"{about.slug}-{name}")
    if about.name != "invoice":
        yield path(f"<int:account_id>/{about.slug}/<int:id>", page.page, slug, name=about.name)


urlpatterns = [
    *(route for about in PAGES.values() for route in _routes(about)),
    path("<int:account_id>/invoices/<str:number>", page.of_number, name="invoice"),
]
