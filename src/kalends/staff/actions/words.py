"""Amounts, days and refusals as the dialogs of actions say them."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from kalends.billing.create import InvalidSubscription
from kalends.billing.credit import CannotCredit
from kalends.billing.draft import CannotIssue
from kalends.billing.edit_plan import EditRefused
from kalends.billing.locking import UnknownSubscription
from kalends.billing.void import CannotVoid
from kalends.core.lifecycle import RefusedTransition
from kalends.messages.ask import CannotAsk
from kalends.messages.resend import CannotResend
from kalends.messages.way_in import CannotLetIn
from kalends.payments.again import CannotCharge
from kalends.payments.methods import MethodRefused
from kalends.payments.record import CannotRecord, PartNotAllowed
from kalends.payments.refund import CannotRefund
from kalends.payments.settle import CannotSettle
from kalends.staff import formatting
from kalends.staff.refusals import worded


def amount(minor: int | None, currency: str) -> str:
    """An amount with its currency: 39,332.50 NOK."""
    return str(formatting.minor(minor or 0, currency))


def day(value: date) -> str:
    """A day: 15 Dec 2026."""
    return formatting.day(value)


def can_be_written_to(email: str | None) -> bool | str:
    """Whether a record's contact can get a letter; in words where not."""
    return True if email else _("Its contact has no email address. Give the contact one first.")


def _invalid(problem: InvalidSubscription) -> str:
    if problem.field_name == "amount":
        return _("The amount is below the smallest that can be charged in this currency.")
    return _("A line item cannot be billed so: look at its price, quantity, discount and tax.")


worded(
    RefusedTransition,
    lambda _problem: _("The subscription is no longer what it was when this was opened. Load the page."),
)
worded(UnknownSubscription, lambda _problem: _("This subscription is not there any more."))
worded(
    EditRefused,
    lambda _problem: _("This cannot be edited so: a line is not billed any more, or no line would be left."),
)
worded(InvalidSubscription, _invalid)
worded(
    MethodRefused,
    lambda _problem: _("This payment method has expired, or is of a kind that was not agreed on."),
    field="method",
)
worded(
    CannotRefund,
    lambda _problem: _("That much cannot be given back any more. Load the page to see what is left."),
    field="amount",
)
worded(
    CannotCredit,
    lambda _problem: _(
        "This cannot be credited: a charge of the invoice is under way, or what was paid on it was given back already."
    ),
)
worded(
    CannotVoid,
    lambda _problem: _("The invoice cannot be voided any more: something was paid, or is being charged."),
)
worded(
    CannotIssue,
    lambda _problem: _("The draft needs a contact and a line item, and a due date after its date."),
)
worded(
    CannotRecord,
    lambda _problem: _("The invoice does not take this payment any more. Load the page to see what it owes."),
    field="amount",
)
worded(
    PartNotAllowed,
    lambda _problem: _("This is a part of what is owed. Allow partial payments on the invoice first."),
    field="amount",
)
worded(
    CannotCharge,
    lambda _problem: _("The payment cannot be charged again. Ask the customer for another method."),
)
worded(CannotSettle, lambda _problem: _("The outcome of this charge is known by now. Load the page."))
worded(CannotAsk, lambda _problem: _("The customer was asked today already, or cannot be reached."))
worded(
    CannotResend, lambda _problem: _("The letter is on its way already, or the contact has no email address.")
)
worded(
    CannotLetIn,
    lambda _problem: _(
        "The link cannot be sent: the contact has no address, or customers see no pages of their own."
    ),
)
