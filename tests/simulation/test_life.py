"""Whatever people, time and banks do to subscriptions, in whatever order: the books add up after every step.

A state machine chooses what happens; after each step the independent proof recomputes the account. When it finds
something, Hypothesis shrinks the story to the shortest one that still breaks.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kalends.accounts.change import change_settings
from kalends.accounts.create import create_account
from kalends.billing.changes import (
    cancel,
    cancel_at_period_end,
    cancel_subscriptions,
    change_payment_method,
    keep_after_all,
    pause,
    pause_later,
    resume,
)
from kalends.billing.create import InvalidSubscription, NewLine
from kalends.billing.credit import CannotCredit, CreditedLine, issue_credit_note
from kalends.billing.edit import Edit, EditRefused, LineEdit, apply_edit, preview_edit
from kalends.billing.run import run_due
from kalends.billing.switch_on import start_billing
from kalends.billing.void import CannotVoid, void_invoice
from kalends.core.calendar import Frequency
from kalends.core.lifecycle import RefusedTransition
from kalends.core.pricing import LineTerms
from kalends.payments.again import CannotCharge, charge_overdue, retry_by_hand
from kalends.payments.processors.registry import AccountProcessors
from kalends.payments.record import CannotRecord, ReceivedPayment, record_payments
from kalends.payments.refund import CannotRefund, request_refund
from kalends.platform import database
from kalends.proof.verify import verify
from tests.conftest import FIRST_MOMENT
from tests.world import World

STORIES = int(os.environ.get("KALENDS_STORIES", "2"))
STEPS = int(os.environ.get("KALENDS_STEPS", "20"))

METHODS = (
    ("card", "approved", ()),
    ("card", "approved_after", (2,)),
    ("card", "insufficient_funds", ()),
    ("card", "stolen", ()),
    ("card", "timeout_charged", ()),
    ("card", "timeout_not_charged", ()),
    ("card", "dispute_lost", (3, 9)),
    ("sepa", "approved", ()),
    ("sepa", "insufficient_funds", ()),
    ("sepa", "reports_twice", ()),
    None,
)
REFUSALS = (
    RefusedTransition,
    EditRefused,
    CannotVoid,
    CannotCredit,
    CannotCharge,
    CannotRecord,
    CannotRefund,
)
"""What a person may be told when they want what cannot be had; anything else is a fault."""


class Life(RuleBasedStateMachine):
    """An account in which anything may happen."""

    server_started: ClassVar[bool] = False

    @initialize()
    def begin(self) -> None:
        self.db = database.connect(autocommit=True)
        ctx = create_account(
            self.db,
            name="Life",
            time_zone="Europe/Oslo",
            currency="EUR",
            now=FIRST_MOMENT,
            clock_at=FIRST_MOMENT,
        )
        self.processors = AccountProcessors(database.connect, ctx.id)
        self.world = World(self.db, ctx, self.processors)
        self.subscriptions: list[int] = []

    @rule(
        method=st.sampled_from(METHODS),
        frequency=st.sampled_from([Frequency.WEEKLY, Frequency.MONTHLY, Frequency.QUARTERLY]),
        payments=st.sampled_from([None, None, 2, 3]),
        in_days=st.integers(0, 20),
        cents=st.integers(200, 99_999),
        terms=st.sampled_from([0, 15, 60]),
    )
    def agree(
        self, method: Any, frequency: Frequency, payments: int | None, in_days: int, cents: int, terms: int
    ) -> None:
        kari = self.world.customer()
        stored = None
        if method is not None:
            kind, outcome, numbers = method
            stored = self.world.method(kari, outcome, *numbers, kind=kind)
        made = self.world.subscribe(
            kari,
            str(Decimal(cents) / 100),
            start=self.world.ctx.today + dt.timedelta(days=in_days),
            frequency=frequency,
            method=stored,
            payments=payments,
            tax="25",
            net_terms_days=0 if stored else terms,
        )
        self.subscriptions.append(made)

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.world.until(self.world.ctx.today + dt.timedelta(days=days))

    @rule(
        which=st.integers(0, 99),
        act=st.sampled_from(
            ["cancel", "cancel, refund", "run out", "keep", "pause", "pause later", "resume"]
        ),
    )
    def change_of_mind(self, which: int, act: str) -> None:
        if not self.subscriptions:
            return
        id_, db, ctx = self.subscriptions[which % len(self.subscriptions)], self.db, self.world.ctx
        later = ctx.today + dt.timedelta(days=10)
        acts = {
            "cancel": lambda: cancel_subscriptions(db, ctx, [id_]),
            "cancel, refund": lambda: cancel(db, ctx, id_, refund_unused=True),
            "run out": lambda: cancel_at_period_end(db, ctx, id_),
            "keep": lambda: keep_after_all(db, ctx, id_),
            "pause": lambda: pause(db, ctx, id_),
            "pause later": lambda: pause_later(db, ctx, id_, later, resume_on=later + dt.timedelta(days=25)),
            "resume": lambda: resume(db, ctx, id_),
        }
        with contextlib.suppress(*REFUSALS):
            acts[act]()
        if act == "cancel, refund":
            self.collect()

    @rule(strict=st.booleans())
    def cancel_after_last_retry(self, strict: bool) -> None:
        change_settings(self.db, self.world.ctx, {"cancel_after_last_retry": strict})
        self.world.reload()

    @rule(in_days=st.integers(0, 20), before=st.integers(0, 2), payments=st.sampled_from([None, 4]))
    def begin_to_bill_a_record(self, in_days: int, before: int, payments: int | None) -> None:
        id_ = self.world.subscribe(self.world.customer(), "80", billed_elsewhere=True, net_terms_days=15)
        first = self.world.ctx.today + dt.timedelta(days=in_days)
        start_billing(self.db, self.world.ctx, id_, first, cycles_before=before, payments=payments)
        self.subscriptions.append(id_)

    @rule(
        which=st.integers(0, 99), cents=st.integers(200, 99_999), shift=st.sampled_from([None, None, 5, 31])
    )
    def edit(self, which: int, cents: int, shift: int | None) -> None:
        if not self.subscriptions:
            return
        id_ = self.subscriptions[which % len(self.subscriptions)]
        line = NewLine("Edited", LineTerms(Decimal(cents) / 100, Decimal(2), tax_rate=Decimal(25)))
        due = None if shift is None else self.world.ctx.today + dt.timedelta(days=shift)
        with contextlib.suppress(*REFUSALS):
            apply_edit(self.db, self.world.ctx, id_, Edit(lines=[LineEdit(line=line)], next_due=due))

    @rule(
        which=st.integers(0, 99),
        cents=st.integers(200, 99_999),
        what=st.sampled_from(["add", "replace", "replace", "remove", "bring into force"]),
    )
    def edit_prorated(self, which: int, cents: int, what: str) -> None:
        """What is charged and credited is what was previewed."""
        if not self.subscriptions:
            return
        id_ = self.subscriptions[which % len(self.subscriptions)]
        (latest,) = self.world.one(
            "SELECT max(id) FROM line_item WHERE parent_id = %s AND (until_cycle IS NULL OR until_cycle > from_cycle)",
            id_,
        )
        line = NewLine("Prorated", LineTerms(Decimal(cents) / 100, Decimal(1), tax_rate=Decimal(25)))
        changes = {
            "add": [LineEdit(line=line)],
            "replace": [LineEdit(latest, line)],
            "remove": [LineEdit(latest)],
            "bring into force": [],
        }
        edit, ctx = Edit(lines=changes[what]), self.world.ctx
        with contextlib.suppress(*REFUSALS, InvalidSubscription):
            shown = preview_edit(self.db, ctx, id_, edit, prorate=True).prorated
            assert shown is not None
            made = apply_edit(self.db, ctx, id_, edit, prorate=True, offer=shown.offer).prorated
            assert made is not None
            assert replace(made, invoice_id=None) == shown
        self.collect()

    @rule(which=st.integers(0, 99), kind=st.sampled_from(["card", "sepa"]), good=st.booleans())
    def new_method(self, which: int, kind: str, good: bool) -> None:
        if not self.subscriptions:
            return
        id_ = self.subscriptions[which % len(self.subscriptions)]
        contact, collection = self.world.subscription(id_, "contact_id", "collection")
        if collection != "automatic":
            return
        method = self.world.method(contact, "approved" if good else "insufficient_funds", kind=kind)
        with contextlib.suppress(*REFUSALS):
            change_payment_method(self.db, self.world.ctx, id_, method)
            charge_overdue(self.db, self.world.ctx, id_)
        self.collect()

    @rule(which=st.integers(0, 99), part=st.integers(1, 3))
    def money_comes(self, which: int, part: int) -> None:
        rows = self.world.rows(
            "SELECT id, total_minor - paid_minor FROM invoice WHERE account_id = %s AND status = 'open' ORDER BY id",
            self.world.ctx.id,
        )
        if rows:
            invoice, owed = rows[which % len(rows)]
            received = ReceivedPayment(invoice, max(1, owed // part), "check", self.world.ctx.now)
            with contextlib.suppress(*REFUSALS):
                record_payments(self.db, self.world.ctx, [received])

    @rule(which=st.integers(0, 99), part=st.integers(1, 3), act=st.sampled_from(["refund", "retry"]))
    def staff_at_a_payment(self, which: int, part: int, act: str) -> None:
        rows = self.world.rows(
            "SELECT id, amount_minor FROM payment WHERE account_id = %s ORDER BY id", self.world.ctx.id
        )
        if not rows:
            return
        payment, amount = rows[which % len(rows)]
        with contextlib.suppress(*REFUSALS):
            if act == "refund":
                request_refund(self.db, self.world.ctx, payment, max(1, amount // part))
            else:
                retry_by_hand(self.db, self.world.ctx, payment)
        self.collect()

    @rule(which=st.integers(0, 99))
    def void(self, which: int) -> None:
        rows = self.world.rows("SELECT id FROM invoice WHERE account_id = %s ORDER BY id", self.world.ctx.id)
        if rows:
            with contextlib.suppress(*REFUSALS):
                void_invoice(self.db, self.world.ctx, rows[which % len(rows)][0])

    @rule(which=st.integers(0, 99), part=st.integers(1, 3), whole=st.booleans())
    def credit(self, which: int, part: int, whole: bool) -> None:
        rows = self.world.rows(
            "SELECT l.parent_id, l.id, l.total_minor FROM line_item AS l "
            "WHERE l.account_id = %s AND l.parent_type = 'invoice' ORDER BY l.id",
            self.world.ctx.id,
        )
        if rows:
            invoice, line, total = rows[which % len(rows)]
            lines = None if whole else [CreditedLine(line, -(-total // part))]
            with contextlib.suppress(*REFUSALS):
                issue_credit_note(self.db, self.world.ctx, invoice, lines)
        self.collect()

    def collect(self) -> None:
        run_due(self.db, self.world.ctx, self.processors)

    @invariant()
    def the_books_add_up(self) -> None:
        if hasattr(self, "world"):
            report = verify(self.db, self.world.ctx)
            assert [str(each) for each in report.differences] == []

    @invariant()
    def nobody_is_charged_who_should_not_be(self) -> None:
        if hasattr(self, "world"):
            charged_after_the_end = self.world.rows(
                "SELECT a.invoice_id FROM charge_attempt AS a "
                "JOIN payment AS p ON p.account_id = a.account_id AND p.id = a.payment_id "
                "JOIN subscription AS s ON s.account_id = a.account_id AND s.id = p.subscription_id "
                "WHERE a.account_id = %s AND a.payment_method_id IS NOT NULL AND a.intended_at > s.canceled_at",
                self.world.ctx.id,
            )
            assert charged_after_the_end == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.processors.close()
            self.db.close()


def test_the_books_add_up_whatever_happens(server: str) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=os.environ.get("CI") == "true",
            suppress_health_check=list(HealthCheck),
        ),
    )
