"""To the customer: an invoice falls due in some days."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Row,
    Words,
    document_rows,
    next_payment,
    subject_and_period,
    view_invoice,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """What is still to be paid, until when and for what."""
    document, agreement, seller = facts.document, facts.agreement, facts.seller.name
    assert document is not None
    name, currency = facts.customer.first_name, document.currency
    words = {
        "number": document.number,
        "date": formats.day(document.invoice_date),
        "amount": formats.money(document.owed_minor, currency),
    }
    due = _("by %(date)s") % {"date": formats.day(document.due_date)}
    in_part = document.owed_minor != document.total_minor
    rows = document_rows(document, formats, _("Invoice total") if in_part else _("To pay"))
    if in_part:
        if settled_minor := document.asked_minor - document.owed_minor:
            settled = formats.figure(-settled_minor, currency)
            rows += (Row(_("Paid or credited"), settled, weight="quiet"),)
        rows += (Row(_("To pay"), words["amount"], weight="total"),)
    return Words(
        subject=_("Reminder: invoice %(number)s, %(amount)s") % words,
        preview=" ".join(filter(None, (subject_and_period(agreement, document, formats), due))),
        opening=_("Hello %(name)s. A reminder: please pay") % {"name": name}
        if name
        else _("Hello. A reminder: please pay"),
        figure=formats.figure(document.owed_minor, currency),
        unit=currency,
        below=(due, _("Invoice %(number)s of %(date)s") % words),
        rows=rows,
        closing_title=_("What happens next"),
        closing=(
            _("Please give the invoice number %(number)s with your payment.") % words,
            _("If you have paid already, thank you. Then nothing is left to do."),
            *next_payment(agreement, formats),
        ),
        link=view_invoice(document, to_pay=True),
        footer=(why_you_get_this(agreement, seller),),
    )
