"""Write an invoice, and change it while it is a draft: a page that every button sends to itself, until it is saved."""

from __future__ import annotations

import secrets
from typing import Any

from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from psycopg import Connection
from psycopg.rows import dict_row

from kalends.crm.associations import End, associate
from kalends.sales.invoice_drafts import ADDRESS, NoDraft, change_draft, make_draft
from kalends.sales.trouble import Refused as Troubles
from kalends.staff.action import REQUEST_KEY, ActionVisit, account_action, by_method
from kalends.staff.cells import Names
from kalends.staff.create import customers, new_contact, proposals, sold_pages
from kalends.staff.create.forms import ContactForm
from kalends.staff.create.rows import add_lines_of, change_rows, one_line_at_least
from kalends.staff.create.sold import LineEditor, totals
from kalends.staff.create.wizard import find_deal, number
from kalends.staff.invoices.forms import InvoiceForm
from kalends.staff.objects import next_address, record_address
from kalends.staff.refusals import worded
from kalends.staff.reply import moved
from kalends.staff.visit import Visit, account_page

_DRAFT = """
    SELECT id, currency, contact_id, company_id, title, purchase_order_number AS purchase_order, invoice_date,
        net_terms_days, comments, language, owner_id, billing_address AS address, billing_address2 AS address2,
        billing_city AS city, billing_state AS state, billing_zip AS zip, billing_country AS country
    FROM invoice
    WHERE account_id = %s AND id = %s AND status = 'draft' AND subscription_id IS NULL AND archived_at IS NULL
"""
worded(NoDraft, lambda _refusal: _("It was issued meanwhile. What is issued is changed by credit notes."))


class InvoiceEditor:
    """Everything about the invoice that ``values`` is, as its form would send it. ``id`` is a draft's that is there."""

    def __init__(self, visit: Visit, values: QueryDict, id_: int | None = None, currency: str = "") -> None:
        self.visit, self.values, self.id = visit, values, id_
        self.contact = customers.party(visit, "contact", number(values.get("contact")))
        self.company = customers.party(visit, "company", number(values.get("company")))
        self.deal = find_deal(visit, number(values.get("deal")))
        with visit.cursor() as cursor:
            currencies = customers.currencies(cursor, visit.ctx)
        wanted = currency or values.get("currency") or visit.ctx.currency
        self.currency = wanted if wanted in currencies or currency else visit.ctx.currency
        values["currency"] = self.currency
        self.form = InvoiceForm(
            values,
            contact=self.contact,
            company=self.company,
            currencies=[self.currency] if currency else currencies,
            owners=sorted(Names.of_account(visit.ctx.id).owners.items(), key=lambda owner: owner[1]),
            language=visit.language,
        )
        self.lines = LineEditor(visit, values, self.currency, once=True)

    def is_right(self) -> bool:
        """Whether it can be saved, as far as its fields tell."""
        right = all([self.form.is_valid(), self.lines.is_right()])
        if not self.lines.filled:
            self.form.add_error(None, _("Add at least one line item."))
            return False
        return right

    def refuse(self, refusal: Troubles) -> None:
        """Show what the service refused, at the field where the editor has one."""
        for trouble in refusal.troubles:
            place = trouble.place if trouble.place in self.form.fields else None
            self.form.add_error(place, trouble.text if place else f"{trouble.place}: {trouble.text}")

    def totals(self) -> dict[str, Any]:
        """What it comes to."""
        return totals(self.lines)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        self.lines.forgive()
        self.form.is_valid()
        # Django has no other way to keep the values and drop the errors.
        self.form._errors = ErrorDict()  # noqa: SLF001


@account_page
def _begin(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new invoice: of nobody yet, or of a contact, a company or a deal."""
    visit.require("edit", "invoice")
    return _show(request, visit, InvoiceEditor(visit, _fresh(visit, request.GET)))


@account_action("edit", "invoice")
def _step(request: HttpRequest, visit: ActionVisit) -> HttpResponse:
    return _answer(request, visit, request.POST.copy())


@account_page
def _open(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002 - the address's word
    """A draft that is there."""
    visit.require("edit", "invoice", id)
    row = _draft(visit, id)
    return _show(request, visit, InvoiceEditor(visit, _values_of(visit, row), id, row["currency"]))


@account_action("edit", "invoice")
def _change(request: HttpRequest, visit: ActionVisit, id: int) -> HttpResponse:  # noqa: A002
    return _answer(request, visit, request.POST.copy(), id, _draft(visit, id)["currency"])


create = by_method(get=_begin, post=_step)
edit = by_method(get=_open, post=_change)


def _draft(visit: Visit, id_: int) -> dict[str, Any]:
    with visit.psycopg().cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_DRAFT, [visit.ctx.id, id_]).fetchone()
    if row is None:
        raise Http404(f"the invoice {id_} is no draft")
    return row


def _fresh(visit: Visit, asked: Any) -> QueryDict:
    """What a new one begins with: the account's terms, and whoever or whatever it was begun for."""
    values = QueryDict(mutable=True)
    values.update(
        {
            REQUEST_KEY: secrets.token_urlsafe(18),
            "dated": visit.ctx.today.isoformat(),
            "net_terms": str(visit.ctx.settings.net_terms_days),
            "comments": visit.ctx.settings.invoice_comments,
            "owner": str(visit.user.id),
        }
    )
    deal = find_deal(visit, number(asked.get("deal")))
    contact, company = number(asked.get("contact")), number(asked.get("company"))
    if deal is not None:
        values["deal"], values["title"], values["currency"] = str(deal.id), deal.name, deal.currency or ""
        contact = contact or proposals.tied(visit, deal.id, "contact")
        company = company or proposals.tied(visit, deal.id, "company")
        add_lines_of(visit, values, "deal", deal.id)
    proposals.choose(visit, values, "company", company)
    proposals.choose(visit, values, "contact", contact)
    one_line_at_least(values)
    return values


def _values_of(visit: Visit, row: dict[str, Any]) -> QueryDict:
    """A draft that is there, as its form would send it."""
    values = QueryDict(mutable=True)
    plain = ("title", "purchase_order", "comments", "language", *ADDRESS)
    values.update({name: row[name] or "" for name in plain})
    values.update(
        {
            REQUEST_KEY: secrets.token_urlsafe(18),
            "contact": str(row["contact_id"] or ""),
            "company": str(row["company_id"] or ""),
            "dated": (row["invoice_date"] or visit.ctx.today).isoformat(),
            "net_terms": str(row["net_terms_days"]),
            "owner": str(row["owner_id"] or ""),
        }
    )
    add_lines_of(visit, values, "invoice", row["id"])
    return values


def _answer(
    request: HttpRequest, visit: ActionVisit, values: QueryDict, id_: int | None = None, currency: str = ""
) -> HttpResponse:
    """What a button of the editor asks for; nothing is written before ``save``."""
    step, _colon, what = values.get("step", "again").partition(":")
    if step == "find":
        return _found(request, visit, InvoiceEditor(visit, values, id_, currency), what)
    if step == "preview":
        editor = InvoiceEditor(visit, values, id_, currency)
        return sold_pages.preview(request, editor, due_label=_("Total"))
    if step == "save":
        return _save(request, visit, InvoiceEditor(visit, values, id_, currency))
    form: ContactForm | None = None
    if step in ("contact", "company"):
        proposals.choose(visit, values, step, number(what))
        values[f"find_{step}"] = ""
    elif step == "new-contact" and visit.may("edit", "contact"):
        form = ContactForm(initial=new_contact.guess(values.get("find_contact", "")))
    elif step == "save-contact":
        visit.require("edit", "contact")
        form = ContactForm(values)
        made = new_contact.make(visit, form)
        if made is not None:
            form = None
            proposals.choose(visit, values, "contact", made)
    else:
        change_rows(visit, values, step, what, InvoiceEditor(visit, values, id_, currency).currency)
    status = 422 if form is not None and form.is_bound else 200
    return _show(
        request, visit, InvoiceEditor(visit, values, id_, currency), contact_form=form, status=status
    )


def _found(request: HttpRequest, visit: Visit, editor: InvoiceEditor, what: str) -> HttpResponse:
    """What a search finds, while it is typed."""
    if what == "product":
        return sold_pages.find(request, visit, editor)
    if what not in ("contact", "company"):
        return HttpResponse(status=404)
    text = editor.values.get(f"find_{what}", "")
    context = {
        "found": customers.search(visit, what, text) if text.strip() else [],
        "kind": what,
        "text": text,
        "may_add_contact": visit.may("edit", "contact"),
    }
    return render(request, "staff/create/found.html", context)


def _save(request: HttpRequest, visit: ActionVisit, editor: InvoiceEditor) -> HttpResponse:
    def shown(editor: InvoiceEditor, *, checked: bool, status: int) -> HttpResponse:
        return _show(request, visit, editor, checked=checked, status=status)

    kind = "edit_invoice" if editor.id else "create_invoice"
    made = sold_pages.save(visit, editor, kind, lambda db: _write(db, visit, editor), shown)
    if isinstance(made, HttpResponse):
        return made
    toast = _("Draft saved") if editor.id else _("Draft made. Issue it when it is ready.")
    return moved(request, next_address(visit, "invoice", made), toast)


def _write(db: Connection[Any], visit: ActionVisit, editor: InvoiceEditor) -> int:
    draft, lines, actor = editor.form.draft, editor.lines.lines, visit.who.actor
    if editor.id is not None:
        change_draft(db, visit.ctx, editor.id, draft, lines, actor=actor)
        return editor.id
    made = make_draft(db, visit.ctx, draft, lines, actor=actor)
    if editor.deal is not None:
        associate(db, visit.ctx, End("invoice", made), End("deal", editor.deal.id), actor=actor)
    return made


def _show(
    request: HttpRequest,
    visit: Visit,
    editor: InvoiceEditor,
    *,
    contact_form: ContactForm | None = None,
    checked: bool = False,
    status: int = 200,
) -> HttpResponse:
    own = {**_context(visit, editor), "contact_form": contact_form}
    return sold_pages.show(request, visit, editor, "invoices", own, checked=checked, status=status)


def _context(visit: Visit, editor: InvoiceEditor) -> dict[str, Any]:
    values, list_ = editor.values, reverse("invoices", args=[visit.ctx.id])
    read = editor.form.is_valid() or (editor.form.is_bound and editor.form.cleaned_data)
    finds = {name: values.get(f"find_{name}", "") for name in ("contact", "company", "product")}
    here = (
        reverse("invoice-edit", args=[visit.ctx.id, editor.id])
        if editor.id
        else reverse("create-invoice", args=[visit.ctx.id])
    )
    return {
        "area": "invoices",
        "title": _("Edit draft") if editor.id else _("New invoice"),
        "wizard": editor,
        "address": editor.form.billing_address if read else {},
        "currency_fixed": bool(editor.id),
        "due_label": _("Total"),
        "here": here,
        "list": list_,
        "back": record_address(visit.ctx.id, "invoice", editor.id) if editor.id else list_,
        "finds": finds,
        "found_contacts": customers.search(visit, "contact", finds["contact"]) if finds["contact"] else [],
        "found_companies": customers.search(visit, "company", finds["company"]) if finds["company"] else [],
        "may_add_contact": visit.may("edit", "contact"),
        "may_companies": visit.may("view", "company"),
    }
