"""How people do things: once, twice by a double click, or again since the process died under them.

Each request has a key of its own, as every form of the faces has, and is made under :func:`once`, as the faces make it:
asked twice it must be done once, and both times the answer must be the same.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kalends.billing.create import InvalidSubscription
from kalends.billing.credit import CannotCredit
from kalends.billing.edit_plan import EditRefused
from kalends.billing.hold import HoldRefused
from kalends.billing.void import CannotVoid
from kalends.core.lifecycle import RefusedTransition
from kalends.events.requests import once
from kalends.payments.again import CannotCharge
from kalends.payments.pay_now import CannotPay
from kalends.payments.processors.interface import ProcessorUnavailable
from kalends.payments.record import CannotRecord
from kalends.payments.refund import CannotRefund
from kalends.sales.trouble import Refused as CheckoutRefused
from kalends.simulation.crashes import Fate, Killed, Mortal
from kalends.simulation.office import Office
from kalends.simulation.rounds import BrokeOff

REFUSALS = (
    *(
        RefusedTransition,
        EditRefused,
        CannotVoid,
        CannotCredit,
        CannotCharge,
        CannotRecord,
        CannotRefund,
        CannotPay,
    ),
    *(HoldRefused, InvalidSubscription, CheckoutRefused, ProcessorUnavailable),
)
"""What a person may be told who wants what cannot be had. Anything else is a fault."""

_KILLED_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants: ``do`` asks for it, and ``remember`` enters what came of it into the diary.

    What has no key of its own (``keyed``) is made under one here, in one transaction.
    """

    name: str
    do: Callable[[Mortal, str], Any]
    remember: Callable[[Any], None] = lambda came_of_it: None
    keyed: bool = False


def perform(office: Office, act: Act) -> bool:
    """Have somebody do it; says whether it was done. Raises ``BrokeOff`` for an end that nobody may be told."""
    office.serial += 1
    key = f"click-{office.serial}"
    answers: list[Any] = []
    clicks = 2 if office.dice.random() < 0.25 * office.wildness else 1
    dies_at = None
    if office.fate.random() < 0.1 * office.wildness:
        dies_at = office.fate.randint(1, _KILLED_AT_MOST)

    def work(db: Mortal) -> None:
        answers.append(_ask(office, db, act, key))

    if clicks == 2:
        office.tally["double clicks"] += 1
    while clicks:
        end = office.processes.live(work, Fate(dies_at))
        dies_at = None
        if isinstance(end, Killed):
            office.tally["people whose process was killed"] += 1
            continue
        if isinstance(end, REFUSALS):
            office.tally[f"{act.name}: refused"] += 1
            break
        if end is not None:
            text = "".join(traceback.format_exception(end))
            raise BrokeOff(
                f"Somebody wanted to {act.name}, and got {type(end).__name__}: {end}\n{text}"
            ) from end
        clicks -= 1
    if not answers:
        return False
    if any(answer != answers[0] for answer in answers):
        office.accusations.append(f"'{act.name}' was clicked twice and answered differently: {answers}")
    office.tally[act.name] += 1
    act.remember(answers[0])
    return True


def _ask(office: Office, db: Mortal, act: Act, key: str) -> Any:
    if act.keyed:
        return act.do(db, key)

    def do() -> dict[str, Any]:
        return {"came_of_it": act.do(db, key)}

    return once(db, office.ctx, "simulated", key, {"act": act.name}, do)["came_of_it"]
