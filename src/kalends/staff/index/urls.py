"""The addresses of the lists, and of what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, path

from kalends.staff.index import bulk, columns, filters, keeping, pages, preview
from kalends.staff.objects import PAGES, ObjectPage
from kalends.staff.segments import choosing, saving
from kalends.staff.workflows import by_hand

_PARTS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("", pages.index, ""),
    ("/counts", pages.counts, "counts"),
    ("/strip", pages.strip_part, "strip"),
    ("/filters", filters.builder, "filters"),
    ("/filters/apply", filters.apply, "filters-apply"),
    ("/columns", columns.chooser, "columns"),
    ("/columns/apply", columns.apply, "columns-apply"),
    ("/views/new", keeping.new_view, "view-new"),
    ("/views/tabs", keeping.tabs, "view-tabs"),
    ("/views/<str:key>/save", keeping.save, "view-save"),
    ("/views/<str:key>/rename", keeping.rename_one, "view-rename"),
    ("/views/<str:key>/clone", keeping.clone_one, "view-clone"),
    ("/views/<str:key>/share", keeping.share_one, "view-share"),
    ("/views/<str:key>/delete", keeping.delete_one, "view-delete"),
    ("/segment", saving.segment, "segment"),
    ("/bulk/segment", choosing.add, "segment-add"),
    ("/bulk/unsegment", choosing.remove, "segment-remove"),
    ("/bulk/enroll", by_hand.selection, "enroll"),
    ("/bulk/<str:what>", bulk.many, "bulk"),
    ("/<int:id>/panel", preview.panel, "panel"),
)


def _routes(page: ObjectPage) -> Iterator[URLPattern]:
    for route, view, name in _PARTS:
        called = f"{page.slug}-{name}" if name else page.index
        yield path(f"<int:account_id>/{page.slug}{route}", view, {"slug": page.slug}, name=called)


urlpatterns = [route for page in PAGES.values() for route in _routes(page)]
