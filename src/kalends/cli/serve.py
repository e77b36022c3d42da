"""``kalends serve`` and ``kalends worker``: the pages, and the work behind them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import click

from kalends.cli.session import account_option, open_session
from kalends.cli.show import note, say
from kalends.platform.errors import UserFacing
from kalends.platform.home import Home

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
_LARGEST_PORT = 65_535
PROVED_ELSEWHERE = "KALENDS_PROVED_ELSEWHERE"
"""With ``1`` the worker leaves the proof of books to whoever runs ``kalends verify``."""
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
"""Requests that one server process works on at a time, each with a database connection of its own."""


@click.command(epilog="Exit codes: 0 stopped as asked, 2 the address cannot be used, 3 no database.")
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, _LARGEST_PORT), default=DEFAULT_PORT, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages until Ctrl-C or SIGTERM; requests under way are finished first.

    By default only this machine can reach them. For others, listen on 0.0.0.0 behind a proxy that ends TLS, and say
    in KALENDS_PUBLIC_URL under which address people come (https://billing.example.com). `/health` answers when all
    is well. Letters and billing by the clock are the work of `kalends worker`.

    Where nobody works yet, the page sets up the company and its administrator; the code that it asks for is shown here.

    \b
    Examples:
      kalends serve
      KALENDS_PUBLIC_URL=https://billing.example.com kalends serve --host 0.0.0.0 --port 8080 --workers 4
    """
    tell_address(host, port)
    with open_session() as session:
        home = session.home
        first = session.db.execute("SELECT FROM app_user LIMIT 1").fetchone() is None
    note(f"Serving from {home.path}; Ctrl-C stops.")
    if first:
        note(f"Nobody works here yet. Open the page and set Kalends up with this code: {home.setup_code()}")
    serve_pages(host, port, workers)


def tell_address(host: str, port: int) -> None:
    """Let links lead to where the pages are served, unless the environment says. Call it before ``boot()``."""
    os.environ.setdefault("KALENDS_PUBLIC_URL", f"http://{_shown(host)}:{port}")


def serve_pages(host: str, port: int, workers: int = 1) -> None:
    """Serve until told to stop. Call ``tell_address()`` and ``boot()`` before; each server process boots for itself."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from kalends.platform.logs import for_granian

    _refuse_taken(host, port)
    say(f"http://{_shown(host)}:{port}/")
    with _counts_together():
        Server(
            "kalends.platform.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            respawn_failed_workers=True,
            blocking_threads=_THREADS,
            websockets=False,
            log_level=LogLevels.warning,
            log_dictconfig=for_granian(),
        ).serve()


@contextmanager
def _counts_together() -> Iterator[None]:
    """A folder in which the server processes count requests, so that any of them can tell the counts of all.

    It is named before they start, since the library looks when it is imported.
    """
    if _COUNTS in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="kalends-counts-") as folder:
        os.environ[_COUNTS] = folder
        try:
            yield
        finally:
            del os.environ[_COUNTS]


@contextmanager
def worker_of(home: Home, account_id: int) -> Iterator[None]:
    """Let a worker of this account run in a process of its own while the block runs; its log is logs/worker.log.

    Call ``boot()`` before.
    """
    from kalends.platform.database import environment_for_children

    command = (sys.executable, "-P", "-m", "kalends.cli", "worker", "--account", str(account_id))
    with (
        (home.logs / "worker.log").open("ab") as kept,
        subprocess.Popen(command, env=environment_for_children(), stdout=kept, stderr=kept) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def _shown(host: str) -> str:
    """As it stands in an address.

    >>> _shown("127.0.0.1"), _shown("fd00::7"), _shown("billing.internal")
    ('localhost', '[fd00::7]', 'billing.internal')
    """
    known = {"0.0.0.0": "localhost", "127.0.0.1": "localhost", "::": "localhost", "::1": "localhost"}  # noqa: S104
    return known.get(host, f"[{host}]" if ":" in host else host)


def _refuse_taken(host: str, port: int) -> None:
    """Say in words what the server would say in a traceback: that the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, UnicodeError) as problem:
            raise UserFacing(
                "The pages cannot be served at this address.",
                where=f"--host {host} --port {port}",
                value=getattr(problem, "strerror", None) or str(problem),
                remedy="Choose another --port (or stop what uses this one), or a --host that is this machine's.",
            ) from problem


@click.command(epilog="Exit codes: 0 stopped as asked, 1 (with --once) something failed, 3 no database.")
@click.option("--once", is_flag=True, help="Do what is due now and leave, for cron.")
@click.option(
    "--metrics-port", type=click.IntRange(1, _LARGEST_PORT), help="Tell metrics for Prometheus on this port."
)
@account_option
@click.pass_context
def worker(click_ctx: click.Context, once: bool, metrics_port: int | None, account: str | None) -> None:
    """Do what falls due by the clock, in every account or the chosen one, until Ctrl-C or SIGTERM.

    It bills live accounts, takes in processors' reports, delivers letters and webhooks, makes exports, takes imports
    in, keeps segments, and lets workflows react.

    Any number of workers may run at once, on any number of machines: they share the work and never do a thing twice.
    One that is killed leaves nothing that another does not finish. Its log is on standard error, one line an event:
    JSON where that is no terminal.

    Once a night it proves the books of each account, as `kalends verify` does; KALENDS_PROVED_ELSEWHERE=1 leaves that
    to others.

    Letters are files in the folder mail of KALENDS_HOME, unless KALENDS_SMTP_URL names a mail server.

    \b
    Examples:
      kalends worker
      kalends worker --once
      kalends worker --account "Nordlys Fleet"
    """
    from kalends.platform.clock import system_now
    from kalends.worker.loop import run_worker

    with open_session() as session:
        only = None if account is None else session.account(account).id
        proves = os.environ.get(PROVED_ELSEWHERE) != "1"
        click_ctx.exit(
            run_worker(clock=system_now, once=once, only=only, metrics_port=metrics_port, proves=proves)
        )
