"""The addresses of the pages of segments."""

from __future__ import annotations

from django.urls import path

from kalends.staff.segments import deeds, pages

_ONE = "<int:account_id>/segments/<int:segment_id>"

urlpatterns = [
    path("<int:account_id>/segments", pages.index, name="segments"),
    path("<int:account_id>/segments/new", deeds.begin.view, name="segment-create"),
    path(_ONE, pages.one, name="segment"),
    path(f"{_ONE}/rename", deeds.rename.view, name="segment-rename"),
    path(f"{_ONE}/clone", deeds.clone.view, name="segment-clone"),
    path(f"{_ONE}/static", deeds.to_static.view, name="segment-static"),
    path(f"{_ONE}/delete", deeds.delete.view, name="segment-delete"),
    path(f"{_ONE}/restore", deeds.restore.view, name="segment-restore"),
]
