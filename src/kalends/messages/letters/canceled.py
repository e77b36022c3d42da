"""To the customer: a subscription has ended, and what that means for money."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Row, Words


def compose(facts: Facts, formats: Formats) -> Words:
    """That nothing more will be charged, and what is still under way or still owed."""
    agreement, seller = facts.agreement, facts.seller.name
    assert agreement is not None
    day = formats.day(agreement.canceled_on) if agreement.canceled_on else ""
    name = facts.customer.first_name
    stays = (_("Open invoices stay open. They are not charged by themselves."),) if facts.open else ()
    promise = _("You will not be charged again.")
    return Words(
        subject=_("Canceled: %(name)s at %(seller)s") % {"name": agreement.name, "seller": seller},
        preview=promise,
        opening=_("Hello %(name)s. This subscription is canceled") % {"name": name}
        if name
        else _("Hello. This subscription is canceled"),
        figure=agreement.name,
        below=(_("since %(date)s") % {"date": day},) if day else (),
        rows=open_invoices(facts, formats),
        closing_title=_("What happens next"),
        closing=(promise, *debits_sent(facts, formats), *stays),
        footer=(_("You get this because you had %(name)s.") % {"name": agreement.name},),
    )


def open_invoices(facts: Facts, formats: Formats) -> tuple[Row, ...]:
    """What is still owed, invoice by invoice."""
    return tuple(
        Row(
            _("Open invoice %(number)s") % {"number": item.number},
            formats.money(item.owed_minor, item.currency),
        )
        for item in facts.open
    )


def debits_sent(facts: Facts, formats: Formats) -> tuple[str, ...]:
    """The bank debits under way, which canceling does not reach."""
    return tuple(
        _(
            "The bank debit of %(amount)s from %(date)s was sent before. It is neither stopped nor refunded by this."
        )
        % {"amount": formats.money(debit.amount_minor, debit.currency), "date": formats.day(debit.on)}
        for debit in facts.debits
    )
