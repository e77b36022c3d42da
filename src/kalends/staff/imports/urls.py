"""The addresses of imports."""

from __future__ import annotations

from django.urls import path

from kalends.staff.imports import deeds, pages

_ALL = "<int:account_id>/imports"
_ONE = f"{_ALL}/<int:import_id>"

urlpatterns = [
    path("<int:account_id>/settings/imports", pages.index, name="settings-imports"),
    path(f"{_ALL}/start", pages.start, name="import-start"),
    path(_ONE, pages.page, name="import"),
    path(f"{_ONE}/standing", pages.standing, name="import-standing"),
    path(f"{_ONE}/bad-rows", pages.bad_rows, name="import-bad-rows"),
    path(f"{_ONE}/plan", deeds.plan, name="import-plan"),
    path(f"{_ONE}/again", deeds.again, name="import-again"),
    path(f"{_ONE}/run", deeds.run, name="import-run"),
    path(f"{_ONE}/cancel", deeds.cancel, name="import-cancel"),
    path(f"{_ONE}/undo", deeds.undo_deed.view, name="import-undo"),
    path(f"{_ONE}/release", deeds.let_go, name="import-release"),
]
