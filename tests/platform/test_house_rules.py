"""The house's own rules hold in all of src, and the checker that says so finds what it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.platform.house_rules import (
    offenses_in_python,
    offenses_in_sql,
    offenses_in_test,
    offenses_in_tests,
    offenses_in_tree,
)

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"


def test_the_sources_keep_the_rules_of_the_house() -> None:
    assert offenses_in_tree(SRC) == []


def test_no_test_asks_for_the_time_so_the_suite_passes_on_every_day() -> None:
    assert offenses_in_tests(ROOT / "tests") == []


@pytest.mark.parametrize(
    "line",
    [
        "import datetime as dt\nx = dt.datetime.now(dt.UTC)",
        "import datetime as dt\nx = dt.date.today()",
        "x = system_now()",
        "x = clock.system_now()",
        "db.execute('INSERT INTO t VALUES (now())')",
        "db.execute('SELECT current_date')",
    ],
)
def test_a_test_that_asks_for_the_time_is_found(line: str) -> None:
    assert "for the time" in offenses_in_test("business/test_day.py", line)[0]


@pytest.mark.parametrize(
    "line",
    [
        "from kalends.platform.clock import system_now\nworker = Worker(clock=system_now)",
        "def test_the_day_is_known_now() -> None: ...",
        "x = 'all that is known (by now)'",
    ],
)
def test_a_test_may_hand_a_clock_on_and_speak_of_time(line: str) -> None:
    assert offenses_in_test("business/test_day.py", line) == []


@pytest.mark.parametrize(
    "line",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.utcnow()",
        "from datetime import date\nx = date.today()",
        "import time\nx = time.time()",
        "from time import time",
        "from django.utils import timezone\nx = timezone.now()",
        "created_at = DateTimeField(auto_now_add=True)",
        "from django.utils import timezone\ncreated_at = DateTimeField(default=timezone.now)",
    ],
)
def test_asking_for_the_time_is_found_everywhere_but_in_the_clock(line: str) -> None:
    assert "asks for the time" in offenses_in_python("kalends/worker/beat.py", line)[0]
    assert offenses_in_python("kalends/platform/clock.py", line) == []


def test_waiting_and_measuring_are_no_questions_about_the_time() -> None:
    assert (
        offenses_in_python("kalends/worker/beat.py", "import time\ntime.sleep(1)\nbegan = time.monotonic()")
        == []
    )


@pytest.mark.parametrize("line", ["x = round(y, 2)", "x = float('11.90')"])
def test_rounding_and_floats_are_found_in_the_rooms_of_money(line: str) -> None:
    for room in ("core", "billing", "payments", "ledger"):
        assert "near money" in offenses_in_python(f"kalends/{room}/sums.py", line)[0]
    assert offenses_in_python("kalends/cli/progress.py", line) == []


def test_a_float_written_out_is_found_among_the_rules() -> None:
    assert "the float 0.15" in offenses_in_python("kalends/core/pricing.py", "share = 0.15")[0]
    assert offenses_in_python("kalends/payments/gateway.py", "timeout_seconds = 0.5") == []


def test_a_function_may_have_sixty_lines_besides_its_docstring() -> None:
    docstring = '    """One.\n\n    Two.\n    """\n'
    sixty = "def f():\n" + docstring + "    x = 1\n" * 59
    assert offenses_in_python("kalends/cli/long.py", sixty) == []
    assert "f has 61 lines" in offenses_in_python("kalends/cli/long.py", sixty + "    x = 1\n")[0]


def test_a_file_may_have_four_hundred_lines() -> None:
    assert offenses_in_python("kalends/cli/long.py", "x = 1\n" * 400) == []
    assert "401 lines" in offenses_in_python("kalends/cli/long.py", "x = 1\n" * 401)[0]


@pytest.mark.parametrize(
    "statement", ["SELECT now()", "WHERE due <= CURRENT_DATE", "SELECT clock_timestamp ()"]
)
def test_sql_that_asks_for_the_time_is_found(statement: str) -> None:
    assert "asks the server" in offenses_in_sql("kalends/billing/sql/claim.sql", statement)[0]


@pytest.mark.parametrize(
    "statement", ["SELECT known_at FROM t", "SELECT 1 -- not now()", "WHERE due <= %(today)s"]
)
def test_sql_that_is_told_the_time_passes(statement: str) -> None:
    assert offenses_in_sql("kalends/billing/sql/claim.sql", statement) == []
