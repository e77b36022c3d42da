"""The addresses of draft invoices: written and changed."""

from __future__ import annotations

from django.urls import path

from kalends.staff.invoices import pages

urlpatterns = [
    path("<int:account_id>/create/invoice", pages.create, name="create-invoice"),
    path("<int:account_id>/invoices/<int:id>/edit", pages.edit, name="invoice-edit"),
]
