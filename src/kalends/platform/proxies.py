"""Which machine asks, where a proxy of ours stands in front: attempts and requests are counted by it.

Whether somebody came by TLS is believed of these proxies as well, once they are known.
"""

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
            is_ours = _is_in(hop, ours)
        except ValueError:
            return address
        if not is_ours:
            return hop
    return address


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is of one of the networks. Raises ``ValueError`` for what is no address."""
    asks = ipaddress.ip_address(address)
    return any(asks in network for network in networks)


def _is_proxy(address: str, ours: Sequence[Network]) -> bool:
    try:
        return _is_in(address, ours)
    except ValueError:
        return False


def real_address(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, before everything that asks who is there."""
    ours: Sequence[Network] = settings.PROXIES

    def answer(request: HttpRequest) -> HttpResponseBase:
        if ours:
            meta = request.META
            address = str(meta.get("REMOTE_ADDR", ""))
            if not _is_proxy(address, ours):
                meta.pop("HTTP_X_FORWARDED_PROTO", None)
            meta["REMOTE_ADDR"] = client_of(address, str(meta.get("HTTP_X_FORWARDED_FOR", "")), ours)
        return get_response(request)

    return answer
