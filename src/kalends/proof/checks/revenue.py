"""Revenue: the journal of its movements, by what each subscription brings in."""

from kalends.proof.run import by_sql

CHECKS = (
    by_sql(
        "revenue movements",
        "Each movement follows from the one before it, and all of them come to what the subscription counts for.",
        "revenue_movements",
        "revenue_movement",
    ),
)
