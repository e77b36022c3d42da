"""Create subscription: one page that every button sends to itself, until it is confirmed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg import Connection

from kalends.billing.agree import AgreementRefused, agree
from kalends.billing.hold import find_hold
from kalends.crm.associations import End, associate
from kalends.staff.action import REQUEST_KEY, ActionVisit, account_action
from kalends.staff.create import confirm, customers, new_contact, origins, proposals
from kalends.staff.create.forms import ContactForm
from kalends.staff.create.rows import change_rows
from kalends.staff.create.wizard import Wizard, find_deal, number
from kalends.staff.objects import next_address, record_address
from kalends.staff.refusals import Refused, worded
from kalends.staff.reply import dialog, is_htmx, moved
from kalends.staff.shell import shell
from kalends.staff.visit import Visit, account_page

_HIDDEN_NOT = ("csrfmiddlewaretoken", "step")


@account_page
def begin(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The wizard with what is known already. A deal that was lost leads back to it, and there it is said why."""
    visit.require("edit", "subscription")
    deal = find_deal(visit, number(request.GET.get("deal")))
    if deal is not None and deal.is_lost:
        messages.error(request, deal.why_not)
        return moved(request, record_address(visit.ctx.id, "deal", deal.id))
    return _show(request, visit, Wizard(visit, proposals.begin(visit, request.GET)))


@account_action("edit", "subscription")
def step(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    """What a button of the wizard asks for; nothing is made before ``create``."""
    values: QueryDict = request.POST.copy()
    name, _colon, what = values.get("step", "again").partition(":")
    if name == "find":
        return _found(request, visit, values, what)
    if name == "preview":
        return _preview(request, visit, values)
    if name in ("review", "create"):
        return _review(request, visit, values, make=name == "create")
    contact_form = _change(visit, values, name, what)
    status = 422 if contact_form is not None and contact_form.is_bound else 200
    return _show(request, visit, Wizard(visit, values), contact_form=contact_form, status=status)


def _change(visit: ActionVisit, values: QueryDict, name: str, what: str) -> ContactForm | None:
    """One step of editing; gives the form of a new contact while there is one."""
    if name in ("contact", "company"):
        proposals.choose(visit, values, name, number(what))
        values["find_" + name] = ""
    elif name == "new-contact" and visit.may("edit", "contact"):
        return ContactForm(initial=new_contact.guess(values.get("find_contact", "")))
    elif name == "save-contact":
        visit.require("edit", "contact")
        form = ContactForm(values)
        made = new_contact.make(visit, form)
        if made is None:
            return form
        proposals.choose(visit, values, "contact", made)
    else:
        change_rows(visit, values, name, what, Wizard(visit, values).currency)
    return None


def _review(request: HttpRequest, visit: ActionVisit, values: QueryDict, *, make: bool) -> HttpResponse:
    """Say what will happen, or make it happen; what is wrong leads back to the fields."""
    wizard = Wizard(visit, values)
    if not wizard.is_right():
        return _show(request, visit, wizard, checked=True, status=422)
    foreseen = wizard.foreseen
    assert foreseen is not None, "what can be agreed can be foreseen"
    is_held = find_hold(visit.db, visit.ctx.id) is not None
    told = confirm.Told(visit, wizard, foreseen, is_held=is_held)
    if make:
        try:
            ids = visit.do("create_subscription", lambda db: {"ids": _make(db, visit, wizard)})["ids"]
        except Refused as refusal:
            wizard.form.refuse(refusal)
            return _show(request, visit, wizard, checked=True, status=422)
        return moved(request, next_address(visit, "subscription", ids[0]), told.toast(len(ids)))
    sent = [(name, value) for name, several in values.lists() if name not in _HIDDEN_NOT for value in several]
    with visit.cursor() as cursor:
        context = {
            **shell(cursor, visit, request, "subscriptions"),
            "title": told.question,
            "effects": told.effects(),
            "sent": sent,
            "back": reverse("create-subscription", args=[visit.ctx.id]),
        }
    return dialog(request, "staff/create/confirm.html", context)


def _make(db: Connection[Any], visit: ActionVisit, wizard: Wizard) -> list[int]:
    """The subscriptions, tied to the deal that they come from."""
    actor = visit.who.actor
    made = agree(db, visit.ctx, wizard.wanted(), actor=actor, request_key=visit.request_key)
    ids = [each.id for each in made.subscriptions]
    if wizard.deal is not None:
        for id_ in ids:
            associate(db, visit.ctx, End("subscription", id_), End("deal", wizard.deal.id), actor=actor)
    return ids


def _show(
    request: HttpRequest,
    visit: Visit,
    wizard: Wizard,
    *,
    contact_form: ContactForm | None = None,
    checked: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or for htmx the wizard in it; only after a check do fields say what is wrong with them."""
    if checked:
        wizard.known, wizard.left_out = wizard.foreseen, wizard.incomplete
    else:
        wizard.forgive()
    context = {**wizard_context(visit, wizard), "contact_form": contact_form, "checked": checked}
    if is_htmx(request):
        response = render(request, "staff/create/wizard.html", context, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#wizard", "outerHTML"
        response["HX-Trigger"] = "dialog-close"
        return response
    with visit.cursor() as cursor:
        context |= {**shell(cursor, visit, request, "subscriptions"), "title": _("New subscription")}
    return render(request, "staff/create/page.html", context, status=status)


def wizard_context(visit: Visit, wizard: Wizard) -> dict[str, Any]:
    """What the wizard's template shows."""
    values = wizard.values
    foreseen = wizard.known
    finds = {name: values.get(f"find_{name}", "") for name in ("contact", "company", "product")}
    return {
        "account": visit.ctx,
        "visit": visit,
        "wizard": wizard,
        "form": wizard.form,
        "address": wizard.form.billing_address if wizard.form.is_bound and wizard.form.cleaned_data else {},
        "rows": wizard.rows,
        "foreseen": foreseen,
        "problems": wizard.problems,
        "steps": _steps(wizard),
        "finds": finds,
        "found_contacts": customers.search(visit, "contact", finds["contact"]) if finds["contact"] else [],
        "found_companies": customers.search(visit, "company", finds["company"]) if finds["company"] else [],
        "found_products": origins.find_products(visit, finds["product"], wizard.currency),
        "may_add_contact": visit.may("edit", "contact"),
        "may_products": visit.may("view", "product"),
        "may_companies": visit.may("view", "company"),
        "here": reverse("create-subscription", args=[visit.ctx.id]),
        "list": reverse("subscriptions", args=[visit.ctx.id]),
        REQUEST_KEY: values.get(REQUEST_KEY, ""),
    }


def _steps(wizard: Wizard) -> list[dict[str, Any]]:
    """Where the user is: the first step that is not done is the current one."""
    foreseen, contact = wizard.known, wizard.contact
    whole = foreseen is not None and not wizard.left_out
    count = len(wizard.filled)
    lines = ngettext("%(count)s line item", "%(count)s line items", count) % {"count": count}
    made = len(foreseen.parts) if foreseen else 0
    several = ngettext("%(count)s subscription", "%(count)s subscriptions", made) % {"count": made}
    named = (wizard.company or contact).name if contact else _("Choose who pays")
    paid = dict(wizard.form.fields["collection"].choices).get(wizard.values.get("collection", ""), "")  # type: ignore[attr-defined]
    steps: list[dict[str, Any]] = [
        {"link": "#customer", "label": _("Customer"), "note": named, "done": contact is not None},
        {
            "link": "#line-items",
            "label": _("Line items"),
            "note": f"{lines}, {several}" if whole else lines,
            "done": whole,
        },
        {
            "link": "#collection",
            "label": _("Payment collection"),
            "note": paid,
            "done": bool(contact and whole),
        },
        {"link": "#summary", "label": _("Create"), "note": _("Check and confirm"), "done": False},
    ]
    current = next(place for place, each in enumerate(steps) if not each["done"])
    for place, each in enumerate(steps):
        each["current"], each["done"] = place == current, each["done"] and place < current
    return steps


def _found(request: HttpRequest, visit: ActionVisit, values: QueryDict, what: str) -> HttpResponse:
    """What a search finds, while it is typed."""
    text = values.get(f"find_{what}", "")
    if what == "product":
        found = origins.find_products(visit, text, Wizard(visit, values).currency)
        context: dict[str, Any] = {"found_products": found}
    elif what in ("contact", "company"):
        context = {"found": customers.search(visit, what, text) if text.strip() else []}
    else:
        return HttpResponse(status=404)
    context |= {"kind": what, "text": text, "may_add_contact": visit.may("edit", "contact")}
    name = "products_found" if what == "product" else "found"
    return render(request, f"staff/create/{name}.html", context)


def _preview(request: HttpRequest, visit: ActionVisit, values: QueryDict) -> HttpResponse:
    """Only what is worked out: totals, schedule, and the marks of the lines. No field is touched."""
    wizard = Wizard(visit, values)
    wizard.forgive()
    context = {**wizard_context(visit, wizard), "apart": True}
    return HttpResponse(render_to_string("staff/create/preview.html", context, request))


worded(
    AgreementRefused,
    lambda _refusal: _("This can no longer be agreed: something was changed meanwhile. Look at it again."),
)
