"""Sending the dashboards that are due: once for each email, moment and reader, however often a worker is stopped.

An email is done in one transaction, which decides on the letters and says when it is next due. A moment that was missed
is made up for once: the next one comes after the present.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.agenda import Tool, register_tool
from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import place_of
from kalends.core.timetable import Rhythm
from kalends.insight.dashboards import find_dashboard
from kalends.insight.mail.page import dashboard_page
from kalends.insight.mail.schedule import Format, Reader, Why, readers_of
from kalends.insight.saved import ReportRefused
from kalends.messages.outbox import tell_user
from kalends.views.saved import Viewer

Db = Connection[Any]
KIND = "dashboard"
Given = dict[str, Any]
"""What a letter says."""


def send_due(db: Db, ctx: AccountContext, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Decide on the letters of all that is due or was asked for; says how many. ``db`` is in no transaction."""
    letters = 0
    while not stop():
        sent = _send_next(db, ctx)
        if sent is None:
            break
        letters += sent
    return letters


def next_at(db: Db, ctx: AccountContext) -> datetime | None:
    """When a dashboard is next due."""
    row = db.execute(
        "SELECT min(next_at) FROM dashboard_mail WHERE account_id = %s AND is_on", [ctx.id]
    ).fetchone()
    return None if row is None else row[0]


def register() -> None:
    """Let sandboxes' clocks know: after workflows, whose doings dashboards show."""
    register_tool(Tool("dashboards", 3, next_at, send_due))


def _send_next(db: Db, ctx: AccountContext) -> int | None:
    with db.transaction():
        row = db.execute(
            "SELECT id, dashboard_id, recipients::text, every, at_time, on_day, format, next_at, asked, "
            "is_on AND next_at <= %(now)s FROM dashboard_mail "
            "WHERE account_id = %(account_id)s AND (waiting OR (is_on AND next_at <= %(now)s)) "
            "ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED",
            {"account_id": ctx.id, "now": ctx.now},
        ).fetchone()
        if row is None:
            return None
        id_, dashboard_id, recipients, every, at, on, format_, moment, asked, is_due = row
        occasion = moment.astimezone(UTC).isoformat() if is_due else f"asked {asked}"
        users = json.loads(recipients)["users"]
        letters, left_out = _letters(db, ctx, id_, dashboard_id, users, format_, occasion)
        following = Rhythm(every, at, on).after(ctx.now, ctx.time_zone) if is_due else moment
        db.execute(
            "UPDATE dashboard_mail SET next_at = %s, waiting = false, last_at = %s, left_out = %s "
            "WHERE account_id = %s AND id = %s",
            [following, ctx.now, Jsonb(left_out), ctx.id, id_],
        )
    return letters


def _letters(
    db: Db,
    ctx: AccountContext,
    id_: int,
    dashboard_id: int,
    users: Sequence[int],
    format_: Format,
    occasion: str,
) -> tuple[int, list[dict[str, Any]]]:
    """How many letters are new, and who gets none for what reason."""
    readers = {each.user_id: each for each in readers_of(db, ctx)}
    letters, left_out = 0, list[dict[str, Any]]()
    for user_id in users:
        given = _given(db, ctx, dashboard_id, user_id, readers.get(user_id), format_)
        if isinstance(given, str):
            left_out.append({"user_id": user_id, "why": given})
        else:
            letters += tell_user(
                db, ctx, kind=KIND, object_id=id_, user_id=user_id, given=given, occasion=occasion
            )
    return letters, left_out


def _given(
    db: Db, ctx: AccountContext, dashboard_id: int, user_id: int, reader: Reader | None, format_: Format
) -> Given | Why:
    """What a reader's letter says, made with what they may see now; or why they get none."""
    with db.cursor() as cursor:
        place = place_of(cursor, ctx.id, user_id)
    if place is None or reader is None:
        return "account" if place is None else "reports"
    viewer = Viewer(user_id, place.is_administrator, place.team, place.grants.allows("share_views"))
    try:
        board = find_dashboard(db, ctx, viewer, dashboard_id)
    except ReportRefused:
        return "dashboard"
    page = dashboard_page(db, ctx, board, viewer, place, reader.language, format_)
    return {
        "name": board.name,
        "on": ctx.today.isoformat(),
        "told": [[each["heading"], each["told"]] for each in page["reports"] if each["told"]],
        "link": f"{settings.PUBLIC_URL}/{ctx.id}/analytics/dashboards/{board.id}",
        "page": page,
    }
