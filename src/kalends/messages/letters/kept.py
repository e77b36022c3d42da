"""To the customer: a cancellation or a pause that was to come is taken back."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words, name_and_seller, next_payment, why_you_get_this


def compose(facts: Facts, formats: Formats) -> Words:
    """What will not happen after all, and what is paid next."""
    agreement, name = facts.agreement, facts.customer.first_name
    assert agreement is not None
    columns = facts.change.columns if facts.change else {}
    taken_back = (
        _("The pause that was planned will not take place.")
        if "pause_on" in columns and "cancel_on" not in columns
        else _("The cancellation that was planned will not take place.")
    )
    closing = (taken_back, *next_payment(agreement, formats))
    return Words(
        subject=_("Going on after all: %(name)s at %(seller)s") % name_and_seller(facts),
        preview=" ".join(closing),
        opening=_("Hello %(name)s. This subscription goes on after all") % {"name": name}
        if name
        else _("Hello. This subscription goes on after all"),
        figure=agreement.name,
        below=(_("on %(date)s") % {"date": formats.day(facts.on)},),
        rows=(),
        closing_title=_("What happens next"),
        closing=closing,
        footer=(why_you_get_this(agreement, facts.seller.name),),
    )
