"""The wizard as it stands: what was typed or proposed, what it names, and what it would come to."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from kalends.billing.agree import AgreementRefused, Wanted, divide, plan
from kalends.catalog import get_object
from kalends.query import NAME, compile_select, fetch, parse
from kalends.staff.cells import Names
from kalends.staff.create import customers, origins
from kalends.staff.create.foresight import Foresight, foresight
from kalends.staff.create.forms import AUTOMATIC, Choices, WizardForm
from kalends.staff.create.lines import AgreedLineForm, numbers
from kalends.staff.create.rows import follow_currency
from kalends.staff.create.words import told
from kalends.staff.objects.deal import OUTCOME, is_lost
from kalends.staff.visit import Visit


class Deal(NamedTuple):
    """The deal that becomes a subscription."""

    id: int
    name: str
    currency: str | None
    amount: Any
    owner_id: str | None
    is_lost: bool

    @property
    def why_not(self) -> str:
        """Why no subscription can be made of it; empty where one can."""
        return (
            _("The deal was lost. Move it to another stage, and it can become a subscription.")
            if self.is_lost
            else ""
        )


class Wizard:
    """Everything about the request that ``values`` is, as a form would send it."""

    def __init__(self, visit: Visit, values: QueryDict) -> None:
        self.visit, self.values = visit, values
        ctx = visit.ctx
        self.contact = customers.party(visit, "contact", number(values.get("contact")))
        self.company = customers.party(visit, "company", number(values.get("company")))
        self.deal = find_deal(visit, number(values.get("deal")))
        with visit.cursor() as cursor:
            methods = customers.methods(cursor, ctx, self.contact.id) if self.contact else []
            currencies = customers.currencies(cursor, ctx)
        wanted = values.get("currency") or ctx.currency
        self.currency = wanted if wanted in currencies else ctx.currency
        follow_currency(visit, values, self.currency)
        owners = sorted(Names.of_account(ctx.id).owners.items(), key=lambda owner: owner[1])
        choices = Choices(self.contact, self.company, methods, currencies, owners, visit.language)
        self.form = WizardForm(values, choices=choices)
        self.rows = self._rows()
        self.problems: list[str] = []
        self.left_out = 0
        self.known: Foresight | None = None

    def _rows(self) -> list[AgreedLineForm]:
        places = numbers(self.values)
        keys = [self.values.get(f"lines-{place}-origin", "") for place in places]
        made_of = origins.find(self.visit, [key for key in keys if key], self.currency)
        return [
            AgreedLineForm(
                place,
                self.currency,
                self.values,
                today=self.visit.ctx.today,
                language=self.visit.language,
                origin=made_of.get(key),
            )
            for place, key in zip(places, keys, strict=True)
        ]

    @property
    def filled(self) -> list[AgreedLineForm]:
        """The lines in which something was written."""
        return [row for row in self.rows if not row.is_empty]

    def is_right(self) -> bool:
        """Whether it can be agreed; whatever is wrong stands at its field then."""
        right = all([self.form.is_valid(), *[row.is_valid() for row in self.filled]])
        if not self.filled:
            self.form.add_error(None, _("Add at least one line item."))
        if self.values.get("deal") and self.deal is None:
            self.form.add_error(None, _("The deal is not there any more, or you may not see it."))
        elif self.deal is not None and self.deal.is_lost:
            self.form.add_error(None, self.deal.why_not)
        if not right or self.form.errors:
            return False
        try:
            plan(self.visit.psycopg(), self.visit.ctx, self.wanted())
        except AgreementRefused as refusal:
            self._refuse(refusal)
            return False
        return True

    def _refuse(self, refusal: AgreementRefused) -> None:
        for each in told(self.visit.ctx, self.currency, refusal.problems):
            if each.line is not None:
                self.filled[each.line].add_error(each.field, each.text)
            else:
                self.form.add_error(each.field, each.text)

    def wanted(self) -> Wanted:
        """The request for the service; only of a wizard whose fields are right."""
        typed, contact = self.form.cleaned_data, self.contact
        assert contact is not None
        automatic = typed["collection"] == AUTOMATIC
        return Wanted(
            contact_id=contact.id,
            company_id=self.company.id if self.company else None,
            lines=[row.wanted for row in self.filled],
            currency=self.currency,
            automatic=automatic,
            payment_method_id=int(typed["method"]) if automatic else None,
            allowed_payment_methods=typed["accepted"],
            online_payment=typed["online_payment"],
            net_terms_days=0 if automatic else self.form.net_terms_days,
            email_invoices=True if automatic else typed["email_invoices"],
            collect_address_types=typed["collect"],
            address=self.form.billing_address,
            bill_from=typed["bill_from"],
            name=typed["name"] or None,
            owner_id=int(typed["owner"]) if typed["owner"] else None,
            comments=typed["comments"] or None,
            language=typed["language"] or None,
        )

    @cached_property
    def foreseen(self) -> Foresight | None:
        """What the lines that are complete would come to; None while none is, or what is wrong is in ``problems``."""
        self.form.is_valid()
        whole = [row for row in self.filled if row.is_valid()]
        if not whole:
            return None
        typed = self.form.cleaned_data
        by_method = typed.get("collection") == AUTOMATIC and bool(typed.get("method"))
        wanted = Wanted(
            contact_id=self.contact.id if self.contact else 0,
            lines=[row.wanted for row in whole],
            currency=self.currency,
            automatic=by_method,
            payment_method_id=int(typed["method"]) if by_method else None,
            bill_from=typed.get("bill_from"),
            name=typed.get("name") or None,
        )
        try:
            planned = divide(self.visit.ctx, wanted)
        except AgreementRefused as refusal:
            found = told(self.visit.ctx, self.currency, refusal.problems)
            self.problems = list(dict.fromkeys(each.text for each in found))
            return None
        return foresight(self.visit.ctx, planned, [row.number for row in whole], self.visit.language)

    @property
    def incomplete(self) -> int:
        """How many lines are left out of what is foreseen."""
        return sum(not row.is_valid() for row in self.filled)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        self.left_out, self.known = self.incomplete, self.foreseen
        for form in (self.form, *self.rows):
            # Django has no other way to keep the values and drop the errors.
            form._errors = ErrorDict()  # noqa: SLF001


def number(text: Any) -> int | None:
    """A record's number as forms and addresses write it; None for anything else."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def find_deal(visit: Visit, id_: int | None) -> Deal | None:
    """A deal that the user may see."""
    if id_ is None or not visit.may("view", "deal"):
        return None
    obj = get_object("deal")
    this = {"property": "hs_object_id", "operator": "is_any_of", "values": [id_]}
    sql = compile_select(
        obj,
        [NAME, "deal_currency_code", "amount", "hubspot_owner_id", *OUTCOME],
        parse(obj, {"groups": [[this]]}),
        None,
        visit.asking,
        limit=1,
    )
    with visit.cursor() as cursor:
        found = fetch(cursor, sql)
    if not found:
        return None
    row = found[0]
    return Deal(
        id_, row[NAME], row["deal_currency_code"], row["amount"], row["hubspot_owner_id"], is_lost(row)
    )
