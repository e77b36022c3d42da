"""To administrators: at night the ledger and a payment processor did not agree."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Row, Words

_NAMED = 10
"""How many differences the letter names; all of them stand on the page."""


def compose(facts: Facts, formats: Formats) -> Words:
    """How many movements differ, which, and where all of it stands."""
    told = facts.comparison
    assert told is not None
    days = {"first": formats.day(told.first), "last": formats.day(told.last)}
    count = formats.whole(told.differences)
    stays = _("Nothing was changed by itself. Look each of them up at the processor and in the ledger.")
    return Words(
        subject=ngettext(
            "Your books and the processor's differ: %(number)s difference",
            "Your books and the processor's differ: %(number)s differences",
            told.differences,
        )
        % {"number": count},
        preview=stays,
        opening=_("Your books and those of the payment processor do not agree"),
        figure=count,
        below=(_("%(first)s to %(last)s") % days,),
        rows=tuple(Row(each, "", weight="fact") for each in told.found[:_NAMED]),
        closing_title=_("What happens next"),
        closing=(stays, _("They are compared again each night.")),
        link=Link(_("See all of them"), told.link),
        footer=(_("You get this because you are an administrator of this account."),),
    )
