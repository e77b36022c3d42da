"""Pages over real HTTP semantics: Django's client, Django's own connection, and everything is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoDbBlocker
from tests.staff.stage import PASSWORD, Stage, build

from kalends.accounts.models import User
from kalends.platform import database, translations


@pytest.fixture(scope="session")
def stage(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:  # noqa: ARG001
    """The company that all pages are looked at with; tests do not change it."""
    translations.compile_translations()
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        yield build(db, lambda: database.connect(autocommit=True))


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:  # noqa: ARG001
    cache.clear()
    with django_db_blocker.unblock():
        yield


SignIn = Callable[[User], Client]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which a user has signed in with the password."""

    def signed_in(user: User) -> Client:
        client = Client()
        response = client.post("/sign-in", {"email": user.email, "password": PASSWORD})
        assert response.status_code == 302, response.content.decode()
        return client

    return signed_in


@pytest.fixture
def client(stage: Stage, sign_in: SignIn) -> Client:
    """A browser in which the company's owner has signed in."""
    return sign_in(stage.user)
