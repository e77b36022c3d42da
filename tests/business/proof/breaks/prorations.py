"""Prorated edits that are wrong. Ulla's price was raised on 20 January, with 12 of 31 days left."""

from tests.business.proof.breaks.making import broken

_SECOND = "(SELECT id FROM invoice WHERE account_id = %(account)s AND subscription_id = %(ulla)s AND reason <> 'cycle')"


def of_prorated(change: str, where: str = "position = 0") -> str:
    """Change lines of the invoice for the days left."""
    return (
        f"UPDATE line_item SET {change} WHERE account_id = %(account)s AND parent_id = {_SECOND} AND {where}"
    )


def of_agreed(change: str, where: str) -> str:
    """Change agreed lines of the subscription."""
    return (
        f"UPDATE line_item SET {change} WHERE account_id = %(account)s AND parent_id = %(ulla)s AND {where}"
    )


PRORATIONS = (
    broken(
        "a share of other days",
        "invoice lines",
        "Invoice",
        "line 1: gross amount is 58.06 EUR, but should be 53.22 EUR",
        of_prorated("period_start = '2026-01-21'", "true"),
    ),
    broken(
        "a share of another cycle",
        "prorated invoices",
        "Invoice",
        "beginning of the cycle is 2026-01-02, but should be 2026-01-01",
        of_prorated("cycle_start = '2026-01-02'", "true"),
    ),
    broken(
        "a line that nobody agreed to",
        "prorated invoices",
        "Invoice",
        "agreed line is none",
        of_prorated("agreed_line_id = NULL"),
    ),
    broken(
        "a price that was not agreed",
        "prorated invoices",
        "Invoice",
        "terms is 1 x 151",
        of_prorated("unit_price = 151"),
    ),
    broken(
        "days of another edit",
        "prorated invoices",
        "Invoice",
        "day on which it came into force is 2026-01-21, but should be 2026-01-20",
        of_agreed("in_force_from = '2026-01-21'", "name = 'Map'"),
    ),
    broken(
        "a cycle that goes on longer",
        "prorated invoices",
        "Invoice",
        "end of the days left is 2026-02-02, but should be 2026-02-01",
        f"UPDATE invoice SET period_end = '2026-02-02' WHERE account_id = %(account)s AND id = {_SECOND}",
    ),
    broken(
        "a line that was charged twice for its days",
        "prorated lines",
        "Line item",
        "number of charges for the days from 2026-01-20 is 2, but should be 1",
        of_prorated(
            "agreed_line_id = (SELECT id FROM line_item WHERE parent_id = %(ulla)s AND name = 'Map')", "true"
        ),
    ),
    broken(
        "a line that was not credited when it went out of force",
        "prorated lines",
        "Line item",
        "credit for the days from 2026-01-25 is 0, but should be above 0: it went out of force",
        of_agreed("in_force_until = '2026-01-25'", "in_force_until IS NOT NULL"),
    ),
    broken(
        "a credit of other days",
        "credited days",
        "Credit note CN-",
        "amount credited is 48.39 EUR, but should be 44.35 EUR",
        "UPDATE credit_note_line SET unused_from = '2026-01-21' "
        "WHERE account_id = %(account)s AND unused_from IS NOT NULL",
    ),
)
