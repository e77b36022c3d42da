"""Letters kept in memory, for tests."""

from collections.abc import Callable

from kalends.messages.envelope import Envelope


class MemoryBackend:
    """Keeps what it is given in ``sent``; ``before`` is called with each letter first, and may raise."""

    def __init__(self, before: Callable[[Envelope], None] = lambda envelope: None) -> None:
        self.sent: list[Envelope] = []
        self._before = before

    def open(self) -> None:
        """Always open."""

    def send(self, envelope: Envelope) -> None:
        """Keep the letter."""
        self._before(envelope)
        self.sent.append(envelope)

    def close(self) -> None:
        """There is nothing to let go of."""
