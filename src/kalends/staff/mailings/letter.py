"""An email to a segment as a letter, for looking at it and for trying it."""

from __future__ import annotations

from django.conf import settings

from kalends.accounts.context import AccountContext
from kalends.messages.letters.facts import Customer, MailingTold
from kalends.messages.letters.joined import facts_about
from kalends.messages.letters.layout import Rendered
from kalends.messages.letters.render import write
from kalends.messages.mailing_letters import KIND
from kalends.segments.mail_words import MailWords


def as_letter(ctx: AccountContext, words: MailWords, language: str) -> Rendered:
    """The letter that a reader gets; its link to get no more leads to our front page, for it is nobody's yet."""
    told = MailingTold(words.subject, words.body, settings.PUBLIC_URL)
    return write(KIND, facts_about(ctx, Customer(), ctx.now, mailing=told), language)
