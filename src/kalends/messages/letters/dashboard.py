"""To a user for whom somebody scheduled it: a dashboard, as a PDF or a picture."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Row, Words


def compose(facts: Facts, formats: Formats) -> Words:
    """Which dashboard, of which day, and what each of its reports shows."""
    told = facts.dashboard
    assert told is not None
    words = {"name": told.name, "date": formats.day(told.on)}
    attached = _("It is attached, with the records that you may see.")
    return Words(
        subject=_("%(name)s, %(date)s") % words,
        preview=attached,
        opening=_("Your dashboard"),
        figure=told.name,
        below=(words["date"], attached),
        rows=tuple(Row(heading, "", detail=said, weight="fact") for heading, said in told.told),
        closing_title=_("What happens next"),
        closing=(
            _("It comes again at its next time. Who scheduled it can turn it off on its page, under Emails."),
        ),
        link=Link(_("Open the dashboard"), told.link),
        footer=(_("You get this because it was scheduled for you."),),
    )
