"""Pages, programs and workers of one account, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from kalends.accounts.models import SignInAttempt
from kalends.platform import translations
from tests.concurrency.losing import Losing, losing


@pytest.fixture(autouse=True)
def _pages(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    translations.compile_translations()
    with django_db_blocker.unblock():
        SignInAttempt.objects.all().delete()
        yield


@pytest.fixture(scope="module")
def loses(server: str) -> Iterator[Losing]:
    """Lets each statement that writes lose a deadlock."""
    with losing() as made:
        yield made
