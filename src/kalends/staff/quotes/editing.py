"""A quote while somebody works on it: what was typed, what it comes to, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from kalends.core.adjustments import CannotAdjust, price_quote
from kalends.core.checkout import Offer
from kalends.crm.association_reads import linked
from kalends.sales.quote_amounts import named
from kalends.sales.quotes import Quote
from kalends.sales.trouble import Refused as Troubles
from kalends.staff.cells import Names
from kalends.staff.create import customers
from kalends.staff.create.sold import LineEditor, totals
from kalends.staff.create.sold_pages import place_troubles
from kalends.staff.create.wizard import Deal
from kalends.staff.quotes.adjustments import Whole
from kalends.staff.quotes.forms import QuoteForm
from kalends.staff.visit import Visit

_FIELDS = {
    "title": "title",
    "terms": "terms",
    "net_terms_days": "net_terms",
    "acceptance_method": "acceptance",
}


class QuoteEditor:
    """Everything about the quote that ``values`` is, as its form would send it. ``quote`` is one that is changed."""

    def __init__(self, visit: Visit, values: QueryDict, deal: Deal, quote: Quote | None = None) -> None:
        self.visit, self.values, self.deal, self.quote = visit, values, deal, quote
        self.currency = (quote.currency if quote else deal.currency) or visit.ctx.currency
        owners = sorted(Names.of_account(visit.ctx.id).owners.items(), key=lambda owner: owner[1])
        self.form = QuoteForm(values, contacts=self._contacts, owners=owners, language=visit.language)
        self.lines = LineEditor(visit, values, self.currency)
        self.whole = Whole(values, self.currency)

    @cached_property
    def _contacts(self) -> list[tuple[str, str]]:
        """The contacts of the deal and of the quote that the user may see."""
        db, ctx = self.visit.psycopg(), self.visit.ctx
        tied = linked(db, ctx, "deal", [self.deal.id], "contact", limit=50).get(self.deal.id, [])
        if self.quote is not None:
            tied += linked(db, ctx, "quote", [self.quote.id], "contact", limit=50).get(self.quote.id, [])
        found = [
            customers.party(self.visit, "contact", id_) for id_ in dict.fromkeys(each.id for each in tied)
        ]
        return [
            (str(each.id), f"{each.name} ({each.below})" if each.below else each.name)
            for each in found
            if each
        ]

    def is_right(self) -> bool:
        """Whether it can be saved, as far as its fields tell."""
        right = all([self.form.is_valid(), self.lines.is_right(), self.whole.is_right()])
        wrong = self._adjusted()[1] if right else ""
        if wrong:
            self.form.add_error(None, wrong)
        return right and not wrong

    def _adjusted(self) -> tuple[Offer | None, str]:
        """What comes of it with discounts, fees and taxes; or in words why they cannot be."""
        lines = [row.offered for row in self.lines.filled if row.is_valid()]
        on_whole = named(self.whole.adjustments, self.visit.language, self.visit.ctx.country)
        if not lines:
            return None, ""
        try:
            return price_quote(lines, on_whole, self.currency, self.visit.ctx.today), ""
        except CannotAdjust:
            return None, _(
                "A discount, fee or tax on the whole quote cannot be applied. A discount leaves something to pay, and "
                "where payments follow it is for the first one only."
            )

    def totals(self) -> dict[str, Any]:
        """What it comes to."""
        offer, wrong = self._adjusted()
        return {**totals(self.lines, offer), "wrong": wrong}

    def refuse(self, refusal: Troubles) -> None:
        """Show what the service refused, at the field where the editor has one."""
        place_troubles(self, refusal, _FIELDS, lambda trouble: trouble.text)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        self.lines.forgive()
        self.whole.forgive()
        self.form.is_valid()
        # Django has no other way to keep the values and drop the errors.
        self.form._errors = ErrorDict()  # noqa: SLF001
