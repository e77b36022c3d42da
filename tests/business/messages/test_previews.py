"""Previews of every letter in every language: what holds for all of them, and that no translation is missing."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import kalends.documents
import kalends.messages
from kalends.messages.letters.formats import LANGUAGES
from kalends.messages.letters.kinds import KINDS
from kalends.messages.letters.render import preview
from kalends.platform.translations import SOURCES

EVERY = [(kind, language) for kind in KINDS for language in LANGUAGES]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
_PLACES = re.compile(r"%\(\w+\)s")


def catalog(language: str) -> Any:
    with (SOURCES / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences() -> set[str]:
    """Everything that letters and the documents with them say, as it stands in the code."""
    folders = [Path(room.__file__).parent for room in (kalends.messages, kalends.documents)]
    found = [extract_from_dir(folder, method_map=[("**.py", "python")]) for folder in folders]
    return {message for _, _, message, _, _ in itertools.chain(*found) if isinstance(message, str)}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_of_letters_is_translated(language: str) -> None:
    known = catalog(language)
    missing = [text for text in sentences() if not (known.get(text) and known.get(text).string)]
    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_places_of_its_sentence_and_is_certain(language: str) -> None:
    for message in catalog(language):
        if isinstance(message.id, str) and message.id:
            assert set(_PLACES.findall(message.string)) == set(_PLACES.findall(message.id)), message.id
            assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_of_letters_stand_in_order_and_none_stands_twice(language: str) -> None:
    source = (SOURCES / language / "LC_MESSAGES" / "django.po").read_text()
    everything = re.findall(r'^msgid "(.+)"$', source, re.M)
    assert len(everything) == len(set(everything))
    of_letters = re.findall(r'^msgid "(.+)"$', source.partition("\n# ----")[0], re.M)
    assert sentences() <= set(everything)
    assert of_letters == sorted(of_letters)


def test_the_layout_says_nothing_of_its_own() -> None:
    """All words come from the code, so that the tests above see every one of them."""
    for name in ("letter.html", "letter.txt"):
        source = (Path(kalends.messages.__file__).parent / "templates" / "letters" / name).read_text()
        source = re.sub(r"<style>.*?</style>|<[^>]*>|\{%.*?%\}|\{\{.*?\}\}|&nbsp;", " ", source, flags=re.S)
        assert not re.search(r"[a-z]{2,}", source)


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_letter_asks_for_nothing_from_outside(kind: str, language: str) -> None:
    html = re.sub(r'(<a [^>]*)href="[^"]*"', r"\1", preview(kind, language).html)
    assert not re.search(r"""(src|href|background)\s*=|url\(|@import|https?:|<link|<script|<img""", html)


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_html_and_text_say_the_same(kind: str, language: str) -> None:
    letter = preview(kind, language)
    body = letter.html.partition("<body")[2].partition('class="preview"')[2].partition("</div>")[2]
    in_html = set(re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").split())
    address = next((line.partition(": ")[2] for line in letter.text.splitlines() if "http://" in line), "")
    assert (f' href="{address}"' in letter.html) == bool(address)
    in_text = set(letter.text.replace(f": {address}" if address else "\0", "").split()) - {"--", "-" * 64}
    assert in_text - in_html == set()
    assert {word for word in in_html - in_text if len(word) > 1} == set()


IN_OWN_WORDS = {"workflow_letter", "workflow_note", "mailing"}
"""Letters that an account words itself, from beginning to end."""


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_letter_is_in_one_language_and_says_which(kind: str, language: str) -> None:
    letter = preview(kind, language)
    assert f'<html lang="{language}">' in letter.html
    title = {"en": "What happens next", "nb": "Hva skjer nå", "fi": "Mitä seuraavaksi tapahtuu"}
    assert title[language] in letter.text or kind in IN_OWN_WORDS
    assert not any(words in letter.text for other, words in title.items() if other != language)


@pytest.mark.parametrize("kind", KINDS)
def test_dark_mode_turns_every_color_that_text_or_ground_has(kind: str) -> None:
    html = preview(kind, "en").html
    dark = html.partition("prefers-color-scheme:dark")[2].partition("@media")[0]
    styled = set(re.findall(r'class="([^"]+)" style="[^"]*(?<![-\w])(?:background-)?color:', html))
    names = {name for classes in styled for name in classes.split()[:1]} - {"bar", "initial"}
    assert names
    assert {name for name in names if f".{name}" not in dark} <= {"sheet"}


def test_amounts_and_dates_are_written_as_the_reader_writes_them() -> None:
    english, finnish = preview("receipt", "en").text, preview("receipt", "fi").text
    assert "37,477.50" in english
    assert "15 November 2026" in english
    assert "37\N{NO-BREAK SPACE}477,50" in finnish
    assert "15. marraskuuta 2026" in finnish
