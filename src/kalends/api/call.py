"""A request and its answer, as handlers see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.scopes import lacking, scope_of
from kalends.accounts.tokens import Bearer
from kalends.api import wire
from kalends.api.errors import invalid, missing_scopes
from kalends.catalog.model import ObjectType
from kalends.catalog.registry import UnknownName, get_object
from kalends.crm.records import Who
from kalends.crm.schema import account_object


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what becomes JSON; ``None`` for an answer without a body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Call:
    """A request of somebody who was let in.

    ``path`` holds the places of the route's pattern, ``now`` is the system's moment (``ctx.now`` the account's), and
    ``version`` the path family: ``v3``, ``v4`` or a date. ``if_match`` are the versions of a record that the asker
    knows, ``if_none_match`` the answers that the asker has. ``type`` is the object that the place ``type``
    names, where the door has asked for it already. ``content_type`` is the body's.
    """

    db: Connection[Any]
    ctx: AccountContext
    bearer: Bearer
    method: str
    path: dict[str, str]
    query: wire.Query
    raw: bytes
    now: datetime
    version: str
    if_match: str | None = None
    if_none_match: str | None = None
    type: ObjectType | None = None
    content_type: str = ""

    def json(self) -> dict[str, Any]:
        """The body, which is an object. Raises ``ApiError``."""
        return wire.read_object(self.raw)

    def object(self, place: str = "type") -> ObjectType:
        """The object that a place of the path names, as the account has it. Raises ``ApiError``."""
        if place == "type" and self.type is not None:
            return self.type
        return object_named(self, self.path[place])

    @property
    def who(self) -> Who:
        """Who writes."""
        if self.bearer.app_id is not None:  # its tokens come and go
            return Who(f"app:{self.bearer.app_id}", "INTEGRATION", str(self.bearer.app_id))
        return Who(f"api:{self.bearer.id}", "INTEGRATION", str(self.bearer.id))


def let_read(call: Call, names: Iterable[str]) -> None:
    """Go on only for who may read the records of all these objects. Raises ``ApiError``."""
    short = lacking(call.bearer.scopes, sorted({scope_of(get_object(name), "read") for name in names}))
    if short:
        raise missing_scopes(short)


def object_named(call: Call, name: str) -> ObjectType:
    """The object of any of its names, as the account has it. Raises ``ApiError``."""
    try:
        return account_object(call.db, call.ctx, name)
    except UnknownName as unknown:
        raise invalid(f"Unable to infer object type from: {name[:100]}") from unknown
