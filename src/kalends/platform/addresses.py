"""Addresses that the operator gives in environment variables: read once, and named where they cannot be."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from kalends.platform.errors import UserFacing

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_address(
    text: str, variable: str, schemes: Sequence[str], example: str, *, bare: bool = False
) -> SplitResult:
    """The parts of an address that begins with one of the schemes and names a host; a ``bare`` one has nothing behind
    it. Raises ``UserFacing``.

    What is refused is not repeated: it may hold a password.

    >>> read_address("smtp://mail.example:2525", "KALENDS_SMTP_URL", ("smtp", "smtps"), "smtp://host:25").port
    2525
    """
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    if parts is None or not host or parts.scheme not in schemes or not text.isprintable():
        raise UserFacing(
            f"{variable} cannot be read.",
            where=f"the environment variable {variable}",
            value=f"it is no address that begins with {' or '.join(f'{each}://' for each in schemes)}",
            remedy=f"Write it as {example}",
        )
    if bare and (parts.path or parts.query or parts.fragment):
        raise UserFacing(
            f"{variable} has something behind the name of the host.",
            where=f"the environment variable {variable}",
            value=f"{parts.path}{'?' if parts.query else ''}{parts.query}",
            remedy=f"Kalends answers at the top of an address: write it as {example}",
        )
    return parts


def read_networks(text: str, variable: str) -> tuple[Network, ...]:
    """Networks with commas between. Raises ``UserFacing``.

    >>> [str(each) for each in read_networks("127.0.0.1, 10.0.0.0/8", "KALENDS_PROXIES")]
    ['127.0.0.1/32', '10.0.0.0/8']
    """
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        )
    except ValueError as problem:
        raise UserFacing(
            f"{variable} cannot be read.",
            where=f"the environment variable {variable}",
            value=str(problem),
            remedy="Write addresses or networks with commas between, such as 127.0.0.0/8,10.20.0.0/16",
        ) from problem


def read_sender(text: str, variable: str) -> str:
    """Whom letters come from. Raises ``UserFacing``.

    >>> read_sender("Nordlys <post@nordlys.example>", "KALENDS_MAIL_FROM")
    'Nordlys <post@nordlys.example>'
    """
    _, address = parseaddr(text)
    if not all(address.partition("@")) or not text.isprintable():
        raise UserFacing(
            f"{variable} cannot be read.",
            where=f"the environment variable {variable}",
            value=repr(text),
            remedy="Write it as Example Billing <billing@example.com>",
        )
    return text
