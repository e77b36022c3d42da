"""Passwords that anybody would try first here: the product's name, the installation's, and little else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

REST_MIN = 8
"""How many characters there must be besides such words."""


def expected_words(public_url: str) -> list[str]:
    """The words: *kalends*, *invoice*, *billing*, *password*, and what the address of the pages is made of.

    >>> expected_words("https://billing.nordlys.example/")
    ['kalends', 'invoice', 'billing', 'password', 'nordlys', 'example']
    """
    parts = re.findall(r"[a-z0-9]{4,}", (urlsplit(public_url).hostname or "").lower())
    return list(dict.fromkeys(["kalends", "invoice", "billing", "password", *parts]))


class ExpectedWordsValidator:
    """Django's interface of what looks at a new password."""

    def validate(self, password: str, user: object = None) -> None:  # noqa: ARG002
        """Raises ``ValidationError`` for a password of which little is left without such words."""
        rest = password.lower()
        for word in expected_words(settings.PUBLIC_URL):
            rest = rest.replace(word, "")
        if rest != password.lower() and len(rest) < REST_MIN:
            raise ValidationError(self.get_help_text(), code="expected_words")

    def get_help_text(self) -> str:
        """What is asked for, in words."""
        return _("The password must not be little more than a word that anybody would try here.")
