"""What wants attention is named: on the page, by the command, in the metrics; and what is fine is not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from kalends.accounts.context import AccountContext
from kalends.billing.history import Run
from kalends.billing.hold import Hold
from kalends.operations.installation import Installation
from kalends.operations.processes import WORKER, Process, Shared
from kalends.operations.standing import Backlog, Due, Standing, standing
from kalends.operations.troubles import CODES, Trouble, troubles_of, troubles_of_all
from kalends.platform.translations import compile_translations
from kalends.proof.made import KEPT_PROOFS, ProofMade, keep_proof, last_proofs
from kalends.proof.reconcile import Reconciled
from kalends.proof.report import CheckMade, Report
from kalends.staff.status.words import in_words
from tests.conftest import AnyConnection
from tests.world import World

NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
SHARED = Shared("a", "b", "c")
PROCESS = Process("w", WORKER, "mill", 17, "0.1.0", None, NOW, NOW, NOW, SHARED)
WHOLE = Installation("0.1.0", "18.1", "book", 10_000_000, 12, 100, None, (PROCESS,))
RUN = Run(1, NOW, NOW, NOW, 5, 5, 5, 0, 0, 0, 0, is_running=False)
PROOF = ProofMade(NOW, NOW, 40, 30, 0, ())


@pytest.fixture
def fine(db: AnyConnection, account: AccountContext) -> Standing:
    """A live account in which nothing is wrong."""
    ctx = replace(account, mode="live", now=NOW)
    return replace(standing(db, ctx, NOW), runs=(RUN,), proof=PROOF)


def codes(account: Standing, whole: Installation = WHOLE, now: dt.datetime = NOW) -> list[str]:
    return [each.code for each in (*troubles_of(account, whole, now), *troubles_of_all(whole, now))]


def test_where_nothing_is_wrong_nothing_is_named(fine: Standing) -> None:
    assert codes(fine) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"due": (Due("EUR", 4, 400, 1),)}, "late"),
        ({"unknown": 1, "unknown_seconds": 601}, "unknown"),
        ({"parked": 2}, "parked"),
        ({"hold": Hold(NOW, "user:1", "")}, "held"),
        ({"runs": (RUN._replace(ended_at=None),)}, "run_killed"),
        ({"backlogs": (Backlog("letters", 3, 901),)}, "backlog"),
        ({"letters_failed": 1}, "letters_failed"),
        ({"webhooks_given_up": 1}, "webhooks_given_up"),
        ({"proof": PROOF._replace(differences=2)}, "proof_differs"),
        ({"reconciled": Reconciled(1, "stripe", NOW.date(), NOW.date(), NOW, 9, 1, ("x",))}, "books_differ"),
        ({"proofs_stopped": 1}, "proof_stopped"),
        ({"proof": None}, "not_proved"),
        ({"proof": PROOF._replace(made_at=NOW - dt.timedelta(days=9))}, "not_proved"),
    ],
)
def test_each_trouble_of_an_account_is_named(fine: Standing, change: dict[str, Any], code: str) -> None:
    assert codes(replace(fine, **change)) == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"processes": ()}, "no_worker"),
        ({"processes": (PROCESS._replace(seen_at=NOW - dt.timedelta(seconds=61)),)}, "no_worker"),
        ({"processes": (PROCESS._replace(only=999_999),)}, "no_worker"),
        ({"processes": (PROCESS._replace(turned_at=NOW - dt.timedelta(minutes=16)),)}, "worker_stuck"),
        ({"processes": (PROCESS, PROCESS._replace(shared=SHARED._replace(signing_key="x")))}, "signing_key"),
        (
            {"processes": (PROCESS, PROCESS._replace(shared=SHARED._replace(sealing_keys="x")))},
            "sealing_keys",
        ),
        ({"processes": (PROCESS, PROCESS._replace(shared=SHARED._replace(files="x")))}, "files"),
        ({"processes": (PROCESS, PROCESS._replace(version="0.0.9"))}, "version"),
        ({"connections": 81}, "connections"),
        ({"log_waits_since": NOW - dt.timedelta(seconds=181)}, "log_not_kept"),
    ],
)
def test_each_trouble_of_the_installation_is_named(fine: Standing, change: dict[str, Any], code: str) -> None:
    assert codes(fine, replace(WHOLE, **change)) == [code]


def test_what_is_on_its_way_or_wanted_is_no_trouble(fine: Standing) -> None:
    late = replace(fine, due=(Due("EUR", 4, 400, 1),))
    assert codes(replace(late, runs=(RUN._replace(ended_at=None, is_running=True),))) == []
    assert codes(replace(late, hold=Hold(NOW, "user:1", ""))) == ["held"]
    assert codes(replace(fine, unknown=1, unknown_seconds=600)) == []
    assert codes(replace(fine, backlogs=(Backlog("letters", 3, 900),))) == []
    assert codes(replace(fine, runs=(), proof=None)) == [], "there is nothing to prove yet"


def test_a_sandbox_is_not_asked_to_be_on_time_or_proved(fine: Standing) -> None:
    sandbox = replace(fine, ctx=replace(fine.ctx, mode="sandbox"), due=(Due("EUR", 4, 400, 1),), proof=None)
    assert codes(sandbox) == []


def test_what_waits_in_a_sandbox_is_not_old_because_its_clock_was_moved(world: World) -> None:
    world.subscribe(world.customer(), "100")
    world.until("2026-05-01")
    letters = next(each for each in standing(world.db, world.ctx, NOW).backlogs if each.kind == "letters")
    assert letters.count > 0
    assert letters.seconds == 0


def test_the_worst_comes_first(fine: Standing) -> None:
    found = troubles_of(
        replace(fine, parked=1, letters_failed=1, proof=PROOF._replace(differences=1)), WHOLE, NOW
    )
    assert [each.code for each in found] == ["proof_differs", "parked", "letters_failed"]


@pytest.mark.parametrize("language", ["en", "nb", "fi"])
def test_every_trouble_has_words_with_its_figures_and_a_remedy(language: str) -> None:
    compile_translations()
    with translation.override(language):
        said = {code: in_words(Trouble(code, "bad", 4711, "letters")) for code in CODES}
    assert len({each.what for each in said.values()}) == len(CODES)
    assert all(each.remedy for each in said.values())
    for code in ("late", "parked", "unknown", "proof_differs", "letters_failed", "backlog"):
        assert "4711" in said[code].what, code


def test_a_proof_is_kept_with_what_it_found_and_old_ones_are_forgotten(
    db: AnyConnection, account: AccountContext
) -> None:
    report = Report(checked=7, checks=[CheckMade("totals", "Totals add up.")])
    keep_proof(db, account, report, NOW)
    assert last_proofs(db, account.id) == [ProofMade(NOW, account.now, 7, 1, 0, ())]
    for number in range(25):
        report.add(report.checks[0], f"Invoice INV-{number}", "the total", "5", "6")
    keep_proof(db, account, report, NOW + dt.timedelta(days=1))
    newest, before = last_proofs(db, account.id, 5)
    assert (newest.differences, len(newest.found), before.differences) == (25, 20, 0)
    assert newest.found[0] == "Invoice INV-0: the total is 5, but should be 6."
    db.execute(
        "INSERT INTO proof_made (account_id, made_at, as_of, invoices, checks, differences, found) "
        "SELECT %s, timestamptz '2020-01-01 00:00Z' + n * interval '1 day', %s, 1, 1, 0, '[]' "
        "FROM generate_series(1, %s) AS n",
        [account.id, NOW, KEPT_PROOFS],
    )
    keep_proof(db, account, report, NOW + dt.timedelta(days=2))
    kept = last_proofs(db, account.id, 10_000)
    assert len(kept) == KEPT_PROOFS
    assert [each.made_at.year for each in kept[:4]] == [2026, 2026, 2026, 2021]
