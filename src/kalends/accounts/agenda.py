"""What an account's clock brings besides billing: tools of higher floors register what falls due for them.

A sandbox's clock goes from one due moment to the next (:mod:`kalends.billing.clock`). It asks the tools as well when
something is next due for them, and lets them do it after billing has done its part of the moment, in their order: what
billing just did is what segments and workflows react to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext


class Tool(NamedTuple):
    """A tool with things to do by the clock: when the next one is due after ``ctx.now``, and doing all that is due.

    ``place`` is its place in the order. ``do`` also sees to what reacts to the journal. Neither is called inside a
    transaction.
    """

    name: str
    place: int
    next_at: Callable[[Connection[Any], AccountContext], datetime | None]
    do: Callable[[Connection[Any], AccountContext], Any]


_TOOLS: dict[str, Tool] = {}


def register_tool(tool: Tool) -> None:
    """Let the clock know a tool; once for each name."""
    _TOOLS[tool.name] = tool


def tools() -> list[Tool]:
    """The tools in their order."""
    return sorted(_TOOLS.values(), key=lambda tool: tool.place)


def next_of_tools(db: Connection[Any], ctx: AccountContext) -> datetime | None:
    """The first moment after ``ctx.now`` at which something is due for a tool."""
    moments = [tool.next_at(db, ctx) for tool in tools()]
    return min((each for each in moments if each is not None), default=None)


def do_tools(db: Connection[Any], ctx: AccountContext) -> None:
    """Let the tools do what is due at ``ctx.now``."""
    for tool in tools():
        tool.do(db, ctx)
