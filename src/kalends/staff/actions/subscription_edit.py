"""Editing a subscription: nothing is saved that was not looked at before, as it comes to.

The form is sent to see what the edit comes to, and sent again to save it; what is saved is what was shown. A prorated
edit hands back the offer of its preview, and is made for those very amounts, or shown anew.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalends.billing.edit import Edit, EditPreview, OfferChanged, apply_edit, preview_edit
from kalends.core.lifecycle import Status, is_terminal, may_be_edited
from kalends.staff.action import ActionVisit
from kalends.staff.actions import edit_preview
from kalends.staff.actions.declare import Action, Again, Effect, Told, Verdict
from kalends.staff.actions.edit_form import EditForm
from kalends.staff.actions.facts import SubscriptionFacts
from kalends.staff.actions.sending import charge_now
from kalends.staff.actions.words import day
from kalends.staff.refusals import Refused
from kalends.staff.visit import Visit

_PAYMENTS = (
    "SELECT id FROM payment WHERE account_id = %s AND invoice_id = %s AND status = 'processing' ORDER BY id"
)


def _may_edit(visit: Visit, facts: SubscriptionFacts) -> Verdict:
    status = Status(facts.status)
    if is_terminal(status) or not facts.creates_invoices:
        return False
    if not may_be_edited(status):
        return _("Only an active or a scheduled subscription can be edited.")
    if facts.cancel_on is not None:
        return _("It is to be canceled on %(day)s. Keep it after all first, then edit it.") % {
            "day": day(facts.cancel_on)
        }
    due = facts.next_due_date
    if due is None:
        return _("Nothing is to be billed any more: all agreed payments were asked for.")
    if due < visit.ctx.today:
        return _("The payment that was due on %(day)s has not been billed yet.") % {"day": day(due)}
    if (due - visit.ctx.today).days <= visit.ctx.settings.notice_days:
        notice = visit.ctx.settings.notice_days
        words = ngettext(
            "The next payment is due on %(day)s. Edits close %(count)s day before, so that the customer has notice.",
            "The next payment is due on %(day)s. Edits close %(count)s days before, so that the customer has notice.",
            notice,
        )
        return words % {"day": day(due), "count": notice}
    return True


def _tell(visit: Visit, facts: SubscriptionFacts, form: EditForm) -> Told:  # noqa: ARG001
    effects: list[Effect] = []
    if facts.next_due_date is not None:
        words = _("Past invoices stay as they are. The next payment is due on %(day)s.")
        effects.append(Effect(words % {"day": day(facts.next_due_date)}, "calendar-clock"))
    return Told(_("Edit subscription"), _("Save changes"), effects, more={"lines": form.lines})


def _edit(visit: ActionVisit, facts: SubscriptionFacts, form: EditForm) -> str | Again:
    edit, prorate = form.edit, form.prorate and bool(form.lines.typed)
    if edit == Edit(lines=[]):
        if form.cleaned_data["step"]:
            return Again()
        raise Refused(_("Nothing is changed yet."))
    if form.cleaned_data["shown"] != edit_preview.digest(edit, prorate=prorate) or form.cleaned_data["step"]:
        return _looked_at(visit, facts, edit, prorate=prorate)
    offer = form.cleaned_data["offer"] or None
    try:
        done = visit.do(
            EDIT.kind,
            lambda db: _made(
                apply_edit(db, visit.ctx, facts.id, edit, prorate=prorate, offer=offer, actor=visit.who.actor)
            ),
        )
    except Refused as refusal:
        if isinstance(refusal.__cause__, OfferChanged):
            note = _(
                "Meanwhile it comes to something else, so nothing was changed yet. Save again if this is right."
            )
            preview = refusal.__cause__.preview
            return Again({"preview": edit_preview.context(preview, edit, prorate=prorate, note=note)})
        raise
    return _told(visit, done)


def _looked_at(visit: ActionVisit, facts: SubscriptionFacts, edit: Edit, *, prorate: bool) -> Again:
    try:
        preview = preview_edit(visit.db, visit.ctx, facts.id, edit, prorate=prorate)
    except (ValueError, LookupError) as problem:
        raise Refused.told_by(problem) from problem
    note = _("Nothing is changed yet. Save if this is right.")
    return Again({"preview": edit_preview.context(preview, edit, prorate=prorate, note=note)})


def _made(preview: EditPreview) -> dict[str, Any]:
    prorated = preview.prorated
    return {
        "invoice": None if prorated is None else prorated.invoice_id,
        "charged": bool(prorated and prorated.automatic and prorated.owed_minor),
    }


def _told(visit: ActionVisit, done: dict[str, Any]) -> str:
    if not done["charged"]:
        return _("The changes are saved.")
    payments = [row[0] for row in visit.db.execute(_PAYMENTS, [visit.ctx.id, done["invoice"]]).fetchall()]
    return charge_now(visit, payments, after=_("The changes are saved."))


EDIT = Action(
    object="subscription",
    key="edit",
    label=gettext_lazy("Edit"),
    icon="pencil",
    needs=("edit", "subscription"),
    verdict=_may_edit,
    form=EditForm,
    tell=_tell,  # type: ignore[arg-type]
    do=_edit,
    template="staff/actions/edit.html",
)
