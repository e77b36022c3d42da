"""What may be tied to what, each pair written once; both directions are derived.

Type ids are HubSpot's. A tie that a column tells is not written to the table ``association`` as well; pairs that
may have more ties than the column tells are ``stored`` besides.
"""

from __future__ import annotations

from typing import NamedTuple

from kalends.catalog.model import Association


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


_PAIRS = (
    _Pair("subscription", "contact", 295, 296, column="contact_id", stored=True),
    _Pair("subscription", "company", 297, 298, column="company_id", stored=True),
    _Pair("subscription", "line_item", 301, 302, lines=True),
    _Pair("invoice", "subscription", 622, 623, column="subscription_id"),
    _Pair("payment", "subscription", 393, 394, column="subscription_id"),
    _Pair("payment", "invoice", 542, 541, column="invoice_id"),
    _Pair("payment", "contact", 387, 388, column="contact_id"),
    _Pair("payment", "company", 389, 390, column="company_id"),
    _Pair("payment", "line_item", 395, 396, stored=True),
    _Pair("invoice", "contact", 177, 178, column="contact_id"),
    _Pair("invoice", "company", 179, 180, column="company_id"),
    _Pair("invoice", "line_item", 409, 410, lines=True),
    _Pair("contact", "company", 279, 280, column="primary_company_id", stored=True, primary_ids=(1, 2)),
)


def associations_of(name: str) -> tuple[Association, ...]:
    """All ties of an object, as seen from it.

    >>> [(each.to, each.type_id, each.their_column) for each in associations_of("invoice") if each.to == "payment"]
    [('payment', 541, 'invoice_id')]
    """
    ties: list[Association] = []
    for pair in _PAIRS:
        if pair.one == name:
            ties.append(
                Association(
                    to=pair.other,
                    type_id=pair.type_id,
                    primary_type_id=pair.primary_ids[0] if pair.primary_ids else None,
                    column=pair.column,
                    is_parent=pair.lines,
                    stored=pair.stored,
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
                )
            )
    return tuple(ties)


def tie(name: str, to: str) -> Association:
    """The tie between two objects, as seen from the first."""
    return next(each for each in associations_of(name) if each.to == to)
