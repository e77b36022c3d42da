"""The words that are kept of a letter, without what would open doors.

A letter holds links that let its reader in. Whoever reads a copy of the database, or a backup, is not its reader: the
signature of each link is taken off before the words are kept, and put on again where they are sent or shown. What is
kept in its place is signed too, for this alone: words that somebody else wrote in the form of a link are given nothing.

A code is covered in the same way, and stays so for whoever looks at the letter here: it proves that one reads the
mailbox to which the letter went.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core import signing

from kalends.accounts import signed_links
from kalends.accounts.short_codes import SIGNING, code_for
from kalends.messages import refusals
from kalends.messages.letters.layout import Rendered

_PURPOSES = "|".join((*signed_links.LASTS, refusals.UNSUBSCRIBE))
_ADDRESS = re.compile(rf"/({_PURPOSES})/([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")
_KEPT = re.compile(rf"/({_PURPOSES})/([A-Za-z0-9_-]+~[A-Za-z0-9_-]+)")


COVERED = "••••••"
"""What stands for a code in a letter that is kept or looked at."""


def code_in(given: Mapping[str, Any] | None) -> str:
    """The code that a letter tells, by the facts that it was given; empty where it tells none."""
    if not given:
        return ""
    return code_for(SIGNING, given["signing"]) if given.get("signing") else str(given.get("code") or "")


def to_keep(letter: Rendered, given: Mapping[str, Any] | None = None) -> Rendered:
    """The letter as it may be stored: its links open nothing, and its code is covered."""
    return covered(_each(letter, lambda words: _ADDRESS.sub(_without_signature, words)), given)


def to_send(letter: Rendered, given: Mapping[str, Any] | None) -> Rendered:
    """A letter that was kept as it is going out."""
    code = code_in(given)
    read = to_read(letter)
    return _each(read, lambda words: words.replace(COVERED, code)) if code else read


def to_read(letter: Rendered) -> Rendered:
    """A letter that was kept as it is looked at: as it went out, but for its code."""
    return _each(letter, lambda words: _KEPT.sub(_with_signature, words))


def covered(letter: Rendered, given: Mapping[str, Any] | None) -> Rendered:
    """The letter without the code that it tells."""
    code = code_in(given)
    return _each(letter, lambda words: words.replace(code, COVERED)) if code else letter


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
    told = {"subject": change(letter.subject), "text": change(letter.text), "html": change(letter.html)}
    return letter._replace(**told, attached=attached)
