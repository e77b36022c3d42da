"""The addresses of quotes: made and changed."""

from __future__ import annotations

from django.urls import path

from kalends.staff.quotes import pages

urlpatterns = [
    path("<int:account_id>/create/quote", pages.create, name="create-quote"),
    path("<int:account_id>/quotes/<int:id>/edit", pages.edit, name="quote-edit"),
]
