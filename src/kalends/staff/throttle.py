"""Guessing passwords is slow: after some failures for an address or from a machine, one has to wait."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

FAILURES = 5
WAIT_SECONDS = 15 * 60
_FACTOR_FOR_A_MACHINE = 4


def is_closed(email: str, machine: str) -> bool:
    """Whether the door stays closed for now, whatever the password is."""
    return (
        cache.get(_key("email", email), 0) >= FAILURES
        or cache.get(_key("machine", machine), 0) >= FAILURES * _FACTOR_FOR_A_MACHINE
    )


def count_failure(email: str, machine: str) -> None:
    """Remember a failure; each one is forgotten together with the first of its row."""
    for key in (_key("email", email), _key("machine", machine)):
        cache.add(key, 0, WAIT_SECONDS)
        cache.incr(key)


def forget(email: str) -> None:
    """The right password clears the address."""
    cache.delete(_key("email", email))


def _key(kind: str, value: str) -> str:
    return f"sign-in:{kind}:{hashlib.sha256(value.strip().lower().encode()).hexdigest()}"
