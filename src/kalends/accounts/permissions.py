"""What a user may see and do in an account: grants, the roles that come with Kalends, and one query.

A role grants, for each object, whose records may be viewed, edited and deleted (:class:`~kalends.query.Scope`), and a
handful of other abilities. Viewing is enforced by the filter compiler, which every list, count, search, record and
export goes through; see docs/decisions/0025.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from kalends.catalog.registry import OBJECTS
from kalends.query import Scope, Sight
from kalends.query.context import Cursor

VERBS = ("view", "edit", "delete")
"""What may be done to records. Whoever may edit records of an object may make new ones too."""

PERMITTED = tuple(name for name, obj in OBJECTS.items() if not obj.part_of)
"""Objects with permissions of their own; parts of documents follow the document."""

ABILITIES = (
    "manage_payments",
    "run_billing",
    "approve_quotes",
    "import",
    "export",
    "bulk_delete",
    "share_views",
    "segments",
    "mailings",
    "workflows",
    "reports",
    "edit_property_settings",
    "settings",
    "tokens",
    "users",
)
"""What may be done besides: refund, cancel, retry, record payments and write off (``manage_payments``); hold billing
runs and release what was parked (``run_billing``); approve quotes (``approve_quotes``); move a sandbox's clock and
change settings (``settings``); make and change segments (``segments``), and write to the people in them
(``mailings``); make, switch and follow workflows, which act for the whole account (``workflows``); look at analytics,
and make reports and dashboards (``reports``); make API tokens (``tokens``); invite people, give roles and read the
audit log (``users``)."""


class Rights(NamedTuple):
    """Whose records of an object may be viewed, edited and deleted."""

    view: Scope = Scope.NONE
    edit: Scope = Scope.NONE
    delete: Scope = Scope.NONE


class UnknownGrant(ValueError):
    """A permission that does not exist; the message names it and what there is."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What a role allows. ``unassigned`` adds the records that nobody owns to *owned* and *team*.

    Nothing is edited or deleted that may not be viewed: the narrower scope counts.
    """

    objects: Mapping[str, Rights]
    abilities: frozenset[str] = frozenset()
    unassigned: bool = True

    def scope(self, verb: str, name: str) -> Scope:
        """Whose records of an object may be viewed, edited or deleted.

        >>> Grants({"deal": Rights(view=Scope.OWNED, edit=Scope.ALL)}).scope("edit", "deal")
        <Scope.OWNED: 'owned'>
        """
        if verb not in VERBS:
            raise UnknownGrant(f"There is no permission {verb!r}. There are {', '.join(VERBS)}.")
        rights = self.objects.get(name, Rights())
        return min(rights.view, getattr(rights, verb), key=lambda scope: scope.rank)

    def allows(self, what: str, name: str = "") -> bool:
        """Whether records of an object may be viewed, edited or deleted at all; without one, if there is an ability.

        Raises ``UnknownGrant`` for what does not exist, so that a slip of the pen never lets anybody in.

        >>> ROLES["finance"].allows("manage_payments"), ROLES["finance"].allows("delete", "contact")
        (True, False)
        """
        if name:
            if name in OBJECTS and OBJECTS[name].part_of:
                return any(self.allows(what, whole) for whole in OBJECTS[name].part_of)
            if name not in PERMITTED:
                raise UnknownGrant(
                    f"There are no permissions for {name!r}. There are {', '.join(PERMITTED)}."
                )
            return self.scope(what, name) is not Scope.NONE
        if what not in ABILITIES:
            raise UnknownGrant(f"There is no permission {what!r}. There are {', '.join(ABILITIES)}.")
        return what in self.abilities

    def covers(self, other: Grants) -> bool:
        """Whether everything that ``other`` allows is allowed here as well: nobody gives more than they have."""
        wide = all(
            self.scope(verb, name).rank >= other.scope(verb, name).rank
            for name in PERMITTED
            for verb in VERBS
        )
        return wide and self.abilities >= other.abilities and (self.unassigned or not other.unassigned)

    def stored(self) -> dict[str, Any]:
        """The form in which a role's grants are kept."""
        return {
            "objects": {name: {verb: self.scope(verb, name).value for verb in VERBS} for name in PERMITTED},
            "abilities": sorted(self.abilities),
            "unassigned": self.unassigned,
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Grants:
        """Grants from their stored form; what is not in it is not granted. Raises ``UnknownGrant``."""
        objects: dict[str, Rights] = {}
        for name, rights in stored.get("objects", {}).items():
            if name not in PERMITTED or not set(rights) <= set(VERBS):
                raise UnknownGrant(f"There are no permissions {', '.join(rights)} for {name!r}.")
            objects[name] = Rights(**{verb: _scope(scope) for verb, scope in rights.items()})
        abilities = frozenset(stored.get("abilities", ()))
        if not abilities <= set(ABILITIES):
            raise UnknownGrant(f"There is no permission {', '.join(sorted(abilities - set(ABILITIES)))}.")
        return cls(objects, abilities, bool(stored.get("unassigned", False)))


def _scope(value: str) -> Scope:
    try:
        return Scope(value)
    except ValueError:
        raise UnknownGrant(f"There is no scope {value!r}. There are {', '.join(Scope)}.") from None


def _every(view: Scope, edit: Scope, delete: Scope) -> dict[str, Rights]:
    return dict.fromkeys(PERMITTED, Rights(view, edit, delete))


_ALL, _TEAM, _OWNED, _NONE = Scope.ALL, Scope.TEAM, Scope.OWNED, Scope.NONE
_SHARED_LISTS = {"product": Rights(_ALL, _NONE, _NONE)}

ROLES: Mapping[str, Grants] = MappingProxyType(
    {
        "admin": Grants(_every(_ALL, _ALL, _ALL), frozenset(ABILITIES)),
        "member": Grants(
            _every(_ALL, _ALL, _ALL),
            frozenset(ABILITIES) - {"settings", "tokens", "users", "edit_property_settings"},
        ),
        "sales": Grants(
            {
                **_every(_TEAM, _OWNED, _OWNED),
                "invoice": Rights(_TEAM, _NONE, _NONE),
                "payment": Rights(_TEAM, _NONE, _NONE),
                **_SHARED_LISTS,
            },
            frozenset({"export", "reports"}),
        ),
        "finance": Grants(
            {
                **_every(_ALL, _NONE, _NONE),
                "subscription": Rights(_ALL, _ALL, _ALL),
                "invoice": Rights(_ALL, _ALL, _ALL),
                "payment": Rights(_ALL, _ALL, _NONE),
                "contact": Rights(_ALL, _ALL, _NONE),
                "company": Rights(_ALL, _ALL, _NONE),
                "product": Rights(_ALL, _ALL, _ALL),
            },
            frozenset(
                {"manage_payments", "run_billing", "import", "export", "share_views", "segments", "reports"}
            ),
        ),
        "reader": Grants(_every(_ALL, _NONE, _NONE), frozenset({"reports"})),
    }
)
"""The roles that every account has: administrators may all; members all but settings, as everybody could before there
were roles; sales works with its own and sees its team's; finance sees all and handles the money; a reader only sees."""

assert set(ROLES["sales"].objects) == set(PERMITTED)


class Place(NamedTuple):
    """A user's place in an account: the role's name (one of ``ROLES``, or the account's own), its grants, the teams.

    ``team`` are the users whose records are the user's teams': those whose main team is one of them, and the user.
    """

    user_id: int
    role: str
    role_id: int | None
    grants: Grants
    teams: tuple[int, ...]
    team: tuple[int, ...]

    @property
    def is_administrator(self) -> bool:
        """Whether the user may all."""
        return self.role_id is None and self.role == "admin"

    def sight(self, verb: str = "view") -> Sight | None:
        """Which records may be viewed, edited or deleted; None for all of them, which then cost nothing to find."""
        scopes = {name: self.grants.scope(verb, name) for name in PERMITTED}
        if set(scopes.values()) == {Scope.ALL}:
            return None
        return Sight(self.user_id, self.team, MappingProxyType(scopes), self.grants.unassigned)


_PLACE = """
SELECT m.role, m.role_id, r.name, r.grants::text, m.team_id, m.extra_team_ids, ARRAY(
    SELECT o.user_id FROM membership AS o
    WHERE o.account_id = m.account_id AND o.team_id = ANY(m.extra_team_ids || m.team_id) ORDER BY o.user_id
)
FROM membership AS m LEFT JOIN role AS r ON r.account_id = m.account_id AND r.id = m.role_id
WHERE m.account_id = %(account_id)s AND m.user_id = %(user_id)s
"""


def place_of(cursor: Cursor, account_id: int, user_id: int) -> Place | None:
    """The user's place in the account, if there is one; the connection has entered that account."""
    cursor.execute(_PLACE, {"account_id": account_id, "user_id": user_id})
    rows = cursor.fetchall()
    if not rows:
        return None
    role, role_id, name, grants, team_id, extra, team = rows[0]
    return Place(
        user_id=user_id,
        role=name if role_id is not None else role,
        role_id=role_id,
        grants=Grants.read(json.loads(grants)) if role_id is not None else ROLES[role],
        teams=tuple(dict.fromkeys([*([] if team_id is None else [team_id]), *extra])),
        team=tuple(sorted({user_id, *team})),
    )
