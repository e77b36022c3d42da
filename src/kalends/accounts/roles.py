"""Roles of an account, and the places of its users: who is invited, what they may, in which teams, and who leaves.

Nobody gives more than they have, and an account keeps an administrator; both are refused in words. Every change is an
event of the journal, with what was before and after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from kalends.accounts.context import AccountContext
from kalends.accounts.named import NAME_LENGTH_MAX, NameRefused, free_name, note
from kalends.accounts.people import UnknownMember, add_member, add_user
from kalends.accounts.permissions import ROLES, Grants, Place, place_of
from kalends.events import journal

Db = Connection[Any]

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")


class RoleRefused(ValueError):
    """Something that cannot be done with roles or places; ``reason`` is one of the keys of :data:`REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason


REASONS = {
    "name_empty": f"Give the role a name of 1 to {NAME_LENGTH_MAX} characters.",
    "name_taken": "The account has a role of this name already.",
    "unknown_role": "There is no such role.",
    "in_use": "Users have this role: give them another one first.",
    "beyond": "You cannot give a role that may do more than you may.",
    "last_administrator": "The account would be without an administrator: make somebody else one first.",
    "email": "Give an email address such as name@company.com.",
    "member_already": "This person has a place in the account already.",
    "unknown_team": "There is no such team.",
}
"""What can be refused, in English; pages have words of their own for each."""


class Role(NamedTuple):
    """A role of the account's own, and how many users have it."""

    id: int
    name: str
    grants: Grants
    users: int


def roles(db: Db, ctx: AccountContext) -> list[Role]:
    """The account's own roles, by name; those that come with Kalends are :data:`ROLES`."""
    rows = db.execute(
        "SELECT r.id, r.name, r.grants::text, (SELECT count(*) FROM membership AS m "
        "WHERE m.account_id = r.account_id AND m.role_id = r.id) FROM role AS r "
        "WHERE r.account_id = %s ORDER BY lower(r.name), r.id",
        [ctx.id],
    ).fetchall()
    return [Role(id_, name, Grants.read(json.loads(grants)), users) for id_, name, grants, users in rows]


def create_role(db: Db, ctx: AccountContext, *, name: str, grants: Grants, by: Place) -> int:
    """Make a role; returns its number. Raises ``RoleRefused``."""
    _within(by, grants)
    with db.transaction():
        clean = _free_name(db, ctx, name)
        row = db.execute(
            "INSERT INTO role (account_id, name, grants, created_at, updated_at) VALUES (%s, %s, %s, %s, %s) "
            "RETURNING id",
            [ctx.id, clean, Jsonb(grants.stored()), ctx.now, ctx.now],
        ).fetchone()
        assert row is not None
        note(db, ctx, by, "role.created", "role", row[0], {"name": clean, "grants": grants.stored()})
    return row[0]


def change_role(
    db: Db,
    ctx: AccountContext,
    role_id: int,
    *,
    name: str | None = None,
    grants: Grants | None = None,
    by: Place,
) -> None:
    """Rename a role, or let it grant something else; from their next page on, its users may that. ``RoleRefused``."""
    with db.transaction():
        before = _role(db, ctx, role_id)
        _within(by, before.grants)
        after = before._replace(
            name=before.name if name is None else _free_name(db, ctx, name, role_id),
            grants=before.grants if grants is None else grants,
        )
        _within(by, after.grants)
        told = journal.changes(
            name=(before.name, after.name), grants=(before.grants.stored(), after.grants.stored())
        )
        if not told:
            return
        db.execute(
            "UPDATE role SET name = %s, grants = %s, updated_at = %s WHERE account_id = %s AND id = %s",
            [after.name, Jsonb(after.grants.stored()), ctx.now, ctx.id, role_id],
        )
        note(db, ctx, by, "role.changed", "role", role_id, {"name": after.name, "changes": told})


def delete_role(db: Db, ctx: AccountContext, role_id: int, *, by: Place) -> None:
    """Delete a role that nobody has. Raises ``RoleRefused``."""
    with db.transaction():
        role = _role(db, ctx, role_id)
        if role.users:
            raise RoleRefused("in_use")
        db.execute("DELETE FROM role WHERE account_id = %s AND id = %s", [ctx.id, role_id])
        note(
            db, ctx, by, "role.deleted", "role", role_id, {"name": role.name, "grants": role.grants.stored()}
        )


def invite_member(
    db: Db, ctx: AccountContext, *, email: str, name: str, role: str | int = "member", by: Place
) -> int:
    """Give somebody a place in the account; returns the user's number. Raises ``RoleRefused``.

    Who has no user yet gets one that cannot sign in until a password is set. Somebody who works in another account
    of this installation keeps name and password.
    """
    if not _EMAIL.fullmatch(email.strip()):
        raise RoleRefused("email")
    with db.transaction():
        _within(by, _grants(db, ctx, role))
        user_id = add_user(db, email=email, name=name.strip() or email.strip(), language=ctx.language)
        with db.cursor() as cursor:
            if place_of(cursor, ctx.id, user_id) is not None:
                raise RoleRefused("member_already")
        add_member(db, ctx.id, user_id)
        _set_role(db, ctx, user_id, role)
        data = {"email": email.strip().lower(), "role": role}
        note(db, ctx, by, "member.invited", "user", user_id, data)
    return user_id


def give_role(db: Db, ctx: AccountContext, user_id: int, role: str | int, *, by: Place) -> None:
    """Give a user one of :data:`ROLES` by name, or one of the account's own by number. Raises ``RoleRefused``."""
    with db.transaction():
        before = _place(db, ctx, user_id)
        _within(by, before.grants)
        _within(by, _grants(db, ctx, role))
        if before.is_administrator and role != "admin":
            _keep_an_administrator(db, ctx, user_id)
        _set_role(db, ctx, user_id, role)
        told = journal.changed(role=(before.role, _place(db, ctx, user_id).role))
        if told["changes"]:
            note(db, ctx, by, "member.role_given", "user", user_id, told)


def set_teams(
    db: Db, ctx: AccountContext, user_id: int, *, team_id: int | None, extra: Sequence[int] = (), by: Place
) -> None:
    """Put a user into a main team, which is also that of the user's records, and into further ones. ``RoleRefused``."""
    more = sorted({each for each in extra if each != team_id})
    wanted = {*more, *([] if team_id is None else [team_id])}
    with db.transaction():
        _place(db, ctx, user_id)
        known = db.execute(
            "SELECT count(*) FROM team WHERE account_id = %s AND id = ANY(%s)", [ctx.id, list(wanted)]
        ).fetchone()
        if known is None or known[0] != len(wanted):
            raise RoleRefused("unknown_team")
        row = db.execute(
            "SELECT team_id, extra_team_ids FROM membership WHERE account_id = %s AND user_id = %s FOR UPDATE",
            [ctx.id, user_id],
        ).fetchone()
        assert row is not None
        told = journal.changed(team_id=(row[0], team_id), extra_team_ids=(row[1], more))
        if told["changes"]:
            db.execute(
                "UPDATE membership SET team_id = %s, extra_team_ids = %s WHERE account_id = %s AND user_id = %s",
                [team_id, more, ctx.id, user_id],
            )
            note(db, ctx, by, "member.teams_set", "user", user_id, told)


def remove_member(db: Db, ctx: AccountContext, user_id: int, *, by: Place) -> None:
    """Take a user's place in the account away; what they own keeps naming them. Raises ``RoleRefused``.

    To give their records to somebody else, call :func:`kalends.crm.hand_over.hand_over` first.
    """
    with db.transaction():
        before = _place(db, ctx, user_id)
        _within(by, before.grants)
        if before.is_administrator:
            _keep_an_administrator(db, ctx, user_id)
        db.execute("DELETE FROM membership WHERE account_id = %s AND user_id = %s", [ctx.id, user_id])
        note(db, ctx, by, "member.removed", "user", user_id, {"role": before.role})


def sign_member_out(db: Db, ctx: AccountContext, user_id: int, *, by: Place) -> None:
    """End every session of a user of the account, such as when a device is lost. Raises ``RoleRefused``.

    A session is the user's and of no account: they sign in again for the others as well.
    """
    with db.transaction():
        _within(by, _place(db, ctx, user_id).grants)
        db.execute(
            "DELETE FROM django_session WHERE session_key IN (SELECT session_key FROM user_session WHERE user_id = %s)",
            [user_id],
        )
        db.execute("DELETE FROM user_session WHERE user_id = %s", [user_id])
        note(db, ctx, by, "member.sessions_ended", "user", user_id, {})


def _within(by: Place, grants: Grants) -> None:
    if not by.grants.covers(grants):
        raise RoleRefused("beyond")


def _grants(db: Db, ctx: AccountContext, role: str | int) -> Grants:
    if isinstance(role, int):
        return _role(db, ctx, role).grants
    if role not in ROLES:
        raise RoleRefused("unknown_role")
    return ROLES[role]


def _role(db: Db, ctx: AccountContext, role_id: int) -> Role:
    db.execute("SELECT FROM role WHERE account_id = %s AND id = %s FOR UPDATE", [ctx.id, role_id])
    for role in roles(db, ctx):
        if role.id == role_id:
            return role
    raise RoleRefused("unknown_role")


def _set_role(db: Db, ctx: AccountContext, user_id: int, role: str | int) -> None:
    own = isinstance(role, int)
    db.execute(
        "UPDATE membership SET role = %s, role_id = %s WHERE account_id = %s AND user_id = %s",
        ["member" if own else role, role if own else None, ctx.id, user_id],
    )


def _place(db: Db, ctx: AccountContext, user_id: int) -> Place:
    with db.cursor() as cursor:
        place = place_of(cursor, ctx.id, user_id)
    if place is None:
        raise UnknownMember(f"The user {user_id} has no place in this account.")
    return place


def _keep_an_administrator(db: Db, ctx: AccountContext, user_id: int) -> None:
    """Locks the administrators' places, so that two who leave at once cannot each count on the other."""
    rows = db.execute(
        "SELECT user_id FROM membership WHERE account_id = %s AND role = 'admin' AND role_id IS NULL "
        "ORDER BY id FOR UPDATE",
        [ctx.id],
    ).fetchall()
    if {row[0] for row in rows} <= {user_id}:
        raise RoleRefused("last_administrator")


def _free_name(db: Db, ctx: AccountContext, name: str, role_id: int | None = None) -> str:
    try:
        return free_name(db, ctx, "role", name, role_id)
    except NameRefused as problem:
        raise RoleRefused(problem.reason) from problem
