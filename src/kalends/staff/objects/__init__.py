"""The objects that have pages, each declared in a module of its own; whatever lists objects reads it here.

An object that is not in :data:`PAGES` has no pages, and nothing leads to any.
"""

from kalends.staff.objects import (
    company,
    contact,
    deal,
    invoice,
    payment,
    payment_link,
    product,
    quote,
    subscription,
)
from kalends.staff.objects.declare import ObjectPage
from kalends.staff.visit import Visit

PAGES: dict[str, ObjectPage] = {
    each.name: each
    for each in (
        subscription.PAGE,
        invoice.PAGE,
        payment.PAGE,
        payment_link.PAGE,
        quote.PAGE,
        product.PAGE,
        contact.PAGE,
        company.PAGE,
        deal.PAGE,
    )
}
"""By the object's name, in the order of the navigation."""

BY_SLUG: dict[str, ObjectPage] = {each.slug: each for each in PAGES.values()}


CREATED_WITH_A_FORM = ("contact", "company", "deal", "product")
"""Objects whose records are made with a form of their properties."""


MADE_ON_A_PAGE = {
    "subscription": "create-subscription",
    "payment_link": "create-payment-link",
    "quote": "create-quote",
    "invoice": "create-invoice",
}
"""Objects whose records are made on a page of their own, and its address's name."""

MADE_OF_A_DEAL = ("quote",)
"""Objects whose records are made on the page of a deal, and nowhere else."""


def index_address(account_id: int, page: ObjectPage) -> str:
    """Where the list of an object's records is."""
    return f"/{account_id}/{page.slug}"


def record_address(account_id: int, object_name: str, id_: int) -> str:
    """Where a record's page is; empty for objects that have none."""
    page = PAGES.get(object_name)
    return f"{index_address(account_id, page)}/{id_}" if page else ""


def next_address(visit: Visit, object_name: str, id_: int) -> str:
    """Where a record is that was just saved; the list where the user may not see what they made for somebody else."""
    if visit.may("view", object_name, id_):
        return record_address(visit.ctx.id, object_name, id_)
    return index_address(visit.ctx.id, PAGES[object_name])


__all__ = [
    "BY_SLUG",
    "CREATED_WITH_A_FORM",
    "MADE_OF_A_DEAL",
    "MADE_ON_A_PAGE",
    "PAGES",
    "ObjectPage",
    "index_address",
    "next_address",
    "record_address",
]
