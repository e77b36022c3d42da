"""Doing what takes longer than a page: on a thread of this server, while the page asks how far it has come."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from psycopg import Connection

from kalends.accounts import connections
from kalends.events import background
from kalends.events.background import BackgroundWork
from kalends.platform.clock import system_now
from kalends.staff.visit import Visit

log = logging.getLogger(__name__)

Report = Callable[[int], None]
"""Takes how many parts are done; called as often as one likes, it writes twice a second at most."""

Work = Callable[[Connection[Any], Report], Any]
"""Does the work on a connection of its own, and returns a result that JSON can hold."""

_WRITES_EVERY_SECONDS = 0.5


def start(visit: Visit, kind: str, work: Work, *, total: int = 0) -> int:
    """Let work begin that may be stopped at any point and begun again; gives its number as soon as it has one.

    What it raises is written down as its problem: in words where it is one of our refusals, else as a fault.
    """
    answer: queue.Queue[int | BaseException] = queue.Queue(1)
    account_id, actor = visit.ctx.id, visit.who.actor

    def run() -> None:
        try:
            with connections.apart(account_id) as notes, connections.apart(account_id) as db:
                now = system_now()
                with background.begun(notes, account_id, kind, actor=actor, now=now, total=total) as id_:
                    answer.put(id_)
                    _work(notes, db, account_id, id_, work)
        except BaseException as problem:
            log.exception("%s of account %s stopped", kind, account_id)
            if answer.empty():
                answer.put(problem)

    threading.Thread(target=run, name=f"{kind} of account {account_id}", daemon=True).start()
    number = answer.get(timeout=30)
    if isinstance(number, BaseException):
        raise number
    return number


def as_it_is(account_id: int, work: BackgroundWork | None) -> BackgroundWork | None:
    """The work, looked at once more if it seems stopped: a page's figures are of one moment, its locks of now.

    Work that ended between the two has let go of its lock, and the page's moment does not know its end yet.
    """
    if work is None or not work.stopped:
        return work
    with connections.apart(account_id) as db:
        return background.find(db, account_id, work.id)


def _work(notes: Connection[Any], db: Connection[Any], account_id: int, id_: int, work: Work) -> None:
    written_at = time.monotonic()

    def report(done: int) -> None:
        nonlocal written_at
        if time.monotonic() - written_at >= _WRITES_EVERY_SECONDS:
            background.report(notes, account_id, id_, done)
            written_at = time.monotonic()

    try:
        result = work(db, report)
    except (ValueError, LookupError) as refusal:
        if not type(refusal).__module__.startswith("kalends."):
            raise
        background.end(notes, account_id, id_, now=system_now(), problem=str(refusal))
    else:
        background.end(notes, account_id, id_, now=system_now(), result=result)
