"""Scripts of ours put text into pages as text, run nothing that they are given, and leave nothing in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "kalends"
OURS = [path for path in SRC.glob("*/static/**/*.js") if "vendor" not in path.parts]

NEVER = {
    "text that is read as markup": r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|createContextualFragment"
    r"|document\.write|\bsetHTML|\.srcdoc\b",
    "text that is run": r"\beval\s*\(|new Function\b|set(?:Timeout|Interval)\(\s*[\"'`]|\bimport\s*\(\s*[^\"']",
    "what stays in the browser": r"localStorage|sessionStorage|indexedDB|\bcaches\b|document\.cookie",
    "messages of other windows": r"postMessage|addEventListener\(\s*[\"']message[\"']|WebSocket|EventSource",
    "names that reach an object's prototype": r"__proto__|\.prototype\b|Object\.assign"
    r"|\w\[(?![\"'\d\]])[^\]]*\]\s*=(?!=)",
    "pasting held back": r"[\"']paste[\"']|onpaste|clipboardData",
}
"""What no script does, each as a pattern."""


def done_in(text: str) -> set[str]:
    """Which of these things a script does."""
    code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    return {what for what, pattern in NEVER.items() if re.search(pattern, code)}


def test_there_are_scripts_to_look_at() -> None:
    assert len(OURS) > 20


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_script_does_none_of_it(path: Path) -> None:
    assert done_in(path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("place.innerHTML = answer;", "text that is read as markup"),
        ("setTimeout('run()', 1);", "text that is run"),
        ("sessionStorage.setItem('a', b);", "what stays in the browser"),
        ("window.addEventListener('message', take);", "messages of other windows"),
        ("known[name] = value;", "names that reach an object's prototype"),
        ("field.addEventListener('paste', stop);", "pasting held back"),
    ],
)
def test_a_script_that_did_would_be_found(line: str, what: str) -> None:
    assert done_in(line) == {what}
    assert done_in(f"// {line}") == set()


def test_no_script_is_written_into_a_page_and_whatever_is_shown_is_escaped() -> None:
    written = re.compile(
        r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|\|\s*safe(?:seq)?\b|autoescape\s+off",
        re.IGNORECASE,
    )
    pages = [*SRC.glob("*/templates/**/*.html")]
    assert len(pages) > 100
    assert [str(page.relative_to(SRC)) for page in pages if written.search(page.read_text("utf-8"))] == []
