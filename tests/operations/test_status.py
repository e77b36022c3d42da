"""The status page and ``kalends status``: who may look, and that both say the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from kalends.accounts.sql import enter_account
from kalends.billing.hold import hold_billing, release_billing
from kalends.catalog.registry import get_object
from kalends.exports import exports
from kalends.exports.request import Request
from kalends.operations.processes import WORKER, Process, Shared
from kalends.proof.made import keep_proof, last_proofs
from kalends.proof.report import CheckMade, Report
from kalends.staff.status import waiting
from tests.cli.conftest import Give
from tests.conftest import AnyConnection
from tests.staff.stage import Stage, give_place, new_user


@pytest.fixture
def inside(db: AnyConnection, stage: Stage) -> AnyConnection:
    enter_account(db, stage.ctx.id)
    return db


@pytest.fixture
def held(inside: AnyConnection, stage: Stage) -> Iterator[None]:
    hold_billing(inside, stage.ctx, actor="test")
    yield
    release_billing(inside, stage.ctx, actor="test")


def page_of(client: Client, stage: Stage, name: str = "") -> str:
    answer = client.get(f"/{stage.ctx.id}/status{name}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("held")
def test_the_page_names_what_is_wrong_and_what_to_do(client: Client, stage: Stage) -> None:
    text = page_of(client, stage)
    assert "No worker looks after this account" in text
    assert "Start one with “kalends worker”" in text
    assert "Billing is held" in text
    assert "PostgreSQL" in text
    for heading in ("What wants attention", "What waits for a worker", "Workers and servers"):
        assert heading in text


def test_it_asks_for_itself_anew_and_gets_the_part_that_changes(client: Client, stage: Stage) -> None:
    address = f"/{stage.ctx.id}/status/now"
    assert f'hx-get="{address}" hx-trigger="every 10s"' in page_of(client, stage)
    part = page_of(client, stage, "/now")
    assert part.lstrip().startswith('<div class="billing" id="status-now"')
    assert f'hx-get="{address}"' in part


def test_only_who_may_change_settings_looks(
    stage: Stage, inside: AnyConnection, sign_in: Callable[..., Client]
) -> None:
    reader = new_user()
    give_place(inside, reader, stage.ctx.id)
    inside.execute(
        "UPDATE membership SET role = 'reader' WHERE account_id = %s AND user_id = %s",
        [stage.ctx.id, reader.id],
    )
    client = sign_in(reader)
    for name in ("", "/now"):
        assert client.get(f"/{stage.ctx.id}/status{name}").status_code == 403
    assert f"/{stage.ctx.id}/status" not in client.get(stage.index).content.decode()


@pytest.mark.usefixtures("held")
def test_the_command_says_the_same_as_the_page(client: Client, stage: Stage, give: Give) -> None:
    answer = give("status", "--account", stage.ctx.id, "--json")
    document = json.loads(answer.out)
    (account,) = document["accounts"]
    told = {each["trouble"]: each for each in account["attention"]}
    assert {"no_worker", "held"} <= set(told)
    text = page_of(client, stage)
    for each in told.values():
        assert each["what"] in text
    assert document["installation"]["version"] in text
    people = give("status", "--account", stage.ctx.id).out
    assert f"! {told['held']['what']}" in people
    assert told["held"]["remedy"] in people
    assert "last proof" in people


def test_verify_leaves_word_of_what_it_found(stage: Stage, inside: AnyConnection, give: Give) -> None:
    before = len(last_proofs(inside, stage.ctx.id, 100))
    assert give("verify", "--account", stage.ctx.id).code == 0
    proofs = last_proofs(inside, stage.ctx.id, 100)
    assert len(proofs) == before + 1
    assert (proofs[0].differences, proofs[0].found) == (0, ())
    assert proofs[0].invoices > 5
    (account,) = give("status", "--account", stage.ctx.id, "--json").json()["accounts"]
    assert account["proof"]["invoices"] == proofs[0].invoices


def test_charges_without_an_answer_are_named_with_what_is_needed_to_look_them_up(
    client: Client, stage: Stage, inside: AnyConnection, give: Give
) -> None:
    row = inside.execute(
        "SELECT a.invoice_id, a.attempt, a.payment_id, i.number, a.status FROM charge_attempt AS a "
        "JOIN invoice AS i ON i.account_id = a.account_id AND i.id = a.invoice_id "
        "WHERE a.account_id = %s AND a.status = 'succeeded' ORDER BY a.payment_id LIMIT 1",
        [stage.ctx.id],
    ).fetchone()
    assert row is not None
    invoice_id, attempt, payment, number, status = row
    key = [stage.ctx.id, invoice_id, attempt]
    change = (
        "UPDATE charge_attempt SET status = %s WHERE account_id = %s AND invoice_id = %s AND attempt = %s"
    )
    inside.execute(change, ["sent", *key])
    try:
        text = page_of(client, stage)
        (account,) = give("status", "--account", stage.ctx.id, "--json").json()["accounts"]
        people = give("status", "--account", stage.ctx.id).out
    finally:
        inside.execute(change, [status, *key])
    assert "Charges without an answer" in text
    assert f'/{payment}">Payment {payment}</a>' in text
    assert f"{number} at sandbox, since" in text
    (first,) = account["charges"]["first"]
    assert (first["payment_id"], first["invoice"], first["processor"]) == (payment, number, "sandbox")
    assert f"payment {payment}: " in people
    assert f"of invoice {number} at sandbox, no answer since" in people


@pytest.mark.usefixtures("held")
def test_a_trouble_leads_to_the_page_on_which_it_is_mended(client: Client, stage: Stage) -> None:
    (needs,) = re.findall(r"<li[^>]*>(?:(?!</li>).)*Billing is held.*?</li>", page_of(client, stage), re.S)
    assert f'<a href="/{stage.ctx.id}/billing">Billing</a>' in needs


def test_what_the_last_proof_found_is_named_up_to_ten_and_the_rest_is_counted(
    client: Client, stage: Stage, inside: AnyConnection, give: Give
) -> None:
    report = Report(checked=40, checks=[CheckMade("totals", "Totals add up.")])
    for place in range(13):
        report.add(report.checks[0], f"Invoice INV-{place}", "total", "5", "6")
    keep_proof(inside, stage.ctx, report, dt.datetime(2031, 1, 1, tzinfo=dt.UTC), dt.date(2031, 1, 1))
    try:
        text = page_of(client, stage)
        people = give("status", "--account", stage.ctx.id).out
    finally:
        inside.execute(
            "DELETE FROM proof_made WHERE account_id = %s AND made_at > '2030-01-01'", [stage.ctx.id]
        )
    assert "Invoice INV-9: total is 5, but should be 6." in text
    assert "INV-10:" not in text
    assert "Besides these: 3. “kalends verify” names all of them." in text
    assert "at night, 40 invoices, 13 differences" in people
    assert "and 3 more, which `kalends verify` names" in people


NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def asked(stage: Stage, inside: AnyConnection, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An export that was asked for at a moment that the system's clock has just passed by a minute."""
    monkeypatch.setattr(waiting, "system_now", lambda: NOW + dt.timedelta(seconds=60))
    wanted = Request(object="contact", columns=("email",))
    id_ = exports.ask(inside, stage.ctx, get_object("contact"), wanted, now=NOW, user_id=stage.user.id)
    yield id_
    inside.execute("DELETE FROM data_export WHERE account_id = %s AND id = %s", [stage.ctx.id, id_])


def standing_of(client: Client, stage: Stage, id_: int) -> str:
    return client.get(f"/{stage.ctx.id}/exports/{id_}/standing").content.decode()


def test_an_export_that_waits_says_after_a_minute_that_nobody_works(
    client: Client, stage: Stage, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Process(
        "w",
        WORKER,
        "mill",
        17,
        "0.1.0",
        None,
        NOW,
        NOW + dt.timedelta(seconds=50),
        None,
        Shared("a", "b", "c"),
    )
    hint = "no worker that looks after this account has been seen for a minute"
    assert hint in standing_of(client, stage, asked)
    monkeypatch.setattr(waiting, "system_now", lambda: NOW + dt.timedelta(seconds=59))
    assert hint not in standing_of(client, stage, asked)
    monkeypatch.setattr(waiting, "system_now", lambda: NOW + dt.timedelta(seconds=60))
    monkeypatch.setattr(waiting, "processes", lambda db: [worker])
    assert hint not in standing_of(client, stage, asked)
    monkeypatch.setattr(waiting, "processes", lambda db: [worker._replace(only=stage.ctx.id + 1)])
    assert hint in standing_of(client, stage, asked)
