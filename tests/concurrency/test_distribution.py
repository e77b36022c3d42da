"""Accounts could live on several machines: every key holds the account, and every statement names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from kalends.accounts.distribution import (
    Report,
    Statement,
    look_at_statements,
    look_at_tables,
    written_statements,
)
from kalends.platform import database
from kalends.proof.verify import verify
from kalends.worker.loop import Worker
from tests.cli.conftest import Give
from tests.cli.conftest import give as give  # noqa: PLC0414 - a fixture, found under this name
from tests.concurrency.recording import recorded
from tests.staff.deeds import Company, companies

Db = psycopg.Connection[Any]

PARTS = {
    "accounts/teams.py": "a part of others",
    "billing/sql/retries_exhausted.sql": "a parameter's type is known only with its value",
    "imports/agreements.py": "reads the rows of a file that is being imported, in a table of the session",
    "imports/people.py": "the same",
    "imports/staging.py": "the same",
    "messages/reminders.py": "a part of others",
    "messages/sql/invoice_reminders_due.sql": "a parameter's type is known only with its value",
    "messages/sql/letters_later.sql": "a part of others",
    "messages/sql/letters_of_invoices.sql": "has a part put in",
    "messages/sql/letters_of_payments.sql": "has a part put in",
    "messages/sql/letters_of_subscriptions.sql": "has a part put in",
    "payments/processors/sandbox/sql/open_setup.sql": "one parameter is of two types",
    "platform/database.py": "a part of others",
}
"""What cannot be planned by itself; it is looked at where it was recorded."""

PAGES = (
    "",
    "/subscriptions",
    "/subscriptions?q=kari",
    "/contacts",
    "/invoices",
    "/payments",
    "/segments",
    "/workflows",
    "/tasks",
    "/billing",
    "/analytics",
    "/reports",
    "/exports",
    "/settings",
    "/settings/members",
)


@pytest.fixture
def past_walls(server: str) -> Iterator[Db]:
    """Somebody whom no wall between accounts helps; what they do to the tables is taken back."""
    with psycopg.connect(make_conninfo(server, user="postgres")) as db:
        yield db
        db.rollback()


def found(report: Report) -> list[tuple[str, str]]:
    return [(each.kind, each.what) for each in report.found]


def test_every_table_key_sequence_and_function_keeps_to_an_account_or_says_why(past_walls: Db) -> None:
    assert found(look_at_tables(past_walls)) == []


# Whatever rows other tests left: two accounts may well have a contact of the same id.
PLANTED = [
    ("CREATE TABLE of_nobody (id int PRIMARY KEY)", ("table", "of_nobody")),
    ("CREATE TABLE without_key (account_id bigint)", ("table", "without_key")),
    ("CREATE UNIQUE INDEX alone ON contact (id) WHERE false", ("key", "contact.alone")),
    (
        (
            "CREATE TABLE firm (account_id bigint, id bigint PRIMARY KEY); "
            "ALTER TABLE contact ADD CONSTRAINT lonely FOREIGN KEY (primary_company_id) REFERENCES firm (id) NOT VALID"
        ),
        ("foreign key", "contact.lonely"),
    ),
    ("CREATE SEQUENCE further", ("sequence", "further")),
    (
        "CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM invoice'",
        ("function", "counts"),
    ),
    ("DROP FUNCTION leave_numbers_behind()", ("function", "leave_numbers_behind")),
]


@pytest.mark.parametrize(("fault", "named"), PLANTED, ids=[named[1] for _, named in PLANTED])
def test_what_does_not_is_named(past_walls: Db, fault: str, named: tuple[str, str]) -> None:
    past_walls.execute(fault)  # type: ignore[call-overload]
    assert named in found(look_at_tables(past_walls))


def test_no_statement_that_is_written_down_looks_into_other_accounts(past_walls: Db) -> None:
    report = look_at_statements(past_walls, written_statements())
    assert found(report) == []
    assert report.looked_at["statements"] > 900
    unseen = {place.split(":")[0]: why for place, why in report.unseen}
    assert {place: why for place, why in unseen.items() if place not in PARTS} == {}
    assert set(PARTS) <= set(unseen), "can be looked at by now"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SELECT total_minor FROM invoice WHERE id = %s", ["invoice"]),
        ("UPDATE invoice SET status = 'paid' WHERE id = ANY(%(ids)s)", ["invoice"]),
        (
            "SELECT FROM invoice AS i JOIN payment AS p ON p.invoice_id = i.id WHERE i.account_id = %s",
            ["payment"],
        ),
        (
            "SELECT FROM invoice WHERE account_id = %s AND EXISTS (SELECT FROM payment WHERE invoice_id = 7)",
            ["payment"],
        ),
        ("SELECT FROM invoice AS i JOIN payment AS p USING (account_id) WHERE i.account_id = %s", []),
        (
            "SELECT FROM account AS a JOIN invoice AS i ON i.account_id = a.id WHERE a.id = %s AND i.id = %s",
            [],
        ),
        ("INSERT INTO pay_run_of_nobody SELECT 1", None),
    ],
)
def test_a_statement_that_does_is_named(past_walls: Db, text: str, named: list[str] | None) -> None:
    report = look_at_statements(past_walls, [Statement("here", text)])
    if named is None:
        assert len(report.unseen) == 1
    else:
        assert [each.why for each in report.found] == [
            f"it reads {table} without an account" for table in named
        ]


def test_a_statement_that_joins_by_the_account_and_names_none_is_named(past_walls: Db) -> None:
    text = "SELECT count(*) FROM contact AS c JOIN company AS o USING (account_id)"
    (first, *_) = look_at_statements(past_walls, [Statement("here", text)]).found
    assert first.why in ("it reads company without an account", "it reads contact without an account")


@pytest.fixture
def company(server: str) -> Iterator[Company]:
    yield from companies()


def test_neither_does_one_that_is_put_together_while_people_and_the_worker_are_at_it(
    company: Company, past_walls: Db, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    world = company.world
    with recorded() as sent:
        for outcome in ("approved", "declined", None):
            kari = world.customer()
            world.subscribe(kari, method=world.method(kari, outcome) if outcome else None)
        world.until("2026-02-10")
        (subscription,) = world.rows("SELECT min(id) FROM subscription WHERE account_id = %s", world.ctx.id)[
            0
        ]
        for path in (*PAGES, f"/subscriptions/{subscription}", f"/contacts/{kari}"):
            assert company.client.get(f"/{world.ctx.id}{path}", follow=True).status_code in (200, 404), path
        company.send("subscriptions", subscription, "cancel", when="now", acknowledged="on")
        Worker(lambda: world.ctx.now, lambda: database.connect(autocommit=True), only=world.ctx.id).run_once()
        assert verify(world.db, world.ctx).differences == []
    texts = dict.fromkeys(each.text for each in sent)
    report = look_at_statements(past_walls, [Statement(text, text) for text in texts if is_asked(text)])
    assert found(report) == []
    assert report.looked_at["statements"] > 150


def is_asked(text: str) -> bool:
    """Whether it asks for rows or changes some: not what sets a session, and not what looks at it."""
    return text.lstrip().split(None, 1)[0].upper() in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def test_the_command_tells_programs_what_it_found(
    give: Give, owner: Db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [Statement("some.sql", "SELECT FROM invoice WHERE account_id = %s")]
    monkeypatch.setattr("kalends.accounts.distribution.written_statements", lambda: few)
    answer = give("distribution", "--json")
    assert answer.code == 0, answer
    told = answer.json()
    assert told["found"] == []
    assert told["looked_at"]["statements"] == 1
    assert {"kind", "what", "why"} == set(told["declared"][0])
    owner.execute("CREATE TABLE of_nobody (id int PRIMARY KEY)")
    (tmp_path / "more").write_text(json.dumps("SELECT FROM invoice WHERE id = %s") + "\n")
    try:
        answer = give("distribution", "--recorded", tmp_path / "more")
    finally:
        owner.execute("DROP TABLE of_nobody")
    assert answer.code == 1
    assert "table of_nobody:" in answer.out
    assert "statement more:1: it reads invoice without an account." in answer.out
