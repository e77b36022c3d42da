"""All that is done for one reason has one id: in every log line, and in the answer."""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import sys
import uuid
from typing import Any

import pytest
import structlog
from django.test import Client

from kalends.platform.correlation import current, id_of, new_id, working_under
from tests.operations.conftest import Log
from tests.staff.stage import Stage


@pytest.mark.parametrize("given", ["edge-4711-abc", "0f5a3d0e-8f4e-4c58-9c5e-0d5a86f3b111", "A" * 128])
def test_a_well_formed_id_is_taken_over(given: str) -> None:
    assert id_of({"X-Request-ID": given}) == given


@pytest.mark.parametrize(
    "given", ["", "short", "A" * 129, "two\nlines-of-it", "with space", '{"event":1}', "<script>alert"]
)
def test_an_id_that_could_spoil_a_log_is_not(given: str) -> None:
    made = id_of({"X-Request-ID": given})
    assert made != given
    assert uuid.UUID(made)


def test_the_trace_of_the_proxy_in_front_is_taken_over_where_it_gives_no_id() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert id_of({"traceparent": trace}) == "0af7651916cd43dd8448eb211c80319c"
    assert id_of({"traceparent": trace, "X-Request-ID": "edge-4711-abc"}) == "edge-4711-abc"


@pytest.mark.parametrize(
    "trace",
    [
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    ],
)
def test_a_trace_that_the_standard_forbids_is_not(trace: str) -> None:
    assert uuid.UUID(id_of({"traceparent": trace})).version == 4


def test_an_answer_names_the_id_and_the_log_of_the_request_has_it(
    client: Client, stage: Stage, log: Log
) -> None:
    answer = client.get(stage.index, headers={"X-Request-ID": "edge-4711-abc"})
    assert answer["X-Request-ID"] == "edge-4711-abc"
    (line,) = log.of("request")
    assert (line["correlation_id"], line["route"], line["status"], line["method"]) == (
        "edge-4711-abc",
        "/<int:account_id>/subscriptions",
        200,
        "GET",
    )
    assert line["account_id"] == stage.ctx.id
    assert line["milliseconds"] > 0
    assert client.get(stage.index)["X-Request-ID"] != client.get(stage.index)["X-Request-ID"]


def test_a_program_gets_the_same_id_in_hubspots_header_and_in_an_error(client: Client) -> None:
    answer = client.get("/crm/v3/objects/contacts", headers={"X-Request-ID": "edge-4711-abc"})
    assert answer.status_code == 401
    assert answer["X-HubSpot-Correlation-Id"] == answer["X-Request-ID"] == "edge-4711-abc"
    assert answer.json()["correlationId"] == "edge-4711-abc"


def test_what_others_log_meanwhile_has_the_id_too_and_afterwards_nothing_has(log: Log) -> None:
    with working_under(new_id(), task="letters") as _:
        inside = current()
        structlog.get_logger().info("ours")
        logging.getLogger("somebody.else").warning("theirs %s", "too")
    structlog.get_logger().info("after")
    assert [(line["event"], line.get("correlation_id"), line.get("task")) for line in log.lines] == [
        ("ours", inside, "letters"),
        ("theirs too", inside, "letters"),
        ("after", None, None),
    ]
    assert current() is None


def test_nobody_writes_lines_of_their_own_into_the_log(log: Log) -> None:
    forged = 'x\n{"event": "forged"}\r\n\x1b[2K"}, {"event": "forged"}\u2028'
    structlog.get_logger().info("ours", said=forged, **{forged: 1})
    logging.getLogger("somebody.else").warning("theirs %s", forged)
    assert log.text.count("\n") == 2
    assert [line["event"] for line in log.lines] == ["ours", f"theirs {forged}"]
    assert log.lines[0]["said"] == forged
    assert "\x1b" not in log.text


def test_moments_of_the_log_are_utc_and_say_so(log: Log) -> None:
    structlog.get_logger().info("ours")
    logging.getLogger("somebody.else").warning("theirs")
    moments = [dt.datetime.fromisoformat(line["timestamp"]) for line in log.lines]
    assert [each.utcoffset() for each in moments] == [dt.timedelta(0)] * 2


def test_a_failure_is_logged_with_its_traceback_under_the_id(
    client: Client, stage: Stage, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a page broke")

    monkeypatch.setattr("kalends.staff.status.page._context", broken)
    client.raise_request_exception = False
    answer = client.get(f"/{stage.ctx.id}/status", headers={"X-Request-ID": "edge-4711-abc"})
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "edge-4711-abc")
    told = [line for line in log.lines if "RuntimeError: a page broke" in line.get("exception", "")]
    assert [line["correlation_id"] for line in told] == ["edge-4711-abc"]
    assert log.of("request")[-1]["level"] == "error"


def test_a_command_has_an_id_from_its_first_line_to_its_last() -> None:
    script = (
        "import kalends.cli.__main__ as m; from kalends.platform.correlation import current\n"
        "m._run = lambda words: print(current()) or 0\n"
        "m.run([]); m.run([])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()
    assert uuid.UUID(first) != uuid.UUID(second)
