"""From words to a subject, a plain text and a page of HTML that mail programs show alike."""

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import css_inline
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kalends.accounts.letterhead import LogoName
from kalends.messages.letters.facts import Seller
from kalends.messages.letters.words import Row, Words

_WIDTH = 64
_LARGE_FIGURE = 16


class Rendered(NamedTuple):
    """A letter as it goes out, with the words of the document that goes with it as a PDF.

    ``logo`` names the picture of the account's that its HTML shows.
    """

    subject: str
    text: str
    html: str
    attached: Mapping[str, Any] | None = None
    logo: str | None = None

    @property
    def logos(self) -> set[str]:
        """The names of the pictures that it and its document show."""
        return {name for name in (self.logo, (self.attached or {}).get("logo")) if name}


def lay_out(words: Words, seller: Seller, language: str, *, test: bool) -> Rendered:
    """Lay a letter out in the language that is active now. It refers to nothing outside itself but to the logo, which
    goes with it.

    With ``test`` it says that no real money is meant, before anything else.
    """
    subject = " ".join(
        words.subject.split()
    )  # on one line, and with plain spaces for those who search their mail
    context = {
        "words": words,
        "seller": seller,
        "logo_address": f"cid:{content_id(str(seller.logo))}" if seller.logo else "",
        "logo_size": _shown(seller.logo) if seller.logo else None,
        "initial": seller.name.strip()[:1].upper(),
        "language": language,
        "table": _table(words.rows),
        "long": len(words.figure) > _LARGE_FIGURE,
        "test_notice": _("This is a test. No real money is moved.") if test else "",
    }
    html = _inliner().inline(render_to_string("letters/letter.html", context))
    text = render_to_string("letters/letter.txt", context)
    told = _("Test: %(subject)s") % {"subject": subject} if test else subject
    return Rendered(told, text, html, logo=str(seller.logo) if seller.logo else None)


def content_id(logo: str) -> str:
    """What a letter's HTML calls the logo that goes with it (RFC 2392, without brackets)."""
    return f"{logo}@logo.kalends"


def for_browsers(letter: Rendered, logos: Mapping[str, bytes]) -> str:
    """The letter's HTML with the logo in it, for looking at it outside a mail program."""
    if letter.logo is None or letter.logo not in logos:
        return letter.html
    data = base64.b64encode(logos[letter.logo]).decode()
    return letter.html.replace(f"cid:{content_id(letter.logo)}", f"data:image/png;base64,{data}")


def _shown(logo: LogoName) -> tuple[int, int]:
    """Width and height in a letter: a quarter of the picture's, so that it is sharp on every screen."""
    return max(logo.width // 4, 1), max(logo.height // 4, 1)


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
