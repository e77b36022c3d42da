"""Programs and people come to one address: what is a path of the API goes to its door, before anything for pages.

No session, no cookie, no language and no redirect to a path with a slash: a program has its token. Whatever begins as a
path of the API is answered in its JSON, also what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kalends.api import exports, stripe_events
from kalends.api.door import answer
from kalends.api.openapi import serve
from kalends.platform.logs import ROUTE

HANDLERS = (
    "records",
    "batch",
    "search",
    "lifecycle",
    "edits",
    "explanations",
    "rehearsals",
    "clocks",
    "feed",
    "associations",
    "association_batches",
    "association_labels",
    "properties",
    "property_groups",
    "owners",
    "pipelines",
    "account",
    "merge",
    "erasure",
    "tax_rates",
    "payment_accounts",
    "payment_links",
    "exports",
    "imports",
    "lists",
    "list_members",
    "discount_codes",
    "flows",
    "oauth",
    "webhooks",
)
"""The modules whose handlers register themselves in :mod:`kalends.api.routes`."""

for _name in HANDLERS:
    import_module(f"kalends.api.{_name}")

_OURS = re.compile(
    r"/(?:crm|account-info|automation|payments-subscriptions|commerce|webhooks|crm-object-schemas|tax-rates|kalends)(?:/.*)?"
    r"|/oauth/(?!authorize/?\Z).*",
    re.DOTALL,
)
_STRIPE = re.compile(r"/webhooks/stripe/([0-9]{1,18})")


def ahead_of_pages(
    to_pages: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Django's middleware that lets programs in first."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.path_info in (serve.DOCUMENT, serve.REFERENCE):
            request.META[ROUTE] = request.path_info
            return serve.answer(request)
        from_stripe = _STRIPE.fullmatch(request.path_info)
        if from_stripe is not None:
            request.META[ROUTE] = "/webhooks/stripe/<account_id>"
            return stripe_events.answer(request, int(from_stripe[1]))
        if request.path_info.startswith(exports.FILES):
            request.META[ROUTE] = f"{exports.FILES}<token>"
            return exports.answer_file(request, request.path_info.removeprefix(exports.FILES))
        return answer(request) if _OURS.fullmatch(request.path_info) else to_pages(request)

    return handle
