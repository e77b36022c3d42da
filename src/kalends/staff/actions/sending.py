"""What was decided on is sent to the processor, outside any transaction, and told by what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.billing.hold import find_hold
from kalends.payments.collect import collect
from kalends.payments.give_back import send_refunds
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Trouble
from kalends.staff.actions.words import amount, day
from kalends.staff.reasons import reason

_CHARGED = """
    SELECT p.amount_minor, p.currency, p.status, p.failure_code, p.failure_reason, p.next_retry_on, (
        SELECT a.status FROM charge_attempt AS a
        WHERE a.account_id = p.account_id AND a.payment_id = p.id ORDER BY a.attempt DESC LIMIT 1
    )
    FROM payment AS p
    WHERE p.account_id = %s AND p.id = ANY(%s)
    ORDER BY p.id
"""
_REFUNDS = """
    SELECT r.amount_minor, r.currency, r.status, r.settles_on, r.failure_code, r.failure_reason
    FROM refund AS r
    WHERE r.account_id = %s AND r.id = ANY(%s)
    ORDER BY r.id
"""


class _Charged(NamedTuple):
    amount_minor: int
    currency: str
    status: str
    code: str | None
    why: str | None
    retry_on: date | None
    attempt: str | None


class _GivenBack(NamedTuple):
    amount_minor: int
    currency: str
    status: str
    settles_on: date | None
    code: str | None
    why: str | None


@contextmanager
def _processors(visit: ActionVisit) -> Iterator[AccountProcessors]:
    made = AccountProcessors(database.connect, visit.ctx.id)
    try:
        yield made
    finally:
        made.close()


def charge_now(visit: ActionVisit, payments: Sequence[int], *, after: str = "") -> str:
    """Send the charges that were decided on, and say what became of these payments, behind what was done ``after`` all.

    While the account's billing is held nothing is sent: they wait, as every charge does then.
    """
    if not payments:
        return after
    if find_hold(visit.db, visit.ctx.id) is not None:
        return f"{after} {_('It is charged when billing goes on.')}".strip()
    with _processors(visit) as processors:
        collect(visit.db, visit.ctx, processors)
    rows = [_Charged(*row) for row in visit.db.execute(_CHARGED, [visit.ctx.id, list(payments)]).fetchall()]
    words = " ".join(filter(None, (after, *(_charged(row) for row in rows))))
    return Trouble(words) if any(row.status == "failed" for row in rows) else words


def _charged(row: _Charged) -> str:
    told = {"amount": amount(row.amount_minor, row.currency)}
    if row.status == "succeeded":
        return _("%(amount)s is collected.") % told
    if row.status == "failed":
        told["why"] = reason(row.code, row.why)
        if row.retry_on is not None:
            return _("%(amount)s was declined: %(why)s. It is tried again on %(day)s.") % {
                **told,
                "day": day(row.retry_on),
            }
        return _("%(amount)s was declined: %(why)s.") % told
    if row.attempt in ("intended", "sent"):
        return _("%(amount)s got no answer yet; the next run asks what became of it.") % told
    return _("%(amount)s is on its way from the bank.") % told


def give_back_now(visit: ActionVisit, refunds: Sequence[int], *, after: str = "") -> str:
    """Send the refunds that were decided on, and say what became of these, behind what was done ``after`` all."""
    if not refunds:
        return after
    with _processors(visit) as processors:
        send_refunds(visit.db, visit.ctx, processors)
    rows = visit.db.execute(_REFUNDS, [visit.ctx.id, list(refunds)]).fetchall()
    given = [_GivenBack(*row) for row in rows]
    words = " ".join(filter(None, (after, *(_given_back(row) for row in given))))
    return Trouble(words) if any(row.status == "failed" for row in given) else words


def _given_back(row: _GivenBack) -> str:
    told = {"amount": amount(row.amount_minor, row.currency)}
    if row.status == "succeeded":
        return _("%(amount)s is given back.") % told
    if row.status == "failed":
        return _("%(amount)s could not be given back: %(why)s.") % {**told, "why": reason(row.code, row.why)}
    if row.status == "processing" and row.settles_on is not None:
        return _("%(amount)s is on its way back, there on %(day)s.") % {**told, "day": day(row.settles_on)}
    if row.status == "processing":
        return _("%(amount)s is on its way back.") % told
    return _("%(amount)s is to be given back once it has arrived, or the processor answers.") % told


def payments_by_hand(count: int) -> str:
    """That a person has to hand money back."""
    return ngettext(
        "%(count)s payment came outside a processor: hand that money back yourself.",
        "%(count)s payments came outside a processor: hand that money back yourself.",
        count,
    ) % {"count": count}
