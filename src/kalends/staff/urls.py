"""The addresses of the staff pages."""

from __future__ import annotations

from django.urls import include, path

from kalends.staff.views import consent, session

urlpatterns = [
    path("", session.home, name="home"),
    path("sign-out", session.sign_out, name="sign-out"),
    path("preferences", session.preferences, name="preferences"),
    path("oauth/authorize", consent.authorize, name="authorize"),
    path("oauth/authorize/", consent.authorize),
    path("<int:account_id>", session.account, name="account"),
    path("<int:account_id>/nothing-here", session.nothing_here, name="nothing-here"),
    path("", include("kalends.staff.account.urls")),
    path("", include("kalends.staff.index.urls")),
    path("", include("kalends.staff.exports.urls")),
    path("", include("kalends.staff.imports.urls")),
    path("", include("kalends.staff.billing.urls")),
    path("", include("kalends.staff.segments.urls")),
    path("", include("kalends.staff.mailings.urls")),
    path("", include("kalends.staff.insight.urls")),
    path("", include("kalends.staff.workflows.urls")),
    path("", include("kalends.staff.tasks.urls")),
    path("", include("kalends.staff.create.urls")),
    path("", include("kalends.staff.links.urls")),
    path("", include("kalends.staff.quotes.urls")),
    path("", include("kalends.staff.invoices.urls")),
    path("", include("kalends.staff.actions.urls")),
    path("", include("kalends.staff.status.urls")),
    path("", include("kalends.staff.settings.urls")),
    path("", include("kalends.staff.record.urls")),
]
