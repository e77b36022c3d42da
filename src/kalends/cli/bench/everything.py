"""``kalends bench all`` and ``bench page``: every measurement one after the other, and the page that tells of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kalends.bench.plan import MEASUREMENTS, SIZES
from kalends.cli.session import open_session
from kalends.cli.show import note, say
from kalends.platform.errors import ExitCode, UserFacing

if TYPE_CHECKING:
    from kalends.bench.plan import Measurement, Size

_NAMES = tuple(each.name for each in MEASUREMENTS)
_SAID_MAX = 2_000


@click.command(
    "all", epilog="Exit codes: 0 all measured, 1 a measurement failed, 2 no such file, 3 no database."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="What was measured, as JSON.")
@click.option("--size", type=click.Choice(SIZES), default="usual", show_default=True)
@click.option("--only", type=click.Choice(_NAMES), multiple=True, help="Only this one; may be given again.")
@click.option(
    "--telco",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The telecom's book, replayed.",
)
@click.pass_context
def all_(click_ctx: click.Context, out: Path, size: Size, only: tuple[str, ...], telco: Path | None) -> None:
    """Measure everything there is to measure, each in a process of its own, and write what was found.

    The file tells what machine it was, how the server is set, and before each measurement how busy the machine was with
    others: figures of a busy machine say little. It is written anew after each measurement. The usual size takes some
    ten minutes on two cores; with the telecom's book, which is not part of Kalends, four more.

    \b
    Examples:
      kalends bench all --out benchmarks.json
      kalends bench all --size small --only pdf --only import --out smoke.json
      kalends bench all --telco telco-customers.csv --out benchmarks.json
    """
    from kalends.bench.machine import describe_machine, how_busy
    from kalends.platform.database import environment_for_children

    chosen = [
        each for each in MEASUREMENTS if (not only or each.name in only) and (telco or not each.wants_book)
    ]
    with open_session() as session:
        machine = describe_machine(session.db, session.now)
        done: list[dict[str, Any]] = []
        document = {"machine": machine, "size": size, "measurements": done}
        for number, each in enumerate(chosen, start=1):
            note(f"{number} of {len(chosen)}: {each.name}")
            done.append({"before": how_busy(), **_measured(each, size, telco, environment_for_children())})
            _write(out, document)
    failed = [each["name"] for each in done if "problem" in each]
    say(f"{len(done) - len(failed)} measured: {out}")
    for name in failed:
        say(f"failed: {name}")
    if failed:
        click_ctx.exit(ExitCode.PROBLEM_FOUND)


def _measured(
    each: Measurement, size: Size, telco: Path | None, environment: dict[str, str]
) -> dict[str, Any]:
    words = each.words(size, str(telco or ""))
    began = time.monotonic()
    answer = subprocess.run(
        [sys.executable, "-m", "kalends.cli", "bench", *words, "--json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if each.wants_book and telco:
        words = each.words(size, telco.name)
    told: dict[str, Any] = {
        "name": each.name,
        "words": words,
        "seconds": round(time.monotonic() - began, 1),
    }
    if answer.returncode == 0:
        return {**told, "found": json.loads(answer.stdout)}
    note(answer.stderr[-_SAID_MAX:])
    return {**told, "problem": answer.stderr[-_SAID_MAX:]}


def _write(out: Path, document: dict[str, Any]) -> None:
    out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@click.command(epilog="Exit codes: 0 written, 2 no such file, or not one of these.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--into",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The page whose figures are written anew; without it they are printed.",
)
def page(file: Path, into: Path | None) -> None:
    """Write the figures of docs/benchmarks.md from a FILE of `kalends bench all`, in Markdown.

    \b
    Examples:
      kalends bench page benchmarks.json
      kalends bench page docs/benchmarks.json --into docs/benchmarks.md
    """
    from kalends.bench.page import NoFigures, figures, rewritten

    try:
        measured = json.loads(file.read_text(encoding="utf-8"))
        if into is None:
            click.echo(figures(measured), nl=False)
            return
        into.write_text(rewritten(into.read_text(encoding="utf-8"), measured), encoding="utf-8")
    except (NoFigures, ValueError) as problem:
        raise UserFacing(
            "These figures cannot be written.",
            where=str(file),
            value=str(problem),
            remedy="Give a file that `kalends bench all --out` has written, and the page docs/benchmarks.md.",
        ) from problem
    say(f"Written anew: {into}")
