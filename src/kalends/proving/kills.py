"""Trouble: processes that share their work are killed at random moments, and so is the database server under them.

The moments come from a seed. What a process was doing at its moment also depends on the machine, so a seed repeats the
same trouble and not the same instant; what must hold afterwards holds for every instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from kalends.platform.errors import ExitCode
from kalends.proving.server import OwnServer
from kalends.proving.stage import Life, Stage

SERVER = "database server"
EVERY_NTH_HITS_THE_SERVER = 15
"""One of so many kills hits the database server itself, and one at least does."""

_FIRST_PAUSE_SECONDS = 0.25
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 20.0
_IDLE_KILLS_MOST = 2
_PROBLEMS_MOST = 3
_UNDISTURBED_SECONDS = 0.8
_FORGIVEN = frozenset({ExitCode.OK, ExitCode.PROBLEM_FOUND})


class Part(NamedTuple):
    """A process that is to live, with a name for people, its command and its variables.

    ``may_end_with`` are exit codes that are no fault of it besides 0 and 1: a second scheduler that is turned away.
    """

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str]
    may_end_with: frozenset[int] = frozenset()


class Faulty(NamedTuple):
    """A process that ended by itself as none should: the command, its exit code and the end of what it told."""

    name: str
    code: int
    told: str

    @property
    def reason(self) -> str:
        """What it told about its end, without a traceback.

        >>> Faulty("worker", 70, "starting\nkalends: This is a fault.\n  log: faults.log").reason
        'It told: This is a fault.'
        """
        lines = [line.partition(": ")[2] for line in self.told.splitlines() if line.startswith("kalends: ")]
        return f"It told: {lines[-1]}" if lines else f"It told: {self.told.strip()[-300:] or 'nothing'}"


@dataclass(slots=True)
class Trouble:
    """What was done: kills by the name of what was killed, how many processes there were, and what failed by itself."""

    kills: Counter[str] = field(default_factory=Counter[str])
    started: int = 0
    faulty: list[Faulty] = field(default_factory=list[Faulty])

    @property
    def total(self) -> int:
        """How often something was killed."""
        return sum(self.kills.values())


Parts = Callable[[], Sequence[Part]]
"""Who is to live now; nobody once the work is done."""
Progress = Callable[[], float]
"""How much of the work is done, from 0 to 1."""


@dataclass(slots=True)
class Killer:
    """Keeps processes alive and ends them. ``tell`` hears the number of kills after each."""

    stage: Stage
    server: OwnServer
    random: Random
    tell: Callable[[int], None] = lambda kills: None
    trouble: Trouble = field(default_factory=Trouble)
    _playing: dict[int, tuple[Part, Life]] = field(default_factory=dict[int, tuple[Part, Life]])
    _outages: frozenset[int] = frozenset()

    def make_trouble(self, kills: int, parts: Parts, progress: Progress) -> Trouble:
        """Kill until it was done so often, or until nobody has anything to do any more.

        Pauses between kills become shorter while the work is ahead of the kills and longer while it is behind, so that
        the last kill comes shortly before the work is done. Where some kills in a row let nothing be done, the next one
        comes late, so that the work goes on.
        """
        pause, idle, done = _FIRST_PAUSE_SECONDS, 0, 0.0
        outages = max(kills // EVERY_NTH_HITS_THE_SERVER, 1)
        self._outages = frozenset(self.random.sample(range(kills), outages))
        while self.trouble.total < kills:
            wanted = parts()
            if not wanted:
                break
            self._fill(wanted)
            self.stage.rest(self.random.uniform(0, 2 * pause))
            self._look()
            self._strike()
            self.tell(self.trouble.total)
            before, done = done, progress()
            idle = idle + 1 if done == before else 0
            factor = 0.8 if done > self.trouble.total / kills else 1.15
            pause = min(max(pause * factor, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
            if idle >= _IDLE_KILLS_MOST:
                self.stage.rest(_UNDISTURBED_SECONDS)
        self.end_all()
        return self.trouble

    def end_all(self) -> None:
        """End whoever still lives; that is not counted as a kill."""
        self._look()
        for _, life in self._playing.values():
            self.stage.end(life)
        self._playing.clear()

    def finish(self, part: Part, *, tries: int = 30) -> None:
        """Let a command run to its end undisturbed: the recovery.

        What a killed one held may be held for a moment longer than it lived, so that it is turned away at first.
        """
        life, problems = None, 0
        for _ in range(tries):
            life = self._begin(part)
            code = self.stage.wait(life)
            problems += code == ExitCode.PROBLEM_FOUND
            # What a worker cannot do at the third time has nothing to do with who was killed.
            if code == ExitCode.OK or problems == _PROBLEMS_MOST:
                return
            self.stage.rest(0.3)
        assert life is not None
        assert life.code is not None
        self.trouble.faulty.append(Faulty(part.name, life.code, life.told))

    def _fill(self, wanted: Sequence[Part]) -> None:
        """Start who is missing; whoever is not wanted any more is left to come to their end."""
        missing = Counter(wanted_ := [(part.name, part.words) for part in wanted])
        for part, _ in self._playing.values():
            missing[part.name, part.words] -= 1
        for part, key in zip(wanted, wanted_, strict=True):
            if missing[key] > 0:
                missing[key] -= 1
                life = self._begin(part)
                self._playing[life.number] = (part, life)

    def _begin(self, part: Part) -> Life:
        self.trouble.started += 1
        return self.stage.start(*part.words, environment=part.environment)

    def _strike(self) -> None:
        """Kill one of those that live, or the server."""
        living = [number for number, (_, life) in self._playing.items() if life.code is None]
        if not living or self.trouble.total in self._outages:
            self.server.kill()
            self.trouble.kills[SERVER] += 1
            self.server.recover()
            return
        part, life = self._playing[self.random.choice(living)]
        self.stage.end(life)
        # It may have come to its end in the same moment: then nobody was killed.
        self.trouble.kills[part.name] += life.code is not None and life.code < 0

    def _look(self) -> None:
        """Bury who has ended, and remember who did so as none should."""
        self.stage.rest(0)
        for number, (part, life) in list(self._playing.items()):
            if life.code is None:
                continue
            del self._playing[number]
            excused = {*_FORGIVEN, *part.may_end_with}
            if self.trouble.kills[SERVER]:  # a command tells that the database is away, and ends
                excused.add(ExitCode.DATABASE_UNAVAILABLE)
            if life.code > 0 and life.code not in excused:
                self.trouble.faulty.append(Faulty(part.name, life.code, life.told))
