"""To the customer: the way in to their own pages, which the seller sent, or somebody asked for with this address."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Words


def compose(facts: Facts, formats: Formats) -> Words:
    """Where it leads, for how long, and what to do for whoever did not ask."""
    del formats
    words = {"seller": facts.seller.name}
    name = facts.customer.first_name
    lasts = _("The link works for an hour. After that, ask for a new one.")
    if facts.by_staff:
        caution = _("Do not pass it on: it lets in whoever has it.")
        why = _("You get this because %(seller)s sent you the link.") % words
    else:
        caution = _(
            "If you did not ask for it, you need not do anything. Do not pass it on: it lets in whoever has it."
        )
        why = _("You get this because somebody asked for it with your address at %(seller)s.") % words
    return Words(
        subject=_("Your pages at %(seller)s") % words,
        preview=lasts,
        opening=_("Hello %(name)s. Here is the way to your pages at") % {"name": name}
        if name
        else _("Hello. Here is the way to your pages at"),
        figure=facts.seller.name,
        below=(_("your subscriptions, invoices, receipts and payment methods"),),
        rows=(),
        closing_title=_("What happens next"),
        closing=(lasts, caution),
        link=Link(_("Open my pages"), facts.portal),
        footer=(why,),
    )
