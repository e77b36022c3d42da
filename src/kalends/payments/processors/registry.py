"""Which processors an account has, by name, and through which of them its customers give new ways to pay."""

from collections.abc import Callable
from typing import Any

import psycopg

from kalends.accounts.context import AccountContext
from kalends.payments.processors.interface import Processor
from kalends.payments.processors.sandbox.processor import SandboxProcessor

SANDBOX, STRIPE = SandboxProcessor.name, "stripe"


class UnknownProcessor(LookupError):
    """No processor of this name is known."""


class AccountProcessors:
    """The processors of one account, each made when it is first asked for; called with a name."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], account_id: int) -> None:
        self._connect = connect
        self._account_id = account_id
        self._made: dict[str, Processor] = {}

    def __call__(self, name: str) -> Processor:
        """The processor of this name. Raises ``UnknownProcessor``."""
        if name not in self._made:
            self._made[name] = _maker(name)(self._connect, self._account_id)
        return self._made[name]

    def close(self) -> None:
        """Let go of the processors' connections."""
        for processor in self._made.values():
            processor.close()


def _maker(name: str) -> Callable[[Callable[[], psycopg.Connection[Any]], int], Processor]:
    if name == SANDBOX:
        return SandboxProcessor
    if name == STRIPE:
        from kalends.payments.processors.stripe.processor import StripeProcessor

        return StripeProcessor
    raise UnknownProcessor(f"There is no payment processor {name!r}; known are {SANDBOX!r} and {STRIPE!r}.")


def chosen_processor(db: psycopg.Connection[Any], ctx: AccountContext) -> str | None:
    """Through which processor customers of the account give new ways to pay; None: they cannot yet.

    Stripe, once it is connected; else the sandbox processor on sandboxes. Live accounts never have the sandbox
    processor, and a method that is stored already stays with the processor that keeps it.
    """
    if _stripe_is_connected(db, ctx.id):
        return STRIPE
    return SANDBOX if ctx.is_sandbox else None


def reporting_processors(db: psycopg.Connection[Any], ctx: AccountContext) -> list[str]:
    """The account's processors that tell things by themselves, in the order in which they are listened to."""
    connected = [STRIPE] if _stripe_is_connected(db, ctx.id) else []
    return [SANDBOX, *connected] if ctx.is_sandbox else connected


def _stripe_is_connected(db: psycopg.Connection[Any], account_id: int) -> bool:
    row = db.execute(
        "SELECT 1 FROM stripe_connection WHERE account_id = %s AND sealed_key IS NOT NULL", [account_id]
    ).fetchone()
    return row is not None


def has_new_reports(db: psycopg.Connection[Any], ctx: AccountContext) -> bool:
    """Whether events of Stripe's wait in the inbox of an account that is connected."""
    row = db.execute(
        "SELECT 1 FROM stripe_event AS e JOIN stripe_connection AS c ON c.account_id = e.account_id "
        "WHERE e.account_id = %s AND NOT e.is_handled AND (e.not_before IS NULL OR e.not_before <= %s) "
        "AND c.sealed_key IS NOT NULL LIMIT 1",
        [ctx.id, ctx.now],
    ).fetchone()
    return row is not None
