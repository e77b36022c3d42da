"""What people do to a quote: publish, approve, send, take back, and make a subscription of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.sales.quote_convert import convert_quote
from kalends.sales.quote_course import REASON_LONGEST, approve, publish, recall, reject
from kalends.sales.quote_letters import send_quote
from kalends.sales.quotes import ACCEPTED, DRAFT, PENDING, PUBLISHED, REJECTED, QuoteRefused
from kalends.staff.action import ActionVisit
from kalends.staff.actions.declare import Action, Effect, Told, Verdict
from kalends.staff.actions.facts import QuoteFacts
from kalends.staff.forms import Form
from kalends.staff.refusals import worded
from kalends.staff.visit import Visit

_EDITS = ("edit", "quote")


def _why(refusal: QuoteRefused) -> str:
    words: dict[str, Callable[[], str]] = {
        "no_deal": lambda: _("A quote belongs to a deal. Associate it with one first."),
        "no_contact": lambda: _("It is for nobody yet. Associate it with a contact first."),
        "no_line": lambda: _("It offers nothing yet. Add a line item first."),
        "expired": lambda: _("Its last day has passed. Give a later one first."),
        "too_small": lambda: _(
            "Its first payment is below the smallest charge. Ask for more, or for no payment."
        ),
        "once_too": lambda: _(
            "Discounts, fees and taxes on the whole quote count with what is billed once. Bill that too."
        ),
        "not_as_shown": lambda: _("What it sells was changed after it was published. Take it back first."),
        "adjustment": lambda: _(
            "A discount, fee or tax on the whole quote cannot be applied. A discount leaves something to pay, and "
            "where payments follow it is for the first one only."
        ),
        "currency": lambda: _("A line item is in another currency than the quote. Change it first."),
        "no_email": lambda: _("The contact has no email address, or the quote was sent to it today already."),
        "accepted": lambda: _("The quote was accepted, and stays as it is."),
        "paid": lambda: _("The quote was paid, and stays as it is."),
        "being_paid": lambda: _("The quote is being paid just now, and stays as it is."),
        "converted": lambda: _("This version was converted already. The quote's page names what it became."),
        "converted_stays": lambda: _(
            "The quote was converted, and stays as it is. Make another one of the deal."
        ),
        "nothing_recurs": lambda: _("Nothing of it recurs, and what is billed once would be left out."),
    }
    return words[refusal.code]() if refusal.code in words else str(refusal)


worded(QuoteRefused, _why)


def _is(*statuses: str) -> Callable[[Visit, QuoteFacts], Verdict]:
    return lambda _visit, facts: facts.status in statuses


EDIT_QUOTE = Action(
    object="quote",
    key="edit",
    label=gettext_lazy("Edit"),
    icon="pencil",
    needs=_EDITS,
    verdict=_is(DRAFT, REJECTED),
    leads_to="quote-edit",
)


def _tell_publish(visit: Visit, facts: QuoteFacts, form: Form) -> Told:  # noqa: ARG001
    if visit.ctx.settings.quotes_need_approval:
        return Told(
            _("Ask for approval of %(name)s") % {"name": facts.title},
            _("Ask for approval"),
            [
                Effect(_("Somebody who may approve quotes looks at it. Then it is published."), "hourglass"),
                Effect(_("Until then it cannot be changed, unless it is taken back."), "lock"),
            ],
        )
    return Told(
        _("Publish %(name)s") % {"name": facts.title},
        _("Publish"),
        [
            Effect(_("Whoever has its address can read it. It is sent to nobody yet."), "link"),
            Effect(_("It is kept word for word, and cannot be changed while it is published."), "lock"),
        ],
    )


def _publish(visit: ActionVisit, facts: QuoteFacts, form: Form) -> str:  # noqa: ARG001
    status = visit.do(
        PUBLISH.kind, lambda db: {"s": publish(db, visit.ctx, facts.id, actor=visit.who.actor)}
    )["s"]
    return (
        _("Approval was asked for")
        if status == PENDING
        else _("%(name)s is published") % {"name": facts.title}
    )


PUBLISH = Action(
    object="quote",
    key="publish",
    label=gettext_lazy("Publish"),
    icon="file-text",
    needs=_EDITS,
    verdict=_is(DRAFT, REJECTED),
    tell=_tell_publish,
    do=_publish,
)


def _tell_approve(visit: Visit, facts: QuoteFacts, form: Form) -> Told:  # noqa: ARG001
    return Told(
        _("Approve %(name)s") % {"name": facts.title},
        _("Approve and publish"),
        [Effect(_("It is published as it stands: whoever has its address can read and accept it."), "link")],
    )


def _approve(visit: ActionVisit, facts: QuoteFacts, form: Form) -> str:  # noqa: ARG001
    visit.do(APPROVE.kind, lambda db: approve(db, visit.ctx, facts.id, actor=visit.who.actor))
    return _("%(name)s is published") % {"name": facts.title}


APPROVE = Action(
    object="quote",
    key="approve",
    label=gettext_lazy("Approve"),
    icon="circle-check",
    needs=("approve_quotes", ""),
    verdict=_is(PENDING),
    tell=_tell_approve,
    do=_approve,
)


class ReasonForm(Form):
    """Why a quote is not approved."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )


def _tell_reject(visit: Visit, facts: QuoteFacts, form: Form) -> Told:  # noqa: ARG001
    return Told(
        _("Reject %(name)s") % {"name": facts.title},
        _("Reject"),
        [Effect(_("It can be changed and handed in again. The reason stands on its page."), "pencil")],
    )


def _reject(visit: ActionVisit, facts: QuoteFacts, form: Form) -> str:
    reason = form.cleaned_data["reason"]
    visit.do(REJECT.kind, lambda db: reject(db, visit.ctx, facts.id, reason, actor=visit.who.actor))
    return _("%(name)s is rejected") % {"name": facts.title}


REJECT = Action(
    object="quote",
    key="reject",
    label=gettext_lazy("Reject"),
    icon="circle-x",
    needs=("approve_quotes", ""),
    verdict=_is(PENDING),
    form=lambda _visit, _facts, data: ReasonForm(data),
    tell=_tell_reject,
    do=_reject,
)


def _tell_send(visit: Visit, facts: QuoteFacts, form: Form) -> Told:  # noqa: ARG001
    return Told(
        _("Send %(name)s by email") % {"name": facts.title},
        _("Send"),
        [Effect(_("Its contact gets a letter with the address of the quote, at most one a day."), "mail")],
    )


def _send(visit: ActionVisit, facts: QuoteFacts, form: Form) -> str:  # noqa: ARG001
    email = visit.do(
        SEND.kind, lambda db: {"email": send_quote(db, visit.ctx, facts.id, actor=visit.who.actor)}
    )
    return _("On its way to %(email)s") % email


SEND = Action(
    object="quote",
    key="send",
    label=gettext_lazy("Send by email"),
    icon="mail",
    needs=_EDITS,
    verdict=lambda _visit, facts: facts.version is not None,
    tell=_tell_send,
    do=_send,
)


def _tell_recall(visit: Visit, facts: QuoteFacts, form: Form) -> Told:  # noqa: ARG001
    if facts.version is None:
        effects = [Effect(_("It waits for approval no longer, and can be changed."), "pencil")]
    else:
        effects = [
            Effect(_("Nobody can accept it any more: its page says that it was taken back."), "ban", "warn"),
            Effect(
                _("It can be changed. Published again, it has another address and another version."), "pencil"
            ),
            Effect(_("What was published stays kept."), "lock"),
        ]
    return Told(
        _("Take %(name)s back") % {"name": facts.title}, _("Make it a draft"), effects, _("Leave it as it is")
    )


def _recall(visit: ActionVisit, facts: QuoteFacts, form: Form) -> str:  # noqa: ARG001
    visit.do(RECALL.kind, lambda db: recall(db, visit.ctx, facts.id, actor=visit.who.actor))
    return _("%(name)s is a draft again") % {"name": facts.title}


def _recallable(visit: Visit, facts: QuoteFacts) -> Verdict:  # noqa: ARG001
    if facts.status in (ACCEPTED, DRAFT, REJECTED):
        return False
    if facts.converted:
        return _("The quote was converted, and stays as it is. Make another one of the deal.")
    return _("The quote was paid, or is being paid.") if facts.paid else True


RECALL = Action(
    object="quote",
    key="recall",
    label=gettext_lazy("Take back"),
    icon="undo-2",
    needs=_EDITS,
    verdict=_recallable,
    tell=_tell_recall,
    do=_recall,
)

BILL, LEAVE = "bill", "leave"


class ConvertForm(Form):
    """What happens to lines that are billed once; asked only where there are any."""

    once = forms.ChoiceField(label=gettext_lazy("What is billed once"), widget=forms.RadioSelect)

    def __init__(self, data: Any, facts: QuoteFacts) -> None:
        super().__init__(data, initial={"once": BILL})
        if not facts.has_once:
            del self.fields["once"]
            return
        self.fields["once"].choices = [  # type: ignore[attr-defined]
            (BILL, _("An invoice of its own, today")),
            (LEAVE, _("Leave it out")),
        ]


def _tell_convert(visit: Visit, facts: QuoteFacts, form: Form) -> Told:  # noqa: ARG001
    effects = [
        Effect(_("Each schedule among its lines becomes a subscription that is paid by invoice."), "repeat"),
        Effect(_("They belong to the quote's contact, company and deal, with copies of its lines."), "link"),
        Effect(_("The quote stays as it is. This version can be converted once."), "lock"),
    ]
    if facts.status != ACCEPTED:
        effects.append(Effect(_("The buyer has not accepted it."), "triangle-alert", "warn"))
    return Told(_("Convert %(name)s to a subscription") % {"name": facts.title}, _("Convert"), effects)


def _convert(visit: ActionVisit, facts: QuoteFacts, form: Form) -> str:
    visit.require("edit", "subscription")
    billed = form.cleaned_data.get("once", BILL) == BILL

    def work(db: Any) -> dict[str, Any]:
        made = convert_quote(db, visit.ctx, facts.id, bill_once_lines=billed, actor=visit.who.actor)
        return {"subscriptions": made.subscriptions, "invoices": made.invoices}

    visit.do(CONVERT.kind, work)
    return _("%(name)s is converted") % {"name": facts.title}


def _convertible(visit: Visit, facts: QuoteFacts) -> Verdict:
    if facts.status not in PUBLISHED or facts.version is None or facts.paid:
        return False
    if not visit.may("edit", "subscription"):
        return False
    return _("This version was converted already.") if facts.converted else True


CONVERT = Action(
    object="quote",
    key="convert",
    label=gettext_lazy("Convert to subscription"),
    icon="repeat",
    needs=_EDITS,
    verdict=_convertible,
    form=lambda _visit, facts, data: ConvertForm(data, facts),
    tell=_tell_convert,
    do=_convert,
)
