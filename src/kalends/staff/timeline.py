"""The journal of events in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalends.catalog import OBJECTS
from kalends.staff import formatting
from kalends.staff.billing.words import parked_why
from kalends.staff.methods import stored
from kalends.staff.queries.record import EventRow
from kalends.staff.reasons import reason


class Entry(NamedTuple):
    """One line of the timeline."""

    icon: str
    tone: str
    text: str
    note: str
    invoice: str
    when: str


class Month(NamedTuple):
    """The entries of one month, newest first."""

    label: str
    entries: list[Entry]


_Words = Callable[[EventRow], tuple[str, str]]


def _amount(event: EventRow) -> str:
    minor = event.data.get("amount_minor", event.data.get("total_minor"))
    if minor is None:
        return ""
    return str(formatting.minor(int(minor), event.data["currency"]))


def _version(words: Callable[[], str]) -> _Words:
    return lambda event: (words() % {"version": event.data.get("version", "")}, "")


def _sent_to(event: EventRow) -> tuple[str, str]:
    return _("Sent by email"), str(event.data.get("email", ""))


def _accepted(event: EventRow) -> tuple[str, str]:
    return _("Accepted by %(name)s") % {"name": event.data.get("by", "")}, ""


def _minor(minor: Any, event: EventRow) -> str:
    return str(formatting.minor(int(minor), event.data["currency"]))


def _method(event: EventRow) -> str:
    return stored(event.method_kind, event.brand, event.last4).name if event.method_kind else ""


def _day(value: Any) -> str:
    return formatting.day(date.fromisoformat(str(value)))


def _issued(event: EventRow) -> tuple[str, str]:
    used = event.data.get("credited_minor")
    note = _("%(amount)s paid from credit") % {"amount": _minor(used, event)} if used else ""
    return _("Invoice of %(amount)s issued") % {"amount": _amount(event)}, note


def _credited(event: EventRow) -> tuple[str, str]:
    text = _("Credit note of %(amount)s written") % {"amount": _amount(event)}
    to_balance = event.data.get("to_balance_minor")
    kept = (
        _("%(amount)s to the customer's credit") % {"amount": _minor(to_balance, event)} if to_balance else ""
    )
    return text, ", ".join(filter(None, (kept, str(event.data.get("reason") or ""))))


def _succeeded(event: EventRow) -> tuple[str, str]:
    given = {"amount": _amount(event), "method": _method(event)}
    attempt = int(event.data.get("attempt") or 1)
    text = _("Payment of %(amount)s collected: %(method)s") % given
    return text, _("At attempt %(number)s") % {"number": attempt} if attempt > 1 else ""


def _processing(event: EventRow) -> tuple[str, str]:
    given = {"amount": _amount(event), "method": _method(event)}
    return _("Payment of %(amount)s sent to the bank: %(method)s") % given, ""


def _failed(event: EventRow) -> tuple[str, str]:
    why = reason(event.data.get("code"), event.data.get("reason"))
    text = _("Payment of %(amount)s failed: %(reason)s") % {"amount": _amount(event), "reason": why}
    retry = event.data.get("retry_on")
    return text, _("Next try %(day)s") % {"day": _day(retry)} if retry else ""


def _to_be_canceled(event: EventRow) -> tuple[str, str]:
    return _("Will be canceled on %(day)s") % {"day": _day(event.data["changes"]["cancel_on"][1])}, _why(
        event
    )


def _to_be_paused(event: EventRow) -> tuple[str, str]:
    return _("Will be paused on %(day)s") % {"day": _day(event.data["changes"]["pause_on"][1])}, _why(event)


def _why(event: EventRow) -> str:
    return str(event.data.get("reason") or "")


def _canceled(event: EventRow) -> tuple[str, str]:
    causes = {
        "period_ended": _("At the end of the paid period"),
        "retries_exhausted": _("After the last try to charge had failed"),
    }
    return _("Subscription canceled"), _why(event) or causes.get(str(event.data.get("cause")), "")


def _pause_dropped(event: EventRow) -> tuple[str, str]:  # noqa: ARG001
    return _("A planned pause was dropped"), _("Only an active subscription is paused")


def _kept(event: EventRow) -> tuple[str, str]:
    if "pause_on" in (event.data.get("changes") or {}):
        return _("Planned pause taken back"), ""
    return _("Cancellation taken back"), ""


def _billing_started(event: EventRow) -> tuple[str, str]:
    return _("Billed here from %(day)s on") % {"day": _day(event.data["changes"]["next_due_date"][1])}, ""


def _settled_by_hand(event: EventRow) -> tuple[str, str]:
    note = str(event.data.get("reason") or event.data.get("reference") or "")
    if event.data.get("paid"):
        return _("Staff found at the processor that this was paid"), note
    return _("Staff found at the processor that this was not paid"), note


def _edited(event: EventRow) -> tuple[str, str]:
    """What was changed, by the names that the catalogue gives to the columns."""
    changed = event.data.get("changes") or {}
    return _("Subscription edited"), _names_of("subscription", changed)


def _names_of(object_name: str, changed: Mapping[str, Any]) -> str:
    """The properties that changed, by their names; own ones by the words that the account chose as their keys."""
    obj = OBJECTS.get(object_name)
    labels = [
        prop.label.in_language(translation.get_language() or "en")
        for prop in (obj.properties if obj else ())
        if prop.column in changed
    ]
    own = [key.removeprefix("custom.") for key in changed if key.startswith("custom.")]
    return ", ".join(dict.fromkeys([*labels, *own]))


def _changed(event: EventRow) -> tuple[str, str]:
    return _("Changed"), _names_of(event.kind.partition(".")[0], event.data.get("changes") or {})


def _tied(text: Callable[[], str]) -> _Words:
    def told(event: EventRow) -> tuple[str, str]:
        other = str((event.data.get("with") or [""])[0])
        label = (
            OBJECTS[other].singular_label.in_language(translation.get_language() or "en")
            if other in OBJECTS
            else ""
        )
        return text(), label

    return told


def _given_up(event: EventRow) -> tuple[str, str]:
    return _("Webhooks were given up after a day of tries"), str(event.data.get("error") or "")


def _parked(event: EventRow) -> tuple[str, str]:
    code = str(event.data.get("code") or "")
    return _("Put aside, not billed"), parked_why(code) if code else str(event.data.get("reason") or "")


def _refund(text: Callable[[], str]) -> _Words:
    return lambda event: (text() % {"amount": _amount(event)}, str(event.data.get("reason") or ""))


def _with_reason(text: Callable[[], str]) -> _Words:
    return lambda event: (text(), _why(event))


def _plain(text: Callable[[], str]) -> _Words:
    return lambda event: (text(), "")


def _notified(event: EventRow) -> tuple[str, str]:
    name = str(event.data.get("name") or "")
    return str(event.data.get("text") or ""), _("Workflow %(name)s") % {"name": name}


def _named(text: Callable[[], str]) -> _Words:
    return lambda event: (text(), str(event.data.get("name") or ""))


def _about_task(text: Callable[[], str]) -> _Words:
    return lambda event: (text(), str(event.data.get("subject") or ""))


def _exported(event: EventRow) -> tuple[str, str]:
    count = int(event.data["rows"])
    return _("Export ready"), ngettext("%(count)s record", "%(count)s records", count) % {
        "count": formatting.number(Decimal(count))
    }


KINDS: dict[str, tuple[str, str, _Words]] = {
    "contact.portal_link_sent": (
        "mail",
        "",
        lambda event: (_("Sent the link to their own pages"), str(event.data.get("email") or "")),
    ),
    "contact.unsubscribed": ("x", "", _plain(lambda: _("Wants no more emails to segments"))),
    "contact.erased": ("x", "", _plain(lambda: _("Contact erased"))),
    "subscription.created": ("plus", "acc", _plain(lambda: _("Subscription made"))),
    "subscription.canceled": ("circle-x", "", _canceled),
    "subscription.expired": ("flag", "", _plain(lambda: _("Subscription ended as agreed"))),
    "subscription.paused": ("circle-pause", "warn", _with_reason(lambda: _("Subscription paused"))),
    "subscription.resumed": ("play", "acc", _plain(lambda: _("Subscription resumed"))),
    "subscription.past_due": ("clock", "warn", _plain(lambda: _("Status changed to Past due"))),
    "subscription.unpaid": ("circle-alert", "bad", _plain(lambda: _("Status changed to Unpaid"))),
    "subscription.recovered": (
        "circle-check",
        "ok",
        _plain(lambda: _("Nothing is owed any more, back to Active")),
    ),
    "subscription.payment_method_changed": (
        "credit-card",
        "acc",
        _plain(lambda: _("Payment method changed")),
    ),
    "subscription.method_ended": (
        "credit-card",
        "bad",
        _plain(lambda: _("The payment method cannot be charged any more")),
    ),
    "subscription.method_requested": (
        "credit-card",
        "",
        lambda event: (_("Asked for another payment method"), str(event.data.get("email") or "")),
    ),
    "subscription.released": ("play", "acc", _plain(lambda: _("Released to be billed again"))),
    "subscription.to_be_canceled": ("calendar-clock", "warn", _to_be_canceled),
    "subscription.to_be_paused": ("calendar-clock", "warn", _to_be_paused),
    "subscription.pause_dropped": ("calendar-clock", "", _pause_dropped),
    "subscription.kept": ("undo-2", "acc", _kept),
    "subscription.billing_started": ("play", "acc", _billing_started),
    "subscription.billing_stopped": ("circle-x", "", _plain(lambda: _("Not billed here any more"))),
    "subscription.deleted": ("x", "", _plain(lambda: _("Subscription deleted"))),
    "subscription.edited": ("pencil", "acc", _edited),
    "subscription.updated": ("pencil", "acc", _edited),
    "subscription.parked": ("triangle-alert", "bad", _parked),
    "workflow.notified": ("bell", "acc", _notified),
    "workflow.created": ("plus", "acc", _named(lambda: _("Workflow made"))),
    "workflow.edited": ("pencil", "", _named(lambda: _("Workflow edited"))),
    "workflow.renamed": ("pencil", "", _named(lambda: _("Workflow renamed"))),
    "workflow.turned_on": ("play", "ok", _named(lambda: _("Workflow turned on"))),
    "workflow.turned_off": ("circle-pause", "warn", _named(lambda: _("Workflow turned off"))),
    "workflow.deleted": ("trash-2", "", _named(lambda: _("Workflow deleted"))),
    "workflow.enrolled": ("plus", "", _named(lambda: _("Enrolled in a workflow by hand"))),
    "workflow.unenrolled": ("x", "", _named(lambda: _("Taken out of a workflow by hand"))),
    "task.finished": ("circle-check", "ok", _about_task(lambda: _("Task done"))),
    "task.reopened": ("undo-2", "", _about_task(lambda: _("Task open again"))),
    "webhook.given_up": ("webhook", "bad", _given_up),
    "import.completed": ("upload", "ok", lambda event: (_("Import completed"), str(event.data["name"]))),
    "import.canceled": ("upload", "", lambda event: (_("Import stopped"), str(event.data["name"]))),
    "import.undone": ("upload", "", lambda event: (_("Import undone"), str(event.data["name"]))),
    "export.requested": ("download", "", lambda event: (_("Export asked for"), str(event.data["name"]))),
    "export.completed": ("download", "ok", _exported),
    "export.failed": ("download", "bad", lambda event: (_("Export failed"), str(event.data["problem"]))),
    "export.canceled": ("download", "", lambda event: (_("Export canceled"), str(event.data["name"]))),
    "billing.held": ("circle-pause", "warn", _with_reason(lambda: _("Billing held"))),
    "billing.put_back": (
        "circle-pause",
        "bad",
        _with_reason(lambda: _("Database put back to an earlier state")),
    ),
    "billing.released": ("play", "acc", _plain(lambda: _("Billing goes on"))),
    "invoice.issued": ("file-text", "", _issued),
    "invoice.finalized": ("file-text", "", _issued),
    "invoice.paid": ("circle-check", "ok", _plain(lambda: _("Invoice paid in full"))),
    "invoice.paid_in_part": ("circle-check", "", _plain(lambda: _("Invoice paid in part"))),
    "invoice.overdue": ("clock", "warn", _plain(lambda: _("Invoice not paid by its due date"))),
    "invoice.voided": ("circle-x", "", _with_reason(lambda: _("Invoice voided"))),
    "credit_note.issued": ("undo-2", "acc", _credited),
    "invoice.edited": ("pencil", "", _plain(lambda: _("Invoice changed"))),
    "invoice.updated": ("pencil", "", _plain(lambda: _("Invoice changed"))),
    "payment_link.bought": ("circle-check", "ok", _plain(lambda: _("Somebody bought through it"))),
    "quote.approval_requested": ("hourglass", "", _plain(lambda: _("Approval asked for"))),
    "quote.approved": ("circle-check", "ok", _plain(lambda: _("Approved"))),
    "quote.rejected": ("circle-x", "bad", _with_reason(lambda: _("Not approved"))),
    "quote.published": ("file-text", "acc", _version(lambda: _("Version %(version)s published"))),
    "quote.recalled": ("undo-2", "warn", _version(lambda: _("Version %(version)s taken back"))),
    "quote.sent": ("mail", "", _sent_to),
    "quote.accepted": ("circle-check", "ok", _accepted),
    "quote.paid": ("circle-check", "ok", _plain(lambda: _("Paid on its page"))),
    "quote.converted": ("repeat", "ok", _plain(lambda: _("Converted to a subscription"))),
    "quote.not_billed": ("triangle-alert", "bad", _with_reason(lambda: _("Could not be billed"))),
    "checkout.completed": ("circle-check", "ok", _plain(lambda: _("Bought at checkout"))),
    "payment.updated": ("pencil", "", _plain(lambda: _("Payment changed"))),
    "payment.settled_by_hand": ("pencil", "acc", _settled_by_hand),
    "payment.retried": ("refresh-cw", "acc", _plain(lambda: _("Charged again"))),
    "payment.succeeded": ("circle-check", "ok", _succeeded),
    "payment.processing": ("hourglass", "", _processing),
    "payment.failed": ("circle-alert", "bad", _failed),
    "payment.refund_requested": ("undo-2", "acc", _refund(lambda: _("Refund of %(amount)s asked for"))),
    "payment.refund_processing": ("hourglass", "", _refund(lambda: _("Refund of %(amount)s on its way"))),
    "payment.refunded": ("undo-2", "ok", _refund(lambda: _("Refund of %(amount)s given back"))),
    "payment.refund_failed": ("circle-alert", "bad", _refund(lambda: _("Refund of %(amount)s failed"))),
    "payment.dispute_opened": ("triangle-alert", "bad", _refund(lambda: _("Payment of %(amount)s disputed"))),
    "payment.dispute_won": ("circle-check", "ok", _refund(lambda: _("Dispute about %(amount)s won"))),
    "payment.dispute_lost": ("circle-x", "bad", _refund(lambda: _("Dispute about %(amount)s lost"))),
}


VERBS: dict[str, tuple[str, str, _Words]] = {
    "created": ("plus", "acc", _plain(lambda: _("Record made"))),
    "updated": ("pencil", "", _changed),
    "archived": ("trash-2", "", _plain(lambda: _("Record deleted"))),
    "merged": ("link", "", _plain(lambda: _("Merged with another record"))),
    "lines_changed": ("pencil", "", _plain(lambda: _("Line items changed"))),
    "associated": ("link", "", _tied(lambda: _("Association added"))),
    "dissociated": ("unlink", "", _tied(lambda: _("Association removed"))),
    "unlabeled": ("unlink", "", _tied(lambda: _("Label of an association removed"))),
}
"""For kinds that mean the same whatever they happened to."""


def timeline(
    events: Iterable[EventRow],
    time_zone: str,
    *,
    people: Mapping[str, str] = MappingProxyType({}),
    about: Mapping[int, str] = MappingProxyType({}),
) -> list[Month]:
    """The entries by month; a kind without words of its own is told by its verb, else by its name.

    ``people`` are the names of users by number, who are named beside what they did; ``about`` names for an event the
    record that it happened to, where that is not the one whose timeline this is.
    """
    months: list[Month] = []
    for event in events:
        label = formatting.month(event.at.astimezone(ZoneInfo(time_zone)).date())
        if not months or months[-1].label != label:
            months.append(Month(label, []))
        who = _who(event.actor, people)
        months[-1].entries.append(_entry(event, time_zone, about.get(event.id, ""), who))
    return months


def _who(actor: str, people: Mapping[str, str]) -> str:
    kind, _colon, number = actor.partition(":")
    return _("a workflow") if kind == "workflow" else people.get(number, "") if kind == "user" else ""


def _entry(event: EventRow, time_zone: str, about: str, who: str) -> Entry:
    known = KINDS.get(event.kind) or VERBS.get(event.kind.partition(".")[2])
    icon, tone, words = known or ("info", "", lambda each: (each.kind, ""))
    text, note = words(event)
    note = ", ".join(filter(None, (about, note, who)))
    number = event.invoice_number or (str(event.invoice_id) if event.invoice_id else "")
    return Entry(icon, tone, text, note, number, formatting.time_of_day(event.at, time_zone))
