"""Name, phone, language and address, which the customer keeps right; the email address is what they are known by."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kalends.buyer.fields.address import AddressForm, wants_other_country
from kalends.buyer.fields.form import BuyerForm
from kalends.buyer.fields.numbers import PhoneField
from kalends.buyer.languages import NATIVE_NAMES, known
from kalends.buyer.pages import moved, page
from kalends.buyer.portal.door import own_page
from kalends.buyer.portal.session import Owner
from kalends.catalog import get_object
from kalends.crm.records import Who, Wish, prepare_changes, write_changes
from kalends.messages.letters.formats import country_code

_PROPERTIES = ("firstname", "lastname", "phone", "company", "address", "city", "state", "zip", "country")


class DetailsForm(BuyerForm):
    """Who the customer is."""

    firstname = forms.CharField(label=gettext_lazy("First name"), max_length=120, required=False)
    lastname = forms.CharField(label=gettext_lazy("Last name"), max_length=120, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)
    phone = PhoneField(label=gettext_lazy("Phone"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of letters"), choices=list(NATIVE_NAMES.items()), required=False
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        for name, hint in (
            ("firstname", "given-name"),
            ("lastname", "family-name"),
            ("company", "organization"),
        ):
            self.fields[name].widget.attrs["autocomplete"] = hint


@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def details(owner: Owner) -> HttpResponse:
    """Show and change the details."""
    guest = owner.guest
    stands = _stands(owner)
    sent = guest.request.POST if guest.request.method == "POST" else None
    form = DetailsForm(sent, initial=stands)
    country = country_code(stands["country"] or "") or guest.ctx.country
    initial = {**stands, "country": country}
    address = AddressForm(
        sent, country=country, language=guest.language, required=False, prefix="at",
        initial=None if sent is not None else initial,
    )  # fmt: skip
    if sent is not None and wants_other_country(sent):
        typed = {name.removeprefix("at-"): value for name, value in sent.items()}
        form = DetailsForm(initial=typed)
        address = AddressForm(
            country=country, language=guest.language, required=False, prefix="at", initial=typed
        )
    elif sent is not None and form.is_valid() and address.is_valid():
        _write(owner, form, address)
        return moved(f"{reverse('portal', args=[guest.ctx.id])}?done=details")
    context = {
        "title": _("Your details"),
        "owner": owner,
        "form": form,
        "address": address,
        "email": owner.contact.email,
        "account_id": guest.ctx.id,
    }
    wrong = sent is not None and (form.errors or address.errors)
    return page(guest, "buyer/portal/details.html", context, status=422 if wrong else 200)


def _stands(owner: Owner) -> dict[str, Any]:
    row = owner.guest.db.execute(
        "SELECT first_name, last_name, phone, company_name, address, city, state, zip, country, language FROM contact "
        "WHERE account_id = %s AND id = %s",
        [owner.guest.ctx.id, owner.contact.id],
    ).fetchone()
    assert row is not None
    stands = dict(zip(_PROPERTIES, row[:-1], strict=True))
    return {**stands, "language": known(row[-1]) or owner.guest.language}


def _write(owner: Owner, form: DetailsForm, address: AddressForm) -> None:
    """Write what differs, with its history; two lines of an address become one, as contacts keep them."""
    at = address.cleaned_data
    street = ", ".join(part for part in (at["address"], at["address2"]) if part)
    whole = {**at, "address": street, "country": at["country"] if address.given else ""}
    given = {
        **{name: form.cleaned_data[name] for name in ("firstname", "lastname", "company", "phone")},
        **{name: whole[name] for name in ("address", "city", "state", "zip", "country")},
    }
    stands = _stands(owner)
    if form.cleaned_data["language"] and form.cleaned_data["language"] != stands["language"]:
        given["hs_language"] = {"nb": "no"}.get(form.cleaned_data["language"], form.cleaned_data["language"])
    obj = get_object("contact")
    db, ctx = owner.guest.db, owner.guest.ctx
    with db.transaction():
        prepared = prepare_changes(db, ctx, obj, [Wish(owner.contact.id, cast("dict[str, object]", given))])
        (change,) = prepared.changes
        problems = change.problems()
        assert not problems, f"the form let through what contacts refuse: {problems}"
        write_changes(db, ctx, obj, prepared.changes, Who(f"contact:{owner.contact.id}", "PORTAL"))


def address_lines(owner: Owner) -> list[str]:
    """Who they are and where, as on an envelope."""
    stands = _stands(owner)
    name = " ".join(part for part in (stands["firstname"], stands["lastname"]) if part)
    town = " ".join(part for part in (stands["zip"], stands["city"]) if part)
    country = owner.guest.formats.country(stands["country"]) if stands["country"] else ""
    lines = (stands["company"], name, stands["address"], town, stands["state"], country, stands["phone"])
    return [line for line in lines if line]
