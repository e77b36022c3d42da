"""From words to a subject, a plain text and a page of HTML that mail programs show alike."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import css_inline
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Seller
from kalends.messages.letters.words import Row, Words

_WIDTH = 64


class Rendered(NamedTuple):
    """A letter as it goes out, with the words of the document that goes with it as a PDF."""

    subject: str
    text: str
    html: str
    attached: Mapping[str, Any] | None = None


def lay_out(words: Words, seller: Seller, language: str, *, test: bool) -> Rendered:
    """Lay a letter out in the language that is active now. It refers to nothing outside itself.

    With ``test`` it says that no real money is meant, before anything else.
    """
    subject = " ".join(
        words.subject.split()
    )  # on one line, and with plain spaces for those who search their mail
    context = {
        "words": words,
        "seller": seller,
        "initial": seller.name.strip()[:1].upper(),
        "language": language,
        "table": _table(words.rows),
        "test_notice": _("This is a test. No real money is moved.") if test else "",
    }
    html = _inliner().inline(render_to_string("letters/letter.html", context))
    text = render_to_string("letters/letter.txt", context)
    return Rendered(_("Test: %(subject)s") % {"subject": subject} if test else subject, text, html)


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    """Puts each style on its element, since many mail programs drop style sheets; it never loads anything."""
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def _table(rows: Sequence[Row]) -> str:
    """The rows of a letter as lines of text, amounts flush right, the total under a rule."""
    lines: list[str] = []
    for row in rows:
        if row.weight == "total":
            lines.append("-" * _WIDTH)
        room = _WIDTH - len(row.value) - 2
        lines.append(
            f"{row.label:<{room}}  {row.value}" if len(row.label) <= room else f"{row.label}  {row.value}"
        )
        if row.detail:
            lines.append(f"  {row.detail}")
    return "\n".join(lines)
