"""Several machines in one shop: each with its own connection and its own line to the processor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg

from kalends.accounts.sql import enter_account
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from tests.scenarios.shop import Shop

Done = TypeVar("Done")
Job = Callable[[psycopg.Connection[Any], AccountProcessors], Done]


def at_once(shop: Shop, jobs: Sequence[Job[Done]]) -> list[Done]:
    """Let each job be done on a machine of its own, all at the same time."""

    def alone(job: Job[Done]) -> Done:
        db = database.connect(autocommit=True)
        processors = AccountProcessors(database.connect, shop.world.ctx.id)
        try:
            enter_account(db, shop.world.ctx.id)
            return job(db, processors)
        finally:
            processors.close()
            db.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(alone, jobs))


class DeadLine:
    """A processor that nobody reaches: it neither takes charges nor answers questions."""

    name, batch_size, concurrency = "sandbox", 100, 2

    def __call__(self, name: str) -> DeadLine:
        return self

    def charge(self, requests: Sequence[Any]) -> Any:
        raise ProcessorUnavailable("The line is dead.")

    def lookup(self, idempotency_keys: Sequence[str], at: Any) -> Any:
        raise ProcessorUnavailable("The line is dead.")

    def reports(self, until: Any, limit: int) -> list[Any]:
        return []

    def next_report_at(self) -> None:
        return None
