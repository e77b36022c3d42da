"""About a quote: to the buyer that it is there, to a signer their code, to the seller that it was accepted."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts, QuoteTold
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Row, Words


def _rows(quote: QuoteTold, formats: Formats) -> tuple[Row, ...]:
    return (
        Row(_("Quote no."), quote.number, weight="fact"),
        Row(_("First payment"), formats.money(quote.first_minor, quote.currency), weight="fact"),
        Row(_("Valid until"), formats.day(quote.expires_on), weight="fact"),
    )


def compose_sent(facts: Facts, formats: Formats) -> Words:
    """What is offered, until when, and where to read and accept it."""
    quote, name = facts.quote, facts.customer.first_name
    assert quote is not None
    words = {
        "seller": facts.seller.name,
        "title": quote.title,
        "day": formats.day(quote.expires_on),
        "name": name,
    }
    until = _("You can accept it until %(day)s.") % words
    return Words(
        subject=_("Quote from %(seller)s: %(title)s") % words,
        preview=until,
        opening=_("Hello %(name)s. Here is your quote") % words if name else _("Hello. Here is your quote"),
        figure=quote.title,
        below=(),
        rows=_rows(quote, formats),
        closing_title=_("What happens next"),
        closing=(_("Read it at the address below. There you can also download it as a PDF."), until),
        link=Link(_("Read the quote"), quote.link),
        footer=(_("You get this because %(seller)s wrote a quote for you.") % words,),
    )


def compose_code(facts: Facts, formats: Formats) -> Words:
    """The code, how long it lives, and that nobody is asked to pass it on."""
    quote = facts.quote
    assert quote is not None
    words = {"title": quote.title, "code": quote.code, "minutes": formats.whole(quote.minutes)}
    lives = _("It works for %(minutes)s minutes.") % words
    return Words(
        subject=_("Your code to sign: %(code)s") % words,
        preview=lives,
        opening=_("This is your code to sign the quote %(title)s") % words,
        figure=quote.code,
        below=(),
        rows=(),
        closing_title=_("What happens next"),
        closing=(
            _("Type it on the page where you asked for it."),
            lives,
            _("Give it to nobody. If you did not ask for it, you need not do anything."),
        ),
        footer=(_("You get this because somebody wants to sign a quote with your email address."),),
    )


def compose_accepted(facts: Facts, formats: Formats) -> Words:
    """Who accepted which quote, and where it is."""
    quote = facts.quote
    assert quote is not None
    words = {"title": quote.title, "signer": quote.signer}
    return Words(
        subject=_("Quote accepted: %(title)s") % words,
        preview=_("By %(signer)s") % words,
        opening=_("A quote was accepted"),
        figure=quote.title,
        below=(_("by %(signer)s") % words,),
        rows=_rows(quote, formats),
        closing_title=_("What happens next"),
        closing=(
            _(
                "The quote stays as it is. On its page you see the evidence, and can make a subscription of it."
            ),
        ),
        link=Link(_("Open the quote"), quote.link),
        footer=(_("You get this because the quote is yours, or because you manage the account."),),
    )
