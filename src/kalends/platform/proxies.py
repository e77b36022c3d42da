"""Which machine asks, where a proxy of ours stands in front: attempts and requests are counted by it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kalends.platform.addresses import Network


def client_of(address: str, forwarded: str, ours: Sequence[Network]) -> str:
    """Who asks: ``address`` itself, or, if that is a proxy of ours, the last one in ``forwarded`` that is none.

    Everybody may write what they like into the header; only what our proxies have put behind it counts.

    >>> ours = [ipaddress.ip_network("10.0.0.0/8")]
    >>> client_of("203.0.113.9", "198.51.100.1", ours)
    '203.0.113.9'
    >>> client_of("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.7", ours)
    '203.0.113.9'
    """
    hops = [*(part.strip() for part in forwarded.split(",")), address]
    for hop in reversed(hops):
        try:
            asks = ipaddress.ip_address(hop)
        except ValueError:
            return address
        if not any(asks in network for network in ours):
            return hop
    return address


def real_address(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, before everything that asks who is there."""
    ours: Sequence[Network] = settings.PROXIES

    def answer(request: HttpRequest) -> HttpResponseBase:
        if ours:
            meta = request.META
            meta["REMOTE_ADDR"] = client_of(
                str(meta.get("REMOTE_ADDR", "")), str(meta.get("HTTP_X_FORWARDED_FOR", "")), ours
            )
        return get_response(request)

    return answer
