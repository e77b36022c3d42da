"""Secrets do not go into logs: fields that are called like secrets are hidden, and what looks like one is in any text.

The rule for whoever logs is still to log none. This is the net below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "(hidden)"

_NAMES = re.compile(
    r"passw|secret|token|authoriz|cookie|session|signature|sealed|signing|credential|private|"
    r"api[_-]?key|^key$|request_key|^code$|otp|recovery|dsn|database_url|smtp_url|card_?number|cvc|iban",
    re.IGNORECASE,
)
_LOOKS = tuple(
    re.compile(pattern)
    for pattern in (
        # our own tokens, codes and developer keys
        r"\bk(?:al|alc|alr|dk)_[1-9][0-9]*_[A-Za-z0-9_-]{16,}",
        # Stripe's keys, signing secrets and the secrets of intents and sessions
        r"\b(?:sk|rk|pk|ek)_(?:live|test)_[A-Za-z0-9]{6,}",
        r"\bwhsec_[A-Za-z0-9+/=_-]{6,}",
        r"\b(?:pi|seti|cs|si)_[A-Za-z0-9]+_secret_[A-Za-z0-9]+",
        # what is handed over to prove who one is
        r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}",
        # Django's signed values, ours with dots: the payload and its signature
        r"[A-Za-z0-9_-]{4,}(?::[A-Za-z0-9]{4,8})?[:.][A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])",
        # sealed values
        r"\bgAAAAA[A-Za-z0-9_=-]{40,}",
    )
)
_IN_ADDRESS = re.compile(r"(?P<before>\w+://[^\s:/@]*:)[^\s@/]+(?=@)")
_ASSIGNED = re.compile(
    r"(?i)(?P<before>(?:password|passwd|secret|token|signature|key)[\"']?\s*[=:]\s*[\"']?)(?!\(hidden\))[^\s\"'&,;)]{4,}"
)
_BEARING_PATHS = re.compile(
    r"(?P<before>/(?:invoice|method|portal|unsubscribe|new-password|invitation|exports/files|sandbox/pay"
    r"|sandbox/confirm|(?:buy|checkout|quote)/[0-9]+)/)[A-Za-z0-9_.:=-]{16,}"
)
"""Addresses that let in whoever has them."""


def without_secrets(text: str) -> str:
    """The text with everything hidden in it that looks like a secret.

    >>> without_secrets("postgresql://kari:hunter2@db/book refused")
    'postgresql://kari:(hidden)@db/book refused'
    >>> without_secrets("sent with Bearer abcdefgh12345")
    'sent with (hidden)'
    """
    for pattern in (_IN_ADDRESS, _BEARING_PATHS, _ASSIGNED):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    for pattern in _LOOKS:
        text = pattern.sub(HIDDEN, text)
    return text


def redacted(value: Any, name: str = "") -> Any:
    """A value as it may be logged under this name.

    >>> redacted({"password": "hunter2", "account_id": 3})
    {'password': '(hidden)', 'account_id': 3}
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if name and _NAMES.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: redacted(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(each, name) for each in value]
    return without_secrets(value if isinstance(value, str) else str(value))


def redact_event(_logger: Any, _method: str, event: Any) -> Any:
    """structlog's processor. What it needs itself (names that begin with an underscore, exceptions) stays."""
    return {
        name: value if name.startswith("_") or name in ("exc_info", "stack_info") else redacted(value, name)
        for name, value in event.items()
    }
