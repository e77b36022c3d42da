"""The addresses of payment links: made and changed, shared, and tested."""

from __future__ import annotations

from django.urls import path

from kalends.staff.links import pages, panel, share, trial

_LINK = "<int:account_id>/payment-links/<int:id>"

urlpatterns = [
    path("<int:account_id>/create/payment-link", pages.create, name="create-payment-link"),
    path("<int:account_id>/create/choose", panel.choose, name="create-choose"),
    path("<int:account_id>/create/payment-link/line", panel.line, name="create-payment-link-line"),
    path(f"{_LINK}/edit", pages.edit, name="payment_link-edit"),
    path(f"{_LINK}/share", share.panel, name="payment_link-share"),
    path(f"{_LINK}/qr.svg", share.qr, name="payment_link-qr"),
    path(f"{_LINK}/test", trial.test, name="payment_link-test"),
]
