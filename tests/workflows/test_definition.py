"""What a definition may be, and that every mistake in one is told with its place, value and remedy."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalends.catalog import get_object
from kalends.core.calendar import local_date
from kalends.core.timetable import EVERY_DAY, Rhythm, Window, next_time
from kalends.workflows.happenings import EVENTS, EVERYWHERE
from kalends.workflows.reading import read_definition
from kalends.workflows.reading_actions import FORMS
from kalends.workflows.sheet import DefinitionError, Known
from tests.workflows.conftest import definition, match

KNOWN = Known(get_object, users={1}, teams=set(), workflows={9: "deal"}, segments={7: "contact"}, networks=())
NOTE = {"do": "set_property", "property": "hs_invoice_comments", "value": "x"}
WAIT = {"do": "wait", "amount": 1, "unit": "days"}


def problems(data: object) -> list[str]:
    """Every mistake in a definition, in words."""
    try:
        read_definition(data, KNOWN)
    except DefinitionError as error:
        return [str(each) for each in error.problems]
    return []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{}", "workflow: {}: Give an object with the keys"),
        (definition(object="invoize"), "workflow, object: invoize: Give subscription or"),
        (
            definition(triggers=[{"on": "moon"}]),
            'trigger 1: moon: Give "on": one of match, event, schedule, date.',
        ),
        (definition(triggers=[{"on": "match"}]), "trigger 1, filter: nothing: Give a filter"),
        (
            definition(triggers=[{"on": "match", "filter": match("hs_status", "unpayed")}]),
            "filter, group 1, condition 1: unpayed: Did you mean 'unpaid'?",
        ),
        (
            definition(triggers=[{"on": "event", "events": ["deal.created"]}]),
            "trigger 1, events: deal.created: Give some",
        ),
        (definition(triggers=[{"on": "event", "changed": ["hs_is_overdue"]}]), "trigger 1, changed"),
        (
            definition(triggers=[{"on": "date", "property": "hs_name"}]),
            "trigger 1, property: hs_name: Give a date",
        ),
        (
            definition(triggers=[{"on": "schedule", "every": "week", "day": 8}]),
            "trigger 1, day: 8: Give a whole number",
        ),
        (
            definition(again={"each_value_of": "hs_nam"}),
            "again, each_value_of: hs_nam: The subscription has no property",
        ),
        (definition(leave_when_unmet=True), "leave_when_unmet: true: Only who came in by a filter trigger"),
        (definition(hours={"from": "17:00", "to": "08:00"}), "hours, to: 08:00: Give a time after 17:00"),
        (definition({"do": "charge"}), 'action 1: charge: Give "do": one of notify, mail_team'),
        (definition({**NOTE, "value": ""}), "action 1, value: nothing: Give a text."),
        (
            definition({**NOTE, "property": "hs_status"}),
            "hs_status: A workflow cannot write it. It can write",
        ),
        (definition({**NOTE, "next": "a7"}), "action a1, next: a7"),
        (definition(NOTE, start="b"), "start: b"),
        (definition({**NOTE, "next": ""}, NOTE), "action a2: not reached: Lead to it"),
        (
            definition(NOTE, {**NOTE, "next": "a1"}),
            "a1 -> a2 -> a1: A record would go round for ever: put a wait",
        ),
        (
            definition({"do": "notify", "to": {"users": [2]}, "text": "x"}),
            "to, users: 2: Give numbers of users",
        ),
        (
            definition({"do": "notify", "to": {}, "text": "{{ hs_nam }}"}),
            "text: hs_nam: The subscription has no",
        ),
        (
            definition({"do": "enroll", "workflow": 9}),
            "workflow: 9: Give the number of another workflow of subscriptions",
        ),
        (
            definition({"do": "change_segment", "segment": 7}),
            "segment: 7: Give the number of a static segment",
        ),
        (
            definition({"do": "call_webhook", "url": "http://localhost/"}),
            "url: http://localhost/: localhost is not",
        ),
        (definition({"do": "split", "parts": [{"percent": 40}]}), "parts: 40 %: Let them add up to 100 %."),
        (definition({"do": "wait", "amount": 0, "unit": "days"}), "amount: 0: Give a whole number from 1"),
    ],
)
def test_a_mistake_is_told_with_its_place_value_and_remedy(data: object, told: str) -> None:
    assert any(told in each for each in problems(data)), problems(data)


def test_every_mistake_is_told_at_once_and_a_right_definition_is_taken() -> None:
    assert (
        len(
            problems(
                definition({**NOTE, "property": "x", "value": ""}, WAIT, again="daily", goal={"groups": []})
            )
        )
        == 4
    )
    assert problems(definition(NOTE, {**WAIT, "next": "a1"})) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(FORMS)),
    st.dictionaries(st.sampled_from(sorted({k for f in FORMS.values() for k in f.keys})), JSON),
)
def test_whatever_json_comes_it_is_read_or_refused_in_words(kind: str, values: dict[str, Any]) -> None:
    for each in problems(
        {**definition({"do": kind, **values}), "again": values.get("to"), "hours": values.get("days")}
    ):
        assert each.endswith((".", "?")), each


DAYS = st.integers(0, 730 * 24 * 60)
MOMENTS = DAYS.map(lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes))
ZONES = st.sampled_from(["Europe/Oslo", "America/New_York", "Pacific/Auckland", "UTC"])


@settings(max_examples=60, deadline=None)
@given(MOMENTS, ZONES, st.times(), st.sampled_from(["day", "week", "month"]), st.integers(1, 7))
def test_a_rhythm_passes_no_day_of_its_own(
    at: dt.datetime, zone: str, time: dt.time, every: Any, on: int
) -> None:
    rhythm = Rhythm(every, time.replace(second=0, microsecond=0), on)
    moment = rhythm.after(at, zone)

    assert moment > at
    assert rhythm.falls_on(local_date(moment, zone)) or time.hour < 4, "but where clocks jump at midnight"
    between = [local_date(at, zone) + dt.timedelta(days=n) for n in range((moment - at).days)]
    assert not any(rhythm.falls_on(day) for day in between[1:])


@settings(max_examples=60, deadline=None)
@given(MOMENTS, ZONES, st.sets(st.integers(1, 7), min_size=1))
def test_hours_open_at_the_first_moment_within_them(at: dt.datetime, zone: str, days: set[int]) -> None:
    window = Window(frozenset(days), dt.time(8), dt.time(16))
    opens = window.opens(at, zone)

    assert opens >= at
    assert window.holds(opens, zone)
    assert opens == at or not window.holds(opens - dt.timedelta(minutes=1), zone)
    assert next_time(EVERY_DAY, dt.time(8), at, zone) <= at + dt.timedelta(hours=26)


def test_the_definition_in_the_guide_is_one() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "guide.md").read_text("utf-8")
    shown = guide.partition("## Workflows")[2].partition("```json")[2].partition("```")[0]
    assert problems(json.loads(shown)) == []
    assert all(f"`{kind}`" in guide for kind in FORMS)


def test_every_event_that_can_be_asked_for_has_words_on_the_timeline() -> None:
    from kalends.staff.timeline import KINDS, VERBS

    assert set(EVENTS) <= set(KINDS)
    assert set(EVERYWHERE) <= set(VERBS)
    assert all(isinstance(form.read, Callable) for form in FORMS.values())
