"""What is typed at a terminal, and files that are handed to commands: never a fault, never a change after a refusal."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from kalends.accounts.context import AccountSettings
from kalends.accounts.create import create_account
from kalends.cli.__main__ import run
from kalends.cli.app import kalends
from kalends.cli.failures import FAULT
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.errors import ExitCode
from tests.conftest import FIRST_MOMENT
from tests.fuzz.making import often, spoiled, words
from tests.fuzz.rows import rows_of_account
from tests.world import World

NOT_GIVEN = {
    "serve", "worker", "demo", "bench", "test", "init", "replay", "verify", "reconcile", "backup", "restore", "prove",
    "simulate", "distribution", "metrics",
}  # fmt: skip
"""Commands that stay, take long, or leave the account; and ``clock`` is moved only a little."""


@dataclass(slots=True)
class Terminal:
    """A terminal before an account with a subscription that was billed; ``there`` names what it has."""

    books: World
    folder: Path
    there: list[str]

    def give(self, *arguments: str) -> tuple[int, str]:
        """Give a command; its exit code, and what it said."""
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(said):
            patch.setattr("sys.stdin", io.StringIO())
            patch.setattr("sys.stdout", io.StringIO())
            code = run([*arguments])
        structlog.reset_defaults()
        return code, said.getvalue()

    def file(self, name: str, content: str | bytes) -> str:
        """Write a file; its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return str(path)


@pytest.fixture(scope="module")
def terminal(
    server: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    """One account for all examples."""
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        ctx = create_account(
            db, name="Typed AS", time_zone="Europe/Oslo", currency="EUR", currencies=("NOK",), country="NO",
            now=FIRST_MOMENT, clock_at=FIRST_MOMENT, settings=AccountSettings(partial_payments=True),
        )  # fmt: skip
        processors = AccountProcessors(database.connect, ctx.id)
        books = World(db, ctx, processors)
        customer = books.customer()
        id_ = books.subscribe(customer, start=ctx.today, method=books.method(customer))
        books.until("2026-01-02")
        invoice, number = books.rows("SELECT id, number FROM invoice WHERE account_id = %s", ctx.id)[0]
        payment = books.rows("SELECT id FROM payment WHERE account_id = %s", ctx.id)[0][0]
        line = books.rows("SELECT id FROM line_item WHERE account_id = %s", ctx.id)[0][0]
        there = [
            str(each)
            for each in (
                customer,
                id_,
                invoice,
                number,
                payment,
                line,
                books.one("SELECT email FROM contact WHERE id = %s", customer)[0],
            )
        ]
        yield Terminal(books, tmp_path_factory.mktemp("typed"), there)
        processors.close()


def _leaves(
    command: click.Command, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if before or name not in NOT_GIVEN:
                found = command.get_command(context, name)
                assert found is not None
                yield from _leaves(found, (*before, name))
    else:
        yield before, command


COMMANDS = [
    (name, each)
    for name, each in _leaves(kalends)
    if name not in (("account", "export"), ("clock", "advance"), ("clock", "set"), ("bill",))
]


@st.composite
def command_lines(
    draw: st.DrawFn, terminal: Terminal, name: tuple[str, ...], command: click.Command
) -> list[str]:
    """A command with its arguments and some of its options, some of which name what is there."""
    said = spoiled(st.one_of(st.sampled_from(terminal.there), st.sampled_from(
        ("12.50", "2026-03-01", "2w", "Fiber;499;1;monthly", "Support;25;1;0;25", "+14d", "monthly", "EUR", "net 30",
         "address=Storgata 1", "NO", "nb", "https://example.com/hook")
    )))  # fmt: skip
    told: list[str] = list(name)
    for each in command.params:
        needed = isinstance(each, click.Argument) or each.required
        if isinstance(each, click.Option) and each.name == "account":
            told += ["--account", str(terminal.books.ctx.id)]
        elif needed or draw(st.integers(0, 3)) == 0:
            if isinstance(each, click.Option):
                told.append(draw(st.sampled_from(each.opts)))
                if each.is_flag or each.count:
                    continue
            text = draw(_of_type(each.type, terminal, said))
            told.append(text.replace("\x00", ""))
    return told


def _of_type(
    kind: click.ParamType, terminal: Terminal, said: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    if isinstance(kind, click.Choice):
        return st.one_of(st.sampled_from(list(kind.choices)), words)
    if isinstance(kind, click.Path):
        return (
            st.just(terminal.file("given.toml", "a = 1"))
            if kind.exists
            else st.just(str(terminal.folder / "out"))
        )
    if isinstance(kind, click.types.IntParamType):
        return st.one_of(
            st.sampled_from([each for each in terminal.there if each.isdecimal()]),
            st.integers().map(str),
            words,
        )
    return said


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[" ".join(name) for name, _ in COMMANDS])
def test_no_command_line_is_a_fault_of_ours(
    terminal: Terminal, name: tuple[str, ...], command: click.Command, django_db_blocker: DjangoDbBlocker
) -> None:
    @often(2)
    @given(data=st.data())
    def type_in(data: st.DataObject) -> None:
        arguments = data.draw(command_lines(terminal, name, command))
        before = rows_of_account(terminal.books)
        code, said = terminal.give(*arguments)
        assert code != FAULT, said
        if code:
            assert said
        if code == ExitCode.BAD_INPUT:
            assert rows_of_account(terminal.books) == before

    with django_db_blocker.unblock():
        type_in()
