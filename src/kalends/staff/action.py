"""What people do: a form is sent, checked, done once, and answered.

An action's view is a page's view that may write::

    @account_action("edit", "subscription")
    def pause(request, visit, id):
        form = PauseForm(request.POST)
        if form.is_valid():
            try:
                visit.do("pause", lambda db: changes.pause(db, visit.ctx, id, actor=visit.who.actor))
            except Refused as refusal:
                form.refuse(refusal)
            else:
                return moved(request, reverse("subscription", args=[visit.ctx.id, id]), _("Paused"))
        return show(request, visit, id, form, status=422)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation
from psycopg import Connection

from kalends.accounts import connections
from kalends.events.requests import RequestKeyRefused, once
from kalends.platform.patience import patiently
from kalends.query.context import Cursor
from kalends.staff.account.demand import SecondFactorWanted, lead_on
from kalends.staff.demo import signed_in_user
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import Form
from kalends.staff.refusals import Refused
from kalends.staff.reply import to_sign_in
from kalends.staff.visit import View, Visit, enter, language_of

REQUEST_KEY = "request_key"
_NOT_ASKED = ("csrfmiddlewaretoken", REQUEST_KEY)

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class ActionVisit(Visit):
    """A visit that may change something. ``db`` is in the account, in no transaction, and sees what is committed."""

    db: Connection[Any]
    request_key: str | None
    asked: Mapping[str, Any]

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """A cursor that reads what the action has written."""
        with self.db.cursor() as cursor:
            yield cursor

    def psycopg(self) -> Connection[Any]:
        """The connection that the action writes with."""
        return self.db

    def do(self, kind: str, work: Callable[[Connection[Any]], Done]) -> Done:
        """Do ``work`` in one transaction, once for each request key, and again where others were quicker.

        ``kind`` names what is done (``pause``). ``work`` returns what JSON holds: a number, a dictionary, or nothing;
        a form that was sent twice gets the first one's. What services refuse comes as :class:`Refused`, and nothing is
        done then.
        """
        try:
            return patiently(
                lambda: once(
                    self.db,
                    self.ctx,
                    kind,
                    self.request_key,
                    self.asked,
                    lambda: work(self.db),  # type: ignore[arg-type]
                    actor=self.who.actor,
                )
            )
        except RequestKeyRefused as problem:
            raise Refused.sent_before() from problem
        except (ValueError, LookupError) as problem:
            raise Refused.told_by(problem) from problem
        except (psycopg.DataError, psycopg.IntegrityError) as problem:
            raise Refused.by_database(problem) from problem

    def carry_out(self, kind: str, form: Form, work: Callable[[Connection[Any]], Any]) -> bool:
        """Do what a form asks for if it is right; what is wrong or refused is said in the form, and nothing is done."""
        if not form.is_valid():
            return False
        try:
            self.do(kind, work)
        except Refused as refusal:
            form.refuse(refusal)
            return False
        return True


def account_action(what: str, name: str = "", *, record: str = "id") -> Callable[[View], View]:
    """A view that gets an :class:`ActionVisit`, for POST only, from users who may do this.

    ``what`` is an ability (``manage_payments``), or with the object's ``name`` one of view, edit and delete. Where the
    address names a record in ``record``, that very record is meant: what may not be seen is not found, what may not be
    changed is forbidden in words.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, account_id: int, **kwargs: Any) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            user = signed_in_user(request)
            if user is None:
                return to_sign_in(request)
            try:
                with translation.override(language_of(user)), transaction.atomic():
                    # Names and the like are read beside the action; writing is for the action's own connection.
                    seen = enter(request, user, account_id, "READ COMMITTED, READ ONLY")
                    if not seen.place.grants.allows(what, name):
                        raise Forbidden(what, name)
                    seen.require(what, name, kwargs.get(record) if name else None)
                    return view(request, _acting(request, seen), **kwargs)
            except SecondFactorWanted:
                return lead_on(request, user, account_id)

        guarded.__dict__["is_account_page"] = True
        guarded.__dict__["needs"] = (what, name)
        return guarded

    return decorate


def by_method(*, get: View, post: View) -> View:
    """One address for a form and for what it does: ``get`` is an account page, ``post`` an account action."""

    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            return post(request, **kwargs)
        if request.method in ("GET", "HEAD"):
            return get(request, **kwargs)
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])

    view.__dict__["is_account_page"] = all(each.__dict__.get("is_account_page") for each in (get, post))
    view.__dict__["needs"] = post.__dict__.get("needs")
    return view


def _acting(request: HttpRequest, visit: Visit) -> ActionVisit:
    db = connections.inside(visit.ctx.id)
    asked = {field: values for field, values in request.POST.lists() if field not in _NOT_ASKED}
    return ActionVisit(
        visit.user,
        visit.ctx,
        visit.place,
        visit.is_demo,
        db,
        request.POST.get(REQUEST_KEY) or None,
        {"path": request.path, **asked},
    )
