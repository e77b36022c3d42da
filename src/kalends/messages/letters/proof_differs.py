"""To administrators: the proof of a night found differences in the books that were not there the night before."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Row, Words

_NAMED = 10
"""How many differences the letter names; ``kalends verify`` names all of them."""


def compose(facts: Facts, formats: Formats) -> Words:
    """How many figures are new among those that differ, which, and what to do before anything is mended."""
    told = facts.proof
    assert told is not None
    new, whole = formats.whole(told.new), formats.whole(told.differences)
    stays = _("Nothing was changed by itself, and billing goes on.")
    return Words(
        subject=ngettext(
            "The books do not add up: %(number)s new difference",
            "The books do not add up: %(number)s new differences",
            told.new,
        )
        % {"number": new},
        preview=stays,
        opening=_("Last night's proof of the books found what was not there the night before"),
        figure=new,
        below=(
            _("%(date)s, differences in all: %(number)s")
            % {"date": formats.day(told.night), "number": whole},
        ),
        rows=tuple(Row(each, "", weight="fact") for each in told.found[:_NAMED]),
        closing_title=_("What happens next"),
        closing=(
            stays,
            _(
                "Make a backup before anything is mended. “kalends verify” names each record, and what should stand "
                "there. If customers could be charged wrongly, hold billing on the billing page meanwhile."
            ),
            _(
                "The books are proved again each night. You get another letter only if something else differs."
            ),
        ),
        link=Link(_("See how the account stands"), told.link),
        footer=(_("You get this because you are an administrator of this account."),),
    )
