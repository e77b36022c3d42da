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
    amount = formats.money(charge.amount_minor, charge.currency)
    following = next_payment(agreement, formats)
    return Words(
        subject=_("Paid: %(amount)s by %(customer)s")
        % {"amount": amount, "customer": customer.company or customer.name},
        preview=" ".join(following),
        opening=_("%(customer)s paid") % {"customer": customer.name},
        figure=formats.figure(charge.amount_minor, charge.currency),
        unit=charge.currency,
        below=(when_and_how(charge, formats), *invoice_number(facts.document)),
        rows=(
            *about_customer(facts),
            Row(_("Amount"), formats.figure(charge.amount_minor, charge.currency)),
            Row(_("Processing fee"), formats.figure(-charge.fee_minor, charge.currency), weight="quiet"),
            Row(
                _("Net"),
                formats.money(charge.amount_minor - charge.fee_minor, charge.currency),
                weight="total",
            ),
        ),
        closing_title=_("What happens next"),
        closing=following,
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
