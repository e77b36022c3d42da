"""The addresses of quotes."""

from __future__ import annotations

from django.urls import path
from django.urls.resolvers import URLPattern

from kalends.buyer.quotes import pages

urlpatterns: list[URLPattern] = [
    path("quote/<int:account_id>/<uuid:key>", pages.show, name="buyer-quote"),
    path("quote/<int:account_id>/<uuid:key>/pdf", pages.download, name="buyer-quote-pdf"),
]
