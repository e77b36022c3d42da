"""To the user who asked for it: an export can be fetched."""

from django.utils.translation import gettext as _

from kalends.messages.letters.facts import Facts
from kalends.messages.letters.formats import Formats
from kalends.messages.letters.words import Link, Row, Words


def compose(facts: Facts, formats: Formats) -> Words:
    """Which file, how many rows, where it lies, and until when."""
    export = facts.export
    assert export is not None
    words = {"file": export.file_name, "date": formats.day(export.expires_on)}
    signed_in = _("The link works for you alone, once you have signed in.")
    dies = _("It works until %(date)s. After that, make the export again.") % words
    return Words(
        subject=_("Export ready: %(file)s") % words,
        preview=dies,
        opening=_("Your export is ready"),
        figure=export.file_name,
        below=(_("asked for on %(date)s") % {"date": formats.day(facts.on)},),
        rows=(
            Row(_("Rows"), formats.whole(export.rows), weight="fact"),
            Row(_("Kept until"), words["date"], weight="fact"),
        ),
        closing_title=_("What happens next"),
        closing=(signed_in, dies),
        link=Link(_("Fetch the file"), export.link),
        footer=(_("You get this because you asked for this export."),),
    )
