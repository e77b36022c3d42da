"""The addresses of actions on records."""

from __future__ import annotations

from django.urls import path

from kalends.staff.actions.invoice_end import CREDIT_NOTE_ROUTE, PDF_ROUTE, download, download_credit_note
from kalends.staff.actions.pages import address_of
from kalends.staff.actions.registry import ACTIONS

urlpatterns = [
    path("<int:account_id>/invoices/<int:id>/pdf", download, name=PDF_ROUTE),
    path(
        "<int:account_id>/invoices/<int:id>/credit-notes/<int:note>/pdf",
        download_credit_note,
        name=CREDIT_NOTE_ROUTE,
    ),
    *(address_of(action) for actions in ACTIONS.values() for action in actions if action.tell is not None),
]
