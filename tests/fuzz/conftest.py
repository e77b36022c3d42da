"""What all of these tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hypothesis warns of examples that are long to print; long ones are made here on purpose."""
    for each in items:
        if _HERE in each.path.parents:
            each.add_marker(pytest.mark.filterwarnings("ignore:Generating overly large repr"))
