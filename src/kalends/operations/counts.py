"""What a process counts by itself, and where: requests of a server process, turns of a worker."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

disable_created_metrics()  # when each count began is a series beside each series, and nobody asks

REGISTRY = CollectorRegistry()
"""This process's counts. Those of the server processes of one ``kalends serve`` are added up, see ``metrics``."""

REQUESTS = Counter(
    "kalends_http_requests_total",
    "Requests that were answered.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "kalends_http_request_duration_seconds",
    "How long requests took until their answer began.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
TURNS = Counter(
    "kalends_worker_turns_total",
    "Turns that this worker's accounts took, by task.",
    ["task", "outcome"],
    registry=REGISTRY,
)
TURN_SECONDS = Histogram(
    "kalends_worker_turn_duration_seconds",
    "How long those turns took.",
    ["task"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900),
    registry=REGISTRY,
)
