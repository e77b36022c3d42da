"""The worker's log: one line an event, on standard error; readable for a person, JSON for a machine."""

import sys

import structlog


def set_up_logs() -> None:
    """Colored lines on a terminal, JSON anywhere else."""
    at_terminal = sys.stderr.isatty()
    rendering = (
        [structlog.dev.ConsoleRenderer()]
        if at_terminal
        else [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
