"""The shape that goes with each status: color is never the only difference."""

INVOICE = {
    "draft": "circle-dashed",
    "open": "clock",
    "overdue": "circle-alert",
    "paid": "circle-check",
    "voided": "circle-x",
}
PAYMENT = {
    "processing": "hourglass",
    "succeeded": "circle-check",
    "failed": "circle-alert",
    "partially_refunded": "undo-2",
    "refunded": "undo-2",
    "processing_refund": "undo-2",
}
"""A status that is not listed is a dispute."""

TONES = {
    "paid": "ok",
    "succeeded": "ok",
    "disputed_won": "ok",
    "failed": "bad",
    "overdue": "bad",
    "disputed_action_required": "bad",
    "disputed_lost": "bad",
    "processing": "info",
    "open": "info",
    "disputed_awaiting_decision": "info",
}


def payment_icon(status: str) -> str:
    """The shape of a payment's status."""
    return PAYMENT.get(status, "triangle-alert")
