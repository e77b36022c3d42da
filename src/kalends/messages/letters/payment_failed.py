"""To the account's administrators: a customer's money could not be taken."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Charge, Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.payment_made import about_customer
from kalends.messages.letters.words import (
    Row,
    Words,
    invoice_number,
    next_payment,
    open_subscription,
    when_and_how,
    why_failed,
    why_staff_gets_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """Whose charge failed and why, the how-manieth attempt it was, and whether there is another."""
    charge, agreement, customer = facts.charge, facts.agreement, facts.customer
    assert charge is not None
    amount = formats.money(charge.amount_minor, charge.currency)
    reason = why_failed(charge.failure, for_staff=True)
    return Words(
        subject=_("Not paid: %(amount)s by %(customer)s")
        % {"amount": amount, "customer": customer.company or customer.name},
        preview=reason,
        opening=_("%(customer)s could not be charged") % {"customer": customer.name},
        figure=formats.figure(charge.amount_minor, charge.currency),
        unit=charge.currency,
        below=(when_and_how(charge, formats), *invoice_number(facts.document), reason),
        rows=(*about_customer(facts), Row(_("Attempt"), str(charge.attempt))),
        closing_title=_("What happens next"),
        closing=(_what_comes(charge, formats), *next_payment(agreement, formats)),
        link=open_subscription(agreement),
        footer=(why_staff_gets_this(facts.seller.name),),
    )


def _what_comes(charge: Charge, formats: Formats) -> str:
    if charge.retry_on is None:
        return _("This charge is not tried again by itself.")
    return _("This charge is tried again on %(date)s.") % {"date": formats.day(charge.retry_on)}
