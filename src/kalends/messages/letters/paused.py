"""To the customer: a subscription is paused, or goes on after a pause."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words, name_and_seller, next_payment, why_you_get_this


def compose_paused(facts: Facts, formats: Formats) -> Words:
    """That nothing is charged for the time being, and when it goes on."""
    agreement, name = facts.agreement, facts.customer.first_name
    assert agreement is not None
    return _words(
        facts,
        subject=_("Paused: %(name)s at %(seller)s") % name_and_seller(facts),
        opening=_("Hello %(name)s. This subscription is paused") % {"name": name}
        if name
        else _("Hello. This subscription is paused"),
        since=_("since %(date)s") % {"date": formats.day(facts.on)},
        closing=(nothing_is_charged(), goes_on(facts, formats)),
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
        footer=(why_you_get_this(agreement, seller),),
    )


def nothing_is_charged() -> str:
    """What a pause means for money."""
    return _("Nothing is charged or invoiced during the pause, and nothing of it is asked for later.")


def goes_on(facts: Facts, formats: Formats) -> str:
    """When a pause ends."""
    assert facts.agreement is not None
    if facts.agreement.resume_on is None:
        return _("The pause lasts until you and %(seller)s agree to go on.") % {"seller": facts.seller.name}
    return _("The subscription goes on by itself on %(date)s.") % {
        "date": formats.day(facts.agreement.resume_on)
    }
