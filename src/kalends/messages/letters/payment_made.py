"""To the account's administrators: a customer has paid."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Row,
    Words,
    invoice_number,
    next_payment,
    open_subscription,
    when_and_how,
    why_staff_gets_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """Who paid how much, by which means and for what, and what is left of it after the processor's fee."""
    charge, agreement, customer = facts.charge, facts.agreement, facts.customer
    assert charge is not None
    parts = (charge, *(each.charge for each in facts.also))
    whole, fee = sum(part.amount_minor for part in parts), sum(part.fee_minor for part in parts)
    amount = formats.money(whole, charge.currency)
    following = [
        words
        for each in (agreement, *(other.agreement for other in facts.also))
        for words in next_payment(each, formats)
    ]
    return Words(
        subject=_("Paid: %(amount)s by %(customer)s")
        % {"amount": amount, "customer": customer.company or customer.name},
        preview=" ".join(following),
        opening=_("%(customer)s paid") % {"customer": customer.name},
        figure=formats.figure(whole, charge.currency),
        unit=charge.currency,
        below=(
            when_and_how(charge, formats),
            *invoice_number(facts.document),
            *(line for each in facts.also for line in invoice_number(each.document)),
        ),
        rows=(
            *about_customer(facts),
            Row(_("Amount"), formats.figure(whole, charge.currency)),
            Row(_("Processing fee"), formats.figure(-fee, charge.currency), weight="quiet"),
            Row(_("Net"), formats.money(whole - fee, charge.currency), weight="total"),
        ),
        closing_title=_("What happens next"),
        closing=tuple(following),
        link=open_subscription(agreement),
        footer=(why_staff_gets_this(facts.seller.name),),
    )


def about_customer(facts: Facts, *, with_subscription: bool = True) -> tuple[Row, ...]:
    """Whom a notice is about: contact, company, subscription, as far as they are known."""
    customer, agreement = facts.customer, facts.agreement
    email = customer.email if customer.email != customer.name else None
    rows = [Row(_("Customer"), customer.name, email or "", "fact")] if customer.name else []
    if customer.company:
        rows.append(Row(_("Company"), customer.company, weight="fact"))
    if agreement is not None and with_subscription:
        rows.append(Row(_("Subscription"), agreement.name, weight="fact"))
    return tuple(rows)
