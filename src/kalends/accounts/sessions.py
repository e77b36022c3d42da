"""The browsers in which a user is signed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.sessions.models import Session
from django.db import transaction

from kalends.accounts.session_store import kept_as
from kalends.accounts.sign_in_models import UserSession

LASTS = timedelta(days=30)
"""After so long a user signs in anew, however busy the session is; one that is not used ends after two weeks."""

SEEN_EVERY = timedelta(minutes=5)
"""How exact "last seen" is: a request that follows sooner writes nothing."""


class OwnSession(NamedTuple):
    """A browser in which the user is signed in; ``agent`` is what it calls itself."""

    id: int
    address: str
    agent: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def note_seen(user_id: int, session_key: str, now: datetime, *, address: str, agent: str) -> None:
    """Write down that a session is in use, and from where."""
    seen = {"user_id": user_id, "seen_at": now, "address": address[:100], "agent": agent[:300]}
    UserSession.objects.update_or_create(
        session_key=kept_as(session_key), defaults=seen, create_defaults={**seen, "began_at": now}
    )


def sessions_of(user_id: int, this_key: str | None, now: datetime) -> list[OwnSession]:
    """The user's living sessions, this one first, then by when they were last seen."""
    known = list(UserSession.objects.filter(user_id=user_id))
    this = kept_as(this_key or "")
    living = set(
        Session.objects.filter(
            session_key__in=[each.session_key for each in known], expire_date__gt=now
        ).values_list("session_key", flat=True)
    )
    found = [
        OwnSession(each.id, each.address, each.agent, each.began_at, each.seen_at, each.session_key == this)
        for each in known
        if each.session_key in living
    ]
    return sorted(found, key=lambda each: (not each.is_this, -each.seen_at.timestamp()))


def end_session(user_id: int, id_: int) -> bool:
    """End one of the user's sessions; false where it is not theirs or has ended."""
    return _end(user_id, UserSession.objects.filter(user_id=user_id, id=id_)) > 0


def end_other_sessions(user_id: int, this_key: str | None) -> int:
    """End all sessions of the user but this one; returns how many."""
    return _end(
        user_id, UserSession.objects.filter(user_id=user_id).exclude(session_key=kept_as(this_key or ""))
    )


def forget_ended(user_id: int) -> None:
    """Delete what is known of sessions that are no more."""
    known = UserSession.objects.filter(user_id=user_id)
    keys = list(known.values_list("session_key", flat=True))
    living = set(Session.objects.filter(session_key__in=keys).values_list("session_key", flat=True))
    known.filter(session_key__in=[key for key in keys if key not in living]).delete()


def _end(user_id: int, which: object) -> int:
    with transaction.atomic():
        keys = list(which.values_list("session_key", flat=True))  # type: ignore[attr-defined]
        ended, _what = Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(user_id=user_id, session_key__in=keys).delete()
    return ended
