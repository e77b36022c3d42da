"""The words that are kept of a letter, without what would open doors.

A letter holds links that let its reader in. Whoever reads a copy of the database, or a backup, is not its reader: the
signature of each link is taken off before the words are kept, and put on again where they are sent or shown. What is
kept in its place is signed too, for this alone: words that somebody else wrote in the form of a link are given nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from django.core import signing

from kalends.accounts import signed_links
from kalends.messages import refusals
from kalends.messages.letters.layout import Rendered

_PURPOSES = "|".join((*signed_links.LASTS, refusals.UNSUBSCRIBE))
_ADDRESS = re.compile(rf"/({_PURPOSES})/([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")
_KEPT = re.compile(rf"/({_PURPOSES})/([A-Za-z0-9_-]+~[A-Za-z0-9_-]+)")


def to_keep(letter: Rendered) -> Rendered:
    """The letter as it may be stored: its links open nothing."""
    return _each(letter, lambda words: _ADDRESS.sub(_without_signature, words))


def to_read(letter: Rendered) -> Rendered:
    """A letter that was kept as it went out, or is going to."""
    return _each(letter, lambda words: _KEPT.sub(_with_signature, words))


def _without_signature(found: re.Match[str]) -> str:
    purpose, token = found.groups()
    try:
        told = _opens(purpose).unsign(token)
    except signing.BadSignature:
        return found.group()
    return f"/{purpose}/{_keeps(purpose).sign(told)}"


def _with_signature(found: re.Match[str]) -> str:
    purpose, kept = found.groups()
    try:
        told = _keeps(purpose).unsign(kept)
    except signing.BadSignature:
        return found.group()
    return f"/{purpose}/{_opens(purpose).sign(told)}"


def _opens(purpose: str) -> signing.Signer:
    return refusals.signer() if purpose == refusals.UNSUBSCRIBE else signed_links.signer(purpose)


def _keeps(purpose: str) -> signing.Signer:
    return signing.Signer(salt=f"kalends.messages.kept_words.{purpose}", sep="~")


def _each(letter: Rendered, change: Callable[[str], str]) -> Rendered:
    attached = letter.attached
    if attached is not None:
        attached = json.loads(change(json.dumps(attached, ensure_ascii=False)))
    return letter._replace(text=change(letter.text), html=change(letter.html), attached=attached)
