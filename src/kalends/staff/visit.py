"""A page inside an account: who is looking, into which account, at which moment, in which language.

:func:`account_page` is the wall in front of every such page. Row-level security is set for the request's own
transaction only, so PostgreSQL itself forgets the account when the request ends, and the next request on the same
pooled connection starts outside every account.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, cast
from urllib.parse import urlencode

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation

from kalends.accounts.context import AccountContext, AccountSettings
from kalends.accounts.letterhead import Letterhead
from kalends.accounts.models import Account, Membership, User
from kalends.platform.clock import system_now
from kalends.query import Context
from kalends.query.context import Cursor
from kalends.staff.demo import signed_in_user

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Visit:
    """A user inside one account, for the length of one request."""

    user: User
    ctx: AccountContext
    is_demo: bool

    @property
    def language(self) -> str:
        """The language of the page: ``en``, ``nb`` or ``fi``."""
        return translation.get_language() or "en"

    @property
    def is_admin(self) -> bool:
        """Whether the user is one of the account's administrators."""
        return Membership.objects.filter(
            account_id=self.ctx.id, user_id=self.user.id, role=Membership.ADMIN
        ).exists()

    @property
    def asking(self) -> Context:
        """What the filter compiler needs to know of this visit."""
        return Context(self.ctx.id, self.ctx.today, self.ctx.now, self.ctx.time_zone, self.user.id)

    @staticmethod
    @contextmanager
    def cursor() -> Iterator[Cursor]:
        """A cursor on the request's connection, which sees this account only."""
        with connection.cursor() as cursor:
            yield cast("Cursor", cursor)  # Django hands calls on, which its stubs do not tell

    @staticmethod
    def psycopg() -> Any:
        """The same connection for modules that speak to psycopg directly."""
        connection.ensure_connection()
        return connection.connection


def account_page(view: View) -> View:
    """A view that gets a :class:`Visit`: signed out leads to sign-in, an account that is not theirs is not found."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, account_id: int, **kwargs: Any) -> HttpResponse:
        user = signed_in_user(request)
        if user is None:
            return to_sign_in(request)
        with visiting(request, user, account_id) as visit:
            if visit is None:
                raise Http404(f"no account {account_id}")
            return view(request, visit, **kwargs)

    guarded.__dict__["is_account_page"] = True
    return guarded


@contextmanager
def visiting(
    request: HttpRequest, user: User, account_id: int, *, changes: bool = False
) -> Iterator[Visit | None]:
    """A transaction inside an account, in the user's language; ``None`` where the user has no place in the account.

    Unless ``changes`` says that something is to be changed, nothing can be.
    """
    with translation.override(language_of(user)), transaction.atomic():
        context = _enter(user, account_id, changes=changes)
        demo = getattr(request, "kalends_demo", False)
        yield None if context is None else Visit(user, context, is_demo=demo)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who is there, and come back afterwards."""
    return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}")


def language_of(user: User) -> str:
    """The user's language as the pages know it (``no`` and ``nn`` are read as Bokmål)."""
    tag = (user.language or "en").replace("_", "-").split("-")[0].lower()
    return {"no": "nb", "nn": "nb"}.get(tag, tag if tag in ("en", "nb", "fi") else "en")


def first_account_of(user: User) -> int | None:
    """The oldest account in which the user has a place."""
    for id_ in Account.objects.order_by("id").values_list("id", flat=True):
        with transaction.atomic():
            if _is_member(user, int(id_)):
                return int(id_)
    return None


def _enter(user: User, account_id: int, *, changes: bool) -> AccountContext | None:
    if not changes:  # all figures of a page are of one moment, and reading a page can change nothing
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if not _is_member(user, account_id):
        return None
    account = Account.objects.get(id=account_id)
    return AccountContext(
        id=account.id,
        name=account.name,
        mode=account.mode,
        time_zone=account.time_zone,
        currency=account.currency,
        language=account.language,
        country=account.country,
        settings=AccountSettings.read(account.settings),
        now=account.clock_at or system_now(),
        letterhead=Letterhead(**{item.name: getattr(account, item.name) for item in fields(Letterhead)}),
    )


def _is_member(user: User, account_id: int) -> bool:
    """Whether the user has a place in the account. The transaction has entered that account afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kalends.account_id', %s, true)", [str(account_id)])
    return Membership.objects.filter(account_id=account_id, user_id=user.id).exists()
