"""Credit: what notes took back of invoices, and what customers have to their credit and used of it."""

from collections.abc import Mapping

from kalends.accounts.sql import arrays
from kalends.proof.oracle.money import SMALLEST_CHARGES, minor_units
from kalends.proof.report import CheckMade
from kalends.proof.run import Check, Proof, by_sql

USED = "credit used"


def _run_used(proof: Proof, checks: Mapping[str, CheckMade]) -> None:
    checks[USED].rows = proof.counts["credit_application"]
    smallest = [(currency, minor_units(amount, currency)) for currency, amount in SMALLEST_CHARGES.items()]
    proof.figures(checks[USED], "credit_used", **arrays(("currencies", "smallest"), smallest))


CHECKS = (
    by_sql(
        "credit notes",
        "Each note is its lines, and refunds and notes together never give back more than was paid.",
        "credit_notes",
        "credit_note",
    ),
    by_sql(
        "credit note lines",
        "No line is credited with more than it is, and its tax goes back in proportion.",
        "credit_note_lines",
        "credit_note_line",
    ),
    by_sql(
        "customer credit",
        "Each balance is what notes brought less what invoices used, and stands so in the ledger.",
        "customer_credit",
        "customer_credit",
    ),
    Check(
        {USED: "Each invoice used as much of its customer's credit as it could, and left nothing too small."},
        _run_used,
    ),
)
