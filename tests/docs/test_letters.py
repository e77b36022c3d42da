"""The document about letters and settings tells all of them, and none that is not there."""

from __future__ import annotations

from kalends.accounts.change import RULES
from kalends.accounts.people import NOTICES
from kalends.accounts.setting import written
from kalends.messages.letters.kinds import KINDS
from tests.docs.documents import ROOT, code_words, rows

TEXT = (ROOT / "docs" / "letters.md").read_text()


def test_the_letters_told_are_those_that_are_written() -> None:
    told = [kind for row in rows(TEXT, "The letters") for kind in code_words(row[0])]
    assert sorted(told) == sorted(KINDS)


def test_the_switches_told_are_settings_or_users_notices() -> None:
    named = {word for row in rows(TEXT, "The letters") for word in code_words(row[4])}
    assert named <= set(RULES) | set(NOTICES)
    assert set(NOTICES) - {"webhooks"} <= named, "of webhooks only the pages tell"


def test_the_settings_told_are_those_that_there_are_with_their_meaning_and_first_value() -> None:
    told = {code_words(row[0])[0]: row[1:4] for row in rows(TEXT, "The settings")}
    assert set(told) == set(RULES)
    for name, rule in RULES.items():
        first = written(rule.default)
        assert told[name] == [rule.meaning, rule.allowed, f"`{first}`" if first else ""], name
