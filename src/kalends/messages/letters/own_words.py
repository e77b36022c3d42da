"""Letters in the account's own words: emails to the people in a segment, and what workflows write."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Words


def compose_mailing(facts: Facts, formats: Formats) -> Words:
    """The words as they are, and how to get no more."""
    del formats
    told = facts.mailing
    assert told is not None
    return _words(told.subject, told.body, _to_customer(facts), unsubscribe=told.unsubscribe)


def compose_to_contact(facts: Facts, formats: Formats) -> Words:
    """What a workflow writes to a contact: the words as they are, and how to get no more."""
    del formats
    told = facts.workflow
    assert told is not None
    return _words(told.subject, told.body, _to_customer(facts), told.link, told.unsubscribe)


def compose_to_user(facts: Facts, formats: Formats) -> Words:
    """What a workflow writes to a user: the words as they are, and the way to the record that they are about."""
    del formats
    told = facts.workflow
    assert told is not None
    footer = _("You get this from the workflow %(name)s.") % {"name": told.workflow}
    return _words(told.subject, told.body, footer, told.link, told.unsubscribe)


def _to_customer(facts: Facts) -> str:
    return _("You get this because you are a customer of %(seller)s.") % {"seller": facts.seller.name}


def _words(subject: str, body: str, footer: str, link: str = "", unsubscribe: str = "") -> Words:
    paragraphs = tuple(part.strip() for part in body.split("\n\n") if part.strip())
    return Words(
        subject=subject,
        preview=paragraphs[0] if paragraphs else subject,
        opening="",
        figure=subject,
        below=(),
        rows=(),
        closing_title="",
        closing=(),
        footer=(footer,),
        link=Link(_("Open the record"), link) if link else None,
        farewell=paragraphs,
        leave=Link(_("Get no more of these emails"), unsubscribe) if unsubscribe else None,
    )
