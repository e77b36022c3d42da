"""The help teaches: what a command does, an example, and what its exit codes mean."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from kalends.cli.app import COMMANDS, SECTIONS, kalends
from tests.cli.conftest import Give


def _all_commands() -> Iterator[tuple[str, ...]]:
    context = click.Context(kalends)
    for name in kalends.list_commands(context):
        command = kalends.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, each) for each in command.commands)
        else:
            yield (name,)


@pytest.mark.parametrize("words", list(_all_commands()), ids=" ".join)
def test_each_command_teaches_by_example_and_names_its_exit_codes(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(kalends, [*words, "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.output
    assert f"kalends {' '.join(words)}" in shown.output
    assert "Exit codes: 0 " in shown.output


def test_the_first_page_shows_every_command_and_every_exit_code() -> None:
    shown = CliRunner().invoke(kalends, ["--help"]).output
    assert all(f"\n  {name} " in shown for name in COMMANDS)
    assert sorted(COMMANDS) == sorted(name for names in SECTIONS.values() for name in names)
    assert "70   a fault in Kalends itself" in shown


def test_a_command_that_is_not_there_is_wrong_use(shell: Give) -> None:
    answer = shell("bil")
    assert (answer.code, answer.out) == (2, "")
    assert "No such command 'bil'" in answer.err
    assert "Traceback" not in answer.err
