"""``python -m kalends.cli`` and ``./kalends``: runs a command, and turns what happens into words and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from kalends.cli.app import kalends
from kalends.cli.failures import explain
from kalends.platform.correlation import new_id, working_under

BROKEN_PIPE = 141


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Nothing escapes but what ends the process itself.

    All that is logged meanwhile has one id.
    """
    with working_under(new_id()):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        outcome = kalends.main(list(arguments), prog_name="kalends", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output went away (``kalends status | head -3``): that is no failure to talk about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001
        return explain(problem, arguments)
    return outcome if isinstance(outcome, int) else 0


def main() -> None:
    """The entry point."""
    with_utf8()
    sys.exit(run(sys.argv[1:]))


def with_utf8() -> None:
    """Names of customers are written as they are, whatever the terminal's locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    main()
