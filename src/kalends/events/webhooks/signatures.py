"""What proves to a receiver that a request comes from here: HubSpot's three signatures, and Standard Webhooks'.

All are made with the app's client secret and of the very bytes that are sent. Receivers refuse versions with a time
when they are older than five minutes, so each try is signed anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import NamedTuple

OLDER_VERSIONS = ("v1", "v2")
"""What the header of the older signatures may hold; a receiver reads in another header which one it is."""

_DECODED = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


class Signed(NamedTuple):
    """What is signed: an address, the bytes of a body, the number of its message, and the moment of this try."""

    url: str
    body: bytes
    message_id: str
    at: datetime
    method: str = "POST"


def headers(secret: str, signed: Signed, *, older: str = "v1") -> dict[str, str]:
    """The headers of a request that prove where it comes from; ``older`` is one of :data:`OLDER_VERSIONS`."""
    milliseconds = str(_microseconds(signed.at) // 1_000)
    seconds = str(_microseconds(signed.at) // 1_000_000)
    return {
        "X-HubSpot-Signature-Version": older,
        "X-HubSpot-Signature": v1(secret, signed) if older == "v1" else v2(secret, signed),
        "X-HubSpot-Signature-v3": v3(secret, signed, milliseconds),
        "X-HubSpot-Request-Timestamp": milliseconds,
        "webhook-id": signed.message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": standard(secret, signed, seconds),
    }


def v1(secret: str, signed: Signed) -> str:
    """SHA-256 of secret and body, in hexadecimal."""
    return hashlib.sha256(secret.encode() + signed.body).hexdigest()


def v2(secret: str, signed: Signed) -> str:
    """SHA-256 of secret, method, address and body, in hexadecimal."""
    said = f"{secret}{signed.method}{signed.url}".encode()
    return hashlib.sha256(said + signed.body).hexdigest()


def v3(secret: str, signed: Signed, milliseconds: str) -> str:
    """HMAC-SHA-256 of method, address, body and time (in milliseconds since 1970), in Base64."""
    said = f"{signed.method}{decoded(signed.url)}".encode() + signed.body + milliseconds.encode()
    return _base64(hmac.new(secret.encode(), said, hashlib.sha256).digest())


def standard(secret: str, signed: Signed, seconds: str) -> str:
    """The signature of Standard Webhooks: HMAC-SHA-256 of number, time (in seconds since 1970) and body.

    Its secret, as its libraries want it, is :func:`standard_secret`.
    """
    said = f"{signed.message_id}.{seconds}.".encode() + signed.body
    return f"v1,{_base64(hmac.new(secret.encode(), said, hashlib.sha256).digest())}"


def standard_secret(secret: str) -> str:
    """A client secret in the form in which libraries of Standard Webhooks take it.

    >>> standard_secret("secret")
    'whsec_c2VjcmV0'
    """
    return f"whsec_{_base64(secret.encode())}"


def decoded(url: str) -> str:
    """An address as HubSpot's third signature reads it: some characters in it decoded, the others left alone.

    >>> decoded("https://example.org/a%2Fb?c=%3A%20d")
    'https://example.org/a/b?c=:%20d'
    """
    return _DECODED.sub(lambda found: chr(int(found.group(1), 16)), url)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _microseconds(at: datetime) -> int:
    """Since 1970, without a float on the way."""
    since = at - datetime.fromtimestamp(0, at.tzinfo)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
