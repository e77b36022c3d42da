"""The audit log in words: what happened, to what, and each value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from kalends.accounts.audit import Entry
from kalends.catalog.registry import OBJECTS
from kalends.query import Scope
from kalends.staff.forbidden import ABILITY_WORDS
from kalends.staff.settings.role_words import ROLE_NAMES, SCOPES, VERBS
from kalends.staff.settings.words import WORDS

_DONE: dict[str, Callable[[], str]] = {
    "created": lambda: _("Made"),
    "updated": lambda: _("Changed"),
    "edited": lambda: _("Edited"),
    "lines_changed": lambda: _("Line items changed"),
    "changed": lambda: _("Changed"),
    "renamed": lambda: _("Renamed"),
    "deleted": lambda: _("Deleted"),
    "archived": lambda: _("Archived"),
    "restored": lambda: _("Restored"),
    "requested": lambda: _("Asked for"),
    "canceled": lambda: _("Canceled"),
    "paused": lambda: _("Paused"),
    "resumed": lambda: _("Resumed"),
    "voided": lambda: _("Voided"),
    "issued": lambda: _("Issued"),
    "merged": lambda: _("Merged"),
    "revoked": lambda: _("Revoked"),
    "invited": lambda: _("Invited"),
    "removed": lambda: _("Removed"),
    "role_given": lambda: _("Role given"),
    "teams_set": lambda: _("Teams set"),
    "settings_changed": lambda: _("Settings changed"),
    "currency_enabled": lambda: _("Currency added"),
    "currency_disabled": lambda: _("Currency removed"),
    "exchange_rate_set": lambda: _("Exchange rate set"),
    "consented": lambda: _("Let in"),
    "consent_taken_back": lambda: _("Consent taken back"),
    "secret_rotated": lambda: _("New secret"),
    "address_set": lambda: _("Address set"),
    "stopped": lambda: _("Stopped"),
    "sent_again": lambda: _("Sent again"),
    "tried": lambda: _("Sent to oneself"),
    "turned_on": lambda: _("Turned on"),
    "turned_off": lambda: _("Turned off"),
    "enrolled": lambda: _("Enrolled by hand"),
    "unenrolled": lambda: _("Taken out by hand"),
    "finished": lambda: _("Task done"),
    "reopened": lambda: _("Task open again"),
    "held": lambda: _("Billing held"),
    "released": lambda: _("Released"),
    "connected": lambda: _("Connected"),
    "disconnected": lambda: _("Disconnected"),
    "signed_in": lambda: _("Signed in"),
    "signed_out": lambda: _("Signed out"),
    "sign_in_failed": lambda: _("Signing in failed"),
    "password_changed": lambda: _("Password changed"),
    "second_factor_added": lambda: _("Second factor added"),
    "second_factor_removed": lambda: _("Second factor removed"),
    "passkey_added": lambda: _("Passkey added"),
    "passkey_removed": lambda: _("Passkey removed"),
    "session_revoked": lambda: _("Session ended"),
    "sessions_ended": lambda: _("Signed out everywhere"),
}
_THINGS: dict[str, Callable[[], str]] = {
    "discount_code": lambda: _("Discount code"),
    "account": lambda: _("Account"),
    "role": lambda: _("Role"),
    "user": lambda: _("User"),
    "team": lambda: _("Team"),
    "token": lambda: _("Token"),
    "app": lambda: _("App"),
    "property": lambda: _("Property"),
    "property_group": lambda: _("Group of properties"),
    "pipeline": lambda: _("Pipeline"),
    "association_label": lambda: _("Label of an association"),
    "message": lambda: _("Letter"),
    "wording": lambda: _("Wording of a letter"),
    "mailing": lambda: _("Email to a segment"),
    "view": lambda: _("Saved view"),
    "saved_view": lambda: _("Saved view"),
    "saved_report": lambda: _("Saved report"),
    "dashboard": lambda: _("Dashboard"),
    "dashboard_mail": lambda: _("Email of a dashboard"),
    "workflow": lambda: _("Workflow"),
    "segment": lambda: _("Segment"),
    "refund": lambda: _("Refund"),
    "credit_note": lambda: _("Credit note"),
    "payment_method": lambda: _("Payment method"),
    "webhook": lambda: _("Webhook"),
    "export": lambda: _("Exported file"),
    "import": lambda: _("Imported file"),
    "tax_rate": lambda: _("Tax rate"),
    "processor": lambda: _("Payment processor"),
}
_NAMES: dict[str, Callable[[], str]] = {
    "name": lambda: _("Name"),
    "label": lambda: _("Label"),
    "role": lambda: _("Role"),
    "grants": lambda: _("Permissions"),
    "team_id": lambda: _("Main team"),
    "extra_team_ids": lambda: _("Further teams"),
    "owner_id": lambda: _("Owner"),
    "logo": lambda: _("Logo"),
    "rate": lambda: _("Rate"),
    "description": lambda: _("Description"),
    "options": lambda: _("Options"),
    "probability": lambda: _("Likelihood of winning"),
    "status": lambda: _("Status"),
    "subject": lambda: _("Subject"),
    "opening": lambda: _("Opening"),
    "closing": lambda: _("Closing"),
}
_SHOWN_AT_MOST = 160


def happened(kind: str) -> str:
    """What was done; a kind that has no words yet is told by its name.

    >>> happened("subscription.something_new")
    'Something new'
    """
    verb = kind.rpartition(".")[2]
    return _DONE[verb]() if verb in _DONE else verb.replace("_", " ").capitalize()


def what_words(each: Entry, people: Mapping[int, str], language: str) -> str:
    """To what it was done: the kind of thing, and its name where the event tells it."""
    if each.object_type == "sign_in":
        return ""
    if each.object_type in OBJECTS:
        thing = OBJECTS[each.object_type].singular_label.in_language(language)
    else:
        thing = (
            _THINGS[each.object_type]() if each.object_type in _THINGS else each.object_type.replace("_", " ")
        )
    data = each.data
    if each.object_type == "user":
        name = people.get(each.object_id) or data.get("email") or str(each.object_id)
    elif each.object_type == "account":
        name = data.get("currency") or ""
    else:
        name = data.get("name") or data.get("label") or str(each.object_id)
    return f"{thing}: {name}" if name else thing


def changed_name(object_type: str, name: str, language: str) -> str:
    """What a changed value is called on other pages."""
    if object_type == "account" and name in WORDS:
        return str(WORDS[name].label)
    obj = OBJECTS.get(object_type)
    if obj is not None:
        found = next((each for each in obj.properties if each.column == name or each.name == name), None)
        if found is not None:
            return found.label.in_language(language)
    return _NAMES[name]() if name in _NAMES else name.replace("_", " ")


def named(name: str, pair: Sequence[Any], people: Mapping[int, str]) -> tuple[Any, Any]:
    """Before and after, with roles and owners by their names."""
    before, after = pair
    if name == "role":
        return ROLE_NAMES.get(before, lambda: before)(), ROLE_NAMES.get(after, lambda: after)()
    if name == "owner_id":
        return people.get(before, before), people.get(after, after)
    return before, after


def changed_grants(
    before: Mapping[str, Any], after: Mapping[str, Any], language: str
) -> Iterator[tuple[str, Any, Any]]:
    """What a role allows otherwise than before, each permission by itself."""
    for name, rights in after["objects"].items():
        many = OBJECTS[name].plural_label.in_language(language)
        for verb, scope in rights.items():
            was = before["objects"].get(name, {}).get(verb, Scope.NONE.value)
            if was != scope:
                yield f"{many}: {VERBS[verb]()}", SCOPES[Scope(was)](), SCOPES[Scope(scope)]()
    for ability in sorted(set(before["abilities"]) ^ set(after["abilities"])):
        had = ability in before["abilities"]
        yield ABILITY_WORDS[ability](), had, not had
    if before["unassigned"] != after["unassigned"]:
        yield _("Records that nobody owns"), before["unassigned"], after["unassigned"]


def value_words(value: Any) -> str:
    """A value as people read it; long ones are cut.

    >>> value_words([1, 3, 5]), value_words(None), value_words({"b": 1})
    ('1, 3, 5', '--', 'b: 1')
    """
    if value is None or value in ("", []):
        return "--"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        text = ", ".join(f"{key}: {value_words(each)}" for key, each in value.items())
    elif isinstance(value, list):
        text = ", ".join(map(value_words, value))
    else:
        text = str(value)
    return text if len(text) <= _SHOWN_AT_MOST else f"{text[:_SHOWN_AT_MOST]}…"
