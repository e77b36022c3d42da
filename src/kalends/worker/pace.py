"""How often the worker looks, and how long it leaves something alone that failed."""

from datetime import timedelta
from typing import NamedTuple


class Pace(NamedTuple):
    """How often the worker looks, and how long it waits after a failure: doubling from the shortest to the longest."""

    tick_seconds: int = 2
    cleaning_seconds: int = 3_600
    proving_seconds: int = 60
    pause_shortest_seconds: int = 5
    pause_longest_seconds: int = 300

    def pause(self, failures: int) -> timedelta:
        """How long to leave something alone that has failed so many times in a row.

        >>> [Pace().pause(failures).seconds for failures in (1, 2, 3, 9)]
        [5, 10, 20, 300]
        """
        doubled = self.pause_shortest_seconds * 2 ** min(failures - 1, 20)
        return timedelta(seconds=min(doubled, self.pause_longest_seconds))
