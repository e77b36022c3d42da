"""What people do with views: keep, save over, rename, clone, share, delete, and arrange as tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.platform.patience import patiently
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forms import Form
from kalends.staff.index.dialogs import above
from kalends.staff.index.pages import Listing
from kalends.staff.index.tabs import Tab, viewer_of
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import dialog, moved
from kalends.staff.visit import Visit, account_page
from kalends.views import (
    TABS_MAX,
    Sharing,
    ViewRefused,
    clone_view,
    delete_view,
    overwrite_view,
    rename_view,
    save_view,
    set_default_tabs,
    set_tabs,
    share_view,
)
from kalends.views.services import NAME_LENGTH_MAX, VIEWS_MAX

_REASONS: dict[str, Callable[[], str]] = {
    "name_missing": lambda: _("Give the view a name."),
    "name_long": lambda: _("A name has at most %(count)s characters.") % {"count": NAME_LENGTH_MAX},
    "name_taken": lambda: _("You have a view of this name already: choose another one."),
    "too_many": lambda: (
        _("There are too many: at most %(views)s views and %(tabs)s tabs. Delete or close one.")
        % {"views": VIEWS_MAX, "tabs": TABS_MAX}
    ),
    "not_yours": lambda: _("This view belongs to somebody else: save what you see as a view of your own."),
    "gone": lambda: _("This view is no longer there."),
    "filter": lambda: _("A filter of this view no longer holds: look at the advanced filters."),
    "sharing": lambda: _("Your role does not let you share views."),
}
worded(ViewRefused, lambda problem: _REASONS[problem.reason]())

SHARING = (
    ("private", gettext_lazy("Only me")),
    ("team", gettext_lazy("My team")),
    ("everyone", gettext_lazy("Everyone in this account")),
)


class NameForm(Form):
    """A name for a view."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX, strip=True)


class SharingForm(Form):
    """Who sees a view; a team is offered to users who have one."""

    sharing = forms.ChoiceField(
        label=gettext_lazy("Who sees this view"), choices=SHARING, widget=forms.RadioSelect, initial="private"
    )

    def __init__(self, data: Any = None, *, has_team: bool, **more: Any) -> None:
        super().__init__(data, **more)
        if not has_team:
            self.fields["sharing"].choices = [each for each in SHARING if each[0] != "team"]  # type: ignore[attr-defined]


class NewViewForm(NameForm, SharingForm):
    """A new view; who may not share keeps it alone."""

    def __init__(self, visit: Visit, data: Any = None) -> None:
        super().__init__(data, has_team=bool(visit.place.teams))
        if not visit.may("share_views"):
            del self.fields["sharing"]


def _listing(request: HttpRequest, visit: Visit, slug: str) -> Listing:
    return Listing(request, visit, slug)


def _tab(listing: Listing, key: str) -> Tab:
    tab = listing.tabs.every.get(key)
    if tab is None:
        raise Http404(f"no view {key}")
    return tab


def _ask(
    request: HttpRequest,
    listing: Listing,
    template: str,
    form: Form | None,
    *,
    tab: Tab | None = None,
    status: int = 200,
) -> HttpResponse:
    """A dialog about a view."""
    context = {**above(request, listing), "form": form, "tab": tab}
    return dialog(request, f"staff/index/{template}.html", context, status=status)


def _open_too(visit: ActionVisit, listing: Listing, id_: int) -> None:
    """A view that was just made stands as the last tab, if there is room."""
    if len(listing.tabs.open) < TABS_MAX:
        keys = [*listing.tabs.open, str(id_)]
        patiently(lambda: set_tabs(visit.db, visit.ctx, listing.object.name, visit.user.id, keys))


@account_page
def new_form(request: HttpRequest, visit: Visit, slug: str) -> HttpResponse:
    """Asks for the name of a new view."""
    listing = _listing(request, visit, slug)
    return _ask(request, listing, "view_new", NewViewForm(visit))


def _acts(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An action of everybody who may see the list; the list itself checks that."""

    def by_object(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        from kalends.staff.objects import BY_SLUG

        return account_action("view", BY_SLUG[kwargs["slug"]].name)(view)(request, **kwargs)

    by_object.__dict__["is_account_page"] = True
    return by_object


@_acts
def new(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    """Keeps what is seen as a new view, and opens it."""
    listing = _listing(request, visit, slug)
    form = NewViewForm(visit, request.POST)
    if form.is_valid():

        def keep(db: Any) -> int:
            id_ = save_view(
                db,
                visit.ctx,
                listing.object,
                viewer_of(visit),
                name=form.cleaned_data["name"],
                content=listing.state.content,
                sharing=cast("Sharing", form.cleaned_data.get("sharing", "private")),
                actor=visit.who.actor,
            )
            _open_too(visit, listing, id_)
            return id_

        try:
            id_ = visit.do("save_view", keep)
        except Refused as refusal:
            form.refuse(Refused(refusal.message, "name"))
        else:
            return moved(request, f"{listing.base}?view={id_}", _("View saved"))
    return _ask(request, listing, "view_new", form, status=422)


@_acts
def save(request: HttpRequest, visit: ActionVisit, slug: str, key: str) -> HttpResponse:
    """Lets a view show what is seen now."""
    listing = _listing(request, visit, slug)
    tab = _saved(listing, key)
    try:
        visit.do(
            "overwrite_view",
            lambda db: overwrite_view(
                db,
                visit.ctx,
                listing.object,
                viewer_of(visit),
                int(tab.key),
                listing.state.content,
                visit.who.actor,
            ),
        )
    except Refused as refusal:
        return moved(request, listing.here, refusal.message)
    tabs = {**listing.tabs.every, key: tab._replace(content=listing.state.content)}
    listing.state = replace(listing.state, tab=tabs[key])
    return moved(request, listing.here, _("View saved"))


def _saved(listing: Listing, key: str) -> Tab:
    tab = _tab(listing, key)
    if tab.saved is None:
        raise Http404(f"{key} is a standard view")
    return tab


@account_page
def rename_form(request: HttpRequest, visit: Visit, slug: str, key: str) -> HttpResponse:
    listing = _listing(request, visit, slug)
    tab = _saved(listing, key)
    return _ask(request, listing, "view_rename", NameForm(initial={"name": tab.label}), tab=tab)


@_acts
def rename(request: HttpRequest, visit: ActionVisit, slug: str, key: str) -> HttpResponse:
    """Gives a view another name."""
    listing = _listing(request, visit, slug)
    return _give(
        request, listing, visit, key, "rename", NameForm(request.POST), rename_view, _("View renamed")
    )


@account_page
def clone_form(request: HttpRequest, visit: Visit, slug: str, key: str) -> HttpResponse:
    listing = _listing(request, visit, slug)
    tab = _tab(listing, key)
    form = NameForm(initial={"name": _("%(name)s, copy") % {"name": tab.label}})
    return _ask(request, listing, "view_clone", form, tab=tab)


@_acts
def clone(request: HttpRequest, visit: ActionVisit, slug: str, key: str) -> HttpResponse:
    """Makes a private copy of a view, and opens it."""
    listing = _listing(request, visit, slug)
    tab, form = _tab(listing, key), NameForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["name"]

        def copy(db: Any) -> int:
            who = viewer_of(visit), visit.who.actor
            if tab.saved:
                id_ = clone_view(db, visit.ctx, listing.object, who[0], tab.saved.id, name, who[1])
            else:
                id_ = save_view(
                    db, visit.ctx, listing.object, who[0], name=name, content=tab.content, actor=who[1]
                )
            _open_too(visit, listing, id_)
            return id_

        try:
            id_ = visit.do("clone_view", copy)
        except Refused as refusal:
            form.refuse(Refused(refusal.message, "name"))
        else:
            return moved(request, f"{listing.base}?view={id_}", _("View saved"))
    return _ask(request, listing, "view_clone", form, tab=tab, status=422)


@account_page
def share_form(request: HttpRequest, visit: Visit, slug: str, key: str) -> HttpResponse:
    listing = _listing(request, visit, slug)
    tab = _saved(listing, key)
    return _ask(request, listing, "view_share", _sharing_form(visit, tab), tab=tab)


def _sharing_form(visit: Visit, tab: Tab, data: Any = None) -> SharingForm:
    """A view that is its maker's team's already may stay that, whoever looks at it."""
    assert tab.saved is not None
    sharing = tab.saved.sharing
    has_team = bool(visit.place.teams) or sharing == "team"
    return SharingForm(data, has_team=has_team, initial={"sharing": sharing})


@_acts
def share(request: HttpRequest, visit: ActionVisit, slug: str, key: str) -> HttpResponse:
    """Says who sees a view."""
    listing = _listing(request, visit, slug)
    form = _sharing_form(visit, _saved(listing, key), request.POST)
    return _give(request, listing, visit, key, "share", form, share_view, _("Sharing changed"))


def _give(
    request: HttpRequest,
    listing: Listing,
    visit: ActionVisit,
    key: str,
    verb: str,
    form: Form,
    work: Callable[..., Any],
    told: str,
) -> HttpResponse:
    """Gives a view what the one field of a form says, and shows it; or asks again."""
    tab = _saved(listing, key)
    (field,) = (each.name for each in form.visible_fields())
    if form.is_valid():
        given = form.cleaned_data[field]
        try:
            visit.do(
                f"{verb}_view",
                lambda db: work(
                    db, visit.ctx, listing.object, viewer_of(visit), int(key), given, visit.who.actor
                ),
            )
        except Refused as refusal:
            form.refuse(Refused(refusal.message, field))
        else:
            return moved(request, f"{listing.base}?view={key}", told)
    return _ask(request, listing, f"view_{verb}", form, tab=tab, status=422)


@account_page
def delete_form(request: HttpRequest, visit: Visit, slug: str, key: str) -> HttpResponse:
    listing = _listing(request, visit, slug)
    return _ask(request, listing, "view_delete", Form(), tab=_saved(listing, key))


@_acts
def delete(request: HttpRequest, visit: ActionVisit, slug: str, key: str) -> HttpResponse:
    """Deletes a view for everybody."""
    listing = _listing(request, visit, slug)
    tab, form = _saved(listing, key), Form(request.POST)

    def remove(db: Any) -> None:
        delete_view(db, visit.ctx, listing.object, viewer_of(visit), int(key), visit.who.actor)

    try:
        visit.do("delete_view", remove)
    except Refused as refusal:
        form.is_valid()
        form.refuse(refusal)
        return _ask(request, listing, "view_delete", form, tab=tab, status=422)
    return moved(request, listing.base, _("View deleted"))


@_acts
def tabs(request: HttpRequest, visit: ActionVisit, slug: str) -> HttpResponse:
    """Opens, closes or moves a tab, puts all in an order, or lets everybody begin with these."""
    listing = _listing(request, visit, slug)
    do, key = request.POST.get("do", ""), request.POST.get("key", "")
    keys = _arranged(listing, do, key, request.POST.getlist("order"))
    try:
        if do == "default":
            shared = [
                tab.key
                for tab in listing.tabs.every.values()
                if tab.saved is None or tab.saved.sharing == "everyone"
            ]
            visit.do(
                "default_tabs",
                lambda db: {
                    "keys": set_default_tabs(
                        db, visit.ctx, listing.object.name, viewer_of(visit), keys, shared
                    )
                },
            )
            return moved(request, f"{listing.base}?view={key}", _("Everybody begins with these tabs now"))
        visit.do(
            "tabs",
            lambda db: {"keys": set_tabs(db, visit.ctx, listing.object.name, visit.user.id, keys)},
        )
    except Refused as refusal:
        return moved(request, listing.base, refusal.message)
    shown = key if key in keys and key != keys[0] else ""
    return moved(request, f"{listing.base}?view={shown}" if shown else listing.base)


def _arranged(listing: Listing, do: str, key: str, order: list[str]) -> list[str]:
    """The tabs after a button or a drag; the last one is never closed."""
    keys = list(listing.tabs.open)
    if key and key not in listing.tabs.every:
        raise Http404(f"no view {key}")
    if do == "open" and key not in keys:
        keys.append(key)
    elif do == "close" and key in keys and len(keys) > 1:
        keys.remove(key)
    elif do in ("left", "right") and key in keys:
        at = keys.index(key)
        to = max(0, at - 1) if do == "left" else min(len(keys) - 1, at + 1)
        keys.insert(to, keys.pop(at))
    elif do == "order" and sorted(order) == sorted(keys):
        keys = order
    return keys


new_view = by_method(get=new_form, post=new)
rename_one = by_method(get=rename_form, post=rename)
clone_one = by_method(get=clone_form, post=clone)
share_one = by_method(get=share_form, post=share)
delete_one = by_method(get=delete_form, post=delete)
