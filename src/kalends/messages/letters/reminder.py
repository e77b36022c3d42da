"""To the customer: a payment is coming, some days ahead of it."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Row,
    Words,
    method_words,
    name_and_seller,
    update_payment,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """How much is charged, when and from where, and that nothing has to be done for it."""
    agreement, seller = facts.agreement, facts.seller.name
    assert agreement is not None
    name = facts.customer.first_name
    amount_minor = agreement.next_amount_minor or 0
    words = {"amount": formats.money(amount_minor, agreement.currency), **name_and_seller(facts)}
    day = formats.day(agreement.next_due_date) if agreement.next_due_date else ""
    when = (_("on %(date)s") % {"date": day},) if day else ()
    if day and agreement.method is not None:
        when = (_("on %(date)s from %(method)s") % {"date": day, "method": method_words(agreement.method)},)
    nothing_to_do = _("You need not do anything: the payment is made by itself.")
    return Words(
        subject=_("Coming up: %(amount)s to %(seller)s") % words,
        preview=" ".join((f"{agreement.name}, {when[0]}." if when else agreement.name, nothing_to_do)),
        opening=_("Hello %(name)s. Your next payment is") % {"name": name}
        if name
        else _("Hello. Your next payment is"),
        figure=formats.figure(amount_minor, agreement.currency),
        unit=agreement.currency,
        below=when,
        rows=(Row(_("Subscription"), agreement.name, weight="fact"),),
        closing_title=_("What happens next"),
        closing=(nothing_to_do, _("To change something before that day, write to %(seller)s.") % words),
        link=update_payment(agreement),
        footer=(why_you_get_this(agreement, seller),),
    )
