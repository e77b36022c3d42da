"""Several people at the same moment: each call in a thread of its own, let go together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def at_once(*calls: Callable[[], Any], seconds: float = 60) -> list[Any]:
    """What each call returned or raised, in their order; all begin together."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        gate.wait(seconds)
        try:
            results[place] = calls[place]()
        except Exception as problem:  # noqa: BLE001
            results[place] = problem

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive(), "somebody waits for ever"
    return results
