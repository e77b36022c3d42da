"""What may be tied to what, each pair written once; both directions are derived.

Type ids are HubSpot's, and two records of one object may be tied as well: contacts to contacts, and a company to the
company that owns it. A tie that a column tells is not written to the table ``association`` as well; pairs that
may have more ties than the column tells are ``stored`` besides.
"""

from __future__ import annotations

from typing import NamedTuple

from kalends.catalog.model import Association, Label


class _Label(NamedTuple):
    text: str
    type_id: int
    inverse_id: int
    inverse_text: str | None = None
    """How it is called from the other end, where that is different."""


class _Pair(NamedTuple):
    one: str
    other: str
    type_id: int
    inverse_id: int
    column: str | None = None
    """The column of ``one`` that holds the id of ``other``."""
    lines: bool = False
    """``one`` is the parent of line items."""
    stored: bool = False
    primary_ids: tuple[int, int] | None = None
    labels: tuple[_Label, ...] = ()


def _stored(one: str, *ties: tuple[str, int, int]) -> tuple[_Pair, ...]:
    """Ties of an object that rows alone tell, each with the ids of both directions."""
    return tuple(_Pair(one, other, type_id, inverse_id, stored=True) for other, type_id, inverse_id in ties)


UPCOMING = 564
"""The label of a subscription's line that is billed from the next cycle on; see :mod:`kalends.crm.associations`."""
PARENT, CHILD = 14, 13
"""The kinds of a tie between two companies of which one owns the other, as the column of the owned one tells it."""

_PAIRS = (
    _Pair("subscription", "contact", 295, 296, column="contact_id", stored=True),
    _Pair("subscription", "company", 297, 298, column="company_id", stored=True),
    _Pair("subscription", "line_item", 301, 302, lines=True, labels=(_Label("Upcoming", UPCOMING, 565),)),
    _Pair("invoice", "subscription", 622, 623, column="subscription_id"),
    _Pair("payment", "subscription", 393, 394, column="subscription_id"),
    _Pair("payment", "invoice", 542, 541, column="invoice_id"),
    _Pair("payment", "contact", 387, 388, column="contact_id"),
    _Pair("payment", "company", 389, 390, column="company_id"),
    _Pair("invoice", "contact", 177, 178, column="contact_id"),
    _Pair("invoice", "company", 179, 180, column="company_id"),
    _Pair("invoice", "line_item", 409, 410, lines=True),
    _Pair("contact", "company", 279, 280, column="primary_company_id", stored=True, primary_ids=(1, 2)),
    _Pair("deal", "company", 341, 342, column="primary_company_id", stored=True, primary_ids=(5, 6)),
    _Pair("ticket", "company", 339, 340, column="primary_company_id", stored=True, primary_ids=(26, 25)),
    _Pair("deal", "line_item", 19, 20, lines=True),
    _Pair("quote", "line_item", 67, 68, lines=True),
    _Pair("order", "line_item", 513, 514, lines=True),
    _Pair("payment_link", "line_item", 758, 759, lines=True),
    _Pair(
        "quote",
        "contact",
        69,
        70,
        stored=True,
        labels=(_Label("Contact signer", 702, 703), _Label("Billing contact", 1226, 1227)),
    ),
    _Pair("quote", "company", 71, 72, stored=True, labels=(_Label("Billing company", 1334, 1335),)),
    _Pair(
        "company",
        "company",
        450,
        450,
        column="parent_company_id",
        stored=True,
        labels=(_Label("Parent Company", PARENT, CHILD, "Child Company"),),
    ),
    *_stored("contact", ("contact", 449, 449)),
    *_stored("deal", ("contact", 3, 4), ("quote", 63, 64), ("invoice", 176, 175), ("deal", 451, 451)),
    *_stored(
        "subscription", ("deal", 299, 300), ("quote", 303, 304), ("order", 515, 516), ("ticket", 1121, 1122)
    ),
    *_stored(
        "invoice",
        ("quote", 407, 408),
        ("discount", 411, 412),
        ("fee", 413, 414),
        ("tax", 415, 416),
        ("order", 517, 518),
        ("ticket", 986, 987),
    ),
    *_stored(
        "payment",
        ("deal", 391, 392),
        ("line_item", 395, 396),
        ("quote", 397, 398),
        ("discount", 428, 429),
        ("fee", 1326, 1327),
        ("order", 524, 523),
        ("ticket", 1354, 1355),
    ),
    *_stored("quote", ("discount", 362, 361), ("fee", 364, 363), ("tax", 366, 365)),
    *_stored("discount", ("deal", 369, 370), ("line_item", 367, 368)),
    *_stored("ticket", ("contact", 16, 15), ("deal", 28, 27), ("ticket", 452, 452)),
    *_stored(
        "payment_link",
        ("contact", 469, 470),
        ("company", 471, 472),
        ("deal", 473, 474),
        ("payment", 475, 476),
        ("subscription", 477, 478),
        ("invoice", 814, 815),
    ),
    *_stored(
        "order",
        ("contact", 507, 508),
        ("company", 509, 510),
        ("deal", 512, 511),
        ("ticket", 525, 526),
        ("quote", 730, 731),
    ),
)
# HubSpot names no inverse of 986, 428, 369 and 513; the number beside it is taken, as everywhere else.


def associations_of(name: str) -> tuple[Association, ...]:
    """All ties of an object, as seen from it.

    >>> [(each.to, each.type_id, each.their_column) for each in associations_of("invoice") if each.to == "payment"]
    [('payment', 541, 'invoice_id')]
    """
    ties: list[Association] = []
    for pair in _PAIRS:
        here = tuple(Label(each.type_id, each.text) for each in pair.labels)
        there = tuple(Label(each.inverse_id, each.inverse_text or each.text) for each in pair.labels)
        if pair.one == pair.other == name:
            ties.append(
                Association(
                    to=name,
                    type_id=pair.type_id,
                    column=pair.column,
                    their_column=pair.column,
                    stored=pair.stored,
                    labels=(*here, *there),
                )
            )
        elif pair.one == name:
            ties.append(
                Association(
                    to=pair.other,
                    type_id=pair.type_id,
                    primary_type_id=pair.primary_ids[0] if pair.primary_ids else None,
                    column=pair.column,
                    is_parent=pair.lines,
                    stored=pair.stored,
                    labels=here,
                )
            )
        elif pair.other == name:
            ties.append(
                Association(
                    to=pair.one,
                    type_id=pair.inverse_id,
                    primary_type_id=pair.primary_ids[1] if pair.primary_ids else None,
                    their_column=pair.column,
                    is_child=pair.lines,
                    stored=pair.stored,
                    labels=there,
                )
            )
    return tuple(ties)


def tie(name: str, to: str) -> Association:
    """The tie between two objects, as seen from the first."""
    return next(each for each in associations_of(name) if each.to == to)
