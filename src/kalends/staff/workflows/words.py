"""Workflows in words: their steps and triggers as the editor draws them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from babel.dates import get_day_names
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.staff import formatting
from kalends.staff.segments.words import filter_words
from kalends.staff.workflows import making
from kalends.staff.workflows.desk import Desk
from kalends.staff.workflows.kinds import PRIORITIES, count
from kalends.workflows.reading import Json


class Said(NamedTuple):
    """A step in words: its title, and a line under it."""

    title: str
    under: str = ""


def people_words(desk: Desk, to: Mapping[str, Any]) -> str:
    """Who is told: ``the owner, Maja Lindqvist, team Sales``."""
    who = [_("the owner")] if to.get("owner") else []
    who += [desk.names.owners.get(str(each), _("somebody who has left")) for each in to.get("users", ())]
    who += [
        _("team %(name)s") % {"name": desk.names.teams.get(str(each), str(each))}
        for each in to.get("teams", ())
    ]
    return ", ".join(who) or _("nobody yet")


def span_words(amount: Any, unit: str) -> str:
    """``3 days``."""
    number = amount if isinstance(amount, int) else 0
    given = {"count": count(number)}
    match unit:
        case "minutes":
            return ngettext("%(count)s minute", "%(count)s minutes", number) % given
        case "hours":
            return ngettext("%(count)s hour", "%(count)s hours", number) % given
        case "weeks":
            return ngettext("%(count)s week", "%(count)s weeks", number) % given
        case _:
            return ngettext("%(count)s day", "%(count)s days", number) % given


def day_names() -> list[tuple[int, str]]:
    """The days of the week from Monday, 1."""
    names = get_day_names("wide", locale=formatting.locale())
    return [(number + 1, str(names[number]).capitalize()) for number in range(7)]


def days_words(days: Any) -> str:
    """Which days of the week."""
    chosen = set(days or range(1, 8))
    if chosen == set(range(1, 8)):
        return _("every day")
    if chosen == set(range(1, 6)):
        return _("Monday to Friday")
    return ", ".join(name for number, name in day_names() if number in chosen)


def hours_words(hours: Mapping[str, Any]) -> str:
    """``Monday to Friday, 08:00-17:00``."""
    return _("%(days)s, %(from)s to %(to)s") % {
        "days": days_words(hours.get("days")),
        "from": hours.get("from", "08:00"),
        "to": hours.get("to", "16:00"),
    }


def around_words(desk: Desk, given: Mapping[str, Any]) -> str:
    """``3 days before Next payment due date, 09:00``."""
    days, name = int(given.get("days", 0)), desk.property_label(str(given.get("property", "")))
    words = {"span": span_words(abs(days), "days"), "date": name, "at": given.get("at", "09:00")}
    if days < 0:
        return _("%(span)s before %(date)s, %(at)s") % words
    if days > 0:
        return _("%(span)s after %(date)s, %(at)s") % words
    return _("On %(date)s, %(at)s") % words


def occurrence_words(desk: Desk, given: Mapping[str, Any]) -> str:
    """Which events count."""
    known = dict(desk.events)
    said = [str(known.get(each, each)) for each in given.get("events", ())]
    said += [
        _("%(property)s changes") % {"property": desk.property_label(each)}
        for each in given.get("changed", ())
    ]
    return f" {_('or')} ".join(said) or _("no event yet")


def filter_sentence(desk: Desk, wanted: Mapping[str, Any] | None) -> str:
    """A filter in one line."""
    groups = filter_words(wanted, desk.object, desk.names, desk.segments, desk.visit.language)
    return f"; {_('or')} ".join(f" {_('and')} ".join(each) for each in groups if each)


def trigger_words(desk: Desk, trigger: Json) -> Said:
    """A trigger as its card says it."""
    wanted = filter_sentence(desk, trigger.get("filter"))
    only = _("Only if: %(filter)s") % {"filter": wanted} if wanted else ""
    match trigger.get("on"):
        case "match":
            return Said(wanted or _("no conditions yet"))
        case "event":
            return Said(occurrence_words(desk, trigger), only)
        case "schedule":
            every, at = trigger.get("every"), trigger.get("at", "09:00")
            if every == "week":
                day = dict(day_names()).get(int(trigger.get("day", 1)), "")
                return Said(_("Every week on %(day)s, %(at)s") % {"day": day, "at": at}, only)
            if every == "month":
                return Said(
                    _("Every month on day %(day)s, %(at)s") % {"day": trigger.get("day", 1), "at": at}, only
                )
            return Said(_("Every day, %(at)s") % {"at": at}, only)
        case _:
            return Said(around_words(desk, trigger), only)


def again_words(desk: Desk, again: Any) -> str:
    """Whether a record may come in again."""
    if isinstance(again, Mapping):
        return _("Comes in again for each new value of %(property)s.") % {
            "property": desk.property_label(str(again.get("each_value_of", "")))
        }
    return _("Comes in again each time.") if again == "always" else _("Each record comes in once.")


def step_words(desk: Desk, step: Json) -> Said:
    """A step as it is drawn."""
    named = step.get("to")
    to = people_words(desk, named if isinstance(named, Mapping) else {})
    match step["do"]:
        case "notify":
            return Said(_("Tell %(people)s in the app") % {"people": to}, str(step.get("text", "")))
        case "mail_team":
            return Said(
                _("Send “%(subject)s”") % {"subject": step.get("subject", "")},
                _("To %(people)s") % {"people": to},
            )
        case "mail_contact":
            return Said(_("Send “%(subject)s”") % {"subject": step.get("subject", "")}, _("To the contact"))
        case "make_task":
            return _task(step, to)
        case "set_property":
            return _property(desk, step)
        case making.KIND:
            return Said(*making.said(desk, step))
        case "assign":
            overwrite = (
                _("Also where there is one already")
                if step.get("overwrite")
                else _("Only where there is none")
            )
            return Said(_("Owner in turn: %(people)s") % {"people": to}, overwrite)
        case "change_segment":
            name = desk.segments.get(int(step.get("segment") or 0), _("none chosen"))
            words = _("Add to %(segment)s") if step.get("add", True) else _("Remove from %(segment)s")
            return Said(words % {"segment": name})
        case "call_webhook":
            number = len(step.get("properties", ()))
            told = ngettext("With %(count)s property", "With %(count)s properties", number) % {
                "count": number
            }
            return Said(str(step.get("url", "")), told)
        case "enroll":
            return Said(desk.workflows.get(int(step.get("workflow") or 0), _("none chosen")))
        case _:
            return _waiting(desk, step)


def _task(step: Json, to: str) -> Said:
    due = span_words(step.get("due_days", 0), "days")
    under = _("%(priority)s, due in %(span)s, for %(people)s") % {
        "priority": PRIORITIES.get(str(step.get("priority", "none")), PRIORITIES["none"]),
        "span": due,
        "people": to if step.get("to") else _("the owner"),
    }
    return Said(str(step.get("subject", "")), under)


def _property(desk: Desk, step: Json) -> Said:
    path = f"{step['on']}.{step.get('property')}" if step.get("on") else str(step.get("property", ""))
    every = {value: label for _group, options in desk.writable for value, label in options}
    words = {
        "property": every.get(path, path),
        "value": desk.option_words(path, str(step.get("value", ""))),
        "source": desk.property_label(str(step.get("source", ""))),
    }
    said = {
        "set": _("Set %(property)s to %(value)s"),
        "copy": _("Copy %(source)s to %(property)s"),
        "clear": _("Clear %(property)s"),
        "increment": _("Add %(value)s to %(property)s"),
        "now": _("Set %(property)s to the present"),
    }
    on = (
        next((group for group, options in desk.writable if path in dict(options)), "")
        if step.get("on")
        else ""
    )
    return Said(said[str(step.get("mode", "set"))] % words, on)


def _waiting(desk: Desk, step: Json) -> Said:
    match step["do"]:
        case "wait":
            return Said(
                _("Wait %(span)s")
                % {"span": span_words(step.get("amount", 0), str(step.get("unit", "days")))}
            )
        case "wait_until" if "property" in step:
            return Said(around_words(desk, step))
        case "wait_until":
            day = formatting.day(date.fromisoformat(step["date"])) if step.get("date") else _("no day yet")
            return Said(_("Until %(day)s, %(at)s") % {"day": day, "at": step.get("at", "09:00")})
        case "wait_for_time":
            words = {"at": step.get("at", "09:00"), "days": days_words(step.get("days"))}
            return Said(_("Until %(at)s, %(days)s") % words)
        case "wait_for_hours":
            return Said(hours_words(step))
        case "wait_for_event":
            most = span_words(step.get("amount", 0), str(step.get("unit", "days")))
            return Said(occurrence_words(desk, step), _("%(span)s at most") % {"span": most})
        case "branch":
            return Said(_("By filters"), _("Checked in this order, the first that fits wins"))
        case "branch_by_value":
            return Said(
                _("By %(property)s") % {"property": desk.property_label(str(step.get("property", "")))}
            )
        case _:
            shares = " / ".join(f"{each.get('percent', 0)} %" for each in step.get("parts", ()))
            return Said(shares, _("The same record always goes the same way"))


def way_label(desk: Desk, step: Json, way: str) -> str:
    """What stands on a way out of a step that has several."""
    if way == "otherwise":
        return _("Not in time")
    if way == "next":
        return _("It happened") if step["do"] == "wait_for_event" else _("All others")
    number = int(way)
    match step["do"]:
        case "branch":
            return str(step["ways"][number].get("name") or _("Way %(number)s") % {"number": number + 1})
        case "branch_by_value":
            return _values(desk, step, number)
        case _:
            return f"{step['parts'][number].get('percent', 0)} %"


def _values(desk: Desk, step: Json, number: int) -> str:
    values = [str(each) for each in step["cases"][number].get("values", ())]
    prop = desk.object.by_name.get(str(step.get("property", "")))
    shown = [prop.option_label(each, desk.visit.language) if prop else each for each in values]
    return ", ".join(shown) or _("Way %(number)s") % {"number": number + 1}
