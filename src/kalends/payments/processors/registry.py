"""Which processors an account has, by name."""

from collections.abc import Callable
from typing import Any

import psycopg

from kalends.payments.processors.interface import Processor
from kalends.payments.processors.sandbox.processor import SandboxProcessor


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
            if name != SandboxProcessor.name:
                raise UnknownProcessor(
                    f"There is no payment processor {name!r}; known is {SandboxProcessor.name!r}."
                )
            self._made[name] = SandboxProcessor(self._connect, self._account_id)
        return self._made[name]

    def close(self) -> None:
        """Let go of the processors' connections."""
        for processor in self._made.values():
            processor.close()
