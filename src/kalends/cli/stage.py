"""``python -m kalends.cli.stage MODULE ...``: the process that forks those that a proof kills.

What it is and how it is spoken to stands in :mod:`kalends.proving.stage`. The modules are loaded beforehand as well.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from kalends.cli.__main__ import run, with_utf8
from kalends.platform.boot import boot

_LOADED_BEFOREHAND = (
    "kalends.cli.bill",
    "kalends.cli.clock",
    "kalends.cli.serve",
    "kalends.billing.run",
    "kalends.billing.clock",
    "kalends.payments.processors.registry",
    "kalends.worker.loop",
)


def main(modules: Sequence[str]) -> None:
    """Bring the installation that the environment names to life, load what commands load, and wait for orders."""
    from kalends.proving.stage import play

    with_utf8()
    boot(migrate=True)
    for name in (*_LOADED_BEFOREHAND, *modules):
        importlib.import_module(name)
    from django.db import connections

    connections.close_all()
    play(run)


if __name__ == "__main__":
    main(sys.argv[1:])
