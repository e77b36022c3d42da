"""A page inside an account: who is looking, into which account, at which moment, with which permissions.

:func:`account_page` is the wall in front of every such page. Row-level security is set for the request's own
transaction only, so PostgreSQL itself forgets the account when the request ends, and the next request on the same
pooled connection starts outside every account.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from kalends.accounts.context import AccountContext, load_context
from kalends.accounts.models import User
from kalends.accounts.people import accounts_of
from kalends.accounts.permissions import Place, place_of
from kalends.catalog import get_object
from kalends.crm.records import Who
from kalends.platform import security_log
from kalends.platform.clock import system_now
from kalends.platform.patience import patiently
from kalends.query import Context, compile_ids, parse
from kalends.query.context import Cursor
from kalends.staff.account.demand import SecondFactorWanted, has_proved, lead_on
from kalends.staff.demo import signed_in_user
from kalends.staff.forbidden import Forbidden, NoRecord
from kalends.staff.reply import to_sign_in

View = Callable[..., HttpResponse]
AS_OF_NOW = "REPEATABLE READ, READ ONLY"
"""How what only reads is isolated: it sees one moment."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A user inside one account, for the length of one request."""

    user: User
    ctx: AccountContext
    place: Place
    is_demo: bool

    @property
    def language(self) -> str:
        """The language of the page: ``en``, ``nb`` or ``fi``."""
        return translation.get_language() or "en"

    @property
    def who(self) -> Who:
        """Who writes, for the journal and for records."""
        return Who(f"user:{self.user.id}", "CRM_UI", f"userId:{self.user.id}")

    @property
    def asking(self) -> Context:
        """What the filter compiler needs to know of this visit: it finds what the user may see, and nothing else."""
        return self.asking_to("view")

    def asking_to(self, verb: str) -> Context:
        """The same for what the user may ``edit`` or ``delete``."""
        ctx = self.ctx
        return Context(ctx.id, ctx.today, ctx.now, ctx.time_zone, self.user.id, sight=self.place.sight(verb))

    def may(self, what: str, name: str = "", id_: int | None = None) -> bool:
        """Whether the user has an ability, may do something to records of an object at all, or to one of them.

        ``may("manage_payments")``, ``may("edit", "contact")``, ``may("edit", "contact", 4711)``.
        """
        if not self.place.grants.allows(what, name):
            return False
        return id_ is None or id_ in self.among(what, name, [id_])

    def among(self, verb: str, name: str, ids: Iterable[int]) -> set[int]:
        """Those of the living records that the user may view, edit or delete."""
        wanted = list(ids)
        if not wanted:
            return set()
        obj = get_object(name)
        these = {"property": "hs_object_id", "operator": "is_any_of", "values": wanted}
        sql = compile_ids(obj, parse(obj, {"groups": [[these]]}), self.asking_to(verb))
        with self.cursor() as cursor:
            cursor.execute(sql.text, sql.params)
            return {int(row[0]) for row in cursor.fetchall()}

    def require(self, what: str, name: str = "", id_: int | None = None) -> None:
        """Go on only if the user may; a record that may not be seen is not found. Raises ``Http404``, ``Forbidden``."""
        if id_ is not None and not self.may("view", name, id_):
            raise NoRecord(name, id_)
        if not self.may(what, name, id_):
            raise Forbidden(what, name)

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """A cursor on the request's connection, which sees this account only."""
        with connection.cursor() as cursor:
            yield cast("Cursor", cursor)  # Django hands calls on, which its stubs do not tell

    def psycopg(self) -> Any:
        """The same connection for modules that speak to psycopg directly. It reads JSON columns as text."""
        connection.ensure_connection()
        return connection.connection


def account_page(view: View) -> View:
    """A view that gets a :class:`Visit`: signed out leads to sign-in, an account that is not theirs is not found.

    All figures of a page are of one moment, and reading a page can change nothing.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, account_id: int, **kwargs: Any) -> HttpResponse:
        user = signed_in_user(request)
        if user is None:
            return to_sign_in(request)

        def look() -> HttpResponse:
            with translation.override(language_of(user)), transaction.atomic():
                return view(request, enter(request, user, account_id, AS_OF_NOW), **kwargs)

        try:
            return patiently(look)
        except SecondFactorWanted:
            return lead_on(request, user, account_id)

    guarded.__dict__["is_account_page"] = True
    return guarded


@contextmanager
def visiting(
    request: HttpRequest, user: User, account_id: int, *, changes: bool = False
) -> Iterator[Visit | None]:
    """A transaction inside an account, in the user's language; ``None`` where the user has no place in the account.

    Unless ``changes`` says that something is to be changed, nothing can be. Raises ``SecondFactorWanted``.
    """
    with translation.override(language_of(user)), transaction.atomic():
        try:
            visit = enter(request, user, account_id, "READ COMMITTED" if changes else AS_OF_NOW)
        except Http404:
            visit = None
        yield visit


def language_of(user: User) -> str:
    """The user's language as the pages know it (``no`` and ``nn`` are read as Bokmål)."""
    tag = (user.language or "en").replace("_", "-").split("-")[0].lower()
    return {"no": "nb", "nn": "nb"}.get(tag, tag if tag in ("en", "nb", "fi") else "en")


def first_account_of(user: User) -> int | None:
    """The oldest account in which the user has a place."""
    with transaction.atomic(), connection.cursor() as cursor:
        places = accounts_of(cast("Cursor", cursor), user.id)
    return min((each.id for each in places), default=None)


def enter(request: HttpRequest, user: User, account_id: int, level: str) -> Visit:
    """Let the transaction that has just begun see an account in which the user has a place.

    ``level`` says how it is isolated, and whether it only reads. Raises ``Http404``, and ``SecondFactorWanted`` where
    the account wants one of everybody and the session has had none.
    """
    with connection.cursor() as cursor:
        # Django's cursors put values in by themselves, so that two statements can go in one trip.
        cursor.execute(
            f"SET TRANSACTION ISOLATION LEVEL {level}; SELECT set_config('kalends.account_id', %s, true)",
            [str(account_id)],
        )
        place = place_of(cast("Cursor", cursor), account_id, user.id)
    if place is None:
        security_log.tell("other_account", account_id=account_id, user_id=user.id)
        raise Http404(f"no account {account_id}")
    context = load_context(connection.connection, account_id, system_now=system_now())
    if context.settings.second_factor_for_all and not has_proved(request, user):
        raise SecondFactorWanted
    return Visit(user, context, place, is_demo=getattr(request, "kalends_demo", False))
