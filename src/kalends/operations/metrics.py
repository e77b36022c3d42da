"""The figures of the installation in the form that Prometheus reads. Every name is told in docs/operations.md.

What lies in the database is read when it is asked for, so that any process may be asked and each says the same. What a
process counts by itself (requests, a worker's turns) is added up over the server processes of one ``kalends serve``.
Accounts are told by their numbers. Nothing of a customer is told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from psycopg import Connection

from kalends.operations.counts import REGISTRY
from kalends.operations.installation import Installation, each_standing, installation
from kalends.operations.processes import ONCE, WORKER
from kalends.operations.standing import Standing
from kalends.operations.troubles import counted, troubles_of, troubles_of_all
from kalends.platform.errors import UserFacing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Names a folder in which the processes of one server keep their counts, so that any of them can tell all."""


class Gauge(NamedTuple):
    """A figure of an account: its name without the prefix, what it means, and how it is read."""

    name: str
    about: str
    of: Callable[[Standing], float]


def _run_began(account: Standing) -> float:
    return account.run.started_at.timestamp() if account.run else 0


def _run_took(account: Standing) -> float:
    run = account.run
    return (run.ended_at - run.started_at).total_seconds() if run and run.ended_at else 0


def _is_broken(account: Standing) -> bool:
    run = account.run
    return run is not None and run.was_killed


def _proved(account: Standing) -> float:
    return account.proof.made_at.timestamp() if account.proof else 0


ACCOUNT_GAUGES = (
    Gauge("subscriptions_due", "Subscriptions that the next run bills.", lambda a: a.due_count),
    Gauge("subscriptions_late", "Those of them that were due before today.", lambda a: a.late),
    Gauge(
        "subscriptions_parked", "Subscriptions that were set aside and wait for a person.", lambda a: a.parked
    ),
    Gauge("charges_waiting", "Charges that were decided and not sent yet.", lambda a: a.to_be_sent),
    Gauge("charges_unknown", "Charges that were sent and got no answer.", lambda a: a.unknown),
    Gauge(
        "charges_unknown_oldest_seconds",
        "For how long the oldest has been without.",
        lambda a: a.unknown_seconds,
    ),
    Gauge("letters_failed", "Letters that were given up.", lambda a: a.letters_failed),
    Gauge("webhooks_given_up", "Batches of webhooks that were given up.", lambda a: a.webhooks_given_up),
    Gauge("billing_held", "1 while billing is held.", lambda a: int(a.hold is not None)),
    Gauge("run_started_timestamp_seconds", "When the last billing run began; 0: never.", _run_began),
    Gauge("run_seconds", "How long the last run took; 0 while it runs, and if there was none.", _run_took),
    Gauge("run_is_broken", "1 if the last run was killed.", lambda a: int(_is_broken(a))),
    Gauge("proof_timestamp_seconds", "When the books were last proved; 0: never.", _proved),
    Gauge("proof_differences", "What differed then.", lambda a: a.proof.differences if a.proof else 0),
    Gauge(
        "reconciliation_timestamp_seconds",
        "When the books were last compared with a processor's; 0: never.",
        lambda a: a.reconciled.made_at.timestamp() if a.reconciled else 0,
    ),
    Gauge(
        "reconciliation_differences",
        "What differed then.",
        lambda a: a.reconciled.differences if a.reconciled else 0,
    ),
)
_OF_RUN = "due invoiced collected processing failed unknown parked".split()


def exposition(connect: Callable[[], Connection[Any]], now: datetime) -> bytes:
    """All metrics. With a database that does not answer, those that need none, and ``kalends_database_up 0``."""
    try:
        with connect() as db:
            whole = installation(db)
            gauges = [*_of_installation(whole, now), *_of_accounts(whole, each_standing(db, now), now)]
            up = _one("database_up", "1 if the database answers.", 1)
    except (psycopg.Error, UserFacing):
        gauges, up = [], _one("database_up", "1 if the database answers.", 0)
    return _text([up, *gauges]) + generate_latest(_counts())


class _Told:
    """What was gathered, as the library takes it."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> list[Metric]:
        """What was gathered."""
        return self._metrics


def _text(metrics: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(metrics))
    return generate_latest(registry)


def _counts() -> CollectorRegistry:
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"kalends_{name}", about, value=value)


def _by(
    name: str, about: str, labels: list[str], rows: Iterable[tuple[list[str], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"kalends_{name}", about, labels=labels)
    for values, figure in rows:
        family.add_metric(values, figure)
    return family


def _of_installation(whole: Installation, now: datetime) -> Iterator[Metric]:
    about = "Always 1; the versions are told by the labels."
    yield _by("info", about, ["version", "postgresql"], [([whole.version, whole.postgresql], 1)])
    yield _one("database_size_bytes", "How large the database is.", whole.database_bytes)
    yield _one("database_connections", "Connections to this database.", whole.connections)
    yield _one(
        "database_connections_max", "How many the server allows, all databases.", whole.connections_most
    )
    alive = [each for each in whole.processes if each.is_alive(now)]
    yield _by(
        "processes",
        "Processes that were seen within a minute.",
        ["kind"],
        (([kind], sum(each.kind == kind for each in alive)) for kind in ("worker", "once", "web")),
    )
    workers = [each for each in whole.processes if each.kind in (WORKER, ONCE)]
    names = [[each.host, str(each.pid), "all" if each.only is None else str(each.only)] for each in workers]
    ages = [(now - each.seen_at).total_seconds() for each in workers]
    turns = [(now - (each.turned_at or each.started_at)).total_seconds() for each in workers]
    labels = ["host", "pid", "account"]
    yield _by(
        "worker_seen_age_seconds",
        "Since a worker last said that it lives.",
        labels,
        zip(names, ages, strict=True),
    )
    about = "Since a worker last gave every account its turn."
    yield _by("worker_turn_age_seconds", about, labels, zip(names, turns, strict=True))
    about = "What is wrong with the installation, by name."
    found = counted(troubles_of_all(whole, now))
    yield _by("installation_troubles", about, ["trouble"], (([name], found[name]) for name in sorted(found)))


def _of_accounts(whole: Installation, accounts: Iterable[Standing], now: datetime) -> list[Metric]:
    known = list(accounts)
    names = [[str(each.ctx.id), each.ctx.mode] for each in known]
    both = ["account", "mode"]
    told: list[Metric] = [
        _by(
            gauge.name, gauge.about, both, ((name, gauge.of(a)) for name, a in zip(names, known, strict=True))
        )
        for gauge in ACCOUNT_GAUGES
    ]
    run = _by("run_figures", "What came of the last billing run.", [*both, "figure"], ())
    waiting = _by("backlog", "What waits for a worker and could be done now.", [*both, "kind"], ())
    oldest = _by("backlog_oldest_seconds", "For how long the oldest has been waiting.", [*both, "kind"], ())
    troubles = _by("troubles", "What wants a person's attention, by name.", [*both, "trouble"], ())
    for name, account in zip(names, known, strict=True):
        for figure in _OF_RUN:
            run.add_metric([*name, figure], getattr(account.run, figure) if account.run else 0)
        for each in account.backlogs:
            waiting.add_metric([*name, each.kind], each.count)
            oldest.add_metric([*name, each.kind], each.seconds)
        for trouble, count in counted(troubles_of(account, whole, now)).items():
            troubles.add_metric([*name, trouble], count)
    return [*told, run, waiting, oldest, troubles]
