"""Before something is done: whether it may be done at all, what follows from it in words, and a yes."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click
import psycopg

from kalends.cli.show import note
from kalends.core.digits import whole_number
from kalends.platform.errors import ExitCode, UserFacing
from kalends.platform.patience import patiently

if TYPE_CHECKING:
    from kalends.accounts.context import AccountContext

Done = TypeVar("Done")

yes_option = click.option(
    "--yes", is_flag=True, help="Do it without asking; needed where there is no terminal."
)

request_key_option = click.option(
    "--request-key",
    metavar="KEY",
    help="A key of your own for this request: given again with the same key, it is done once.",
)

DAY = click.DateTime(["%Y-%m-%d"])
"""A day as people type it; click makes a datetime of it, whose date counts."""


class Target(Protocol):
    """A record that a command is about to change."""

    @property
    def place(self) -> str:
        """Where a refusal happens: ``subscription 1042``."""
        ...

    @property
    def status(self) -> str:
        """Where it stands now."""
        ...

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        ...


class RecordId(click.ParamType):
    """The number of a record."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, if it can be one."""
        number = whole_number(str(value).strip())
        if not number:
            self.fail(f"{value!r} is not the number of a record; give one such as 1042.", param, ctx)
        return number


RECORD_ID = RecordId()


def tell_and_do(
    db: psycopg.Connection[Any],
    verb: str,
    target: Target,
    do: Callable[[], Done],
    consequence: Callable[[Done], str],
    *,
    yes: bool,
    before: bool = False,
) -> Done:
    """Say what ``do`` will do to the record, get a yes, and do it; returns what ``do`` returns.

    The consequence is told of a rehearsal, so that a refusal comes before the question. What was done ``before`` under
    its request key is not asked about: ``do`` then only says what came of it.
    """
    if not before:
        foreseen = foresee(db, target, do)
        ask(verb, f"{target.words}. {consequence(foreseen)}", yes=yes)
    with refusals_told(target):
        return patiently(do)


def key_of(given: str | None) -> str:
    """The key that was given, or one for this command alone."""
    return str(uuid.uuid4()) if given is None else given


def done_before(db: psycopg.Connection[Any], ctx: AccountContext, kind: str, key: str | None) -> bool:
    """Whether a request of this kind was done under this key; if so, that is said on standard error."""
    from kalends.events.requests import find_request

    earlier = None if key is None else find_request(db, ctx, kind, key)
    if earlier is None:
        return False
    note(
        f"This was done under the request key {key!r} at {earlier.requested_at:%Y-%m-%d %H:%M} UTC; not again."
    )
    return True


def foresee(db: psycopg.Connection[Any], target: Target, do: Callable[[], Done]) -> Done:
    """What ``do`` would return, with nothing of it kept. It may only write to the database. Raises UserFacing."""

    def rehearse() -> Done:
        with db.transaction(force_rollback=True):
            return do()

    with refusals_told(target):
        return patiently(rehearse)


@contextmanager
def refusals_told(target: Target) -> Iterator[None]:
    """Tell what a rule refuses as such, with exit code 4."""
    from kalends.billing.changes import UnknownSubscription
    from kalends.billing.credit import CannotCredit
    from kalends.billing.edit import EditRefused
    from kalends.billing.void import CannotVoid
    from kalends.core.lifecycle import RefusedTransition
    from kalends.events.requests import RequestKeyRefused
    from kalends.messages.ask import CannotAsk
    from kalends.messages.resend import CannotResend
    from kalends.payments.again import CannotCharge
    from kalends.payments.record import CannotRecord
    from kalends.payments.refund import CannotRefund
    from kalends.payments.settle import CannotSettle

    try:
        yield
    except (
        RefusedTransition,
        EditRefused,
        CannotVoid,
        CannotCredit,
        CannotAsk,
        CannotCharge,
        CannotResend,
        CannotRecord,
        CannotRefund,
        CannotSettle,
        RequestKeyRefused,
    ) as refusal:
        raise refused(str(refusal), target) from refusal
    except UnknownSubscription as problem:
        raise UserFacing(
            str(problem), where=target.place, remedy="Somebody has just deleted it."
        ) from problem


def refused(message: str, target: Target) -> UserFacing:
    """A refusal by rule."""
    return UserFacing(message, where=target.place, value=target.status, exit_code=ExitCode.REFUSED)


def ask(verb: str, words: str, *, yes: bool, question: str = "") -> None:
    """Say what will happen on standard error, and go on only after a yes. Raises UserFacing where nobody can answer.

    The ``question`` is made of the verb where none is given.
    """
    note(words)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserFacing(
            f"Nobody is there to ask whether to {verb}.",
            where="the terminal",
            remedy="Add --yes if that is what you want.",
        )
    click.confirm(question or f"{verb.capitalize()} it?", abort=True, err=True)
