"""What holds for every action: POST only, permitted, done once, and refused in words without losing anything."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django import forms
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

import kalends.staff.urls  # noqa: F401 - the pages register their words for what services refuse
from kalends.accounts.models import User
from kalends.accounts.roles import RoleRefused
from kalends.accounts.sql import enter_account
from kalends.billing.changes import pause
from kalends.events import journal
from kalends.platform import database
from kalends.staff import refusals
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import AmountField, DateField, Form
from kalends.staff.refusals import Refused
from kalends.staff.reply import moved, swapped
from kalends.staff.visit import account_page
from tests.staff.stage import Stage, new_user


class Renaming(Form):
    name = forms.CharField(max_length=20)


@pytest.fixture
def notes(stage: Stage) -> list[str]:
    """What the actions of a test have written into the journal, read when it is looked at."""

    class Notes(list[str]):
        def read(self) -> list[str]:
            with database.connect(autocommit=True) as db:
                enter_account(db, stage.ctx.id)
                rows = db.execute(
                    "SELECT actor || ' ' || (data ->> 'name') FROM event WHERE account_id = %s "
                    "AND kind = 'test.noted' AND id > %s ORDER BY id",
                    [stage.ctx.id, self.mark],  # type: ignore[attr-defined]
                ).fetchall()
            return [row[0] for row in rows]

    found = Notes()
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        row = db.execute(
            "SELECT coalesce(max(id), 0) FROM event WHERE account_id = %s", [stage.ctx.id]
        ).fetchone()
    found.mark = row[0] if row else 0  # type: ignore[attr-defined]
    return found


def note(db: psycopg.Connection[Any], visit: ActionVisit, name: str) -> dict[str, str]:
    event = journal.NewEvent("test.noted", "test", 1, None, {"name": name})
    journal.write(db, visit.ctx.id, visit.ctx.now, [event], visit.who.actor)
    return {"name": name}


@account_action("edit", "subscription")
def rename(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
    form = Renaming(request.POST)
    if form.is_valid():
        try:
            visit.do("rename", lambda db: note(db, visit, form.cleaned_data["name"]))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return moved(request, f"/{visit.ctx.id}/subscriptions/{id}", toast="Done")
    return HttpResponse(str(form.errors.as_json()), status=422)


def post(
    stage: Stage, view: Any, user: User | None = None, *, htmx: bool = False, **fields: str
) -> HttpResponse:
    headers = {"HTTP_HX_REQUEST": "true"} if htmx else {}
    request = RequestFactory().post("/x", fields, **headers)
    request.user = user or stage.user  # type: ignore[assignment]
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    return view(request, account_id=stage.ctx.id, id=stage.ids["main"])


def test_an_action_is_done_under_the_users_name_and_leads_on(stage: Stage, notes: Any) -> None:
    answer = post(stage, rename, name="Fleet")
    assert (answer.status_code, answer["Location"]) == (303, stage.record("main"))
    assert notes.read() == [f"user:{stage.user.id} Fleet"]


def test_htmx_is_led_on_by_a_header(stage: Stage) -> None:
    answer = post(stage, rename, htmx=True, name="Fleet")
    assert (answer.status_code, answer["HX-Redirect"]) == (204, stage.record("main"))


def test_a_form_that_is_sent_twice_is_done_once(stage: Stage, notes: Any) -> None:
    key = f"key-{stage.ids['main']}-twice"
    for _ in range(2):
        assert post(stage, rename, name="Fleet", request_key=key).status_code == 303
    assert len(notes.read()) == 1
    answer = post(stage, rename, name="Other", request_key=key)
    assert answer.status_code == 422
    assert "This form was sent before" in answer.content.decode()


def test_looking_does_nothing(stage: Stage) -> None:
    request = RequestFactory().get("/x")
    request.user = stage.user  # type: ignore[assignment]
    assert rename(request, account_id=stage.ctx.id, id=stage.ids["main"]).status_code == 405


def test_a_stranger_and_an_unknown_record_are_not_found(stage: Stage) -> None:
    from django.http import Http404

    with pytest.raises(Http404):
        post(stage, rename, new_user("Stranger"), name="x")
    request = RequestFactory().post("/x", {"name": "x"})
    request.user = stage.user  # type: ignore[assignment]
    with pytest.raises(Http404):
        rename(request, account_id=stage.ctx.id, id=1)


def test_who_may_not_is_told_what(stage: Stage) -> None:
    @account_action("tokens")
    def never(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
        raise AssertionError

    user = new_user("Henrik Aas")
    with database.connect(autocommit=True) as db:
        enter_account(db, stage.ctx.id)
        db.execute(
            "INSERT INTO membership (account_id, user_id, role) VALUES (%s, %s, 'reader')",
            [stage.ctx.id, user.id],
        )
    for view, words in ((never, "You may not make API tokens"), (rename, "You may not change these")):
        with pytest.raises(Forbidden, match=words):
            post(stage, view, user, name="x")


def test_nothing_of_a_refused_action_is_kept_and_its_words_come_back(
    stage: Stage, notes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    @account_action("edit", "subscription")
    def breaks(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
        def work(db: psycopg.Connection[Any]) -> None:
            note(db, visit, "half")
            raise RoleRefused("email")

        with pytest.raises(Refused) as refused:
            visit.do("breaks", work)
        return HttpResponse(f"{refused.value.field}|{refused.value.message}")

    assert post(stage, breaks).content.decode().startswith("|Give an email address")
    # For this test alone: others read the words that the pages have for it.
    monkeypatch.setitem(refusals._WORDS, RoleRefused, ("email", lambda problem: f"told: {problem.reason}"))
    assert post(stage, breaks).content.decode() == "email|told: email"
    assert notes.read() == []


def test_a_mistake_in_the_program_is_no_refusal(stage: Stage) -> None:
    @account_action("settings")
    def mistaken(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
        return HttpResponse(str(visit.do("mistaken", lambda db: int("x"))))

    with pytest.raises(ValueError, match="invalid literal"):
        post(stage, mistaken)


def test_whoever_loses_to_another_begins_anew(stage: Stage, notes: Any) -> None:
    tried: list[int] = []

    @account_action("settings")
    def contested(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
        def work(db: psycopg.Connection[Any]) -> None:
            tried.append(1)
            note(db, visit, "contested")
            if len(tried) < 3:
                raise psycopg.errors.DeadlockDetected

        visit.do("contested", work)
        return HttpResponse()

    assert post(stage, contested).status_code == 200
    assert (len(tried), len(notes.read())) == (3, 1)


def test_what_services_refuse_is_told_in_a_sentence(stage: Stage) -> None:
    @account_action("edit", "subscription")
    def again(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
        try:
            visit.do("pause", lambda db: pause(db, visit.ctx, stage.ids["canceled"], actor=visit.who.actor))
        except Refused as refusal:
            return HttpResponse(refusal.message, status=422)
        return HttpResponse()

    answer = post(stage, again)
    assert answer.status_code == 422
    assert "no longer what it was" in answer.content.decode()


def test_one_address_for_a_form_and_what_it_does(stage: Stage) -> None:
    @account_page
    def show(request: HttpRequest, visit: Any, id: int) -> HttpResponse:  # noqa: A002
        return HttpResponse("form")

    both = by_method(get=show, post=rename)
    assert both.__dict__["is_account_page"]
    request = RequestFactory().get("/x")
    request.user = stage.user  # type: ignore[assignment]
    assert both(request, account_id=stage.ctx.id, id=stage.ids["main"]).content == b"form"
    assert post(stage, both, name="Fleet").status_code == 303
    request = RequestFactory().delete("/x")
    assert both(request, account_id=stage.ctx.id, id=1).status_code == 405


def test_a_toast_survives_the_header_in_any_language() -> None:
    told = swapped(HttpResponse(), toast="Satt på pause, työ")["HX-Trigger"]
    assert told.isascii()
    assert json.loads(told)["toast"] == {"text": "Satt på pause, työ", "tone": "ok"}


class Amounts(Form):
    amount = AmountField(currency="NOK", least_minor=100, most_minor=200_000, required=False)
    day = DateField(required=False)


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("1,234.50", 123450), ("12", 1200), ("12.5", 1250), ("", None), ("1", 100), ("2000", 200_000)],
)
def test_amounts_are_read_as_they_are_written(typed: str, minor: int | None) -> None:
    form = Amounts({"amount": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["amount"] == minor


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("x", "Give an amount such as 1,234.50."),
        ("1.005", "Give an amount such as 1,234.50."),
        ("NaN", "Give an amount such as 1,234.50."),
        ("1e99", "Give an amount such as 1,234.50."),
        ("0.99", "Give at least 1.00 NOK."),
        ("2000.01", "Give at most 2,000.00 NOK."),
        ("-5", "Give at least 1.00 NOK."),
    ],
)
def test_amounts_that_do_not_fit_are_refused_in_words(typed: str, told: str) -> None:
    form = Amounts({"amount": typed})
    assert form.errors["amount"] == [told]


def test_a_wrong_field_is_tied_to_its_error_for_everybody() -> None:
    from django.template.loader import render_to_string

    form = Amounts({"amount": "x"})
    shown = render_to_string("staff/parts/field.html", {"field": form["amount"], "unit": "NOK"})
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_amount_error"' in shown
    assert 'id="id_amount_error"' in shown
    assert 'value="x"' in shown
