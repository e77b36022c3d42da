"""Saved reports: keeping, sharing, finding, deleting. Each change stands in the journal.

Sharing says who sees a report, not what stands in it: everybody is shown the records that they may see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import take_ids
from kalends.events import journal
from kalends.views.saved import SHARINGS, Sharing, Viewer, visible

Db = Connection[Any]
NAME_LENGTH_MAX, REPORTS_MAX = 100, 500
Reason = Literal[
    "name_missing", "name_long", "name_taken", "too_many", "not_yours", "gone", "sharing", "recipients"
]


class ReportRefused(ValueError):
    """Something that cannot be done to a saved report; ``reason`` is for pages that say it in the reader's language."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class SavedReport(NamedTuple):
    """A report that somebody saved: of ``ready`` the words of its question, else the JSON of a custom report.

    ``may_change`` says whether the viewer may: its maker, or an administrator.
    """

    id: int
    name: str
    owner_id: int
    owner: str
    sharing: Sharing
    ready: str
    content: Mapping[str, Any]
    updated_at: datetime
    may_change: bool


def reports_of(db: Db, ctx: AccountContext, viewer: Viewer, *, id_: int | None = None) -> list[SavedReport]:
    """The reports that the viewer may see, by name: their own, shared ones, for administrators all."""
    rows = visible(db, ctx, viewer, "saved_report", "ready, content::text, updated_at", id_=id_)
    return [
        SavedReport(
            id_,
            name,
            owner_id,
            owner,
            sharing,
            ready,
            json.loads(content),
            updated_at,
            viewer.is_administrator or owner_id == viewer.user_id,
        )
        for id_, name, owner_id, owner, sharing, ready, content, updated_at in rows
    ]


def find_report(db: Db, ctx: AccountContext, viewer: Viewer, id_: int) -> SavedReport:
    """A report that the viewer may see. Raises :class:`ReportRefused`."""
    found = reports_of(db, ctx, viewer, id_=id_)
    if not found:
        raise ReportRefused("gone", f"There is no report {id_} that you can see.")
    return found[0]


def save_report(
    db: Db,
    ctx: AccountContext,
    viewer: Viewer,
    *,
    name: str,
    content: Mapping[str, Any],
    ready: str = "",
    sharing: str = "private",
    actor: str = "system",
) -> int:
    """Keep a new report; returns its number. Raises :class:`ReportRefused`."""
    name, sharing = fitting_name(name), fitting_sharing(viewer, sharing)
    mine = [each for each in reports_of(db, ctx, viewer) if each.owner_id == viewer.user_id]
    if len(mine) >= REPORTS_MAX:
        raise ReportRefused("too_many", f"You have {REPORTS_MAX} reports: delete one first.")
    id_ = take_ids(db, 1)[0]
    made = db.execute(
        "INSERT INTO saved_report (account_id, id, name, owner_id, sharing, ready, content, created_at, updated_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT ON CONSTRAINT saved_report_once DO NOTHING",
        [ctx.id, id_, name, viewer.user_id, sharing, ready, Jsonb(dict(content)), ctx.now, ctx.now],
    )
    if made.rowcount == 0:
        raise _taken(name)
    _tell(db, ctx, id_, "created", {"name": name, "sharing": sharing}, actor)
    return id_


def overwrite_report(
    db: Db,
    ctx: AccountContext,
    viewer: Viewer,
    id_: int,
    content: Mapping[str, Any],
    actor: str = "system",
) -> None:
    """Let a report say something else from now on. Raises :class:`ReportRefused`."""
    report = _changeable(db, ctx, viewer, id_)
    db.execute(
        "UPDATE saved_report SET content = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [Jsonb(dict(content)), ctx.now, ctx.id, id_],
    )
    changes = {"content": [dict(report.content), dict(content)]}
    _tell(db, ctx, id_, "updated", {"name": report.name, "changes": changes}, actor)


def change_report(
    db: Db, ctx: AccountContext, viewer: Viewer, id_: int, *, name: str, sharing: str, actor: str = "system"
) -> None:
    """Give a report another name, or say who sees it. Raises :class:`ReportRefused`."""
    report = _changeable(db, ctx, viewer, id_)
    name = fitting_name(name)
    sharing = sharing if sharing == report.sharing else fitting_sharing(viewer, sharing)
    taken = db.execute(
        "SELECT 1 FROM saved_report WHERE account_id = %s AND owner_id = %s AND name = %s AND id <> %s",
        [ctx.id, report.owner_id, name, id_],
    )
    if taken.fetchone():
        raise _taken(name)
    db.execute(
        "UPDATE saved_report SET name = %s, sharing = %s, updated_at = %s WHERE account_id = %s AND id = %s",
        [name, sharing, ctx.now, ctx.id, id_],
    )
    told = journal.changed(name=(report.name, name), sharing=(report.sharing, sharing))
    _tell(db, ctx, id_, "updated", {"name": name, **told}, actor)


def delete_report(db: Db, ctx: AccountContext, viewer: Viewer, id_: int, actor: str = "system") -> None:
    """Delete a report for everybody who saw it. Raises :class:`ReportRefused`."""
    report = _changeable(db, ctx, viewer, id_)
    db.execute("DELETE FROM saved_report WHERE account_id = %s AND id = %s", [ctx.id, id_])
    _tell(db, ctx, id_, "deleted", {"name": report.name, "was": dict(report.content)}, actor)


def _changeable(db: Db, ctx: AccountContext, viewer: Viewer, id_: int) -> SavedReport:
    db.execute("SELECT 1 FROM saved_report WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, id_])
    report = find_report(db, ctx, viewer, id_)
    if not report.may_change:
        raise ReportRefused(
            "not_yours", f"The report {report.name!r} is {report.owner}'s: save it as one of your own."
        )
    return report


def fitting_name(name: str) -> str:
    """A name as it is kept. Raises :class:`ReportRefused`."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise ReportRefused("name_missing", "Give it a name.")
    if len(name) > NAME_LENGTH_MAX:
        raise ReportRefused(
            "name_long", f"A name has at most {NAME_LENGTH_MAX} characters, this has {len(name)}."
        )
    return name


def fitting_sharing(viewer: Viewer, sharing: str) -> Sharing:
    """Who sees something, if its maker may share. Raises :class:`ReportRefused`."""
    if sharing not in SHARINGS or (sharing != "private" and not viewer.may_share):
        raise ReportRefused("sharing", f"{sharing!r}: your role lets you keep it for yourself only.")
    return cast("Sharing", sharing)


def _taken(name: str) -> ReportRefused:
    return ReportRefused("name_taken", f"You have a report called {name!r}: choose another name.")


def _tell(db: Db, ctx: AccountContext, id_: int, what: str, data: dict[str, Any], actor: str) -> None:
    event = journal.NewEvent(f"saved_report.{what}", "saved_report", id_, None, data)
    journal.write(db, ctx.id, ctx.now, [event], actor)
