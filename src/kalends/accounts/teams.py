"""Teams: whose records belong together for users who see their team's. Every change is an event of the journal."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.named import NAME_LENGTH_MAX, NameRefused, free_name, note
from kalends.accounts.permissions import Place
from kalends.events import journal

Db = Connection[Any]


class TeamRefused(ValueError):
    """Something that cannot be done with a team; ``reason`` is one of the keys of :data:`REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


REASONS = {
    "name_empty": f"Give the team a name of 1 to {NAME_LENGTH_MAX} characters.",
    "name_taken": "The account has a team of this name already.",
    "unknown": "There is no such team.",
    "in_use": "Users are in this team: put them into another one first.",
}
"""What can be refused, in English; pages have words of their own for each."""


class Team(NamedTuple):
    """A team, and the names of the users who are in it: as their main team, and besides."""

    id: int
    name: str
    main: list[str]
    extra: list[str]


def teams(db: Db, ctx: AccountContext) -> list[Team]:
    """The account's teams, by name."""
    names = (
        "SELECT coalesce(array_agg(u.name ORDER BY lower(u.name)), '{}') FROM membership AS m "
        "JOIN app_user AS u ON u.id = m.user_id WHERE m.account_id = t.account_id AND "
    )
    rows = db.execute(
        f"SELECT t.id, t.name, ({names} m.team_id = t.id), ({names} t.id = ANY(m.extra_team_ids)) "
        "FROM team AS t WHERE t.account_id = %s ORDER BY lower(t.name), t.id",
        [ctx.id],
    ).fetchall()
    return [Team(*row) for row in rows]


def create_team(db: Db, ctx: AccountContext, *, name: str, by: Place) -> int:
    """Make a team; returns its number. Raises :class:`TeamRefused`."""
    with db.transaction():
        clean = _free_name(db, ctx, name)
        row = db.execute(
            "INSERT INTO team (account_id, name) VALUES (%s, %s) RETURNING id", [ctx.id, clean]
        ).fetchone()
        assert row is not None
        note(db, ctx, by, "team.created", "team", row[0], {"name": clean})
    return row[0]


def rename_team(db: Db, ctx: AccountContext, team_id: int, *, name: str, by: Place) -> None:
    """Give a team another name. Raises :class:`TeamRefused`."""
    with db.transaction():
        before = _team(db, ctx, team_id)
        told = journal.changed(name=(before.name, _free_name(db, ctx, name, team_id)))
        if told["changes"]:
            after = told["changes"]["name"][1]
            db.execute(
                "UPDATE team SET name = %s WHERE account_id = %s AND id = %s", [after, ctx.id, team_id]
            )
            note(db, ctx, by, "team.renamed", "team", team_id, {"name": after, **told})


def delete_team(db: Db, ctx: AccountContext, team_id: int, *, by: Place) -> None:
    """Delete a team that nobody is in. Raises :class:`TeamRefused`."""
    with db.transaction():
        before = _team(db, ctx, team_id)
        if before.main or before.extra:
            raise TeamRefused("in_use")
        db.execute("DELETE FROM team WHERE account_id = %s AND id = %s", [ctx.id, team_id])
        note(db, ctx, by, "team.deleted", "team", team_id, {"name": before.name})


def _team(db: Db, ctx: AccountContext, team_id: int) -> Team:
    db.execute("SELECT FROM team WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, team_id])
    found = next((each for each in teams(db, ctx) if each.id == team_id), None)
    if found is None:
        raise TeamRefused("unknown")
    return found


def _free_name(db: Db, ctx: AccountContext, name: str, team_id: int | None = None) -> str:
    try:
        return free_name(db, ctx, "team", name, team_id)
    except NameRefused as problem:
        raise TeamRefused(problem.reason) from problem
