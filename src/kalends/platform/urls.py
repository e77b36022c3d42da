"""Where the faces' pages hang. They are named in words: the platform imports none of them."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("kalends.buyer.urls")),
    path("", include("kalends.staff.urls")),
]
handler403 = "kalends.staff.views.errors.forbidden"
handler404 = "kalends.staff.views.errors.not_found"
handler500 = "kalends.platform.failing.failed"
