"""To the customer: money was received."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Document, Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import (
    Row,
    Words,
    document_rows,
    invoice_number,
    next_payment,
    subject_and_period,
    view_invoice,
    when_and_how,
    why_you_get_this,
)


def compose(facts: Facts, formats: Formats) -> Words:
    """What was paid, when, how and for what, and what is asked for next."""
    charge, document, agreement = facts.charge, facts.document, facts.agreement
    assert charge is not None
    whole = charge.amount_minor + sum(each.charge.amount_minor for each in facts.also)
    amount = formats.money(whole, charge.currency)
    documents = (document, *(each.document for each in facts.also))
    agreements = (agreement, *(each.agreement for each in facts.also))
    following = [
        words
        for each in agreements
        for words in next_payment(each, formats, same=charge.method_kind if each and each.automatic else "")
    ]
    name = facts.customer.first_name
    return Words(
        subject=_("Receipt: %(amount)s to %(seller)s") % {"amount": amount, "seller": facts.seller.name},
        preview=" ".join(filter(None, (subject_and_period(agreement, document, formats), *following))),
        opening=_("Thank you, %(name)s. We received") % {"name": name}
        if name
        else _("Thank you. We received"),
        figure=formats.figure(whole, charge.currency),
        unit=charge.currency,
        below=(
            when_and_how(charge, formats),
            *(line for each in documents for line in invoice_number(each)),
        ),
        rows=_rows(facts, documents, amount, formats),
        closing_title=_("What happens next"),
        closing=tuple(dict.fromkeys(following)),
        link=view_invoice(document, to_pay=False),
        footer=(why_you_get_this(agreement, facts.seller.name),),
    )


def _rows(
    facts: Facts, documents: tuple[Document | None, ...], amount: str, formats: Formats
) -> tuple[Row, ...]:
    """The invoice's lines and what was paid; of several invoices each under its number, and what was paid of all."""
    charge, document = facts.charge, facts.document
    assert charge is not None
    paid = Row(_("Paid"), amount, weight="total")
    if facts.also:
        each_under_its_number = (
            document_rows(each, formats, *invoice_number(each)) for each in documents if each is not None
        )
        return (*(row for rows in each_under_its_number for row in rows), paid)
    in_part = document is not None and charge.amount_minor != document.total_minor
    rows = document_rows(document, formats, _("Invoice total") if in_part else _("Paid"))
    return (*rows, paid) if in_part or document is None else rows
