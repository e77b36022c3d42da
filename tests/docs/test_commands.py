"""What the documents tell people to type can be typed."""

from __future__ import annotations

import re

import click
import pytest

from kalends.cli.__main__ import BROKEN_PIPE
from kalends.cli.app import COMMANDS, kalends
from kalends.cli.failures import FAULT, INTERRUPTED
from kalends.platform.errors import ExitCode
from tests.docs.documents import ROOT, Spoken, code_words, documents, name_of, rows, spoken_commands

SPOKEN = sorted(
    {spoken for path in documents() for spoken in spoken_commands(name_of(path), path.read_text())}
)


def _problem(words: tuple[str, ...]) -> str | None:
    """What is wrong with a command line; None if the command and all its options exist."""
    command: click.Command = kalends
    ctx = click.Context(kalends)
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(ctx, rest[0])
        if found is None:
            return f"{command.name} has no command {rest[0]}"
        command, rest = found, rest[1:]
    if command.name == "test":
        return None
    known = {"--help", "-h"} | {
        name
        for param in command.params
        for name in (*param.opts, *param.secondary_opts)
        if name.startswith("-")
    }
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"{command.name} has no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: f"{spoken.document}: {' '.join(spoken.words)}")
def test_a_command_in_a_document_exists_with_its_options(spoken: Spoken) -> None:
    assert _problem(spoken.words) is None


@pytest.mark.parametrize("words", ["mend", "bill --everything", "clock wind", "subscription cancel 1 --now"])
def test_a_command_that_does_not_exist_is_found(words: str) -> None:
    assert _problem(tuple(words.split())) is not None


def test_the_readme_names_every_command() -> None:
    named = {
        code_words(row[0])[0].split()[1] for row in rows((ROOT / "README.md").read_text(), "The command line")
    }
    assert named == set(COMMANDS)


def test_the_exit_codes_are_those_of_the_commands() -> None:
    told = {int(row[0]) for row in rows((ROOT / "docs" / "operations.md").read_text(), "Exit codes")}
    assert told == {int(code) for code in ExitCode} | {FAULT, INTERRUPTED, BROKEN_PIPE}


def test_the_verbs_of_the_makefile_are_told() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M)) - {"help"}
    table = rows((ROOT / "CONTRIBUTING.md").read_text(), "Setting up")
    assert {code_words(row[0])[0].removeprefix("make ") for row in table} == verbs
