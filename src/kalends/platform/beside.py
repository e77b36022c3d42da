"""A thread beside what a process does otherwise, which ends when that does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(run: Callable[[], object], stop: threading.Event, name: str) -> Iterator[None]:
    """Let ``run`` go on in a thread of its own until the block is left; what is under way ends first.

    ``run`` works until ``stop`` is set, and tells of its own faults.

    >>> stop, done = threading.Event(), []
    >>> with beside(lambda: done.append(stop.wait()), stop, "example"):
    ...     pass
    >>> done
    [True]
    """
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
