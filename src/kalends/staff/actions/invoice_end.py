"""Voiding an invoice, issuing a draft, sending the invoice again, its PDF, and those of its credit notes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kalends.billing.draft import issue_draft
from kalends.billing.void import void_invoice
from kalends.documents.credit_note import CreditNoteDocument, read_credit_note
from kalends.documents.invoice import InvoiceDocument, read_invoice
from kalends.documents.logo import read_logos
from kalends.documents.sheet import file_name
from kalends.documents.typeset import pdf
from kalends.messages.outbox import Letter, queue
from kalends.messages.resend import resend
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import InvoiceFacts
from kalends.staff.actions.words import amount, can_be_written_to, day
from kalends.staff.forms import Form
from kalends.staff.queries.credit import credit_of_invoice
from kalends.staff.visit import Visit, account_page

PDF_ROUTE, CREDIT_NOTE_ROUTE = "invoice-pdf", "credit-note-pdf"


class ReasonForm(Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Stays in the invoice's history."),
    )


def _may_void(visit: Visit, facts: InvoiceFacts) -> Verdict:  # noqa: ARG001
    if facts.status != "open":
        return False
    if facts.paid_minor or facts.credited_minor:
        return _("Something was paid or credited on it. Write a credit note for what is left instead.")
    if facts.moving_minor:
        return _("It is being charged right now. Wait until that charge is settled.")
    return True


def _tell_void(visit: Visit, facts: InvoiceFacts, form: Form) -> Told:  # noqa: ARG001
    told = {"amount": amount(facts.owed_minor, facts.currency), "number": facts.name}
    effects = [
        Effect(_("%(amount)s of invoice %(number)s is not owed any more, and never charged.") % told, "ban"),
        Effect(_("Its number stays used, and charges that failed are not tried again."), "file-text"),
    ]
    if facts.subscription_id is not None:
        effects.append(
            Effect(_("If its subscription was behind for this alone, it is active again."), "repeat")
        )
    effects.append(Effect(_("This cannot be taken back."), "triangle-alert", "warn"))
    return Told(_("Void invoice %(number)s") % told, _("Void"), effects, _("Leave it open"))


def _void(visit: ActionVisit, facts: InvoiceFacts, form: Form) -> str:
    why = form.cleaned_data["reason"]

    def work(db: Any) -> None:
        void_invoice(db, visit.ctx, facts.id, reason=why, actor=visit.who.actor)

    visit.do(VOID.kind, work)
    return _("Invoice %(number)s is voided") % {"number": facts.name}


VOID = Action(
    object="invoice",
    key="void",
    label=gettext_lazy("Void"),
    icon="ban",
    needs=("manage_payments", ""),
    verdict=_may_void,
    form=lambda _visit, _facts, data: ReasonForm(data),
    tell=_tell_void,
    do=_void,
    danger=True,
)


class IssueForm(Form):
    """Whether the customer is sent the invoice."""

    send = forms.BooleanField(required=False)

    def __init__(self, visit: Visit, facts: InvoiceFacts, data: Any = None) -> None:
        super().__init__(data)
        if facts.email is None:
            del self.fields["send"]
            return
        self.fields["send"].label = _("Email it to %(email)s, with its PDF") % {"email": facts.email}
        self.fields["send"].initial = visit.ctx.settings.email_invoices


def _tell_issue(visit: Visit, facts: InvoiceFacts, form: Form) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    if facts.contact is None:
        effects.append(
            Effect(_("It needs a contact to bill: associate one with it first."), "circle-alert", "bad")
        )
    else:
        told = {"amount": amount(facts.total_minor, facts.currency), "contact": facts.contact}
        effects.append(Effect(_("%(contact)s owes %(amount)s.") % told, "file-text"))
    if facts.due_date is not None:
        effects.append(Effect(_("It is due on %(day)s.") % {"day": day(facts.due_date)}, "calendar-clock"))
    effects.append(
        Effect(
            _("It gets its number, and is never a draft again: changes are credit notes from then on."),
            "lock",
        )
    )
    return Told(_("Issue the invoice"), _("Issue"), effects, _("Leave it a draft"))


def _issue(visit: ActionVisit, facts: InvoiceFacts, form: Form) -> str:
    send = bool(form.cleaned_data.get("send"))

    def work(db: Any) -> dict[str, Any]:
        number = issue_draft(db, visit.ctx, facts.id, actor=visit.who.actor)
        letters = [Letter("invoice", facts.id, facts.contact_id)] if send and facts.contact_id else []
        queue(db, visit.ctx.id, visit.ctx.now, letters, status=visit.ctx.settings.letters)
        return {"number": number}

    done = visit.do(ISSUE.kind, work)
    if send:
        return _("Invoice %(number)s is issued, and on its way to %(email)s") % {**done, "email": facts.email}
    return _("Invoice %(number)s is issued") % {"number": done["number"]}


EDIT_DRAFT = Action(
    object="invoice",
    key="edit",
    label=gettext_lazy("Edit"),
    icon="pencil",
    needs=("edit", "invoice"),
    verdict=lambda _visit, facts: facts.status == "draft" and facts.subscription_id is None,
    leads_to="invoice-edit",
)
ISSUE = Action(
    object="invoice",
    key="issue",
    label=gettext_lazy("Issue"),
    icon="send",
    needs=("edit", "invoice"),
    verdict=lambda _visit, facts: facts.status == "draft",
    form=IssueForm,
    tell=_tell_issue,
    do=_issue,
)


def _may_resend(visit: Visit, facts: InvoiceFacts) -> Verdict:  # noqa: ARG001
    if facts.letter_id is None:
        return False
    return can_be_written_to(facts.email)


def _tell_resend(visit: Visit, facts: InvoiceFacts, form: Form) -> Told:  # noqa: ARG001
    words = _("Invoice %(number)s over %(amount)s goes to %(email)s once more, as it was, with its PDF.") % {
        "number": facts.name,
        "amount": amount(facts.total_minor, facts.currency),
        "email": facts.email,
    }
    return Told(_("Send the invoice again"), _("Send it"), [Effect(words, "mail")])


def _resend(visit: ActionVisit, facts: InvoiceFacts, form: Form) -> str:  # noqa: ARG001
    letter = facts.letter_id
    assert letter is not None
    visit.do(RESEND.kind, lambda db: resend(db, visit.ctx, letter))
    return _("The invoice to %(email)s is on its way") % {"email": facts.email}


RESEND = Action(
    object="invoice",
    key="resend",
    label=gettext_lazy("Send it again"),
    icon="mail",
    needs=("edit", "invoice"),
    verdict=_may_resend,
    tell=_tell_resend,
    do=_resend,
)

DOWNLOAD = Action(
    object="invoice",
    key="pdf",
    label=gettext_lazy("Download PDF"),
    icon="download",
    needs=("view", "invoice"),
    verdict=lambda _visit, _facts: True,
    leads_to=PDF_ROUTE,
)


@require_safe
@account_page
def download(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:  # noqa: A002, ARG001
    """The invoice as its customer gets it."""
    visit.require("view", "invoice", id)
    document = read_invoice(visit.psycopg(), visit.ctx, id)
    return _typeset(visit, document, document)


@require_safe
@account_page
def download_credit_note(request: HttpRequest, visit: Visit, id: int, note: int) -> HttpResponse:  # noqa: A002, ARG001
    """A credit note of the invoice, as its customer gets it."""
    visit.require("view", "invoice", id)
    with visit.cursor() as cursor:
        if not any(each.number and each.id == note for each in credit_of_invoice(cursor, visit.ctx.id, id)):
            raise Http404(f"no credit note {note} of invoice {id}")
    document = read_credit_note(visit.psycopg(), visit.ctx, note)
    return _typeset(visit, document, document.invoice)


def _typeset(
    visit: Visit, document: InvoiceDocument | CreditNoteDocument, invoice: InvoiceDocument
) -> HttpResponse:
    """A document as a file, with the logo of its invoice."""
    name = invoice.letterhead.logo
    logo = read_logos(visit.psycopg(), visit.ctx.id, {name}).get(name) if name else None
    answer = HttpResponse(pdf(document, logo), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(document.number)}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
