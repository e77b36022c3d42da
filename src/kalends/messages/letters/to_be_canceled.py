"""To the customer: a subscription will end when the paid period does."""

from django.utils.translation import gettext as _

from kalends.messages.letters.canceled import debits_sent, open_invoices
from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Words, changed_to, why_you_get_this


def compose(facts: Facts, formats: Formats) -> Words:
    """Until when it goes on, that nothing new is charged, and that this can still be taken back."""
    agreement, seller = facts.agreement, facts.seller.name
    assert agreement is not None
    ends = changed_to(facts, "cancel_on")
    words = {"name": agreement.name, "seller": seller, "date": formats.day(ends) if ends else ""}
    name, rows = facts.customer.first_name, open_invoices(facts, formats)
    promise = _("Until then everything goes on as before. No further payment is asked for.")
    owed = (_("Open invoices are still to be paid."),) if rows else ()
    return Words(
        subject=_("Ends on %(date)s: %(name)s at %(seller)s") % words,
        preview=promise,
        opening=_("Hello %(name)s. This subscription will be canceled") % {"name": name}
        if name
        else _("Hello. This subscription will be canceled"),
        figure=agreement.name,
        below=(_("on %(date)s") % words,),
        rows=rows,
        closing_title=_("What happens next"),
        closing=(
            promise,
            *owed,
            *debits_sent(facts, formats),
            _("If you want to keep it after all, write to %(seller)s before that day.") % words,
        ),
        footer=(why_you_get_this(agreement, seller),),
    )
