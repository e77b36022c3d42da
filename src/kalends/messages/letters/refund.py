"""To the customer: money was given back."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Charge, Facts, Refund
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    BY_HAND,
    Row,
    Words,
    invoice_number,
    method_words,
    next_payment,
    subject_and_period,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """How much was given back of which payment, by which means and when it arrives, and what stays paid."""
    refund, charge, agreement, seller = facts.refund, facts.charge, facts.agreement, facts.seller.name
    assert refund is not None
    assert charge is not None
    amount = formats.money(refund.amount_minor, refund.currency)
    name, arrival = facts.customer.first_name, _arrival(charge)
    before_minor = charge.amount_minor - refund.amount_minor - refund.kept_minor
    before = [Row(_("Given back before"), formats.figure(-before_minor, refund.currency), weight="quiet")]
    return Words(
        subject=_("Refund: %(amount)s from %(seller)s") % {"amount": amount, "seller": seller},
        preview=" ".join(filter(None, (subject_and_period(agreement, facts.document, formats), arrival))),
        opening=_("Hello %(name)s. We have given back") % {"name": name}
        if name
        else _("Hello. We have given back"),
        figure=formats.figure(refund.amount_minor, refund.currency),
        unit=refund.currency,
        below=(_when_and_where(refund, charge, formats), *invoice_number(facts.document)),
        rows=(
            Row(
                _("Payment of %(date)s") % {"date": formats.day(charge.on)},
                formats.figure(charge.amount_minor, refund.currency),
            ),
            *(before if before_minor else ()),
            Row(_("Given back now"), formats.figure(-refund.amount_minor, refund.currency)),
            Row(_("Stays paid"), formats.money(refund.kept_minor, refund.currency), weight="total"),
        ),
        closing_title=_("What happens next"),
        closing=(arrival, *next_payment(agreement, formats)),
        footer=(why_you_get_this(agreement, seller),),
    )


def _when_and_where(refund: Refund, charge: Charge, formats: Formats) -> str:
    words = {"date": formats.day(refund.on), "method": method_words(charge)}
    if charge.method_kind in BY_HAND:
        return _("on %(date)s by %(method)s") % words
    return _("on %(date)s to %(method)s") % words


def _arrival(charge: Charge) -> str:
    if charge.method_kind in BY_HAND:
        return _("The money was handed back directly, so nothing more is on its way.")
    if charge.method_kind == "card":
        return _("The bank of the card decides when it shows: usually within ten banking days.")
    return _("It is in the account now, or within a few banking days.")
