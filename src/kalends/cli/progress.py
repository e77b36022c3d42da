"""Telling how far a long work has come: a bar on a terminal, now and then a plain line elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

QUIET_SECONDS = 2.0
SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Used as ``with Progress("billing", total) as progress: progress(done, "words")``.

    Says nothing about work that ends within two seconds. ``total`` is 0 when nobody knows it.
    """

    def __init__(self, name: str, total: int = 0) -> None:
        self._name = name
        self._total = total
        self._began = time.monotonic()
        self._last_line = 0.0
        self._console = Console(stderr=True)
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __call__(self, done: int, words: str = "") -> None:
        """Say that ``done`` of the total is done."""
        now = time.monotonic()
        if now - self._began < QUIET_SECONDS:
            return
        if self._console.is_terminal:
            self._draw(done, words)
        elif now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            share = f"{done:,} of {self._total:,}" if self._total else f"{done:,}"
            click.echo(f"{self._name}: {share}{', ' + words if words else ''}", err=True)
            sys.stderr.flush()

    def _draw(self, done: int, words: str) -> None:
        if self._bar is None:
            self._bar = _bar(self._console, known=self._total > 0)
            self._bar.start()
            self._bar.add_task(self._name, total=self._total or None, words="")
        self._bar.update(self._bar.task_ids[0], completed=done, words=words)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _bar(console: Console, *, known: bool) -> Bar:
    how_far = [MofNCompleteColumn(), TimeRemainingColumn()] if known else [TimeElapsedColumn()]
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        *how_far,
        TextColumn("{task.fields[words]}"),
        console=console,
        transient=True,
    )
