"""What an account's clock will bring next: one ordered agenda over every kind of due work."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

from kalends.accounts.context import AccountContext
from kalends.accounts.sql import load
from kalends.core.calendar import start_of_day
from kalends.messages.reminders import next_reminder, reminders_are_due

RESEND_AFTER = timedelta(hours=1)
"""When a sandbox's clock comes back to charges that got no answer; on live accounts the worker's next round does."""


class Work(NamedTuple):
    """Which kinds of work are due at a moment."""

    cycles: bool
    retries: bool
    overdue: bool
    expiry: bool
    resuming: bool
    pausing: bool
    canceling: bool
    open_attempts: bool
    open_refunds: bool
    stored_reports: bool
    new_reports: bool
    reminders: bool
    giving_up: bool


class Agenda(NamedTuple):
    """The earliest days to come of each kind of work, None where there is none, and what is waiting already."""

    cycle: date | None
    retry: date | None
    due_date: date | None
    end_date: date | None
    resume_on: date | None
    pause_on: date | None
    cancel_on: date | None
    open_attempts: bool
    open_refunds: bool
    stored_reports: bool
    report_at: datetime | None
    reminder_on: date | None
    give_up_on: date | None

    def next_instant(self, ctx: AccountContext) -> datetime | None:
        """The first instant at which something falls due; None if nothing ever will."""
        instants = [
            ctx.billing_starts(day)
            for day in (self.cycle, self.retry, self.give_up_on, self.reminder_on)
            if day is not None
        ]
        overdue_on = None if self.due_date is None else self.due_date + timedelta(days=1)
        days = (overdue_on, self.end_date, self.resume_on, self.pause_on, self.cancel_on)
        instants += [start_of_day(day, ctx.time_zone) for day in days if day is not None]
        if self.report_at is not None:
            instants.append(self.report_at)
        if self.open_attempts:
            instants.append(ctx.now + RESEND_AFTER)
        return min(instants, default=None)

    def work_at(self, ctx: AccountContext) -> Work:
        """What of it is due at ``ctx.now``."""
        return Work(
            cycles=self.cycle is not None and self.cycle <= ctx.billing_day,
            retries=self.retry is not None and self.retry <= ctx.billing_day,
            overdue=self.due_date is not None and self.due_date < ctx.today,
            expiry=self.end_date is not None and self.end_date <= ctx.today,
            resuming=self.resume_on is not None and self.resume_on <= ctx.today,
            pausing=self.pause_on is not None and self.pause_on <= ctx.today,
            canceling=self.cancel_on is not None and self.cancel_on <= ctx.today,
            open_attempts=self.open_attempts,
            open_refunds=self.open_refunds,
            stored_reports=self.stored_reports,
            new_reports=self.report_at is not None and self.report_at <= ctx.now,
            reminders=self.reminder_on is not None and self.reminder_on <= ctx.billing_day,
            giving_up=self.give_up_on is not None and self.give_up_on <= ctx.billing_day,
        )


def read_agenda(db: Connection[Any], ctx: AccountContext, report_at: datetime | None) -> Agenda:
    """What the clock will bring after ``ctx.now``. ``report_at`` is when the processor will tell something next."""
    params = {"account_id": ctx.id, "after": ctx.today, "after_billing": ctx.billing_day}
    row = db.execute(load("kalends.billing", "agenda"), params).fetchone()
    assert row is not None
    give_up_on = _first_given_up(db, ctx)
    if give_up_on is not None:
        give_up_on = max(give_up_on, ctx.billing_day + timedelta(days=1))
    return Agenda._make((*row, report_at, next_reminder(db, ctx), give_up_on))


def work_now(db: Connection[Any], ctx: AccountContext, *, new_reports: bool) -> Work:
    """What is due at ``ctx.now``, whatever an agenda said before; ``new_reports`` is whether a processor has any."""
    params = {"account_id": ctx.id, "today": ctx.today, "billing_day": ctx.billing_day}
    row = db.execute(load("kalends.billing", "work_now"), params).fetchone()
    assert row is not None
    give_up_on = _first_given_up(db, ctx)
    giving_up = give_up_on is not None and give_up_on <= ctx.billing_day
    return Work._make((*row, new_reports, reminders_are_due(db, ctx), giving_up))


def _first_given_up(db: Connection[Any], ctx: AccountContext) -> date | None:
    """The day on which a first subscription is canceled after its last retry, where the account has chosen that."""
    if not ctx.settings.cancel_after_last_retry or not ctx.settings.retry_days:
        return None
    row = db.execute(load("kalends.billing", "first_given_up"), {"account_id": ctx.id}).fetchone()
    first = None if row is None else row[0]
    return None if first is None else first + timedelta(days=ctx.settings.retry_days[-1])
