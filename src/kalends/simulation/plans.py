"""What is agreed ahead: pauses on a day to come, and records of what is billed elsewhere until it is switched on."""

from __future__ import annotations

from datetime import timedelta

from kalends.billing.changes import keep_after_all, pause_later
from kalends.billing.switch_on import start_billing, stop_billing
from kalends.simulation.acts import Act
from kalends.simulation.crashes import Mortal
from kalends.simulation.diary import Agreement
from kalends.simulation.office import Office
from kalends.simulation.people import change, new_token, some_agreement, some_kind, store_method


def plan_pause_one(office: Office) -> Act | None:
    """Somebody will be away from a day to come, perhaps until another."""
    dice = office.dice
    day = office.ctx.today + timedelta(days=dice.randint(1, 40))
    until = dice.choice([None, day + timedelta(days=dice.randint(1, 50))])
    return change(
        office,
        "plan a pause",
        some_agreement(office, "running"),
        lambda db, id_: pause_later(db, office.ctx, id_, day, resume_on=until),
        lambda agreement, billed: agreement.plan_pause(day, until),
    )


def keep_one(office: Office) -> Act | None:
    """What was to end, or to pause, goes on after all."""
    waiting = [
        each
        for each in office.diary.agreements.values()
        if each.state == "ending" or each.pauses_on is not None
    ]
    return change(
        office,
        "keep after all",
        office.dice.choice(waiting) if waiting else None,
        lambda db, id_: keep_after_all(db, office.ctx, id_),
        lambda agreement, billed: agreement.keep(),
    )


def switch_on_one(office: Office) -> Act | None:
    """What was billed elsewhere is billed here from now on, or from a day to come."""
    agreement, dice = some_agreement(office, "elsewhere"), office.dice
    first = office.ctx.today + timedelta(days=dice.randint(0, 20))
    before, term = dice.randint(0, 3), dice.choice([None, None, 4, 6])
    token = new_token(office, some_kind(office)) if dice.random() < 0.4 else None

    def do(db: Mortal, id_: int) -> None:
        assert agreement is not None
        method = None if token is None else store_method(office, db, agreement.contact_id, token)
        start_billing(
            db,
            office.ctx,
            id_,
            first,
            cycles_before=before,
            payments=term,
            payment_method_id=method,
            automatic=True if token else None,
        )

    def remember(agreed: Agreement, billed: int) -> None:  # noqa: ARG001
        agreed.automatic = agreed.automatic or token is not None
        agreed.switch_on(first, before, term)

    return change(office, "switch billing on", agreement, do, remember)


def switch_off_one(office: Office) -> Act | None:
    """It was switched on too early: as long as nothing was billed here, somebody else bills it again."""
    fresh = [
        each for each in office.diary.agreements.values() if each.state == "running" and not each.promised
    ]
    return change(
        office,
        "switch billing off",
        office.dice.choice(fresh) if fresh else None,
        lambda db, id_: stop_billing(db, office.ctx, id_),
        lambda agreement, billed: agreement.switch_off(),
    )
