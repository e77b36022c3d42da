"""Where letters arrive: it counts what came, and sometimes refuses, or takes a letter and says that it did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from kalends.messages.backends.interface import MailUnavailable, RefusedForNow
from kalends.messages.envelope import Envelope


@dataclass(slots=True)
class Letterbox:
    """``arrived`` counts by Message-ID; ``doubted`` are those of which the sender cannot know whether they arrived."""

    random: Random
    wildness: float
    tally: Counter[str]
    arrived: Counter[str] = field(default_factory=Counter[str])
    doubted: Counter[str] = field(default_factory=Counter[str])
    latest: str = ""

    def open(self) -> None:
        """Closed now and then, for everybody."""
        if self._happens(0.02):
            self.tally["mail servers away"] += 1
            raise MailUnavailable("Nobody is there.", where="the letterbox", value="", remedy="Come again.")

    def send(self, envelope: Envelope) -> None:
        """Take a letter; or do not; or do, and let the answer get lost."""
        name = str(envelope.message["Message-ID"])
        if self._happens(0.02):
            self.tally["letters refused for now"] += 1
            raise RefusedForNow("The mailbox is busy.")
        self.arrived[name] += 1
        self.latest = name
        if self._happens(0.02):
            self.tally["letters taken without an answer"] += 1
            self.doubted[name] += 1
            raise RefusedForNow("The line went dead.")

    def close(self) -> None:
        """There is nothing to let go of."""

    def somebody_died(self) -> None:
        """Whoever delivered is gone: the last letter may be sent again."""
        if self.latest:
            self.doubted[self.latest] += 1

    def _happens(self, probability: float) -> bool:
        return self.random.random() < probability * self.wildness
