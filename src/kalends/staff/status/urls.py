"""The addresses of the status page."""

from __future__ import annotations

from django.urls import path

from kalends.staff.status import page

urlpatterns = [
    path("<int:account_id>/status", page.page, name="status"),
    path("<int:account_id>/status/now", page.now, name="status-now"),
]
