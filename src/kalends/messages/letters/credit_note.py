"""To the customer: an invoice, or a part of it, is taken back."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Credit, Document, Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Row, Words, next_payment, subject_and_period, why_you_get_this


def compose(facts: Facts, formats: Formats) -> Words:
    """What was credited on which invoice, what is still owed on it, and what is to the customer's credit."""
    credit, document, agreement, seller = facts.credit, facts.document, facts.agreement, facts.seller.name
    assert credit is not None
    assert document is not None
    name = facts.customer.first_name
    words = {
        "number": credit.number,
        "seller": seller,
        "amount": formats.money(credit.total_minor, document.currency),
        "date": formats.day(credit.on),
    }
    becomes = tuple(_becomes(credit, document, formats))
    return Words(
        subject=_("Credit note %(number)s from %(seller)s: %(amount)s") % words,
        preview=" ".join(filter(None, (subject_and_period(agreement, document, formats), *becomes))),
        opening=_("Hello %(name)s. We have credited you") % {"name": name}
        if name
        else _("Hello. We have credited you"),
        figure=formats.figure(credit.total_minor, document.currency),
        unit=document.currency,
        below=(
            _("Credit note %(number)s of %(date)s") % words,
            _("Invoice %(number)s") % {"number": document.number},
            *((credit.reason,) if credit.reason else ()),
        ),
        rows=tuple(_rows(credit, document, formats)),
        closing_title=_("What happens next"),
        closing=(
            *becomes,
            _("The credit note comes with this letter, as a PDF."),
            *next_payment(agreement, formats),
        ),
        footer=(why_you_get_this(agreement, seller),),
    )


def _rows(credit: Credit, document: Document, formats: Formats) -> Iterator[Row]:
    currency = document.currency
    for name, minor in credit.lines:
        yield Row(name, formats.figure(minor, currency))
    yield Row(_("Credited"), formats.money(credit.total_minor, currency), weight="total")
    if credit.applied_minor and credit.to_balance_minor:
        yield Row(_("Taken off the invoice"), formats.figure(credit.applied_minor, currency), weight="quiet")
        yield Row(_("To your credit"), formats.figure(credit.to_balance_minor, currency), weight="quiet")


def _becomes(credit: Credit, document: Document, formats: Formats) -> Iterator[str]:
    """What the customer owes less by it, and what they have to their credit."""
    if credit.applied_minor and credit.owed_minor:
        owed = formats.money(credit.owed_minor, document.currency)
        yield _("%(amount)s is still to be paid on invoice %(number)s.") % {
            "amount": owed,
            "number": document.number,
        }
    elif credit.applied_minor:
        yield _("Nothing is owed on invoice %(number)s any more.") % {"number": document.number}
    if credit.to_balance_minor:
        amount = formats.money(credit.to_balance_minor, document.currency)
        yield _("%(amount)s is to your credit, and your next invoices use it up.") % {"amount": amount}
