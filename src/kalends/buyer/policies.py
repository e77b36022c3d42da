"""What the seller's customers accept: terms of service and refund policy, at addresses of the seller's own."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kalends.buyer.door import Guest


class Sentence(NamedTuple):
    """What is agreed to: ``text`` is kept word for word, with the addresses; ``html`` is shown, with links."""

    text: str
    html: SafeString

    def __bool__(self) -> bool:
        return bool(self.text)

    def after(self, words: str) -> Sentence:
        """The same behind other words."""
        if not self.text:
            return Sentence(words, escape(words))
        return Sentence(f"{words} {self.text}", format_html("{} {}", words, self.html))


NOTHING = Sentence("", SafeString())


def links(guest: Guest) -> list[tuple[str, str]]:
    """The name and the address of each policy, for the foot of a page."""
    settings = guest.ctx.settings
    named = ((_("Terms of service"), settings.terms_url), (_("Refund policy"), settings.refund_policy_url))
    return [(name, url) for name, url in named if url]


def i_accept(guest: Guest) -> Sentence:
    """What the buyer says beside a check box; nothing where the seller has no policies."""
    return _said(
        guest,
        _("I accept the %(terms)s and the %(refunds)s."),
        _("I accept the %(terms)s."),
        _("I accept the %(refunds)s."),
    )


def by_the_button(guest: Guest) -> Sentence:
    """What the page says above a button, where there is nothing to tick."""
    return _said(
        guest,
        _("By pressing the button you accept the %(terms)s and the %(refunds)s."),
        _("By pressing the button you accept the %(terms)s."),
        _("By pressing the button you accept the %(refunds)s."),
    )


def _said(guest: Guest, both: str, terms_alone: str, refunds_alone: str) -> Sentence:
    settings = guest.ctx.settings
    named = {
        "terms": (_("terms of service"), settings.terms_url),
        "refunds": (_("refund policy"), settings.refund_policy_url),
    }
    there = {key: (name, url) for key, (name, url) in named.items() if url}
    if not there:
        return NOTHING
    words = both if len(there) > 1 else terms_alone if "terms" in there else refunds_alone
    anchor = '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>'
    shown = {key: format_html(anchor, url, name) for key, (name, url) in there.items()}
    return Sentence(
        words % {key: f"{name} ({url})" for key, (name, url) in there.items()},
        mark_safe(escape(words) % shown),  # noqa: S308 - the words are escaped, and the links are made above
    )
