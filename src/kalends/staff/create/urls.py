"""The address of the wizard."""

from __future__ import annotations

from django.urls import path

from kalends.staff.action import by_method
from kalends.staff.create import deal_lines, pages

urlpatterns = [
    path(
        "<int:account_id>/create/subscription",
        by_method(get=pages.begin, post=pages.step),
        name="create-subscription",
    ),
    path("<int:account_id>/deals/<int:id>/lines", deal_lines.edit, name="deal-lines"),
]
