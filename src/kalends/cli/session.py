"""What nearly every command begins with: the installation brought to life, a connection, an account at its moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import psycopg

from kalends.platform.boot import boot
from kalends.platform.clock import system_now
from kalends.platform.errors import UserFacing
from kalends.platform.home import Home

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext
    from kalends.payments.processors.registry import AccountProcessors

ALL = "all"


def account_option(command: Any) -> Any:
    """``--account``: a number or a name."""
    return click.option(
        "--account", "account", metavar="ID|NAME", help="Which account. Needed only where there are several."
    )(command)


@dataclass(frozen=True, slots=True)
class Session:
    """An open installation. ``now`` is the system's moment when the command began."""

    home: Home
    db: psycopg.Connection[Any]
    now: datetime

    def account(self, choice: str | None = None) -> AccountContext:
        """The chosen account, entered; the only one there is when nobody chose. Raises UserFacing."""
        return self.enter(choose_account(self.known_accounts(), choice))

    def accounts(self, choice: str | None = None) -> list[AccountContext]:
        """The chosen account, or all of them for ``all`` and for no choice. The last one is entered."""
        known = self.known_accounts()
        if choice in (None, ALL):
            return [self.enter(id_) for id_, _ in known]
        return [self.enter(choose_account(known, choice))]

    def enter(self, account_id: int) -> AccountContext:
        """Enter an account and read it at its present moment."""
        from kalends.accounts.context import load_context
        from kalends.accounts.sql import enter_account

        enter_account(self.db, account_id)
        return load_context(self.db, account_id, system_now=self.now)

    def known_accounts(self) -> list[tuple[int, str]]:
        """Number and name of every account, oldest first."""
        return self.db.execute("SELECT id, name FROM account ORDER BY id").fetchall()


@contextmanager
def open_session() -> Iterator[Session]:
    """Open the installation, make or update its tables, connect. Raises UserFacing when there can be no database."""
    home = boot(migrate=True)
    from kalends.platform import database

    db = database.connect(autocommit=True)
    try:
        yield Session(home, db, system_now())
    finally:
        db.close()


@contextmanager
def open_processors(ctx: AccountContext) -> Iterator[AccountProcessors]:
    """The account's payment processors, for as long as the block runs."""
    from kalends.payments.processors.registry import AccountProcessors
    from kalends.platform import database

    opened = AccountProcessors(database.connect, ctx.id)
    try:
        yield opened
    finally:
        opened.close()


def choose_account(known: list[tuple[int, str]], choice: str | None) -> int:
    """The number of the chosen account among those that are known: number and name. Raises UserFacing."""
    if not known:
        raise UserFacing(
            "There is no account yet.",
            where="this installation",
            remedy="Make one with `kalends init`, or look around in a ready one with `kalends demo`.",
        )
    if choice is None:
        if len(known) == 1:
            return known[0][0]
        raise UserFacing(
            "There are several accounts; which one?",
            where="--account",
            value=_listed(known),
            remedy="Name one of them.",
        )
    by_id = [id_ for id_, _ in known if str(id_) == choice]
    by_name = [id_ for id_, name in known if name.casefold() == choice.strip().casefold()]
    found = by_id or by_name
    if len(found) == 1:
        return found[0]
    raise UserFacing(
        "Several accounts have this name; choose by number." if found else "There is no such account.",
        where="--account",
        value=choice,
        remedy=f"Known are {_listed(known)}.",
    )


def _listed(known: list[tuple[int, str]]) -> str:
    listed = "; ".join(f"{id_} ({name})" for id_, name in known[:12])
    return listed if len(known) <= 12 else f"{listed}; and {len(known) - 12} more"
