"""What a workflow of the account's writes, in the account's own words: to a contact, or to a user."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Words


def compose_to_contact(facts: Facts, formats: Formats) -> Words:
    """The words as they are."""
    del formats
    return _words(
        facts, _("You get this because you are a customer of %(seller)s.") % {"seller": facts.seller.name}
    )


def compose_to_user(facts: Facts, formats: Formats) -> Words:
    """The words as they are, and the way to the record that they are about."""
    del formats
    told = facts.workflow
    assert told is not None
    return _words(facts, _("You get this from the workflow %(name)s.") % {"name": told.workflow})


def _words(facts: Facts, footer: str) -> Words:
    told = facts.workflow
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
        footer=(footer,),
        link=Link(_("Open the record"), told.link) if told.link else None,
        farewell=paragraphs,
        leave=Link(_("Get no more of these emails"), told.unsubscribe) if told.unsubscribe else None,
    )
