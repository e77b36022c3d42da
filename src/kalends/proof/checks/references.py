"""References: what a row points at exists, in the same account. Most of these tables have no foreign keys."""

from collections.abc import Mapping
from typing import LiteralString, NamedTuple, cast

from kalends.proof.report import CheckMade
from kalends.proof.run import Check, Proof, by_sql

NAME = "references"


class Tie(NamedTuple):
    """A column that holds the id of a row of another table; ``only`` narrows the rows that are looked at.

    ``outlives``: the row stays when what it points at was deleted or erased, and the journal says that it was.
    """

    table: str
    column: str
    target: str
    only: str = ""
    outlives: bool = False


_ID_OF = {
    "charge_attempt": "invoice_id",
    "ledger_transfer": "document_id",
    "association": "from_id",
    "revenue_movement": "subscription_id",
}
"""Tables whose key is no id of their own, and the column by which people find the row."""

_WORDS = {
    "charge_attempt": "Charge of invoice",
    "ledger_transfer": "Posting of document",
    "line_item": "Line item",
    "payment_method": "Payment method",
    "parked_subscription": "Parked subscription",
    "association": "Association of",
    "revenue_movement": "Movement of subscription",
    "credit_note": "Credit note",
    "credit_note_line": "Credit note line",
    "customer_credit": "Customer credit",
    "credit_application": "Use of credit",
    "checkout_charge": "Charge of checkout",
}

_TIED = {
    name: name
    for name in (
        "contact company subscription invoice payment line_item deal ticket quote payment_link discount fee tax"
    ).split()
} | {"order": "purchase_order"}
"""Objects that rows tie to one another, and their tables."""

TIES = (
    Tie("subscription", "contact_id", "contact"),
    Tie("subscription", "company_id", "company"),
    Tie("subscription", "payment_method_id", "payment_method"),
    Tie("line_item", "parent_id", "subscription", "parent_type = 'subscription'"),
    Tie("line_item", "parent_id", "invoice", "parent_type = 'invoice'"),
    Tie("line_item", "parent_id", "deal", "parent_type = 'deal'"),
    Tie("line_item", "parent_id", "quote", "parent_type = 'quote'"),
    Tie("line_item", "parent_id", "purchase_order", "parent_type = 'order'"),
    Tie("line_item", "parent_id", "payment_link", "parent_type = 'payment_link'"),
    Tie("invoice", "subscription_id", "subscription"),
    Tie("invoice", "contact_id", "contact", outlives=True),
    Tie("invoice", "company_id", "company"),
    Tie("payment", "invoice_id", "invoice"),
    Tie("payment", "subscription_id", "subscription"),
    Tie("payment", "contact_id", "contact", outlives=True),
    Tie("payment", "company_id", "company"),
    Tie("payment", "payment_method_id", "payment_method"),
    Tie("refund", "payment_id", "payment"),
    Tie("dispute", "payment_id", "payment"),
    Tie("credit_note", "invoice_id", "invoice"),
    Tie("credit_note", "subscription_id", "subscription", outlives=True),
    Tie("credit_note", "contact_id", "contact", outlives=True),
    Tie("credit_note_line", "credit_note_id", "credit_note"),
    Tie("credit_note_line", "invoice_line_id", "line_item"),
    Tie("customer_credit", "contact_id", "contact", outlives=True),
    Tie("credit_application", "invoice_id", "invoice"),
    Tie("credit_application", "credit_note_id", "credit_note"),
    Tie("credit_application", "contact_id", "contact", outlives=True),
    Tie("charge_attempt", "invoice_id", "invoice"),
    Tie("charge_attempt", "payment_id", "payment"),
    Tie("charge_attempt", "payment_method_id", "payment_method"),
    Tie("payment_method", "contact_id", "contact"),
    Tie("checkout", "contact_id", "contact", outlives=True),
    Tie("checkout", "deal_id", "deal"),
    Tie("checkout", "payment_method_id", "payment_method"),
    Tie("checkout", "discount_code_id", "discount_code"),
    Tie("checkout", "source_id", "payment_link", "source = 'payment_link'"),
    Tie("checkout_charge", "checkout_id", "checkout"),
    Tie("parked_subscription", "id", "subscription"),
    Tie("ledger_transfer", "invoice_id", "invoice"),
    Tie("ledger_transfer", "payment_id", "payment"),
    Tie("revenue_movement", "subscription_id", "subscription", outlives=True),
    Tie("event", "parent_id", "subscription", outlives=True),
    Tie("event", "object_id", "subscription", "object_type = 'subscription'", outlives=True),
    Tie("event", "object_id", "invoice", "object_type = 'invoice'"),
    Tie("event", "object_id", "payment", "object_type = 'payment'"),
    Tie("message", "contact_id", "contact", outlives=True),
    Tie("contact", "primary_company_id", "company"),
    Tie("company", "parent_company_id", "company"),
    Tie("deal", "primary_company_id", "company"),
    Tie("ticket", "primary_company_id", "company"),
    *(
        Tie("association", f"{end}_id", table, f"{end}_type = '{name}'", outlives=name == "subscription")
        for name, table in _TIED.items()
        for end in ("from", "to")
    ),
)


def statement(tie: Tie) -> LiteralString:
    """The SQL that finds the rows of a tie that lead nowhere, each with the id by which it is known."""
    narrowed = f"AND r.{tie.only}" if tie.only else ""
    deleted = (
        f" AND NOT EXISTS (SELECT FROM event AS d WHERE d.account_id = %(account_id)s AND d.object_id = r.{tie.column} "
        f"AND d.kind IN ('{tie.target}.deleted', '{tie.target}.erased'))"
    )
    return cast(
        "LiteralString",
        f"SELECT r.{_ID_OF.get(tie.table, 'id')}, r.{tie.column} FROM {tie.table} AS r "
        f"WHERE r.account_id = %(account_id)s AND r.{tie.column} IS NOT NULL {narrowed} AND NOT EXISTS ("
        f"SELECT FROM {tie.target} AS t WHERE t.account_id = %(account_id)s AND t.id = r.{tie.column})"
        f"{deleted if tie.outlives else ''}",
    )


def _run(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
    check = checks[NAME]
    for tie in TIES:
        words = _WORDS.get(tie.table, tie.table.capitalize())
        with proof.db.cursor() as cursor:
            for id_, target in cursor.stream(statement(tie), proof.params):
                what = tie.target.replace("_", " ")
                proof.report.add(
                    check, f"{words} {id_}", what, f"{target}, which does not exist", "one that exists"
                )
    check.rows = sum(proof.counts.get(table, 0) for table in dict.fromkeys(tie.table for tie in TIES))


CHECKS = (
    Check({NAME: "Whatever a row points at exists, in the same account."}, _run),
    by_sql(
        "journal",
        "Each invoice was announced once, and so was what became of each charge, refund and dispute.",
        "journal",
        "event",
    ),
)
