"""The test command says what happened to each step, and fails when one did."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from kalends.platform import testing
from kalends.platform.testing import CHROMIUM, Result


def test_one_failed_step_fails_the_suite_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    results = [Result("style", passed=True, seconds=1.0), Result("types", passed=False, seconds=2.0)]
    assert testing._closing(results) == 1
    closing = capsys.readouterr().out
    assert "ok      style" in closing
    assert closing.endswith("kalends test: failed: types\n")


def test_a_suite_without_a_failure_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert testing._closing([Result("style", passed=True, seconds=1.0)]) == 0
    assert capsys.readouterr().out.endswith("everything passed\n")


def test_arguments_go_to_pytest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[str]] = []

    def run(
        command: Sequence[str], environment: dict[str, str], **_: object
    ) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        assert "DATABASE_URL" not in environment
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/book")
    monkeypatch.setattr(testing, "_run", run)
    assert testing.run_suite(["tests/core", "-k", "money"]) == 5
    assert [list(command[1:]) for command in seen] == [["-m", "pytest", "tests/core", "-k", "money"]]


@pytest.mark.parametrize(("ci", "passed"), [("true", False), ("", True)])
def test_without_a_browser_its_tests_are_skipped_but_not_on_a_ci_machine(
    monkeypatch: pytest.MonkeyPatch, ci: str, passed: bool
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(testing, "find_chromium", lambda: None)
    monkeypatch.setattr(testing, "_install_chromium", lambda: None)
    environment: dict[str, str] = {}
    result = testing._chromium_step(environment)
    assert result.passed is passed
    assert "skipped" in result.note
    assert environment[CHROMIUM] == ""
