"""The addresses of pages for those who buy."""

from __future__ import annotations

from django.urls import include, path
from django.urls.resolvers import URLPattern, URLResolver

from kalends.buyer import logo, sandbox_page, unsubscribe
from kalends.buyer.invoice import pages as invoice
from kalends.buyer.method import pages as method
from kalends.buyer.portal import details as portal_details
from kalends.buyer.portal import door as portal_door
from kalends.buyer.portal import methods as portal_methods
from kalends.buyer.portal import pages as portal

urlpatterns: list[URLPattern | URLResolver] = [
    path("logo/<int:account_id>/<str:name>.png", logo.logo, name="buyer-logo"),
    path("invoice/<str:token>", invoice.show, name="buyer-invoice"),
    path("invoice/<str:token>/pdf", invoice.download, name="invoice-pdf"),
    path("invoice/<str:token>/back/<uuid:key>", invoice.back, name="invoice-back"),
    path("method/<str:token>", method.show, name="buyer-method"),
    path("method/<str:token>/back/<uuid:key>", method.back, name="method-back"),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("", include("kalends.buyer.checkout.urls")),
    path("", include("kalends.buyer.quotes.urls")),
    path("portal/<int:account_id>", portal.overview, name="portal"),
    path("portal/<int:account_id>/sign-in", portal_door.ask, name="portal-ask"),
    path("portal/<int:account_id>/sign-out", portal_door.go_out, name="portal-out"),
    path("portal/<int:account_id>/details", portal_details.details, name="portal-details"),
    path("portal/<int:account_id>/methods", portal_methods.add, name="portal-method"),
    path("portal/<int:account_id>/methods/<uuid:key>", portal_methods.back, name="portal-method-back"),
    path("portal/<int:account_id>/subscriptions/<int:id_>", portal.subscription, name="portal-subscription"),
    path("portal/<int:account_id>/subscriptions/<int:id_>/<slug:name>", portal.deed, name="portal-deed"),
    path("portal/<str:token>", portal_door.come_in, name="portal-come-in"),
    path("sandbox/pay/<str:reference>", sandbox_page.pay, name="sandbox-pay"),
    path("sandbox/confirm/<str:reference>", sandbox_page.confirm, name="sandbox-confirm"),
]
