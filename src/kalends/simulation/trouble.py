"""What staff and time do to an account as a whole: billing is held, and a value drifts that nobody meant to change."""

from __future__ import annotations

from datetime import date

from kalends.billing.hold import hold_billing, release_billing
from kalends.billing.parking import release
from kalends.simulation.acts import Act, perform
from kalends.simulation.crashes import Mortal
from kalends.simulation.office import Office

HELD = 0.015
"""How likely it is on a day that somebody holds all billing."""


def hold_or_release(office: Office) -> bool:
    """Now and then somebody stops all billing for some days; says whether it is held now."""
    dice, diary = office.dice, office.diary
    if not diary.held and dice.random() < HELD:

        def hold(db: Mortal, key: str) -> None:  # noqa: ARG001
            hold_billing(db, office.ctx, actor="system", reason="Month end")

        perform(office, Act("hold billing", hold, lambda came_of_it: setattr(diary, "held", True)))
    elif diary.held and dice.random() < 0.4:

        def let_go(db: Mortal, key: str) -> None:  # noqa: ARG001
            release_billing(db, office.ctx, actor="system")

        perform(office, Act("release billing", let_go, lambda came_of_it: setattr(diary, "held", False)))
    return diary.held


def let_an_amount_drift(office: Office, day: date) -> tuple[int, int] | None:
    """Somebody meddles with what was announced, past every service, on the day it falls due: it must be parked.

    Returns of which subscription, and how many of its cycles are billed.
    """
    if office.dice.random() > 0.03 * office.wildness or office.diary.held:
        return None
    due = [
        each.id
        for each in office.diary.running()
        if each.next_day() == day and len(each.promised) == office.billed(each.id)
    ]
    if not due:
        return None
    drifted = office.dice.choice(due)
    _meddle(office, drifted, 1)
    office.diary.parked.add(drifted)
    office.tally["amounts that drifted"] += 1
    return drifted, office.billed(drifted)


def repair(office: Office, drifted: int, billed: int) -> None:
    """Staff finds it parked, with no more cycles than ``billed``, or given up that morning; puts it right."""
    parked = office.rows("SELECT code FROM parked_subscription WHERE account_id = %s AND id = %s", drifted)
    agreement = office.diary.agreements[drifted]
    if office.billed(drifted) > billed:
        office.accusations.append(
            f"subscription {drifted} was billed though its announced amount had drifted"
        )
    elif not parked and not agreement.is_over() and not _may_wait(office, agreement.contact_id):
        office.accusations.append(
            f"subscription {drifted} was not parked though its announced amount had drifted"
        )
    _meddle(office, drifted, -1)
    office.diary.parked.discard(drifted)
    if parked:
        perform(office, Act("release", lambda db, key: release(db, office.ctx, drifted) and None))


def _may_wait(office: Office, contact: int) -> bool:
    """Whether its customer has other subscriptions, of which an overdue one may have come first."""
    return sum(each.contact_id == contact for each in office.diary.agreements.values()) > 1


def _meddle(office: Office, subscription: int, cents: int) -> None:
    office.eye.execute(
        "UPDATE subscription SET next_amount_minor = next_amount_minor + %s WHERE account_id = %s AND id = %s",
        [cents, office.ctx.id, subscription],
    )
