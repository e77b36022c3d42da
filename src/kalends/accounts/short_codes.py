"""Codes of six digits that are told by letter and stored nowhere.

A code is worked out from the installation's signing key and from what it is for, whenever it is needed: a copy of the
database, or the words of a letter that were kept, do not hold it.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac

SIGNING = "signing"
"""Signing a quote; what such a code is for is the key by which it was asked for."""


def code_for(purpose: str, subject: str) -> str:
    """The code of a purpose for one subject, which nobody else may have: it decides the code, together with the key."""
    digest = salted_hmac(f"kalends.accounts.short_codes.{purpose}", subject, algorithm="sha256").digest()
    return f"{int.from_bytes(digest) % 1_000_000:06}"
