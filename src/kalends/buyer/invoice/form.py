"""The form that pays an invoice: how much, where parts are taken, and by what."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kalends.buyer.door import Guest
from kalends.buyer.fields.form import AmountField, BuyerForm
from kalends.buyer.methods import StoredMethod
from kalends.payments.pay_now import Payable, least_part

NEW = "new"
"""What is chosen where another card or account is to be given."""


class PayForm(BuyerForm):
    """``request_key`` makes two clicks one payment; ``shown_minor`` is what the buyer saw: that is charged, or nothing.

    Stored methods are offered to whoever came by a letter of their own, and a new one can be kept for them.
    """

    request_key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    shown_minor = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self,
        data: Any = None,
        *,
        guest: Guest,
        found: Payable,
        stored: Sequence[StoredMethod],
        may_keep: bool,
    ) -> None:
        first = {"request_key": secrets.token_urlsafe(18), "shown_minor": found.owed_minor}
        super().__init__(data, initial={**first, "method": str(stored[0].id) if stored else NEW})
        self.found = found
        if found.takes_parts:
            self.fields["amount"] = AmountField(
                label=_("Amount, %(currency)s") % {"currency": found.currency},
                currency=found.currency,
                formats=guest.formats,
                least_minor=least_part(found, guest.ctx),
                most_minor=max(found.owed_minor, 1),
                initial=found.owed_minor,
                help_text=_("You may pay a part now, and the rest later."),
            )
            self.fields["amount"].widget.attrs["class"] = "input"
        if stored:
            names = [(str(each.id), each.name) for each in stored]
            self.fields["method"] = forms.ChoiceField(
                label=_("Pay with"),
                choices=[*names, (NEW, _("Another card or account"))],
                widget=forms.RadioSelect,
            )
        if may_keep:
            self.fields["keep"] = forms.BooleanField(
                label=_("Keep a new card or account for my later payments"), required=False
            )

    @property
    def amount_minor(self) -> int:
        """What is to be paid: what was typed, where parts are taken, else what was shown."""
        typed = self.cleaned_data.get("amount")
        return int(self.cleaned_data["shown_minor"] if typed is None else typed)

    @property
    def method_id(self) -> int | None:
        """The stored method that was chosen; None for a new one."""
        chosen = self.cleaned_data.get("method") or NEW
        return None if chosen == NEW else int(chosen)
