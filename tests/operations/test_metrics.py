"""What Prometheus reads: every figure named in the documentation, true, and nothing of any customer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from kalends.accounts.sql import enter_account
from kalends.billing.hold import hold_billing
from kalends.operations.admission import VARIABLE, may_read
from kalends.operations.metrics import exposition
from kalends.operations.processes import WORKER, beat, this_process
from kalends.operations.troubles import CODES
from kalends.platform import database
from kalends.platform.home import open_home
from kalends.proof.made import keep_proof
from kalends.proof.report import CheckMade, Report
from tests.staff.stage import Stage
from tests.worker.conftest import MORNING
from tests.world import World

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
RULES = DOCS.parents[1] / "deploy" / "prometheus-alerts.yml"
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: bytes) -> Figures:
    """Every figure by its name and labels. Fails on what Prometheus would not read."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def figures(now: dt.datetime = MORNING) -> Figures:
    return read(exposition(lambda: database.connect(autocommit=True), now))


def counts() -> Figures:
    """What is told without the books, which in the tests' database are those of thousands of accounts."""

    def gone() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("gone")

    return read(exposition(gone, MORNING))


def of(found: Figures, name: str, **labels: object) -> float:
    return found[f"kalends_{name}", frozenset((key, str(value)) for key, value in labels.items())]


def test_the_figures_of_billing_are_those_of_the_books(new_world: Callable[..., World]) -> None:
    world = new_world()
    kari = world.customer()
    subscription = world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari))
    late = world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari))
    parked = world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari))
    world.db.execute(
        "UPDATE subscription SET next_due_date = next_due_date - 1 WHERE account_id = %s AND id = %s",
        [world.ctx.id, late],
    )
    world.db.execute(
        "INSERT INTO parked_subscription (account_id, id, cycle, since, code, reason, remedy) "
        "VALUES (%s, %s, 0, %s, 'amount', 'another amount', 'look')",
        [world.ctx.id, parked, MORNING],
    )
    hold_billing(world.db, world.ctx, actor="user:1")
    found = figures()
    account = {"account": world.ctx.id, "mode": "live"}
    assert subscription
    assert of(found, "subscriptions_due", **account) == 2
    assert of(found, "subscriptions_late", **account) == 1
    assert of(found, "subscriptions_parked", **account) == 1
    assert of(found, "billing_held", **account) == 1
    assert of(found, "troubles", **account, trouble="parked") == 1
    assert of(found, "troubles", **account, trouble="late") == 0, "held on purpose"
    assert of(found, "troubles", **account, trouble="no_worker") == 1
    assert of(found, "proof_timestamp_seconds", **account) == 0
    assert of(found, "database_up") == 1
    assert of(found, "database_connections") >= 1
    assert of(found, "database_size_bytes") > 1_000_000


def test_runs_proofs_backlogs_and_workers_are_told(new_world: Callable[..., World], worker: Any) -> None:
    world = new_world()
    kari = world.customer()
    world.subscribe(kari, "100", start=MORNING.date(), method=world.method(kari))
    account = {"account": world.ctx.id, "mode": "live"}
    worker.round()
    report = Report(checked=1, checks=[CheckMade("totals", "Totals add up.")])
    report.add(report.checks[0], "Invoice INV-1", "the total", "5", "6")
    enter_account(world.db, world.ctx.id)
    keep_proof(world.db, world.ctx, report, MORNING)
    world.db.execute(
        "INSERT INTO data_export (account_id, object, name, actor, asked, asked_at, key) "
        "VALUES (%s, 'contact', 'All', 'user:1', '{}', %s, 'k')",
        [world.ctx.id, MORNING - dt.timedelta(minutes=20)],
    )
    beat(world.db, this_process(open_home(), WORKER, MORNING), MORNING)
    found = figures(MORNING + dt.timedelta(seconds=30))
    assert of(found, "run_started_timestamp_seconds", **account) == MORNING.timestamp()
    assert of(found, "run_figures", **account, figure="invoiced") == 1
    assert of(found, "run_figures", **account, figure="collected") == 1
    assert of(found, "run_is_broken", **account) == 0
    assert of(found, "proof_timestamp_seconds", **account) == MORNING.timestamp()
    assert of(found, "proof_differences", **account) == 1
    assert of(found, "troubles", **account, trouble="proof_differs") == 1
    assert of(found, "backlog", **account, kind="exports") == 1
    assert of(found, "backlog_oldest_seconds", **account, kind="exports") == 20 * 60 + 30
    assert of(found, "troubles", **account, trouble="backlog") == 1
    assert of(found, "troubles", **account, trouble="no_worker") == 0
    assert of(found, "processes", kind="worker") == 1
    ages = [value for (name, _), value in found.items() if name == "kalends_worker_seen_age_seconds"]
    assert ages == [30]


def test_requests_are_counted_by_route_method_and_status(client: Client, stage: Stage) -> None:
    labels = {"route": "/<int:account_id>/status", "method": "GET", "status": "200"}
    before = counts().get(("kalends_http_requests_total", frozenset(labels.items())), 0)
    client.get(f"/{stage.ctx.id}/status")
    client.get(f"/{stage.ctx.id}/status")
    found = counts()
    assert of(found, "http_requests_total", **labels) == before + 2
    del labels["status"]
    assert of(found, "http_request_duration_seconds_count", **labels) >= 2
    client.generic("BREW", "/nothing-like-it/kal_42_secret")
    assert of(counts(), "http_requests_total", route="(nothing)", method="OTHER", status="404") >= 1


def test_nothing_of_a_customer_is_told(client: Client, stage: Stage) -> None:
    client.get(stage.record("main"))
    text = exposition(lambda: database.connect(autocommit=True), MORNING).decode()
    assert f'account="{stage.ctx.id}"' in text
    assert "/<int:account_id>/subscriptions/<" in text
    for told in (stage.ctx.name, stage.user.email, "Brekke", f"subscriptions/{stage.ids['main']}"):
        assert told not in text


def test_without_a_database_what_needs_none_is_told_still() -> None:
    found = counts()
    assert of(found, "database_up") == 0
    assert not any(name == "kalends_subscriptions_due" for name, _ in found)


def test_without_a_token_only_this_machine_reads_them() -> None:
    assert Client().get("/metrics", headers={"Host": "localhost:8000"}).status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.7").get("/metrics", headers={"Host": "localhost"}).status_code == 403
    assert Client().get("/metrics", headers={"Host": "billing.example.com"}).status_code == 403
    proxied = {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    assert Client().get("/metrics", headers=proxied).status_code == 403
    assert Client().post("/metrics").status_code == 405


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer scrape-m", "Basic scrape-me", "scrape-me"]
)
def test_with_a_token_nobody_reads_them_without_it(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(VARIABLE, "scrape-me")
    assert not may_read({"Authorization": given, "Host": "localhost"}, "127.0.0.1")
    assert may_read({"Authorization": "Bearer scrape-me", "X-Forwarded-For": "::1"}, "203.0.113.7")


def test_every_metric_stands_in_the_documentation_and_nothing_else_does() -> None:
    text = exposition(lambda: database.connect(autocommit=True), MORNING).decode()
    told = set(re.findall(r"^# TYPE (kalends_\w+) ", text, re.MULTILINE))
    written = set(re.findall(r"^\| `(kalends_\w+)`", DOCS.read_text("utf-8"), re.MULTILINE))
    assert written == told


def test_the_rules_for_alerts_ask_for_metrics_and_troubles_that_there_are() -> None:
    rules = RULES.read_text("utf-8")
    text = exposition(lambda: database.connect(autocommit=True), MORNING).decode()
    told = set(re.findall(r"^# TYPE (kalends_\w+) ", text, re.MULTILINE))
    asked = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"\bkalends_\w+", rules)}
    assert asked <= told
    assert len(asked) > 10
    named = {each for found in re.findall(r'trouble=~?"([\w|]+)"', rules) for each in found.split("|")}
    assert named
    assert named <= set(CODES)
