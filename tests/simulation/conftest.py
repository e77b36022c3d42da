"""Worlds for tests: small ones, told apart by their seeds, each with two accounts of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from kalends.platform.databases_for_tests import fresh_database
from kalends.platform.scratch import freeze_plans
from kalends.simulation.world import Plan

SEED = int(os.environ.get("KALENDS_SEED", "20260301"))
DAYS = int(os.environ.get("KALENDS_SIMULATED_DAYS", "60"))
CUSTOMERS = int(os.environ.get("KALENDS_SIMULATED_CUSTOMERS", "14"))


@pytest.fixture(scope="module")
def still(server: str) -> Iterator[None]:
    """A database in which worlds are the same each time, whatever other tests left and the server learned of it."""
    with fresh_database("still") as dsn:
        freeze_plans(dsn)
        yield


@pytest.fixture
def plan() -> Plan:
    """Nine weeks over the end of a February and the nights in which the clocks are moved."""
    return Plan(SEED, DAYS, CUSTOMERS, wildness=1.5)


@pytest.fixture(autouse=True)
def quiet_deaths() -> Iterator[None]:
    """psycopg warns of each connection that dies inside a pipeline; here that is what connections do."""
    logger = logging.getLogger("psycopg")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)
