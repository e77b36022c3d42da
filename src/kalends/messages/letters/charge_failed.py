"""To the customer: money could not be taken."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Charge, Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Words,
    document_rows,
    invoice_number,
    method_words,
    next_payment,
    subject_and_period,
    update_payment,
    when_and_how,
    why_failed,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """What was not paid and why, what we will do about it, and what the customer can do."""
    charge, document, agreement = facts.charge, facts.document, facts.agreement
    assert charge is not None
    amount = formats.money(charge.amount_minor, charge.currency)
    reason = why_failed(charge.failure, for_staff=False)
    name = facts.customer.first_name
    what, seller = subject_and_period(agreement, document, formats), facts.seller.name
    return Words(
        subject=_("Not paid: %(amount)s to %(seller)s") % {"amount": amount, "seller": seller},
        preview=" ".join(filter(None, (reason, what))),
        opening=_("Hello %(name)s. We could not collect") % {"name": name}
        if name
        else _("Hello. We could not collect"),
        figure=formats.figure(charge.amount_minor, charge.currency),
        unit=charge.currency,
        below=(when_and_how(charge, formats), *invoice_number(document), reason),
        rows=document_rows(document, formats, _("Not paid")),
        closing_title=_("What happens next"),
        closing=(_what_we_do(charge, amount, seller, formats), *next_payment(agreement, formats)),
        link=update_payment(agreement),
        footer=(why_you_get_this(agreement, seller),),
    )


def _what_we_do(charge: Charge, amount: str, seller: str, formats: Formats) -> str:
    if charge.retry_on is not None:
        words = {"amount": amount, "date": formats.day(charge.retry_on), "method": method_words(charge)}
        return _("We charge %(amount)s again on %(date)s, from %(method)s.") % words
    return _("We do not try again by ourselves. To pay in another way, write to %(seller)s.") % {
        "seller": seller
    }
