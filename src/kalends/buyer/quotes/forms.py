"""What a buyer types to accept a quote: a name and a tick, or a code and a signature."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kalends.buyer.fields.form import BuyerForm
from kalends.documents.logo import UnfitLogo, drawn
from kalends.sales.quote_accept import NAME_LONGEST
from kalends.sales.quote_signing import Signer

PICTURE_LONGEST = 400_000
_PNG, _SIGNED_AS_PNG = "data:image/png;base64,", b"\x89PNG\r\n\x1a\n"


class AcceptForm(BuyerForm):
    """A name, and the sentence that is agreed to."""

    name = forms.CharField(label=gettext_lazy("Your full name"), max_length=NAME_LONGEST)
    agree = forms.BooleanField()

    def __init__(self, data: Any = None, *, sentence: str, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["agree"].label = sentence
        self.fields["agree"].error_messages["required"] = _("Tick this to accept the quote.")
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["name"].error_messages["required"] = _("Type your name.")


class CodeForm(BuyerForm):
    """To whom a code is sent. Addresses are told in part only: whoever has the link need not know them."""

    signer = forms.ChoiceField(label=gettext_lazy("Send the code to"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, signers: Sequence[Signer]) -> None:
        super().__init__(data, initial={"signer": str(signers[0].contact_id)} if signers else None)
        self.fields["signer"].choices = [(str(each.contact_id), each.hint) for each in signers]  # type: ignore[attr-defined]


class SignForm(AcceptForm):
    """The code, the name, and what was drawn, if anything was."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    code = forms.CharField(label=gettext_lazy("Code from the email"), max_length=12)
    drawn = forms.CharField(widget=forms.HiddenInput, required=False, max_length=PICTURE_LONGEST)

    field_order = ("key", "code", "name", "drawn", "agree")

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}
        self.fields["code"].error_messages["required"] = _("Type the code that was sent to you.")

    def clean_drawn(self) -> bytes | None:
        """The picture, drawn anew from what was sent; None where the typed name is the signature."""
        text = self.cleaned_data["drawn"]
        if not text:
            return None
        try:
            if not text.startswith(_PNG):
                raise UnfitLogo("not a PNG")
            picture = base64.b64decode(text.removeprefix(_PNG), validate=True)
            if not picture.startswith(_SIGNED_AS_PNG):
                raise UnfitLogo("not a PNG, whatever it says")
            return drawn(picture)
        except (UnfitLogo, binascii.Error) as problem:
            raise forms.ValidationError(
                _("The drawing could not be read. Draw it again, or leave it out.")
            ) from problem
