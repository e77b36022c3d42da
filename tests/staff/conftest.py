"""Pages over real HTTP semantics: Django's client, Django's own connection, and everything is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoDbBlocker

from kalends.accounts.models import SignInAttempt, User
from kalends.platform import database, translations
from tests.staff.stage import Stage, build


@pytest.fixture(scope="session")
def stage(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The company that all pages are looked at with; tests do not change it."""
    translations.compile_translations()
    with django_db_blocker.unblock(), database.connect(autocommit=True) as db:
        yield build(db, lambda: database.connect(autocommit=True))


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Whatever language a test of before has left in this thread, it is English that is spoken here."""
    with django_db_blocker.unblock(), translation.override("en"):
        SignInAttempt.objects.all().delete()
        yield


SignIn = Callable[[User], Client]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which a user has signed in; the password's way is tested on its own, and slow on purpose."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def client(stage: Stage, sign_in: SignIn) -> Client:
    """A browser in which the company's owner has signed in."""
    return sign_in(stage.user)
