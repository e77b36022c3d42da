"""A payment link while somebody works on it: what was typed, what it begins with, and what is wrong with it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _

from kalends.catalog.options import ACCEPTED_METHODS
from kalends.sales.links import Link, NewLink
from kalends.sales.trouble import Refused as Troubles
from kalends.sales.trouble import Trouble
from kalends.staff.cells import Names
from kalends.staff.create import customers
from kalends.staff.create.rows import add_lines_of, one_line_at_least
from kalends.staff.create.sold import LineEditor, totals
from kalends.staff.create.sold_pages import place_troubles
from kalends.staff.create.wizard import find_deal, number
from kalends.staff.deal_stages import deal_pipelines
from kalends.staff.links.forms import AS_ACCOUNT, NO, YES, Choices, LinkForm, asked, put_question, questions
from kalends.staff.visit import Visit

_FIELDS = {
    "name": "name",
    "text_below_total": "text_below_total",
    "allowed_payment_methods": "accepted",
    "language": "language",
    "redirect_url": "redirect_url",
    "currency": "currency",
    "deal_stage": "stage",
}


class LinkEditor:
    """Everything about the link that ``values`` is, as its form would send it. ``link`` is the one that is changed."""

    def __init__(self, visit: Visit, values: QueryDict, link: Link | None = None) -> None:
        self.visit, self.values, self.link = visit, values, link
        with visit.cursor() as cursor:
            currencies = [link.currency] if link else customers.currencies(cursor, visit.ctx)
        wanted = values.get("currency") or visit.ctx.currency
        self.currency = wanted if wanted in currencies else currencies[0]
        self.contact = customers.party(visit, "contact", number(values.get("contact")))
        self.company = customers.party(visit, "company", number(values.get("company")))
        self.deal = find_deal(visit, number(values.get("deal")))
        choices = Choices(
            currencies,
            sorted(Names.of_account(visit.ctx.id).owners.items(), key=lambda owner: owner[1]),
            _stages(visit),
            visit.language,
            visit.ctx.settings.links_create_deals,
        )
        self.form = LinkForm(values, choices=choices)
        self.lines = LineEditor(visit, values, self.currency, buyers=True)
        self.questions = questions(values)

    def is_right(self) -> bool:
        """Whether it can be saved, as far as its fields tell."""
        right = all(
            [self.form.is_valid(), self.lines.is_right(), *[row.is_valid() for row in self.questions]]
        )
        if not self.lines.filled:
            self.form.add_error(None, _("Add at least one line item."))
        return right and not self.form.errors

    def wanted(self) -> NewLink:
        """The link for the service; only of an editor that is right."""
        return NewLink(
            currency=self.currency,
            lines=self.lines.lines,
            custom_fields=asked(self.questions),
            **self.form.columns,
        )

    def changes(self) -> dict[str, Any]:
        """What a link that is there is to be."""
        return {**self.form.columns, "custom_fields": asked(self.questions)}

    def refuse(self, refusal: Troubles) -> None:
        """Show what the service refused, at the field where the editor has one."""
        place_troubles(self, refusal, _FIELDS, _words)

    def totals(self) -> dict[str, Any]:
        """What it comes to."""
        return totals(self.lines)

    def forgive(self) -> None:
        """Show no error: what is still being filled in is not wrong yet."""
        self.lines.forgive()
        for form in (self.form, *self.questions):
            form.is_valid()
            # Django has no other way to keep the values and drop the errors.
            form._errors = ErrorDict()  # type: ignore[attr-defined]  # noqa: SLF001


def _words(trouble: Trouble) -> str:
    """What is wrong, in the language of the page; the service itself speaks English."""
    return {
        "missing": _("This is missing."),
        "unknown": _("This is not there any more. Choose another one."),
        "too_long": _("This is too long."),
        "too_large": _("This is too large."),
        "too_small": _("This is too small."),
        "other_currency": _("Its price is in another currency. Give one here."),
    }.get(trouble.code, trouble.text)


def _stages(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """The stages of deals under their pipelines, as a choice names them: ``default/closedwon``."""
    return [
        (each.label, [(f"{each.name}/{name}", label) for name, label in each.stages])
        for each in deal_pipelines(visit)
    ]


def fresh_values(visit: Visit, asked_for: Mapping[str, str]) -> QueryDict:
    """A new link, opened from a ``contact``, a ``company``, a ``deal`` whose lines are copied, or none of them."""
    settings = visit.ctx.settings
    values = QueryDict(mutable=True)
    values.update(
        {
            "request_key": secrets.token_urlsafe(18),
            "currency": visit.ctx.currency,
            "owner": str(visit.user.id),
            "text_below_total": settings.links_text,
            "create_deal": AS_ACCOUNT,
            "take_discount_codes": "on",
            **({"billing_address": "on"} if settings.links_billing_address else {}),
            **({"shipping_address": "on"} if settings.links_shipping_address else {}),
        }
    )
    values.setlist("accepted", [each.value for each in ACCEPTED_METHODS])
    for name in ("contact", "company"):
        if customers.party(visit, name, number(asked_for.get(name))):
            values[name] = asked_for[name]
    deal = find_deal(visit, number(asked_for.get("deal")))
    if deal is not None:
        values.update(
            {"deal": str(deal.id), "name": deal.name, "currency": deal.currency or visit.ctx.currency}
        )
        add_lines_of(visit, values, "deal", deal.id)
    one_line_at_least(values)
    return values


def values_of(visit: Visit, link: Link) -> QueryDict:
    """A link that is there, as its form would send it."""
    values = QueryDict(mutable=True)
    stage = f"{link.deal_pipeline}/{link.deal_stage}" if link.deal_pipeline and link.deal_stage else ""
    checks = {
        "take_discount_codes": link.take_discount_codes,
        "one_time_use": link.one_time_use,
        "billing_address": link.collect_billing_address,
        "shipping_address": link.collect_shipping_address,
        "tax_id": link.collect_tax_id,
    }
    values.update(
        {
            "request_key": secrets.token_urlsafe(18),
            "name": link.name,
            "currency": link.currency,
            "expires_on": link.expires_on.isoformat() if link.expires_on else "",
            "text_below_total": link.text_below_total or "",
            "redirect_url": link.redirect_url or "",
            "language": link.language or "",
            "owner": str(link.owner_id or ""),
            "create_deal": {True: YES, False: NO, None: AS_ACCOUNT}[link.create_deal],
            "stage": stage,
            **{name: "on" for name, checked in checks.items() if checked},
        }
    )
    every = [each.value for each in ACCEPTED_METHODS]
    values.setlist(
        "accepted", every if link.allowed_payment_methods is None else link.allowed_payment_methods
    )
    add_lines_of(visit, values, "payment_link", link.id)
    kept_fields: Any = link.custom_fields
    # The connection that pages read by gives JSON columns as text.
    for place, kept in enumerate(json.loads(kept_fields) if isinstance(kept_fields, str) else kept_fields):
        put_question(values, place, kept)
    return values
