"""Every string that people see exists in Norwegian and in Finnish, with the same places for values."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from kalends.staff.reasons import REASONS
from tests.staff.messages_used import SRC, messages_used

_PLACE = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module", params=["nb", "fi"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    with (SRC / "locale" / request.param / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=request.param)


def test_messages_are_found_in_python_and_in_templates() -> None:
    used = messages_used()
    assert "Falling due in %(month)s" in used
    assert "Not enough funds" in used
    assert ("%(count)s day late", "%(count)s days late") in used


def test_no_translation_is_missing_or_doubtful(catalog: Catalog) -> None:
    missing = []
    for used in messages_used():
        one = used if isinstance(used, str) else used[0]
        message = catalog.get(one)
        strings = (
            ()
            if message is None
            else message.string
            if isinstance(message.string, tuple)
            else (message.string,)
        )
        complete = strings and all(strings) and (isinstance(used, str) or len(strings) == 2)
        if message is None or message.fuzzy or not complete:
            missing.append(used)
    assert missing == []


def test_a_translation_has_the_places_of_its_original(catalog: Catalog) -> None:
    for message in catalog:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert set(_PLACE.findall(string)) == set(_PLACE.findall(originals[-1])), message.id


def test_every_reason_of_the_sandbox_has_words() -> None:
    from kalends.payments.processors.sandbox.cards import FAILURES

    assert set(FAILURES) <= set(REASONS)
