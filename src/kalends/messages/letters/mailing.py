"""An email to the people in a segment, in the account's own words; whoever wants no more of them says so by a link."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Words


def compose(facts: Facts, formats: Formats) -> Words:
    """The words as they are, and how to get no more."""
    del formats
    told = facts.mailing
    assert told is not None
    paragraphs = tuple(part.strip() for part in told.body.split("\n\n") if part.strip())
    return Words(
        subject=told.subject,
        preview=paragraphs[0] if paragraphs else told.subject,
        opening="",
        figure=told.subject,
        below=(),
        rows=(),
        closing_title="",
        closing=(),
        footer=(_("You get this because you are a customer of %(seller)s.") % {"seller": facts.seller.name},),
        farewell=paragraphs,
        leave=Link(_("Get no more of these emails"), told.unsubscribe),
    )
