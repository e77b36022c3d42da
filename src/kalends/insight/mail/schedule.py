"""Scheduling emails of dashboards: who gets one, how often, and as what. Changes stand in the journal.

What a reader gets is what they may see themselves when it is made: an email shows nobody more than their page does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.permissions import ROLES, Grants
from kalends.accounts.sql import load, take_ids
from kalends.core.timetable import Rhythm
from kalends.events import journal
from kalends.insight.dashboards import find_dashboard
from kalends.insight.saved import ReportRefused
from kalends.views.saved import Viewer

Db = Connection[Any]
Format = Literal["pdf", "png"]
FORMATS: tuple[Format, ...] = ("pdf", "png")
MAILS_MAX = 50
"""How many emails a dashboard has at most."""

Why = Literal["account", "reports", "dashboard"]
"""Why somebody got none: no place in the account, may not see reports, or does not see the dashboard."""


class Reader(NamedTuple):
    """A user who may see reports."""

    user_id: int
    name: str
    email: str
    language: str


class Mail(NamedTuple):
    """An email of a dashboard. ``may_change`` says whether the viewer may: who scheduled it, or an administrator.

    ``recipients`` and ``left_out`` (who got none the last time, and why) name users by their numbers.
    """

    id: int
    dashboard_id: int
    owner_id: int
    owner: str
    recipients: tuple[int, ...]
    rhythm: Rhythm
    format: Format
    is_on: bool
    next_at: datetime
    waiting: bool
    last_at: datetime | None
    left_out: tuple[tuple[int, Why], ...]
    may_change: bool


def readers_of(db: Db, ctx: AccountContext) -> list[Reader]:
    """The account's users who may see reports, by name."""
    rows = db.execute(load("kalends.insight", "readers"), {"account_id": ctx.id}).fetchall()
    found: list[Reader] = []
    for user_id, name, email, language, role, grants in rows:
        granted = ROLES[role] if grants is None else Grants.read(json.loads(grants))
        if granted.allows("reports"):
            found.append(Reader(user_id, name, email, language))
    return found


def mails_of(
    db: Db, ctx: AccountContext, viewer: Viewer, dashboard_id: int, *, id_: int | None = None
) -> list[Mail]:
    """The emails of a dashboard that the viewer may see, or the one of a number, the oldest first."""
    dashboard = find_dashboard(db, ctx, viewer, dashboard_id)
    rows = db.execute(
        "SELECT m.id, m.dashboard_id, m.owner_id, coalesce(u.name, ''), m.recipients::text, m.every, m.at_time, "
        "m.on_day, m.format, m.is_on, m.next_at, m.waiting, m.last_at, m.left_out::text "
        "FROM dashboard_mail AS m LEFT JOIN app_user AS u ON u.id = m.owner_id "
        "WHERE m.account_id = %s AND m.dashboard_id = %s AND (%s::bigint IS NULL OR m.id = %s) ORDER BY m.id",
        [ctx.id, dashboard.id, id_, id_],
    ).fetchall()
    return [
        Mail._make(
            (
                *row[:4],
                tuple(json.loads(row[4])["users"]),
                Rhythm(*row[5:8]),
                *row[8:13],
                tuple((each["user_id"], each["why"]) for each in json.loads(row[13])),
                viewer.is_administrator or row[2] == viewer.user_id,
            )
        )
        for row in rows
    ]


def find_mail(db: Db, ctx: AccountContext, viewer: Viewer, dashboard_id: int, id_: int) -> Mail:
    """An email of a dashboard that the viewer may see. Raises :class:`ReportRefused`."""
    found = mails_of(db, ctx, viewer, dashboard_id, id_=id_)
    if not found:
        raise ReportRefused("gone", f"The dashboard {dashboard_id} has no email {id_}.")
    return found[0]


def schedule_mail(
    db: Db,
    ctx: AccountContext,
    viewer: Viewer,
    dashboard_id: int,
    *,
    recipients: Sequence[int],
    rhythm: Rhythm,
    format_: Format = "pdf",
    actor: str = "system",
) -> int:
    """Have a dashboard emailed from now on; returns the email's number. Raises :class:`ReportRefused`."""
    dashboard = find_dashboard(db, ctx, viewer, dashboard_id)
    wanted = list(dict.fromkeys(recipients))
    strangers = set(wanted) - {each.user_id for each in readers_of(db, ctx)}
    if not wanted or strangers:
        raise ReportRefused("recipients", "Choose at least one user, and only such as may see reports.")
    if len(mails_of(db, ctx, viewer, dashboard_id)) >= MAILS_MAX:
        raise ReportRefused("too_many", f"A dashboard has at most {MAILS_MAX} emails: delete one first.")
    id_ = take_ids(db, 1)[0]
    db.execute(
        "INSERT INTO dashboard_mail (account_id, id, dashboard_id, owner_id, recipients, every, on_day, at_time, "
        "format, next_at, left_out, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '[]', %s)",
        [
            ctx.id,
            id_,
            dashboard_id,
            viewer.user_id,
            Jsonb({"users": wanted}),
            rhythm.every,
            rhythm.on,
            rhythm.at,
            format_,
            rhythm.after(ctx.now, ctx.time_zone),
            ctx.now,
        ],
    )
    _tell(db, ctx, id_, "created", {"name": dashboard.name, "users": wanted}, actor)
    return id_


def switch_mail(
    db: Db,
    ctx: AccountContext,
    viewer: Viewer,
    dashboard_id: int,
    id_: int,
    *,
    on: bool,
    actor: str = "system",
) -> None:
    """Turn an email off, or on again from its next moment on. Raises :class:`ReportRefused`."""
    name, mail = _changeable(db, ctx, viewer, dashboard_id, id_)
    if mail.is_on == on:
        return
    next_at = mail.rhythm.after(ctx.now, ctx.time_zone) if on else mail.next_at
    db.execute(
        "UPDATE dashboard_mail SET is_on = %s, next_at = %s WHERE account_id = %s AND id = %s",
        [on, next_at, ctx.id, id_],
    )
    _tell(db, ctx, id_, "updated", {"name": name, **journal.changed(is_on=(mail.is_on, on))}, actor)


def ask_for_mail(
    db: Db, ctx: AccountContext, viewer: Viewer, dashboard_id: int, id_: int, actor: str = "system"
) -> None:
    """Have an email sent now beside its moments; asked for again before that is done, it is sent once.

    Raises :class:`ReportRefused`.
    """
    name, mail = _changeable(db, ctx, viewer, dashboard_id, id_)
    if mail.waiting:
        return
    db.execute(
        "UPDATE dashboard_mail SET asked = asked + 1, waiting = true WHERE account_id = %s AND id = %s",
        [ctx.id, id_],
    )
    _tell(db, ctx, id_, "sent", {"name": name}, actor)


def delete_mail(
    db: Db, ctx: AccountContext, viewer: Viewer, dashboard_id: int, id_: int, actor: str = "system"
) -> None:
    """Email a dashboard no more. Raises :class:`ReportRefused`."""
    name, _mail = _changeable(db, ctx, viewer, dashboard_id, id_)
    db.execute("DELETE FROM dashboard_mail WHERE account_id = %s AND id = %s", [ctx.id, id_])
    _tell(db, ctx, id_, "deleted", {"name": name}, actor)


def _changeable(db: Db, ctx: AccountContext, viewer: Viewer, dashboard_id: int, id_: int) -> tuple[str, Mail]:
    """The name of the dashboard, and the email, held until the transaction ends."""
    db.execute("SELECT 1 FROM dashboard_mail WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, id_])
    mail = find_mail(db, ctx, viewer, dashboard_id, id_)
    if not mail.may_change:
        raise ReportRefused(
            "not_yours", f"This email is {mail.owner}'s. They and administrators can change it."
        )
    return find_dashboard(db, ctx, viewer, dashboard_id).name, mail


def _tell(db: Db, ctx: AccountContext, id_: int, what: str, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"dashboard_mail.{what}", "dashboard_mail", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
