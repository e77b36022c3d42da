"""What wants a person's attention, by name: the status page, ``kalends status`` and the metrics say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from kalends.operations.installation import Installation
from kalends.operations.processes import is_served, last_worker, not_shared
from kalends.operations.standing import Standing

UNKNOWN_FOR_SECONDS = 600
"""A charge that is under way may be without an answer for a moment; after so long somebody should look."""
WAITING_FOR_SECONDS = 900
"""What could be done and was not for so long is a backlog that grows, or a worker that fails."""
PROVED_EVERY = timedelta(days=3)
"""A worker proves the books each night: after so long something keeps it from doing so."""
CONNECTIONS_PER_CENT = 80
LOG_WAITS = timedelta(minutes=3)
"""An archive is tried again each minute; one that is away for three is not coming back by itself."""

BAD, WARN = "bad", "warn"


class Trouble(NamedTuple):
    """Something that is not as it should be. ``number`` and ``name`` are what the words about it mention."""

    code: str
    tone: str
    number: int = 0
    name: str = ""


CODES: tuple[str, ...] = tuple(
    (
        "no_worker worker_stuck late unknown parked held run_killed backlog letters_failed webhooks_given_up "
        "proof_differs books_differ proof_stopped not_proved signing_key sealing_keys files version connections "
        "log_not_kept"
    ).split()
)
"""Every trouble there is."""


def troubles_of(account: Standing, whole: Installation, now: datetime) -> list[Trouble]:
    """What is wrong in an account, the worst first; ``now`` is the system's moment."""
    found = [
        *_of_workers(account, whole, now),
        *_of_billing(account),
        *_of_work(account),
        *_of_proofs(account, now),
    ]
    return sorted(found, key=lambda each: each.tone != BAD)


def troubles_of_all(whole: Installation, now: datetime) -> list[Trouble]:
    """What is wrong with the installation as a whole, the worst first."""
    differ = [Trouble(name, WARN if name == "version" else BAD) for name in not_shared(whole.processes, now)]
    stuck = [each for each in whole.processes if each.is_stuck(now)]
    found = [*differ, *(Trouble("worker_stuck", BAD, each.pid, each.host) for each in stuck)]
    if whole.connections * 100 > whole.connections_most * CONNECTIONS_PER_CENT:
        found.append(Trouble("connections", WARN, whole.connections))
    if whole.log_waits_since is not None and now - whole.log_waits_since > LOG_WAITS:
        minutes = int((now - whole.log_waits_since).total_seconds() // 60)
        found.append(Trouble("log_not_kept", BAD, minutes))
    return sorted(found, key=lambda each: each.tone != BAD)


def _of_workers(account: Standing, whole: Installation, now: datetime) -> Iterator[Trouble]:
    if not is_served(whole.processes, account.ctx.id, now):
        last = last_worker(whole.processes, account.ctx.id)
        minutes = int((now - last.seen_at).total_seconds() // 60) if last else 0
        yield Trouble(
            "no_worker", WARN if account.ctx.is_sandbox else BAD, minutes, last.host if last else ""
        )


def _of_billing(account: Standing) -> Iterator[Trouble]:
    run = account.run
    if account.late and not account.hold and not account.ctx.is_sandbox and not (run and run.is_running):
        yield Trouble("late", BAD, account.late)
    if account.unknown and account.unknown_seconds > UNKNOWN_FOR_SECONDS:
        yield Trouble("unknown", BAD, account.unknown)
    if account.parked:
        yield Trouble("parked", WARN, account.parked)
    if account.hold:
        yield Trouble("held", WARN, name=account.hold.actor)
    if run and run.was_killed:
        yield Trouble("run_killed", WARN)


def _of_work(account: Standing) -> Iterator[Trouble]:
    for each in account.backlogs:
        if each.count and each.seconds > WAITING_FOR_SECONDS:
            yield Trouble("backlog", BAD, each.seconds // 60, each.kind)
    if account.letters_failed:
        yield Trouble("letters_failed", WARN, account.letters_failed)
    if account.webhooks_given_up:
        yield Trouble("webhooks_given_up", WARN, account.webhooks_given_up)


def _of_proofs(account: Standing, now: datetime) -> Iterator[Trouble]:
    if account.proof and account.proof.differences:
        yield Trouble("proof_differs", BAD, account.proof.differences)
    if account.reconciled and account.reconciled.differences:
        yield Trouble("books_differ", BAD, account.reconciled.differences, account.reconciled.processor)
    if account.proofs_stopped:
        yield Trouble("proof_stopped", WARN, account.proofs_stopped)
    if account.ctx.is_sandbox or not account.runs:
        return
    if account.proof is None or now - account.proof.made_at > PROVED_EVERY:
        yield Trouble("not_proved", WARN, (now - account.proof.made_at).days if account.proof else 0)


def counted(found: Iterable[Trouble]) -> dict[str, int]:
    """How many troubles of each code there are, those that are not there as well.

    >>> counted([Trouble("held", WARN)])["held"], counted([])["late"]
    (1, 0)
    """
    counts = dict.fromkeys(CODES, 0)
    for each in found:
        counts[each.code] += 1
    return counts
