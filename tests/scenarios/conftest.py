"""A shop for each story. When the story is told, its books are proved and every letter in it is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from kalends.accounts.create import create_account
from kalends.payments.processors.registry import AccountProcessors
from kalends.platform import database
from kalends.platform.translations import compile_translations
from tests.cli.conftest import Answer, Give, give
from tests.conftest import AnyConnection
from tests.scenarios.shop import Shop
from tests.world import World

__all__ = ["give"]

OpenShop = Callable[..., Shop]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "feature(*names): the features of the first table that a story is about"
    )


@pytest.fixture(scope="session", autouse=True)
def _compiled_translations() -> None:
    """As ``./kalends`` does before anything else."""
    compile_translations()


@pytest.fixture
def open_shop(server: str) -> Iterator[OpenShop]:
    """Opens shops anywhere, on any day; each is proved when its story is told."""
    shops: list[Shop] = []
    processors: list[AccountProcessors] = []
    connections: list[AnyConnection] = []

    def open_one(day: str = "2026-03-01", *, zone: str = "Europe/Oslo", hour: int = 5, **more: str) -> Shop:
        moment = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), dt.UTC)
        db = database.connect(autocommit=True)
        connections.append(db)
        ctx = create_account(
            db, name="Nordlys Hosting", time_zone=zone, currency="EUR", currencies=("NOK", "USD"),
            now=moment, clock_at=moment, **{"country": "NO", **more},
        )  # fmt: skip
        processors.append(AccountProcessors(database.connect, ctx.id))
        shops.append(Shop(World(db, ctx, processors[-1])))
        return shops[-1]

    yield open_one
    try:
        for shop in shops:
            assert "\n".join(shop.differences()) == ""
            assert shop.unwritable() == []
    finally:
        for each in (*processors, *connections):
            each.close()


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    """A shop in Oslo early on 1 March 2026, an hour before charges start."""
    return open_shop()


@pytest.fixture
def types(shop: Shop, give: Give) -> Give:
    """What somebody of the shop types at the command line."""

    def in_the_shop(*words: object) -> Answer:
        return give(*words, "--account", shop.world.ctx.id)

    return in_the_shop
