"""To the customer: money was received."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Row,
    Words,
    document_rows,
    invoice_number,
    next_payment,
    subject_and_period,
    when_and_how,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """What was paid, when, how and for what, and what is asked for next."""
    charge, document, agreement = facts.charge, facts.document, facts.agreement
    assert charge is not None
    amount = formats.money(charge.amount_minor, charge.currency)
    in_part = document is not None and charge.amount_minor != document.total_minor
    rows = document_rows(document, formats, _("Invoice total") if in_part else _("Paid"))
    if in_part or document is None:
        rows += (Row(_("Paid"), amount, weight="total"),)
    card_or_debit = charge.method_kind if agreement and agreement.automatic else ""
    following = next_payment(agreement, formats, same=card_or_debit)
    name = facts.customer.first_name
    return Words(
        subject=_("Receipt: %(amount)s to %(seller)s") % {"amount": amount, "seller": facts.seller.name},
        preview=" ".join(filter(None, (subject_and_period(agreement, document, formats), *following))),
        opening=_("Thank you, %(name)s. We received") % {"name": name}
        if name
        else _("Thank you. We received"),
        figure=formats.figure(charge.amount_minor, charge.currency),
        unit=charge.currency,
        below=(when_and_how(charge, formats), *invoice_number(document)),
        rows=rows,
        closing_title=_("What happens next"),
        closing=following,
        footer=(why_you_get_this(agreement, facts.seller.name),),
    )
