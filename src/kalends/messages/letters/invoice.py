"""To the customer: an invoice to be paid."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Document, Facts
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
    """What is to be paid, until when and for what, and which invoice comes next."""
    document, agreement, seller = facts.document, facts.agreement, facts.seller.name
    assert document is not None
    name = facts.customer.first_name
    greeting = _("Hello %(name)s. Please pay") % {"name": name} if name else _("Hello. Please pay")
    if document.asked_minor == 0:
        greeting = (
            _("Hello %(name)s. Nothing is to be paid") % {"name": name}
            if name
            else _("Nothing is to be paid")
        )
    words = {
        "number": document.number,
        "seller": seller,
        "amount": formats.money(document.asked_minor, document.currency),
    }
    how = (
        (_("Please give the invoice number %(number)s with your payment.") % words,)
        if document.asked_minor
        else ()
    )
    due = _due(document, formats)
    what = subject_and_period(agreement, document, formats)
    return Words(
        subject=_("Invoice %(number)s from %(seller)s: %(amount)s") % words,
        preview=" ".join(filter(None, (what, due))),
        opening=greeting,
        figure=formats.figure(document.asked_minor, document.currency),
        unit=document.currency,
        below=(
            due,
            _("Invoice %(number)s of %(date)s")
            % {"number": document.number, "date": formats.day(document.invoice_date)},
        ),
        rows=_rows(document, formats),
        closing_title=_("What happens next"),
        closing=(*how, _("The invoice comes with this letter, as a PDF."), *next_payment(agreement, formats)),
        link=view_invoice(document, to_pay=document.asked_minor > 0),
        footer=(why_you_get_this(agreement, seller),),
    )


def _rows(document: Document, formats: Formats) -> tuple[Row, ...]:
    if not document.credit_used_minor:
        return document_rows(document, formats, _("To pay"))
    asked = Row(_("To pay"), formats.money(document.asked_minor, document.currency), weight="total")
    return (*document_rows(document, formats, _("Invoice total")), asked)


def _due(document: Document, formats: Formats) -> str:
    if document.asked_minor == 0 or document.due_date <= document.invoice_date:
        return _("on receipt") if document.asked_minor else _("for your records")
    return _("by %(date)s") % {"date": formats.day(document.due_date)}
