"""Which addresses may be called: those of the public internet, and networks that the installation's operator names.

An address that somebody subscribes with could otherwise make this server call machines that only it can reach. A name
is looked up when it is called, and the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from kalends.platform.addresses import Network, read_networks

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

URL_LENGTH_MAX = 2_000
SETTING = "KALENDS_WEBHOOK_NETWORKS"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All of version 6 that is given out for the public internet; what lies beside it may lead into the house."""
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""Special ones (IANA's registries) that Python's ``is_global`` did not know from the beginning."""
_INSIDE = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


class BadUrl(ValueError):
    """An address that cannot be called; the message says why, and what would be right."""


def allowed_networks() -> tuple[Network, ...]:
    """The networks that the operator lets us call besides the public internet; none unless the setting names some.

    Raises UserFacing when the setting cannot be read.
    """
    return read_networks(settings.WEBHOOK_NETWORKS, SETTING)


def may_call(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address is one of the public internet, or in a network that is named.

    >>> def may(text): return may_call(ipaddress.ip_address(text), read_networks("10.1.0.0/16", SETTING))
    >>> may("93.184.216.34"), may("10.1.2.3"), may("10.2.0.1"), may("::ffff:127.0.0.1"), may("169.254.169.254")
    (True, True, False, False, False)
    """
    real = _real(address)
    if any(real.version == network.version and real in network for network in networks):
        return True
    if real.version == 6 and real not in _GLOBAL_UNICAST:
        return False
    return real.is_global and not real.is_multicast and not any(real in each for each in _SPECIAL)


def _real(address: Address) -> Address:
    """The address of version 4 that one of version 6 stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
    return address


def check_url(url: str, networks: Sequence[Network]) -> SplitResult:
    """The parts of an address that may be called, as far as it says so itself. Raises :class:`BadUrl`."""
    if len(url) > URL_LENGTH_MAX:
        raise BadUrl(f"The address has {len(url):,} characters; give at most {URL_LENGTH_MAX:,}.")
    if not url.isascii() or not url.isprintable() or any(letter in url for letter in ' \\"<>'):
        raise BadUrl(
            f"The address {url[:100]!r} has characters that an address cannot have: percent-encode them in the path "
            "and write a name of other letters in its ASCII form (xn--)."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as problem:
        raise BadUrl(f"The address {url[:100]!r} cannot be read: {problem}.") from problem
    if parts.scheme not in ("https", "http") or not host:
        raise BadUrl(f"The address {url[:100]!r} is to begin with https:// and the name of a server.")
    if parts.username is not None or parts.password is not None:
        raise BadUrl(
            "The address holds a user name or a password; requests are proved by their signatures instead."
        )
    if parts.fragment or url.endswith("#"):
        raise BadUrl("The address has a part behind #, which is never sent; leave it out.")
    _check_host(host, networks)
    if parts.scheme == "http" and not (networks and _is_inside(host)):
        raise BadUrl(
            f"The address {url[:100]!r} is not encrypted: give one that begins with https://. Plain http:// is taken "
            f"only within networks that {SETTING} names."
        )
    return parts


def _check_host(host: str, networks: Sequence[Network]) -> None:
    address = literal(host)
    refused = not may_call(address, networks) if address is not None else _is_inside(host) and not networks
    if refused:
        raise BadUrl(
            f"{host} is not a server of the public internet. If it is to be called, the operator of this installation "
            f"names its network in {SETTING}."
        )


def _is_inside(host: str) -> bool:
    address = literal(host)
    if address is not None:
        return not may_call(address, ())
    name = host.rstrip(".").lower()
    return any(name == each.lstrip(".") or name.endswith(each) for each in _INSIDE) or "." not in name


def literal(host: str) -> Address | None:
    """The address that is written where a name could stand.

    >>> literal("127.0.0.1"), literal("example.org")
    (IPv4Address('127.0.0.1'), None)
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
