"""An account words its letters to customers itself: in plain words, with placeholders, and never the facts."""

from __future__ import annotations

from typing import Any

import pytest

from kalends.messages.letters.formats import LANGUAGES
from kalends.messages.letters.kinds import KINDS
from kalends.messages.letters.render import MessageRow, preview, sample_wording
from kalends.messages.letters.wording import (
    LENGTHS,
    PLACEHOLDERS,
    STANDARD,
    Wording,
    WordingRefused,
    problems_in,
)
from kalends.messages.wordings import own_wordings, read_wordings, set_wording
from tests.business.messages.post import Post
from tests.world import World

OWN = Wording(
    "Takk, {{ first_name }}: {{ amount }}",
    "Kjære {{ first_name }}, {{ seller }} har fått",
    "Hilsen alle oss.\n\nVi sees, {{ company }}!",
)


def word(world: World, wording: Wording, kind: str = "receipt", language: str = "en") -> bool:
    return set_wording(world.db, world.ctx, kind, language, wording, actor="user:1")


def paid(world: World, name: str = "Ingrid Brekke") -> None:
    contact = world.customer(name, country="United Kingdom")
    world.subscribe(contact, "100", method=world.method(contact))
    world.until("2026-01-01")


def test_every_letter_to_customers_can_be_worded_and_none_to_users() -> None:
    assert set(PLACEHOLDERS) == {kind for kind, known in KINDS.items() if known.is_worded}


@pytest.mark.parametrize("kind", PLACEHOLDERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_stands_for_something_in_the_sample(kind: str, language: str) -> None:
    worded = sample_wording(kind, language)
    assert [name for name, value in worded.values.items() if not value] == []
    every = " ".join(f"{{{{ {name} }}}}" for name in worded.values)
    letter = preview(kind, language, wording=Wording(closing=every))
    assert " ".join(worded.values.values()) in letter.text
    assert letter.subject == " ".join(worded.standard.subject.split())


def test_the_letter_has_the_accounts_words_and_its_own_facts(world: World, post: Post) -> None:
    paid(world)
    standard = post.letter("receipt")
    assert word(world, OWN._replace(closing="All the best.\n\nYours & ours <3"))
    letter = post.letter("receipt")
    assert letter.subject == "Test: Takk, Ingrid: 100.00 EUR"
    assert "Kjære Ingrid, Nordlys Test AS har fått\n100.00 EUR\n" in letter.text
    assert "All the best.\n\nYours & ours <3\n" in letter.text
    assert "Yours &amp; ours &lt;3" in letter.html
    facts = standard.text.partition("received\n")[2].partition("\n--")[0]
    assert facts
    assert facts.strip() in letter.text


def test_words_are_of_one_language_and_one_kind(world: World, post: Post) -> None:
    paid(world)
    before = post.letter("receipt")
    word(world, OWN, language="nb")
    word(world, OWN._replace(subject="{{ amount }}"), kind="refund")
    assert post.letter("receipt") == before


def test_a_part_that_lacks_a_fact_is_worded_as_kalends_does(world: World, post: Post) -> None:
    """This contact has no company: the second paragraph of the closing would have a hole."""
    paid(world)
    word(world, OWN._replace(subject="{{ company }}, {{ amount }}"))
    letter = post.letter("receipt")
    assert letter.subject == "Test: Receipt: 100.00 EUR to Nordlys Test AS"
    assert "Hilsen alle oss.\n" in letter.text
    assert "Vi sees" not in letter.text


@pytest.mark.parametrize("name", ["{{seller}}", "%(amount)s{0.__class__}%s"])
def test_a_name_that_looks_like_a_placeholder_stays_a_name(world: World, post: Post, name: str) -> None:
    paid(world, f"{name} Brekke")
    word(world, Wording(opening="Hi {{ first_name }}, we got"))
    assert f"Hi {name}, we got\n" in post.letter("receipt").text


def test_what_was_written_keeps_its_words(world: World, post: Post) -> None:
    paid(world)
    (row,) = post.rows("receipt")
    post.deliver()
    before = post.state(row.id, "subject", "text", "html")
    assert before[0]
    word(world, OWN)
    post.deliver()
    assert post.state(row.id, "subject", "text", "html") == before


def test_a_thousand_letters_ask_for_the_words_once(world: World, post: Post) -> None:
    post.cancellations(3)
    word(world, Wording(closing="Come back, {{ first_name }}."), kind="canceled")
    rows = post.rows("canceled")

    def asked(wanted: list[MessageRow]) -> list[str]:
        return post.statements("canceled", wanted)

    assert len(asked(rows)) == len(asked(rows[:1]))
    assert sum("letter_wording" in query for query in asked(rows)) == 1


@pytest.mark.parametrize(
    ("wording", "part", "reason", "value"),
    [
        (Wording("{{ price }}"), "subject", "unknown", "{{ price }}"),
        (Wording(opening="{{ due_date }}"), "opening", "unknown", "{{ due_date }}"),
        (Wording(closing="{{ first_name.__class__ }}"), "closing", "unknown", "{{ first_name.__class__ }}"),
        (Wording(closing="{{ amount }"), "closing", "unfinished", "{{"),
        (Wording("amount }}"), "subject", "unfinished", "}}"),
        (Wording("x" * (LENGTHS["subject"] + 1)), "subject", "long", "121 letters"),
        (Wording(closing="x" * (LENGTHS["closing"] + 1)), "closing", "long", "1001 letters"),
        (Wording(opening="a\x00b"), "opening", "unprintable", "characters that cannot be printed"),
    ],
)
def test_words_that_cannot_be_are_refused_by_part_and_value(
    world: World, wording: Wording, part: str, reason: str, value: str
) -> None:
    (problem,) = problems_in("receipt", wording)
    assert (problem.part, problem.reason, problem.value) == (part, reason, value)
    with pytest.raises(WordingRefused):
        word(world, wording)
    assert read_wordings(world.db, world.ctx.id, "receipt") == {}


def events(world: World) -> list[tuple[Any, ...]]:
    query = "SELECT actor, data FROM event WHERE account_id = %s AND kind = 'wording.changed' ORDER BY id"
    return world.rows(query, world.ctx.id)


def test_a_change_and_its_taking_back_are_in_the_journal_with_what_was_before(world: World) -> None:
    assert word(world, OWN)
    assert not word(world, OWN), "nothing changed"
    assert own_wordings(world.db, world.ctx.id) == {"receipt": ["en"]}
    assert word(world, STANDARD)
    assert own_wordings(world.db, world.ctx.id) == {}
    (made, taken) = events(world)
    assert made[0] == "user:1"
    assert made[1]["name"] == "receipt, en"
    assert made[1]["changes"]["subject"] == ["", OWN.subject]
    assert taken[1]["changes"]["closing"] == [OWN.closing, ""]


def test_the_words_of_one_account_are_not_anothers(world: World) -> None:
    word(world, OWN)
    assert read_wordings(world.db, world.ctx.id + 1, "receipt") == {}
