"""The shape that goes with each status, by the name of its icon: color is never the only difference."""

SUBSCRIPTION_SHAPES = {
    "active": "circle-check",
    "past_due": "clock",
    "unpaid": "circle-alert",
    "scheduled": "calendar-clock",
    "paused": "circle-pause",
    "canceled": "circle-x",
    "expired": "flag",
}
