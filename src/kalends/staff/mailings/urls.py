"""The addresses of the pages of emails to segments."""

from __future__ import annotations

from django.urls import path

from kalends.staff.mailings import deeds, pages

_ALL = "<int:account_id>/mailings"
_ONE = f"{_ALL}/<int:mailing_id>"

urlpatterns = [
    path(_ALL, pages.index, name="mailings"),
    path(f"{_ALL}/new", deeds.write, name="mailing-new"),
    path(_ONE, pages.one, name="mailing"),
    path(f"{_ONE}/edit", deeds.write, name="mailing-edit"),
    path(f"{_ONE}/preview", pages.preview, name="mailing-preview"),
    path(f"{_ONE}/try", deeds.attempt.view, name="mailing-try"),
    path(f"{_ONE}/send", deeds.send.view, name="mailing-send"),
    path(f"{_ONE}/stop", deeds.halt.view, name="mailing-stop"),
    path(f"{_ONE}/delete", deeds.delete.view, name="mailing-delete"),
]
