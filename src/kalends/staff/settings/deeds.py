"""What is done on pages of the settings: asked in a dialog that says what follows, done once, and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from psycopg import Connection

from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.settings.places import PLACES, framed, link
from kalends.staff.visit import View, Visit, account_page


@dataclass(frozen=True, slots=True)
class Asked:
    """A dialog: what it is called, what its button says, what follows, and whether it takes something away."""

    title: str
    act: str
    effects: Sequence[str] = ()
    takes_away: bool = False
    wide: bool = False


def of_what_is_there(find: Callable[..., object]) -> Callable[..., Form]:
    """The form of a deed that asks for nothing: ``find`` raises ``Http404`` where what it is about is not there."""

    def form(visit: Visit, data: Any, **which: Any) -> Form:
        find(visit, **which)
        return Form(data)

    return form


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done on a page of the settings.

    ``form`` makes the form, from what was sent or empty; it raises ``Http404`` where what is meant is not there.
    ``work`` does it, ``told`` is the toast, and ``back`` leads elsewhere than to the page itself. ``after`` is what
    follows once it is committed, such as a letter, and ``leads`` the page that comes then instead of
    ``back``; they get what ``work`` gave.
    """

    name: str
    page: str
    form: Callable[..., Form]
    asked: Callable[..., Asked]
    work: Callable[..., Any]
    told: Callable[..., str]
    back: Callable[..., str] | None = None
    after: Callable[[Visit, Any], None] | None = None
    leads: Callable[[Visit, Any], str] | None = None

    @property
    def needs(self) -> str:
        """The ability that it takes."""
        return PLACES[self.page].needs

    @property
    def view(self) -> View:
        """The address of the deed: the dialog by GET, doing it by POST."""
        return by_method(get=self._ask, post=self._do)

    @property
    def _ask(self) -> View:
        @require_safe
        @account_page
        def ask(request: HttpRequest, visit: Visit, **which: Any) -> HttpResponse:
            return self._shown(request, visit, self.form(visit, None, **which), which)

        return ask

    @property
    def _do(self) -> View:
        @account_action(self.needs)
        def do(request: HttpRequest, visit: ActionVisit, **which: Any) -> HttpResponse:
            form = self.form(visit, request.POST, **which)
            if form.is_valid():

                def work(db: Connection[Any]) -> Any:
                    return self.work(db, visit, form.cleaned_data, **which)

                try:
                    result = visit.do(self.name, work)
                except Refused as refusal:
                    form.refuse(refusal)
                else:
                    if self.after is not None:
                        self.after(visit, result)
                    to = self.leads(visit, result) if self.leads else self._back(visit, which)
                    return moved(request, to, self.told(form.cleaned_data))
            return self._shown(request, visit, form, which, status=422)

        return do

    def _back(self, visit: Visit, which: dict[str, Any]) -> str:
        return self.back(visit, **which) if self.back else self.home(visit)

    def home(self, visit: Visit) -> str:
        """The address of the page."""
        return link(visit, self.page)

    def framed(self, request: HttpRequest, visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
        """What stands around the dialog, and in it."""
        return framed(request, visit, self.page, content)

    def _shown(
        self, request: HttpRequest, visit: Visit, form: Form, which: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        context = self.framed(
            request,
            visit,
            {"form": form, "asked": self.asked(visit, form, **which), "back": self._back(visit, which)},
        )
        return dialog(request, "staff/settings/dialog.html", context, status=status)
