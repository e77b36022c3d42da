"""Pages for buyers over real HTTP semantics: Django's client, and everything is committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from kalends.accounts.models import SignInAttempt
from kalends.platform import translations
from tests.buyer.shop import Shop
from tests.world import World


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    translations.compile_translations()
    with django_db_blocker.unblock():
        SignInAttempt.objects.all().delete()
        yield


@pytest.fixture
def client() -> Client:
    """A browser that nobody signed in with."""
    return Client()


@pytest.fixture
def shop(world: World, client: Client) -> Shop:
    """The account with its buyers."""
    return Shop(world, client)
