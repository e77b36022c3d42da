"""Translations are compiled without any system tool, and only when they changed."""

from __future__ import annotations

import gettext
from pathlib import Path

from kalends.platform.translations import SOURCES, compile_translations

_LETTER = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8"

msgid "Invoice"
msgstr "Lasku"

#, fuzzy
msgid "Receipt"
msgstr "Kuitti?"
"""


def _source(folder: Path) -> Path:
    source = folder / "fi" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(_LETTER)
    return source


def test_a_translation_is_compiled_into_what_gettext_reads(tmp_path: Path) -> None:
    _source(tmp_path)
    assert compile_translations(tmp_path, tmp_path / "elsewhere") == 1
    finnish = gettext.translation("django", tmp_path, ["fi"])
    assert finnish.gettext("Invoice") == "Lasku"


def test_an_uncertain_translation_is_left_out(tmp_path: Path) -> None:
    _source(tmp_path)
    compile_translations(tmp_path, tmp_path / "elsewhere")
    assert gettext.translation("django", tmp_path, ["fi"]).gettext("Receipt") == "Receipt"


def test_what_has_not_changed_is_not_compiled_again(tmp_path: Path) -> None:
    _source(tmp_path)
    compile_translations(tmp_path, tmp_path / "elsewhere")
    assert compile_translations(tmp_path, tmp_path / "elsewhere") == 0


def test_every_translation_of_ours_can_be_compiled(tmp_path: Path) -> None:
    sources = list(SOURCES.glob("*/LC_MESSAGES/*.po"))
    for source in sources:
        copy = tmp_path / source.relative_to(SOURCES)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(source.read_bytes())
    assert compile_translations(tmp_path, tmp_path / "elsewhere") == len(sources)
