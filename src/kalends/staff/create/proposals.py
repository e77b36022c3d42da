"""What the wizard begins with, and what it proposes once somebody was chosen."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from django.http import QueryDict

from kalends.crm.association_reads import linked
from kalends.staff import formatting
from kalends.staff.create import customers
from kalends.staff.create.customers import ADDRESS
from kalends.staff.create.forms import CUSTOM, INVOICES, NET
from kalends.staff.create.lines import numbers
from kalends.staff.create.rows import add_line, add_lines_of, one_line_at_least
from kalends.staff.create.wizard import Deal, find_deal, number
from kalends.staff.visit import Visit


def begin(visit: Visit, asked: Mapping[str, str]) -> QueryDict:
    """The values of a new wizard: opened from a ``contact``, a ``company`` or a ``deal``, or from none of them."""
    values = QueryDict(mutable=True)
    values.update(
        {
            "request_key": secrets.token_urlsafe(18),
            "currency": visit.ctx.currency,
            "collection": INVOICES,
            "comments": visit.ctx.settings.invoice_comments,
            "owner": str(visit.user.id),
            **_due(visit.ctx.settings.net_terms_days),
            **({"email_invoices": "on"} if visit.ctx.settings.email_invoices else {}),
            **({"online_payment": "on"} if visit.ctx.settings.payment_links else {}),
        }
    )
    values.setlist("accepted", list(visit.ctx.settings.accepted_methods))
    values.setlist("collect", visit.ctx.settings.collected_addresses)
    deal = find_deal(visit, number(asked.get("deal")))
    company, contact = number(asked.get("company")), number(asked.get("contact"))
    if deal is not None:
        contact = contact or tied(visit, deal.id, "contact")
        company = company or tied(visit, deal.id, "company")
        _take_deal(visit, values, deal)
    choose(visit, values, "company", company)
    choose(visit, values, "contact", contact)
    one_line_at_least(values)
    return values


def _due(days: int) -> dict[str, str]:
    return {"due": str(days)} if days in (0, *NET) else {"due": CUSTOM, "due_days": str(days)}


def choose(visit: Visit, values: QueryDict, name: str, id_: int | None) -> None:
    """Choose the contact or the company, or none; its address is proposed unless another one was typed."""
    before = _proposed(visit, values)
    values[name] = str(id_ or "")
    chosen = customers.party(visit, name, id_)
    if name == "contact":
        values["method"] = ""
        if chosen is not None:
            if not values.get("company") and chosen.company_id:
                proposed = customers.party(visit, "company", chosen.company_id)
                values["company"] = str(proposed.id) if proposed else ""
            with visit.cursor() as cursor:
                stored = customers.methods(cursor, visit.ctx, chosen.id)
            values["method"] = str(stored[0].id) if stored else ""
    typed = {part: values[part] for part in ADDRESS if values.get(part)}
    if not typed or typed == before:
        after = _proposed(visit, values)
        for part in ADDRESS:
            values[part] = after.get(part, "")


def _take_deal(visit: Visit, values: QueryDict, deal: Deal) -> None:
    values["deal"], values["name"] = str(deal.id), deal.name
    currency = deal.currency or visit.ctx.currency
    values["currency"] = currency
    if deal.owner_id:
        values["owner"] = str(deal.owner_id)
    add_lines_of(visit, values, "deal", deal.id)
    if not numbers(values):
        amount = formatting.price(deal.amount, currency) if deal.amount is not None else ""
        add_line(values, name=deal.name, price=amount)


def tied(visit: Visit, deal_id: int, to: str) -> int | None:
    """The deal's contact, or its company, that the user may see: the primary one where there is one."""
    ties = linked(visit.psycopg(), visit.ctx, "deal", [deal_id], to).get(deal_id, [])
    seen = visit.among("view", to, [tie.id for tie in ties])
    ordered = sorted(ties, key=lambda tie: (not any(kind.primary for kind in tie.kinds), tie.id))
    return next((tie.id for tie in ordered if tie.id in seen), None)


def _proposed(visit: Visit, values: QueryDict) -> dict[str, str]:
    """The address of the company, or else of the contact."""
    for name in ("company", "contact"):
        party = customers.party(visit, name, number(values.get(name)))
        if party is not None and party.address:
            return party.address
    return {}
