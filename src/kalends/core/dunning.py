"""Dunning: when a failed charge is tried again, and when it is not."""

from collections.abc import Sequence
from datetime import date, timedelta

DEFAULT_RETRY_DAYS = (1, 3, 5, 7)
"""Days after the first failure on which a card is charged again."""

CARD = "card"
"""The method that is tried again. A bank debit that came back mostly comes back again, and costs a fee each time: it is
tried again only where the account wants that."""

HARD_DECLINES = frozenset(
    {
        *("lost", "stolen", "closed", "expired", "revoked", "no_such_account"),
        *("lost_card", "stolen_card", "expired_card", "account_closed", "card_closed"),
        *(
            "authorization_revoked",
            "mandate_revoked",
            "revocation_of_authorization",
            "pickup_card",
            "invalid_account",
            "method_ended",
        ),
    }
)
"""Reasons that no later day will change: the customer has to give another payment method."""

CUSTOMER_NEEDED = frozenset({"authentication_required"})
"""Reasons that only the customer can remove, by confirming the payment; trying again before that is useless."""


def may_be_retried(method: str, decline: str, *, bank_debits: bool = False) -> bool:
    """Whether trying again without the customer can help: a card, declined for a reason that may pass.

    With ``bank_debits`` other methods count as a card does. A reason that is not known here may pass.

    >>> may_be_retried("card", "insufficient_funds"), may_be_retried("card", "stolen"), may_be_retried("ach", "nsf")
    (True, False, False)
    >>> may_be_retried("ach", "nsf", bank_debits=True)
    True
    """
    passes = decline not in HARD_DECLINES and decline not in CUSTOMER_NEEDED
    return passes and (bank_debits or method == CARD)


def next_retry(
    failed_at: date,
    attempt: int,
    schedule: Sequence[int] = DEFAULT_RETRY_DAYS,
    *,
    method: str,
    decline: str,
    bank_debits: bool = False,
) -> date | None:
    """The day of the next try of a charge, or ``None`` when it is not tried again.

    ``failed_at`` is the day on which the charge failed first; all days are counted from it, so a late try does
    not push the others back. ``attempt`` is how many tries have failed until now, the first charge being 1: with
    four days in the schedule there are five tries in all. ``decline`` is the reason of the latest failure.

    Raises ``ValueError`` for an attempt below 1 or a schedule that does not rise. Whether the subscription may
    still be charged at all is asked of :func:`kalends.core.lifecycle.may_be_charged`.

    >>> next_retry(date(2026, 3, 1), 1, method="card", decline="insufficient_funds").isoformat()
    '2026-03-02'
    >>> next_retry(date(2026, 3, 1), 4, method="card", decline="insufficient_funds").isoformat()
    '2026-03-08'
    >>> next_retry(date(2026, 3, 1), 5, method="card", decline="insufficient_funds") is None
    True
    """
    if attempt < 1:
        raise ValueError(f"Attempt {attempt} is below 1; the first charge is attempt 1.")
    if any(later <= earlier for earlier, later in zip((0, *schedule), schedule, strict=False)):
        raise ValueError(
            f"Retry days {list(schedule)} do not rise from 1 or more; use days such as 1, 3, 5, 7."
        )
    if attempt > len(schedule) or not may_be_retried(method, decline, bank_debits=bank_debits):
        return None
    return failed_at + timedelta(schedule[attempt - 1])


def tries_by_schedule(
    failed_at: date, on: date, tried: int, schedule: Sequence[int] = DEFAULT_RETRY_DAYS
) -> int:
    """How many tries of a charge count against its schedule on a day: what the calendar has asked for by then.

    ``tried`` is how many there were in all. Tries that people asked for in between take none of the days away; tries
    that come late, since nothing ran on their day, are made up for.

    Tried again by hand on the day of the failure: the first retry is still to come.

    >>> tries_by_schedule(date(2026, 3, 1), date(2026, 3, 1), tried=2)
    1

    Nothing ran until the fifth, when the first retry was made: the others are still to come.

    >>> tries_by_schedule(date(2026, 3, 1), date(2026, 3, 5), tried=2)
    2
    """
    asked_for = 1 + sum(failed_at + timedelta(day) <= on for day in schedule)
    return min(tried, asked_for)
