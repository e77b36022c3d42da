"""The address of the wizard."""

from __future__ import annotations

from django.urls import path

from kalends.staff.action import by_method
from kalends.staff.create import pages

urlpatterns = [
    path(
        "<int:account_id>/create/subscription",
        by_method(get=pages.begin, post=pages.step),
        name="create-subscription",
    ),
]
