"""The pictures that the documents show: which pictures of the test run they are, and what they are called there."""

from __future__ import annotations

SHOWN = {
    "list-subscriptions-light": "subscriptions",
    "list-filters-light": "filters",
    "export-dialog-light": "export",
    "segment-light": "segment",
    "workflow-light": "workflow",
    "workflow-test-light": "workflow-test",
    "analytics-light": "analytics",
    "analytics-custom-light": "custom-report",
    "analytics-dashboard-light": "dashboard",
    "palette-light": "search",
    "record-subscription-light": "record",
    "create-subscription": "create",
    "action-edit-light": "edit",
    "action-cancel-light": "cancel",
    "billing-light": "billing",
    "settings-roles-sales-light": "role",
    "link-editor-lines": "link-editor",
    "link-record-light": "link",
    "checkout-light": "checkout",
    "checkout-receipt-light": "receipt",
    "buyer-portal-light": "portal",
}
