"""To the customer: a subscription will be paused on a day to come."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.paused import goes_on, nothing_is_charged
from kalends.messages.letters.words import Words, changed_to, next_payment, why_you_get_this


def compose(facts: Facts, formats: Formats) -> Words:
    """From when on nothing is charged, until when, and whether something is due before."""
    agreement, name = facts.agreement, facts.customer.first_name
    assert agreement is not None
    begins = changed_to(facts, "pause_on")
    words = {
        "name": agreement.name,
        "seller": facts.seller.name,
        "date": formats.day(begins) if begins else "",
    }
    due = agreement.next_due_date
    before = next_payment(agreement, formats) if begins and due and due < begins else ()
    closing = (*before, nothing_is_charged(), goes_on(facts, formats))
    return Words(
        subject=_("Pauses on %(date)s: %(name)s at %(seller)s") % words,
        preview=" ".join(closing),
        opening=_("Hello %(name)s. This subscription will be paused") % {"name": name}
        if name
        else _("Hello. This subscription will be paused"),
        figure=agreement.name,
        below=(_("from %(date)s on") % words,),
        rows=(),
        closing_title=_("What happens next"),
        closing=closing,
        footer=(why_you_get_this(agreement, facts.seller.name),),
    )
