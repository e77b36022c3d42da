"""Why this amount, as staff pages write it."""

from __future__ import annotations

from kalends.proof import tell as told
from kalends.proof.explanation import Explanation
from kalends.staff import formatting


def tell(explanation: Explanation, language: str) -> told.Why:
    """An explanation for the page."""
    writer = told.Writer(language, formatting.locale(), formatting.minor, formatting.day)
    return told.tell(explanation, writer)
