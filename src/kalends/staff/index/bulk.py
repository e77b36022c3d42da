"""Actions on many records: assign an owner, edit one property, delete. What will happen is said first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalends.catalog import Property
from kalends.catalog.model import EDITABLE
from kalends.staff import formatting
from kalends.staff.action import ActionVisit, account_action, by_method
from kalends.staff.forbidden import Forbidden
from kalends.staff.forms import Form
from kalends.staff.index.dialogs import about, above
from kalends.staff.index.many import GONE, RULE, change_many, delete_many
from kalends.staff.index.pages import Listing
from kalends.staff.index.selection import SELECTED_MAX, Selection, names_of, selected
from kalends.staff.index.toolbar import option_labels
from kalends.staff.objects import BY_SLUG
from kalends.staff.record.values import as_records_are_written, field_of
from kalends.staff.refusals import Refused
from kalends.staff.reply import dialog, moved
from kalends.staff.visit import Visit, account_page

VERBS = {"assign": "edit", "edit": "edit", "delete": "delete"}

DELETING: dict[str, str | Promise] = {
    "subscription": gettext_lazy(
        "Only canceled and expired subscriptions are deleted, for good. Their invoices and payments stay."
    ),
    "invoice": gettext_lazy(
        "Only drafts are deleted. What was sent to a customer is voided or credited instead."
    ),
    "payment": gettext_lazy("Only payments recorded by hand are deleted. What a processor moved stays."),
}
DELETING_OTHERS = gettext_lazy("They leave all lists. What was billed to them stays.")

CODES: dict[str, str | Promise] = {
    RULE: gettext_lazy("Its state does not allow this now."),
    GONE: gettext_lazy("It is no longer there."),
    "REQUIRED_FIELD": gettext_lazy("It cannot be without a value."),
    "CONFLICTING_UNIQUE_VALUE": gettext_lazy("Another record has this value."),
    "CONFLICT": gettext_lazy("Another record has this value."),
    "INVALID_OPTION": gettext_lazy("It does not take this value."),
    "INVALID_INTEGER": gettext_lazy("It does not take this number."),
    "INVALID_DATE": gettext_lazy("It does not take this date."),
    "INVALID_EMAIL": gettext_lazy("This is not an email address."),
    "INVALID_VALUE": gettext_lazy("It cannot be changed while it is billed or sent."),
    "READ_ONLY_VALUE": gettext_lazy("Kalends alone writes this property."),
}


@account_page
def ask(request: HttpRequest, visit: Visit, slug: str, what: str) -> HttpResponse:
    """Says what will happen to how many records, and asks for what it needs."""
    listing = _permitted(request, visit, slug, what)
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.GET, VERBS[what])
    return _ask(request, listing, what, chosen, Form())


def act(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Does it; the permission depends on what is done, to which object."""
    verb = VERBS.get(kwargs["what"])
    if verb is None:
        raise Http404(kwargs["what"])
    return account_action(verb, BY_SLUG[kwargs["slug"]].name)(_act)(request, **kwargs)


act.__dict__["is_account_page"] = True


def _act(request: HttpRequest, visit: ActionVisit, slug: str, what: str) -> HttpResponse:
    listing = _permitted(request, visit, slug, what)
    form = Form(request.POST)
    form.is_valid()
    with visit.cursor() as cursor:
        chosen = selected(cursor, listing, request.POST, VERBS[what])
    try:
        _check(what, request, chosen)
        if what == "delete":
            done = visit.do(
                "delete_many",
                lambda db: delete_many(db, visit.ctx, listing.object, chosen.ids, visit.who).stored(),
            )
        else:
            properties = _properties(listing, what, request)
            done = visit.do(
                "change_many",
                lambda db: change_many(
                    db, visit.ctx, listing.object, chosen.ids, properties, visit.who
                ).stored(),
            )
    except Refused as refusal:
        form.refuse(refusal)
        return _ask(request, listing, what, chosen, form, status=422)
    if not done["refused"]:
        return moved(request, listing.here, _done_text(what, done["done"]))
    return _told(request, listing, what, done)


def _permitted(request: HttpRequest, visit: Visit, slug: str, what: str) -> Listing:
    if what not in VERBS:
        raise Http404(what)
    listing = Listing(request, visit, slug)
    visit.require(VERBS[what], listing.page.name)
    if what == "delete" and not visit.may("bulk_delete"):
        raise Forbidden("bulk_delete")
    return listing


def _check(what: str, request: HttpRequest, chosen: Selection) -> None:
    if not chosen.ids:
        raise Refused(_("No record is selected that you may change."))
    if chosen.too_many:
        raise Refused(_too_many())
    if what == "delete" and request.POST.get("ack") != "1":
        raise Refused(_("Tick the box first: nothing was deleted."))


def _too_many() -> str:
    return _("At most %(count)s records are changed at once: narrow the view first.") % {
        "count": formatting.number(Decimal(SELECTED_MAX))
    }


def editable(listing: Listing) -> list[Property]:
    """The properties that can be given the same value on many records."""
    return [
        each
        for each in listing.object.properties
        if (each.custom or set(EDITABLE) <= set(each.writable_by)) and not each.unique and each.name != _OWNER
    ]


_OWNER = "hubspot_owner_id"


def _properties(listing: Listing, what: str, request: HttpRequest) -> dict[str, str]:
    """The property and its value as records are written; empty takes the value away."""
    if what == "assign":
        owner = request.POST.get("value", "")
        return {_OWNER: str(listing.visit.user.id) if owner == "me" else owner}
    prop = _chosen_property(listing, request.POST.get("property", ""))
    if prop is None:
        raise Refused(_("Choose the property to edit."))
    value = ";".join(each for each in request.POST.getlist("value") if each)
    return {prop.name: as_records_are_written(prop, value, listing.visit.ctx.time_zone)}


def _chosen_property(listing: Listing, name: str) -> Property | None:
    return next((each for each in editable(listing) if each.name == name), None)


def _ask(
    request: HttpRequest, listing: Listing, what: str, chosen: Selection, form: Form, *, status: int = 200
) -> HttpResponse:
    visit, words = listing.visit, request.GET if request.method == "GET" else request.POST
    context = {
        **about(request, listing, chosen),
        "form": form,
        "what": what,
        "base": listing.base,
        "others": chosen.others,
        "too_many": _too_many() if chosen.too_many else "",
        "deleting": DELETING.get(listing.page.name, DELETING_OTHERS),
        "given": words.getlist("value"),
    }
    if what == "assign":
        prop = listing.object.by_name[_OWNER]
        context["options"] = option_labels(prop, listing.names, visit.language)
    elif what == "edit":
        context |= _edit_context(listing, words.get("property", ""))
    return dialog(request, f"staff/index/bulk_{what}.html", context, status=status)


def _edit_context(listing: Listing, name: str) -> dict[str, Any]:
    language = listing.visit.language
    prop = _chosen_property(listing, name)
    choices = sorted(
        ((each.name, each.label.in_language(language)) for each in editable(listing)),
        key=lambda each: each[1].casefold(),
    )
    told: dict[str, Any] = {"properties": choices, "property": name if prop else ""}
    if prop is None:
        return told
    field = field_of(listing.visit, prop)
    return {
        **told,
        "kind": field["field"],
        "options": field["options"],
        "label": prop.label.in_language(language),
    }


def _done_text(what: str, count: int) -> str:
    if what == "delete":
        return ngettext("%(count)s record deleted", "%(count)s records deleted", count) % {"count": count}
    return ngettext("%(count)s record changed", "%(count)s records changed", count) % {"count": count}


def _told(request: HttpRequest, listing: Listing, what: str, done: dict[str, Any]) -> HttpResponse:
    """What was done, and for each record that was refused why."""
    told = [(int(id_), str(code)) for id_, code in done["told"]]
    with listing.visit.cursor() as cursor:
        names = names_of(cursor, listing, [id_ for id_, _code in told])
    context = {
        **above(request, listing),
        "done_text": _done_text(what, done["done"]),
        "refused_text": ngettext(
            "%(count)s record stays as it was", "%(count)s records stay as they were", done["refused"]
        )
        % {"count": done["refused"]},
        "told": [{"name": names.get(id_, str(id_)), "why": _why(listing, what, code)} for id_, code in told],
        "more": done["refused"] - len(told),
    }
    return dialog(request, "staff/index/bulk_done.html", context)


def _why(listing: Listing, what: str, code: str) -> str:
    if what == "delete" and code == RULE:
        return str(DELETING.get(listing.page.name, CODES[RULE]))
    return str(CODES.get(code, CODES[RULE]))


many = by_method(get=ask, post=act)
