"""Pages on which something waits for a worker say so, when none has been seen."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from kalends.operations.processes import ALIVE_FOR, is_served, processes
from kalends.platform.clock import system_now
from kalends.staff.visit import Visit


def nobody_works(visit: Visit, since: datetime | None) -> str:
    """What to say about something that has been waiting since then; empty while a worker may still come to it."""
    at = system_now()
    if since is None or at - since < ALIVE_FOR or is_served(processes(visit.psycopg()), visit.ctx.id, at):
        return ""
    return _(
        "It waits, for no worker that looks after this account has been seen for a minute. Ask whoever runs Kalends to "
        "start “kalends worker”; then it goes on by itself."
    )
