"""The log: one line an event, on standard error; readable for a person at a terminal, JSON anywhere else.

What is logged with structlog and what Django, Granian and others log with the standard library come out alike: with
the id of the work it belongs to (:mod:`kalends.platform.correlation`), and without secrets
(:mod:`kalends.platform.redaction`).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from kalends.platform.correlation import told
from kalends.platform.redaction import redact_event

Event = MutableMapping[str, Any]

ROUTE = "kalends.route"
"""In ``request.META``: the route, where something other than Django's resolver found it."""


def set_up_logs() -> None:
    """Let structlog write as this module says. Asked again, it changes nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[*_beginning(), *_end()],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def formatter() -> logging.Formatter:
    """What makes such lines of the standard library's records."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, _name_the_route, *_beginning()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_end()],
    )


def settings() -> dict[str, Any]:
    """Django's LOGGING: warnings and worse of everybody.

    That a page was not found stands in the log of requests (:mod:`kalends.operations.requests`) already, by its route.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"kalends": {"()": "kalends.platform.logs.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "kalends"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"django.request": {"level": "ERROR"}},
    }


def for_granian() -> dict[str, Any]:
    """The same for Granian, whose handlers and formatters have names of their own."""
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    made = {"()": "kalends.platform.logs.formatter"}
    return {
        "formatters": {"generic": made, "access": made},
        "handlers": {
            "console": {**handler, "formatter": "generic"},
            "access": {**handler, "formatter": "access"},
        },
    }


def _beginning() -> list[Processor]:
    return [
        _say_what_it_belongs_to,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _end() -> list[Processor]:
    rendering = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    return [structlog.processors.format_exc_info, redact_event, rendering]


def _say_what_it_belongs_to(_logger: Any, _method: str, event: Event) -> Event:
    return {**told(), **event}


def _name_the_route(_logger: Any, _method: str, event: Event) -> Event:
    """Django tells paths, and a path may be a signed link: the route says the same without letting anybody in."""
    request = getattr(event.get("_record"), "request", None)
    path = getattr(request, "path", "")
    if len(path) > 1:
        match = getattr(request, "resolver_match", None)
        route = (
            f"/{match.route}" if match is not None else getattr(request, "META", {}).get(ROUTE, "(nothing)")
        )
        event["event"] = str(event["event"]).replace(path, route)
    return event
