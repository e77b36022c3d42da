"""To the customer: a subscription is paused, or goes on after a pause."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words, name_and_seller, next_payment, why_you_get_this


def compose_paused(facts: Facts, formats: Formats) -> Words:
    """That nothing is charged for the time being, and when it goes on."""
    agreement, name = facts.agreement, facts.customer.first_name
    assert agreement is not None
    nothing = _("Nothing is charged or invoiced during the pause, and nothing of it is asked for later.")
    if agreement.resume_on is None:
        goes_on = _("The pause lasts until you and %(seller)s agree to go on.") % {
            "seller": facts.seller.name
        }
    else:
        goes_on = _("The subscription goes on by itself on %(date)s.") % {
            "date": formats.day(agreement.resume_on)
        }
    return _words(
        facts,
        subject=_("Paused: %(name)s at %(seller)s") % name_and_seller(facts),
        opening=_("Hello %(name)s. This subscription is paused") % {"name": name}
        if name
        else _("Hello. This subscription is paused"),
        since=_("since %(date)s") % {"date": formats.day(facts.on)},
        closing=(nothing, goes_on),
    )


def compose_resumed(facts: Facts, formats: Formats) -> Words:
    """That the subscription goes on, and when it is paid for next."""
    agreement, name = facts.agreement, facts.customer.first_name
    return _words(
        facts,
        subject=_("Going on: %(name)s at %(seller)s") % name_and_seller(facts),
        opening=_("Hello %(name)s. This subscription goes on") % {"name": name}
        if name
        else _("Hello. This subscription goes on"),
        since=_("since %(date)s") % {"date": formats.day(facts.on)},
        closing=(
            *next_payment(agreement, formats),
            _("What would have been due during the pause is not asked for."),
        ),
    )


def _words(facts: Facts, *, subject: str, opening: str, since: str, closing: tuple[str, ...]) -> Words:
    agreement, seller = facts.agreement, facts.seller.name
    assert agreement is not None
    return Words(
        subject=subject,
        preview=" ".join(closing),
        opening=opening,
        figure=agreement.name,
        below=(since,),
        rows=(),
        closing_title=_("What happens next"),
        closing=closing,
        footer=(seller, why_you_get_this(agreement, seller)),
    )
