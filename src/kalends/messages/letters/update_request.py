"""To the customer: staff asks for another means of payment."""

from django.utils.translation import gettext as _

from kalends.messages.letters.canceled import open_invoices
from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Words,
    method_words,
    name_and_seller,
    next_payment,
    update_payment,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """What is paid by which means so far, what is open, and how to give another means."""
    agreement, seller = facts.agreement, facts.seller.name
    assert agreement is not None
    name, words = facts.customer.first_name, name_and_seller(facts)
    so_far = (
        ()
        if agreement.method is None
        else (_("so far from %(method)s") % {"method": method_words(agreement.method)},)
    )
    how = (
        _("Use the button below. It takes a minute.")
        if agreement.update_page
        else _("To pay in another way, write to %(seller)s.") % words
    )
    open_ = open_invoices(facts, formats)
    overdue = (_("A new payment method first pays what is overdue."),) if open_ else ()
    return Words(
        subject=_("Please update how you pay for %(name)s at %(seller)s") % words,
        preview=how,
        opening=_("Hello %(name)s. Please update how you pay for") % {"name": name}
        if name
        else _("Hello. Please update how you pay for"),
        figure=agreement.name,
        below=so_far,
        rows=open_,
        closing_title=_("What happens next"),
        closing=(how, *overdue, *next_payment(agreement, formats)),
        link=update_payment(agreement),
        footer=(why_you_get_this(agreement, seller),),
    )
