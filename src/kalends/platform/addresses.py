"""Addresses that the operator gives in environment variables: read once, and named where they cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from kalends.platform.errors import UserFacing


def read_address(text: str, variable: str, schemes: Sequence[str], example: str) -> SplitResult:
    """The parts of an address that begins with one of the schemes and names a host. Raises ``UserFacing``.

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
    return parts
