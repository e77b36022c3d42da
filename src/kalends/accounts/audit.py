"""The audit log of an account: what its users did, with before and after, and how they came in.

What users do is in the journal of events, whose actor is ``user:<number>``; how they come in is in ``security_event``.
What programs, commands and the billing run do is no user's action and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from kalends.accounts.sql import load
from kalends.query.context import Cursor

CATEGORIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "subscription": ("subscription",),
        "invoice": ("invoice", "credit_note"),
        "payment": ("payment", "refund", "payment_method"),
        "customer": ("contact", "company"),
        "sale": (
            *("deal", "quote", "payment_link", "discount_code", "order", "product", "ticket", "line_item"),
            *("discount", "fee", "tax"),
        ),
        "settings": (
            "account",
            "tax_rate",
            "processor",
            "pipeline",
            "property",
            "property_group",
            "association_label",
            "message",
            "wording",
        ),
        "permissions": ("role", "user", "team"),
        "token": ("token", "app", "webhook"),
        "view": ("view", "saved_view", "saved_report", "dashboard", "dashboard_mail"),
        "export": ("export",),
        "import": ("import",),
        "workflow": ("workflow",),
        "sign_in": ("sign_in",),
    }
)
"""The categories by which the log is narrowed, and the kinds of things that each is about."""


class Mark(NamedTuple):
    """Where a page of the log ended."""

    at: datetime
    source: int
    id: int


class Wanted(NamedTuple):
    """Which entries: of a category, by a user, of a kind of event, ``since`` a moment and ``until`` before another."""

    category: str = ""
    user_id: int | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Entry(NamedTuple):
    """One thing that a user did. ``data`` is the event's: under ``changes`` each value as ``[before, after]``."""

    mark: Mark
    user_id: int
    kind: str
    object_type: str
    object_id: int
    data: dict[str, Any]
    address: str
    agent: str

    @property
    def at(self) -> datetime:
        """When it happened: by the account's clock for actions, by the system's for signing in."""
        return self.mark.at

    @property
    def changes(self) -> dict[str, list[Any]]:
        """What changed, as ``[before, after]`` by name."""
        return self.data.get("changes", {})


def read_audit(
    cursor: Cursor, account_id: int, wanted: Wanted, *, limit: int, before: Mark | None = None
) -> list[Entry]:
    """Entries of the log, newest first; ``before`` continues a page. An unknown category has no entries."""
    types = None if not wanted.category else list(CATEGORIES.get(wanted.category, ()))
    params = {
        "account_id": account_id,
        "user_id": wanted.user_id,
        "types": types,
        "kind": wanted.kind or None,
        "since": wanted.since,
        "until": wanted.until,
        "before_at": before.at if before else None,
        "before_source": before.source if before else None,
        "before_id": before.id if before else None,
        "limit": limit,
    }
    cursor.execute(load("kalends.accounts", "audit"), params)
    return [
        Entry(Mark(at, source, id_), user, kind, type_, object_id, json.loads(data), address, agent)
        for source, id_, at, user, kind, type_, object_id, data, address, agent in cursor.fetchall()
    ]
