"""The addresses of buying."""

from __future__ import annotations

from django.urls import path
from django.urls.resolvers import URLPattern

from kalends.buyer.checkout import pages

urlpatterns: list[URLPattern] = [
    path("buy/<int:account_id>/<uuid:key>", pages.buy, name="buy"),
    path("checkout/<int:account_id>/<uuid:key>", pages.show, name="checkout"),
    path("checkout/<int:account_id>/<uuid:key>/back", pages.back, name="checkout-back"),
]
