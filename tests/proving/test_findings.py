"""Each question of a proof finds the fault it is asked for: faults are planted, in transactions that are taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from kalends.platform import database
from kalends.proving import books, compare, once
from kalends.proving.findings import KEPT_MOST, Finding
from kalends.proving.once import Since
from kalends.proving.prove import together
from tests.conftest import FIRST_MOMENT, AnyConnection
from tests.world import World


class Books(NamedTuple):
    """Books in which two people paid two months, one by card and one not yet, and who may break them."""

    world: World
    owner: AnyConnection
    since: Since

    def breaks(self, *statements: str) -> None:
        """Change what nobody may change; it is taken back after the test."""
        self.owner.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            self.owner.execute(statement.encode(), {"account": self.since.account})


@pytest.fixture
def told(world: World, as_postgres: AnyConnection) -> Iterator[Books]:
    kari, ola = world.customer(), world.customer()
    world.subscribe(kari, "100", method=world.method(kari))
    world.subscribe(ola, "240", net_terms_days=30)
    world.until("2026-02-02")
    with as_postgres.transaction(force_rollback=True):
        yield Books(world, as_postgres, Since(world.ctx.id, FIRST_MOMENT))


_COPY_AN_INVOICE = """
    INSERT INTO invoice SELECT (jsonb_populate_record(NULL::invoice, to_jsonb(i) || jsonb_build_object(
        'id', nextval('record_id'), 'number', i.number || '-2'))).* FROM invoice AS i
    WHERE account_id = %(account)s AND cycle = 0
"""
_COPY_A_CHARGE = """
    INSERT INTO sandbox_charge SELECT (jsonb_populate_record(NULL::sandbox_charge, to_jsonb(c) || jsonb_build_object(
        'idempotency_key', 'another', 'reference', c.reference || '2'))).* FROM sandbox_charge AS c
    WHERE account_id = %(account)s ORDER BY created_at LIMIT 1
"""
_COPY_A_LETTER = """
    INSERT INTO message SELECT (jsonb_populate_record(NULL::message, to_jsonb(m) || jsonb_build_object(
        'id', nextval('record_id')))).* FROM message AS m WHERE account_id = %(account)s ORDER BY id LIMIT 1
"""


def test_books_that_were_billed_in_peace_have_the_right_answers(told: Books) -> None:
    for ask in (once.invoices_once, once.charges_once, once.letters_once):
        finding = ask(told.world.db, told.since)
        assert finding.holds, finding
        assert finding.looked_at > 0, finding
    for compare_both in (
        compare.same_invoices,
        compare.same_money,
        compare.same_letters,
        compare.same_schedules,
    ):
        finding = compare_both(told.world.db, told.owner, told.since)
        assert finding.holds, finding
        assert finding.looked_at > 0, finding


def test_a_cycle_with_two_invoices_is_found_where_the_unique_key_is_gone(told: Books) -> None:
    told.breaks("DROP INDEX invoice_once_per_cycle", _COPY_AN_INVOICE)

    finding = once.invoices_once(told.owner, told.since)

    assert finding.wrong == 2
    assert "Cycle 1 of subscription" in finding.first[0]
    assert "has 2 invoices" in finding.first[0]


def test_a_second_charge_under_another_key_is_found_in_the_processors_own_book(told: Books) -> None:
    told.breaks(_COPY_A_CHARGE)
    (sentence,) = once.charges_once(told.owner, told.since).first
    assert "Invoice INV-1" in sentence
    assert "of 100.00 EUR was charged 2 times, 200.00 EUR together" in sentence


def test_a_charge_without_an_invoice_is_found(told: Books) -> None:
    told.breaks("DELETE FROM invoice WHERE account_id = %(account)s AND collection = 'automatic'")
    assert once.charges_once(told.owner, told.since).wrong == 2


def test_a_letter_that_was_decided_on_twice_is_found(told: Books) -> None:
    told.breaks("ALTER TABLE message DROP CONSTRAINT message_sent_once", _COPY_A_LETTER)
    assert once.letters_once(told.owner, told.since).wrong == 1


@pytest.mark.parametrize(
    ("table", "status", "what"),
    [
        ("charge_attempt", "sent", "A charge of an invoice has no outcome"),
        ("message", "sending", "A letter was begun and not ended"),
        ("message", "queued", "A letter was decided on and not sent"),
    ],
)
def test_what_is_left_half_done_is_found(told: Books, table: str, status: str, what: str) -> None:
    told.breaks("UPDATE message SET status = 'sent' WHERE account_id = %(account)s")
    assert once.nothing_half_done(told.owner, told.since).holds
    told.breaks(
        f"UPDATE {table} SET status = '{status}' WHERE account_id = %(account)s AND ctid = "
        f"(SELECT min(ctid) FROM {table} WHERE account_id = %(account)s)"
    )
    assert once.nothing_half_done(told.owner, told.since).first == [f"{what}: 1."]


_DIFFERENCES: list[tuple[Callable[..., Finding], str, str]] = [
    (
        compare.same_invoices,
        "UPDATE invoice SET total_minor = total_minor + 1, subtotal_minor = subtotal_minor + 1",
        "in trouble: cycle 1 of",
    ),
    (compare.same_invoices, "UPDATE invoice SET due_date = due_date + 1", "100.00 EUR"),
    (compare.same_invoices, "DELETE FROM invoice", "in trouble: nothing"),
    (compare.same_money, "UPDATE payment SET amount_minor = amount_minor + 1", "200.02 EUR"),
    (compare.same_money, "UPDATE payment SET status = 'failed'", "payments failed"),
    (compare.same_letters, "DELETE FROM message", "in trouble: nothing"),
    (compare.same_schedules, "UPDATE subscription SET next_cycle = next_cycle + 1", "in peace: subscription"),
]


@pytest.mark.parametrize(("ask", "fault", "words"), _DIFFERENCES)
def test_what_differs_between_the_two_copies_is_named(
    told: Books, ask: Callable[..., Finding], fault: str, words: str
) -> None:
    told.breaks(f"{fault} WHERE account_id = %(account)s")

    finding = ask(told.world.db, told.owner, told.since)

    assert not finding.holds
    assert any(words in sentence for sentence in finding.first), finding.first


def test_a_figure_that_is_not_what_it_comes_to_is_named_with_its_account(told: Books) -> None:
    @contextmanager
    def enter(_account: int) -> Iterator[Any]:
        yield told.owner, ctx, lambda: database.connect(autocommit=True)

    ctx = told.world.reload()
    wrong = "total_minor = total_minor + 1, subtotal_minor = subtotal_minor + 1"
    told.breaks(f"UPDATE invoice SET {wrong} WHERE account_id = %(account)s AND cycle = 0")

    ledger, figures, _ = books.worked_out_again(enter, [told.since.account])

    assert not ledger.holds or not figures.holds
    assert figures.first[0].startswith("Nordlys Test AS: ")
    assert books.as_copied(enter, [told.since.account]).wrong == ledger.wrong + figures.wrong


def test_answers_of_several_accounts_are_one(told: Books) -> None:
    first, second = Finding("x", "?", "invoices", 2), Finding("x", "?", "invoices", 3)
    second.add("wrong")
    answers: dict[str, Finding] = {}
    for each in (first, second):
        together(answers, each)
    assert answers["x"].answer == "NO: 1 found wrong, 5 invoices looked at"


def test_of_many_faults_some_are_named_and_all_are_counted() -> None:
    finding = Finding("x", "?", "invoices")
    for number in range(KEPT_MOST + 1):
        finding.add(str(number))
    assert (finding.wrong, len(finding.first)) == (KEPT_MOST + 1, KEPT_MOST)
