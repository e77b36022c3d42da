"""The life of a subscription: seven statuses, and every change of status with its cause. Anything else is refused."""

from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """Where a subscription stands.

    Unpaid: an automatic charge failed. Past due: a recurring invoice is unpaid after its due date. Both recover
    to Active when all that is overdue is paid, credited or voided. Canceled and Expired never come back to life.
    """

    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    EXPIRED = "expired"
    SCHEDULED = "scheduled"
    PAUSED = "paused"


class Cause(StrEnum):
    """What happened to a subscription that may change its status."""

    START_REACHED = "start_reached"
    """The start date came, and the first payment was made or submitted, or the first invoice sent."""
    CHARGE_FAILED = "charge_failed"
    """An automatic charge of a cycle failed, or a bank debit that was processing did."""
    INVOICE_OVERDUE = "invoice_overdue"
    """An invoice of the subscription passed its due date unpaid."""
    ARREARS_CLEARED = "arrears_cleared"
    """All that was overdue is now paid, credited or voided."""
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELED = "canceled"
    """Staff or the customer canceled, with effect now."""
    PERIOD_ENDED = "period_ended"
    """The paid period is over for which a cancellation was waiting."""
    RETRIES_EXHAUSTED = "retries_exhausted"
    """The last retry failed and the account has chosen to cancel then (a setting, off by default)."""
    TERM_COMPLETED = "term_completed"
    """The end date came and all payments of the fixed term are settled."""


class RefusedTransition(ValueError):
    """That cannot happen to a subscription in that status."""


_S, _C = Status, Cause

TRANSITIONS: dict[tuple[Status, Cause], Status] = {
    (_S.SCHEDULED, _C.START_REACHED): _S.ACTIVE,
    (_S.SCHEDULED, _C.CHARGE_FAILED): _S.UNPAID,
    (_S.ACTIVE, _C.CHARGE_FAILED): _S.UNPAID,
    (_S.PAST_DUE, _C.CHARGE_FAILED): _S.UNPAID,
    (_S.UNPAID, _C.CHARGE_FAILED): _S.UNPAID,
    (_S.ACTIVE, _C.INVOICE_OVERDUE): _S.PAST_DUE,
    (_S.PAST_DUE, _C.INVOICE_OVERDUE): _S.PAST_DUE,
    (_S.UNPAID, _C.INVOICE_OVERDUE): _S.UNPAID,
    (_S.UNPAID, _C.ARREARS_CLEARED): _S.ACTIVE,
    (_S.PAST_DUE, _C.ARREARS_CLEARED): _S.ACTIVE,
    # What was under way when staff paused still ends; it does not end the pause.
    (_S.PAUSED, _C.CHARGE_FAILED): _S.PAUSED,
    (_S.PAUSED, _C.INVOICE_OVERDUE): _S.PAUSED,
    (_S.PAUSED, _C.ARREARS_CLEARED): _S.PAUSED,
    (_S.ACTIVE, _C.PAUSED): _S.PAUSED,
    (_S.PAUSED, _C.RESUMED): _S.ACTIVE,
    (_S.SCHEDULED, _C.CANCELED): _S.CANCELED,
    (_S.ACTIVE, _C.CANCELED): _S.CANCELED,
    (_S.PAST_DUE, _C.CANCELED): _S.CANCELED,
    (_S.UNPAID, _C.CANCELED): _S.CANCELED,
    (_S.PAUSED, _C.CANCELED): _S.CANCELED,
    (_S.ACTIVE, _C.PERIOD_ENDED): _S.CANCELED,
    (_S.PAST_DUE, _C.PERIOD_ENDED): _S.CANCELED,
    (_S.UNPAID, _C.PERIOD_ENDED): _S.CANCELED,
    (_S.PAUSED, _C.PERIOD_ENDED): _S.CANCELED,
    (_S.UNPAID, _C.RETRIES_EXHAUSTED): _S.CANCELED,
    (_S.ACTIVE, _C.TERM_COMPLETED): _S.EXPIRED,
}
"""Every change of status there is. A pair that is not here is refused."""

_TERMINAL = frozenset({Status.CANCELED, Status.EXPIRED})
_BILLED = frozenset({Status.SCHEDULED, Status.ACTIVE, Status.PAST_DUE, Status.UNPAID})
_EDITED = frozenset({Status.ACTIVE, Status.SCHEDULED})

_REMEDIES: dict[Cause, str] = {
    Cause.START_REACHED: "only a scheduled subscription starts",
    Cause.ARREARS_CLEARED: "only an unpaid or past due subscription has arrears to clear",
    Cause.PAUSED: "only an active subscription can be paused",
    Cause.RESUMED: "only a paused subscription can be resumed",
    Cause.PERIOD_ENDED: "cancel it with effect now instead",
    Cause.RETRIES_EXHAUSTED: "only an unpaid subscription is canceled after its retries",
    Cause.TERM_COMPLETED: "only an active subscription expires, once all its payments are settled",
}


def initial_status(start: date, today: date) -> Status:
    """The status of a new subscription: Scheduled when it starts after today, else Active.

    >>> initial_status(date(2026, 3, 2), date(2026, 3, 1)), initial_status(date(2026, 3, 1), date(2026, 3, 1))
    (<Status.SCHEDULED: 'scheduled'>, <Status.ACTIVE: 'active'>)
    """
    return Status.SCHEDULED if start > today else Status.ACTIVE


def transition(status: Status, cause: Cause) -> Status:
    """The status after ``cause`` happened to a subscription in ``status``; it may be the same one.

    A subscription that is resumed is Active; if arrears arose while it was paused, the caller then applies the
    cause of those. Raises :class:`RefusedTransition` when that cannot happen in that status.

    >>> transition(Status.ACTIVE, Cause.CHARGE_FAILED)
    <Status.UNPAID: 'unpaid'>
    """
    after = TRANSITIONS.get((status, cause))
    if after is None:
        raise RefusedTransition(_refusal(status, cause))
    return after


def _refusal(status: Status, cause: Cause) -> str:
    if is_terminal(status):
        remedy = "it has ended for good; create a new subscription"
    else:
        remedy = _REMEDIES.get(cause, "start it first")
    return f"A subscription that is {_words(status)} cannot take the step '{_words(cause)}': {remedy}."


def _words(name: str) -> str:
    return name.replace("_", " ")


def may_be_billed(status: Status) -> bool:
    """Whether a cycle that falls due may be invoiced. While payments are owed, cycles go on (Past due, Unpaid).

    A Scheduled subscription is billed when its first cycle falls due; that is what makes it Active.

    >>> may_be_billed(Status.UNPAID), may_be_billed(Status.PAUSED)
    (True, False)
    """
    return status in _BILLED


def may_be_charged(status: Status) -> bool:
    """Whether money may be taken without the customer doing anything: a cycle's charge, or a retry of one.

    Never after the subscription was canceled, paused or has expired. A customer may still pay by hand.

    >>> may_be_charged(Status.UNPAID), may_be_charged(Status.CANCELED)
    (True, False)
    """
    return status in _BILLED


def is_terminal(status: Status) -> bool:
    """Whether the subscription has ended for good."""
    return status in _TERMINAL


def may_be_edited(status: Status) -> bool:
    """Whether items, contact and dates may be changed: only of an Active or a Scheduled subscription."""
    return status in _EDITED


def may_be_deleted(status: Status, creates_invoices: bool) -> bool:
    """Whether the record may be deleted: only when Canceled or Expired, or when it never makes invoices.

    >>> may_be_deleted(Status.ACTIVE, creates_invoices=True), may_be_deleted(Status.ACTIVE, creates_invoices=False)
    (False, True)
    """
    return status in _TERMINAL or not creates_invoices
