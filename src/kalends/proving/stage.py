"""Commands as real processes that start within milliseconds, so that hundreds of them can be killed.

A *stage* is a process that has loaded everything and opened nothing. For each command it forks a child, which opens
connections of its own and does what ``kalends WORDS`` does. Whoever holds the stage tells it by lines of JSON on its
standard input, and hears on its standard output how each child ended. When that line breaks, the children end too.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

Run = Callable[[Sequence[str]], int]
"""Carries out a command line in this process; returns its exit code."""


@dataclass(slots=True)
class Life:
    """A process on the stage: its number there, the command, where it logs, and how it ended (None: it lives).

    A code below zero is the signal by which it ended.
    """

    number: int
    words: tuple[str, ...]
    log: Path
    code: int | None = None

    @property
    def told(self) -> str:
        """The end of what it told."""
        return self.log.read_text("utf-8", errors="replace")[-2000:] if self.log.exists() else ""


@dataclass(slots=True)
class Stage:
    """The holder's end. ``command`` starts the process that calls :func:`play`; logs go into ``folder``."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    lives: dict[int, Life] = field(default_factory=dict[int, Life])
    _process: subprocess.Popen[bytes] | None = None
    _started: int = 0
    _heard: bytes = b""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self._hear(until=lambda: self._heard.startswith(b"ready\n"), seconds=300)
        except BaseException:
            self.__exit__()
            raise
        self._heard = self._heard.removeprefix(b"ready\n")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def start(self, *words: str, environment: Mapping[str, str]) -> Life:
        """Start ``kalends WORDS`` with these variables besides the stage's own."""
        self._started += 1
        life = Life(self._started, words, self.folder / f"{self._started}.log")
        self.lives[life.number] = life
        told = {"start": life.number, "words": words, "log": str(life.log), "environment": dict(environment)}
        self._tell(told)
        return life

    def end(self, life: Life, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process and all that it started; returns when it is gone."""
        if life.code is None:
            self._tell({"end": life.number, "signal": int(number)})
            self.wait(life)

    def wait(self, life: Life, seconds: float = 3600) -> int:
        """Wait until a process has ended; returns its code. Raises ``TimeoutError``."""
        self._hear(until=lambda: life.code is not None, seconds=seconds)
        assert life.code is not None
        return life.code

    def rest(self, seconds: float) -> None:
        """Let time pass, and hear who has ended."""
        with suppress(TimeoutError):
            self._hear(until=lambda: False, seconds=seconds)

    def living(self) -> list[Life]:
        """Those that have not ended, as far as was heard."""
        return [life for life in self.lives.values() if life.code is None]

    def _tell(self, told: Mapping[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()

    def _hear(self, *, until: Callable[[], bool], seconds: float) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        handle, deadline = self._process.stdout.fileno(), time.monotonic() + seconds
        while not until():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Nothing was heard from the stage for {seconds} seconds.")
            if not select.select([handle], [], [], left)[0]:
                continue
            heard = os.read(handle, 65_536)
            if not heard:
                raise ChildProcessError("The stage has ended by itself; what it said is on standard error.")
            self._heard += heard
            if not self._heard.startswith(b"ready\n"):
                self._understand()

    def _understand(self) -> None:
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            told = json.loads(line)
            self.lives[told["ended"]].code = told["code"]


def play(run: Run) -> None:
    """Be the stage, until standard input ends. Call it with everything loaded and no connection open."""
    _Player(run).play()


class _Player:
    """The stage's own end."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._numbers: dict[int, int] = {}
        self._woken, self._wakes = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wakes, False)

    def play(self) -> None:
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wakes)
        os.write(1, b"ready\n")
        heard = b""
        while True:
            ready = select.select([0, self._woken], [], [])[0]
            if self._woken in ready:
                os.read(self._woken, 4096)
            if 0 in ready:
                more = os.read(0, 65_536)
                if not more:
                    break
                *lines, heard = (heard + more).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            self._tell_ended()
        for process in self._numbers:
            _signal(process, signal.SIGKILL)

    def _obey(self, told: dict[str, Any]) -> None:
        if "start" in told:
            process = os.fork()
            if process == 0:
                self._live(told)
            with suppress(OSError):
                os.setpgid(process, process)
            self._numbers[process] = told["start"]
            return
        for process, number in self._numbers.items():
            if number == told["end"]:
                _signal(process, told["signal"])

    def _tell_ended(self) -> None:
        for process, number in list(self._numbers.items()):
            if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # What it started goes with it, while its number is still its own.
            _signal(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
            del self._numbers[process]
            told = {"ended": number, "code": os.waitstatus_to_exitcode(status)}
            os.write(1, json.dumps(told).encode() + b"\n")

    def _live(self, told: dict[str, Any]) -> None:
        """In the child: become the command. Never returns."""
        code = 70
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            nowhere = os.open(os.devnull, os.O_RDONLY)
            log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            for source, target in ((nowhere, 0), (log, 1), (log, 2)):
                os.dup2(source, target)
            for handle in (self._woken, self._wakes, nowhere, log):
                os.close(handle)
            os.environ.update(told["environment"])
            code = self._run(told["words"])
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):
                    stream.flush()
            os._exit(code)


def _signal(process: int, number: int) -> None:
    """To a process and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, number)
