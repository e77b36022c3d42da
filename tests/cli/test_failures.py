"""When a command fails: the place, the value and the remedy, an exit code, and never a traceback for a person."""

from __future__ import annotations

import errno
from pathlib import Path

import psycopg
import pytest

from kalends.cli.failures import FAULT, INTERRUPTED, explain
from kalends.platform.errors import ExitCode, UserFacing
from tests.cli.conftest import Give


def test_a_database_that_is_gone(shell: Give) -> None:
    answer = shell("status", DATABASE_URL="postgresql://kari:secret@127.0.0.1:9/book")
    assert answer.code == ExitCode.DATABASE_UNAVAILABLE
    assert "host 127.0.0.1, port 9, database book" in answer.err
    assert "remedy:" in answer.err
    assert "Traceback" not in answer.err
    assert "secret" not in answer.err


def test_a_database_that_goes_away_in_the_middle(capsys: pytest.CaptureFixture[str]) -> None:
    lost = psycopg.OperationalError("server closed the connection unexpectedly")
    assert explain(lost, ["bill"]) == ExitCode.DATABASE_UNAVAILABLE
    assert "Nothing is half done" in capsys.readouterr().err


@pytest.mark.parametrize(
    "full",
    [
        OSError(errno.ENOSPC, "No space left on device", "/srv/x"),
        psycopg.errors.DiskFull("could not extend file"),
    ],
    ids=["our disk", "the server's disk"],
)
def test_a_full_disk(full: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(full, ["import"]) == ExitCode.NO_ROOM
    said = capsys.readouterr().err
    assert "no room left" in said
    assert "free some space" in said


def test_a_full_disk_below_something_else_is_still_a_full_disk() -> None:
    wrapped = RuntimeError("Django wraps errors")
    wrapped.__cause__ = psycopg.errors.DiskFull("could not extend file")
    assert explain(wrapped, []) == ExitCode.NO_ROOM


def test_stopping_a_command_says_that_nothing_is_half_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(KeyboardInterrupt(), ["bill"]) == INTERRUPTED
    assert "Nothing is half done" in capsys.readouterr().err


def test_a_fault_of_ours_names_the_log_that_has_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KALENDS_HOME", str(tmp_path))
    with pytest.raises(ZeroDivisionError) as fault:
        raise ZeroDivisionError("division by zero")
    assert explain(fault.value, ["bill", "--json"]) == FAULT
    said = capsys.readouterr().err
    log = tmp_path / "logs" / "faults.log"
    assert str(log) in said
    assert "Traceback" not in said
    assert "kalends bill --json" in log.read_text()
    assert "Traceback" in log.read_text()


def test_what_was_raised_for_people_keeps_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = UserFacing("No.", where="here", value="this", remedy="That.", exit_code=ExitCode.REFUSED)
    assert explain(refusal, []) == ExitCode.REFUSED
    assert capsys.readouterr().err == "kalends: No.\n  where: here\n  value: this\n  remedy: That.\n"


def test_a_file_that_is_not_there(give: Give) -> None:
    answer = give("replay", "/no/such/book.csv", "--format", "telco", "--until", "2026-03-01")
    assert answer.code == ExitCode.BAD_INPUT
    assert "/no/such/book.csv" in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("webhooks", "retry", "{}"),
        ("release", "{}"),
        ("workflow", "test", "Reminder", "{}"),
        ("workflow", "enroll", "Reminder", "1042", "{}"),
        ("workflow", "history", "Reminder", "--record", "{}"),
        ("workflow", "create", "Reminder", "--template", "next_payment", "--user", "{}"),
    ],
    ids=" ".join,
)
def test_a_number_that_no_record_can_have(here: Give, words: tuple[str, ...]) -> None:
    answer = here(*(word.format(2**63) for word in words))
    assert answer.code == ExitCode.BAD_INPUT
    assert f"'{2**63}' is not the number of a record" in answer.err
