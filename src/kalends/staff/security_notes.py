"""Writing down who came in, went out or failed to, for the audit logs of the user's accounts."""

from __future__ import annotations

from typing import cast

from django.db import connection, transaction
from django.http import HttpRequest

from kalends.accounts import security
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.query.context import Cursor


def note(request: HttpRequest, user_id: int, kind: str, **facts: str) -> None:
    """Note one of :data:`kalends.accounts.security.KINDS`, with the machine that asks and its program.

    The installation's log is told as well, with ``facts``, without machine and program.
    """
    if kind in security_log.KINDS:
        security_log.tell(kind, user_id=user_id, **facts)
    else:
        security_log.tell("way_in_changed", what=kind, user_id=user_id)
    with transaction.atomic(), connection.cursor() as cursor:
        security.note_security(
            cast("Cursor", cursor),
            user_id,
            kind,
            system_now(),
            address=str(request.META.get("REMOTE_ADDR", "")),
            agent=request.headers.get("User-Agent", ""),
        )
