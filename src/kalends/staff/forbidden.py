"""What somebody may not do, in words."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kalends.catalog import get_object


class Forbidden(PermissionDenied):
    """Something that the user may not do here; the page says what, and who can change that."""

    def __init__(self, what: str, name: str = "") -> None:
        super().__init__(forbidden_words(what, name))
        self.missing = f"{what} {name}".strip()


class NoRecord(Http404):
    """A record that is not there for the user: somebody else's, another account's, or none at all."""

    def __init__(self, name: str, id_: int) -> None:
        super().__init__(f"no {name} {id_}")
        self.name, self.id = name, id_


ABILITY_WORDS: dict[str, Callable[[], str]] = {
    "manage_payments": lambda: _("manage payments: refund, charge again, record, cancel or write off"),
    "run_billing": lambda: _("hold billing runs or release what was parked"),
    "approve_quotes": lambda: _("approve or reject quotes"),
    "import": lambda: _("import records"),
    "export": lambda: _("export records"),
    "bulk_delete": lambda: _("delete many records at once"),
    "share_views": lambda: _("share views with everyone"),
    "segments": lambda: _("make and change segments"),
    "mailings": lambda: _("write emails to the people in a segment"),
    "workflows": lambda: _("make and switch workflows, which act on all records"),
    "reports": lambda: _("look at analytics, and make reports and dashboards"),
    "edit_property_settings": lambda: _("change properties and pipelines"),
    "settings": lambda: _("change the account's settings"),
    "tokens": lambda: _("make API tokens and webhooks"),
    "users": lambda: _("manage users, teams and roles, or read the audit log"),
}
"""The end of a sentence that begins with “You may …”, for each ability."""


def forbidden_words(what: str, name: str = "") -> str:
    """A sentence that says what may not be done."""
    if not name:
        return _("You may not %(what)s.") % {"what": ABILITY_WORDS[what]()}
    many = get_object(name).plural_label.in_language(get_language() or "en").lower()
    sentences = {
        "view": _("You may not see these %(records)s."),
        "edit": _("You may not change these %(records)s."),
        "delete": _("You may not delete these %(records)s."),
    }
    return sentences[what] % {"records": many}
