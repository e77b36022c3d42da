"""The addresses of the staff pages."""

from __future__ import annotations

from django.urls import path

from kalends.staff.views import consent, health, invoice, session, subscription, subscriptions

urlpatterns = [
    path("health", health.health, name="health"),
    path("", session.home, name="home"),
    path("sign-in", session.sign_in, name="sign-in"),
    path("sign-out", session.sign_out, name="sign-out"),
    path("preferences", session.preferences, name="preferences"),
    path("oauth/authorize", consent.authorize, name="authorize"),
    path("oauth/authorize/", consent.authorize),
    path("<int:account_id>/subscriptions", subscriptions.index, name="subscriptions"),
    path("<int:account_id>/subscriptions/<int:subscription_id>", subscription.record, name="subscription"),
    path("<int:account_id>/invoices/<str:number>", invoice.document, name="invoice"),
]
handler404 = "kalends.staff.views.errors.not_found"
handler500 = "kalends.staff.views.errors.failed"
