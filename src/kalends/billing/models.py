"""Subscriptions, their line items, and the invoices they become."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kalends.accounts.tables import AccountRow, Record, archived_index, filled_index, living_index
from kalends.billing.credit_models import CreditApplication, CreditNote, CreditNoteLine, CustomerCredit
from kalends.billing.hold_models import BillingHold, DatabaseMark, Restoration, UnbookedCharge
from kalends.billing.library_models import KeptBuyer, TaxRate
from kalends.billing.movement_models import RevenueMovement

__all__ = [
    "BillingHold",
    "BillingRun",
    "CreditApplication",
    "CreditNote",
    "CreditNoteLine",
    "CustomerCredit",
    "DatabaseMark",
    "Invoice",
    "InvoiceSeries",
    "KeptBuyer",
    "LineItem",
    "ParkedSubscription",
    "Restoration",
    "RevenueMovement",
    "Subscription",
    "TaxRate",
    "UnbookedCharge",
]


class BillingDetails(Record):
    """What a subscription and each of its invoices say alike: how, to whom and in which words it is billed."""

    currency = models.CharField(max_length=3)
    contact_id = models.BigIntegerField(null=True)
    company_id = models.BigIntegerField(null=True)
    net_terms_days = models.SmallIntegerField(default=0, db_default=0)
    allowed_payment_methods = ArrayField(models.TextField(), null=True)
    collect_address_types = ArrayField(models.TextField(), null=True)
    comments = models.TextField(null=True)
    language = models.TextField(null=True)
    locale = models.TextField(null=True)
    tax_ids = models.TextField(null=True)
    billing_address = models.TextField(null=True)
    billing_address2 = models.TextField(null=True)
    billing_city = models.TextField(null=True)
    billing_state = models.TextField(null=True)
    billing_zip = models.TextField(null=True)
    billing_country = models.TextField(null=True)
    checkout_answers = models.TextField(null=True)

    class Meta:
        abstract = True


class Subscription(BillingDetails):
    """An agreement that falls due again and again.

    The n-th cycle falls due ``n - anchor_cycle`` periods after ``anchor_date``. ``next_cycle`` counts the cycles
    that have been billed; ``next_due_date`` is that cycle's date, empty when nothing is to be billed (paused, ended,
    all payments of a fixed term charged). ``mrr_minor`` is what was agreed, whatever the status. Counters and
    amounts are kept by the billing path and can be recomputed from the ledger.
    """

    AUTOMATIC, MANUAL = "automatic", "manual"

    name = models.TextField()
    status = models.TextField()
    collection = models.TextField(choices=[(AUTOMATIC, "Automatic payments"), (MANUAL, "Manual payments")])
    creates_invoices = models.BooleanField(default=True)
    frequency = models.TextField()
    start_date = models.DateField()
    anchor_date = models.DateField()
    anchor_cycle = models.IntegerField(default=0, db_default=0)
    next_cycle = models.IntegerField(default=0, db_default=0)
    next_due_date = models.DateField(null=True)
    next_amount_minor = models.BigIntegerField(null=True)
    expected_payments = models.IntegerField(null=True)
    end_date = models.DateField(null=True)
    churn_date = models.DateField(null=True)
    canceled_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause_on = models.DateField(null=True)
    resume_on = models.DateField(null=True)
    cancel_on = models.DateField(null=True)
    mrr_minor = models.BigIntegerField(default=0)
    arr_minor = models.BigIntegerField(default=0)
    payment_method_id = models.BigIntegerField(null=True)
    payment_method_origin = models.TextField(null=True)
    online_payment = models.BooleanField(default=True, db_default=True)
    email_invoices = models.BooleanField(default=True, db_default=True)
    billing_address_origin = models.TextField(null=True)
    payment_source_app = models.TextField(null=True)
    payment_source_id = models.TextField(null=True)
    last_payment_amount_minor = models.BigIntegerField(null=True)
    last_payment_on = models.DateField(null=True)
    last_payment_status = models.TextField(null=True)
    completed_payments = models.IntegerField(default=0, db_default=0)
    failed_payments = models.IntegerField(default=0, db_default=0)
    collected_minor = models.BigIntegerField(default=0, db_default=0)
    import_key = models.TextField(null=True)

    class Meta:
        db_table = "subscription"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "import_key"],
                name="subscription_import_key",
                condition=Q(import_key__isnull=False),
            ),
            models.CheckConstraint(
                name="subscription_due_only_while_billed",
                condition=Q(next_due_date__isnull=True)
                | Q(creates_invoices=False)
                | Q(status__in=["scheduled", "active", "past_due", "unpaid"]),
            ),
            models.CheckConstraint(
                name="subscription_bills_no_more_than_expected",
                condition=Q(expected_payments__isnull=True) | Q(next_cycle__lte=F("expected_payments")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "next_due_date", "id"],
                name="subscription_due",
                condition=Q(next_due_date__isnull=False, creates_invoices=True),
            ),
            models.Index(
                fields=["account_id", "end_date"],
                name="subscription_to_expire",
                condition=Q(end_date__isnull=False, status__in=["active", "past_due", "unpaid"]),
            ),
            models.Index(
                fields=["account_id", "pause_on"],
                name="subscription_to_pause",
                condition=Q(pause_on__isnull=False),
            ),
            models.Index(
                fields=["account_id", "cancel_on"],
                name="subscription_to_cancel",
                condition=Q(cancel_on__isnull=False),
            ),
            models.Index(
                fields=["account_id", "resume_on"],
                name="subscription_to_resume",
                condition=Q(resume_on__isnull=False),
            ),
            models.Index(fields=["account_id", "contact_id"], name="subscription_of_contact"),
            filled_index("subscription", "company"),
            models.Index(
                fields=["account_id", "status", "next_due_date", "id"],
                name="subscription_by_status_and_due",
                include=["archived_at"],
            ),
            living_index("subscription", "due", "next_due_date"),
            living_index("subscription", "modified", "updated_at"),
            archived_index("subscription"),
        ]


class LineItem(Record):
    """A line of exactly one parent; a conversion copies lines, it never shares them.

    A line that was made by itself, over the API, has no parent until it is tied to one.

    On a subscription a line bills the cycles ``from_cycle`` up to, but not including, ``until_cycle``: an edit
    closes the old line and adds a new one, so that each past invoice can be worked out again from what was agreed
    then. A prorated edit says on which day of the running period it counts: the old line is in force until
    ``in_force_until``, the new one from ``in_force_from``.

    On an invoice the amounts are what was charged for the period ``[period_start, period_end)``, and
    ``agreed_line_id`` is the subscription's line that was billed. Where only a part of a cycle was charged,
    ``cycle_start`` says when the whole cycle began: the share is the period's days of those from there to its end.
    """

    parent_type = models.TextField(null=True)
    parent_id = models.BigIntegerField(null=True)
    position = models.IntegerField(default=0, db_default=0)
    name = models.TextField()
    description = models.TextField(null=True)
    sku = models.TextField(null=True)
    product_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    product_type = models.TextField(null=True)
    unit_price = models.DecimalField(max_digits=24, decimal_places=6)
    quantity = models.DecimalField(max_digits=24, decimal_places=6)
    discount_per_unit = models.DecimalField(max_digits=24, decimal_places=6, default=0, db_default=0)
    discount_percent = models.DecimalField(max_digits=9, decimal_places=6, default=0, db_default=0)
    tax_rate = models.DecimalField(max_digits=9, decimal_places=6, default=0, db_default=0)
    tax_inclusive = models.BooleanField(default=False, db_default=False)
    tax_label = models.TextField(null=True)
    tax_rate_group_id = models.TextField(null=True)
    levy = models.TextField(default="", db_default="")
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField(null=True)
    discount_minor = models.BigIntegerField(null=True)
    net_minor = models.BigIntegerField(null=True)
    tax_minor = models.BigIntegerField(null=True)
    total_minor = models.BigIntegerField(null=True)
    frequency = models.TextField(null=True)
    term = models.TextField(null=True)
    start_type = models.TextField(null=True)
    start_date = models.DateField(null=True)
    delay_days = models.IntegerField(null=True)
    delay_months = models.IntegerField(null=True)
    from_cycle = models.IntegerField(default=0, db_default=0)
    until_cycle = models.IntegerField(null=True)
    in_force_from = models.DateField(null=True)
    in_force_until = models.DateField(null=True)
    agreed_line_id = models.BigIntegerField(null=True)
    cycle_start = models.DateField(null=True)
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)
    unit_cost = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    pricing_model = models.TextField(null=True)
    tier_ranges = models.TextField(null=True)
    tier_prices = models.TextField(null=True)
    buyer_quantity = models.BooleanField(null=True)
    buyer_quantity_min = models.IntegerField(null=True)
    buyer_quantity_max = models.IntegerField(null=True)
    buyer_price = models.BooleanField(null=True)
    buyer_price_min = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    is_optional = models.BooleanField(null=True)
    images = models.TextField(null=True)
    url = models.TextField(null=True)

    class Meta:
        db_table = "line_item"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="line_item_parent_is_whole",
                condition=Q(parent_type__isnull=True, parent_id__isnull=True)
                | Q(parent_type__isnull=False, parent_id__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "parent_id"], name="line_item_of_parent"),
            models.Index(
                fields=["account_id", "product_id"],
                name="subscription_line_of_product",
                condition=Q(product_id__isnull=False, parent_type="subscription"),
            ),
            archived_index("line_item"),
        ]


class Invoice(BillingDetails):
    """A claim on a customer: one per subscription, cycle and reason, whoever asks and however often.

    ``total = subtotal - order discount + fees + tax``, where the subtotal adds the lines' net prices (after their own
    discounts, without tax); ``discount_minor`` is all discounts together, lines' and order's. What is due is
    ``total - paid - credited``. ``paid_minor`` counts settled payments: a refund gives money back but leaves the
    invoice paid, and is counted in ``refunded_minor``.
    """

    DRAFT, OPEN, PAID, VOIDED = "draft", "open", "paid", "voided"

    number = models.TextField(null=True)
    title = models.TextField(null=True)
    status = models.TextField()
    billable = models.BooleanField(default=True, db_default=True)
    source = models.TextField(default="HUBSPOT", db_default="HUBSPOT")
    subscription_id = models.BigIntegerField(null=True)
    cycle = models.IntegerField(null=True)
    reason = models.TextField(default="manual", db_default="manual")
    collection = models.TextField(default="manual", db_default="manual")
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)
    invoice_date = models.DateField(null=True)
    due_date = models.DateField(null=True)
    issued_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    past_due_at = models.DateTimeField(null=True)
    subtotal_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    order_discount_minor = models.BigIntegerField(default=0, db_default=0)
    fees_minor = models.BigIntegerField(default=0, db_default=0)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    paid_minor = models.BigIntegerField(default=0, db_default=0)
    credited_minor = models.BigIntegerField(default=0, db_default=0)
    refunded_minor = models.BigIntegerField(default=0, db_default=0)
    allow_partial_payments = models.BooleanField(default=False, db_default=False)
    purchase_order_number = models.TextField(null=True)
    custom_fields = models.TextField(null=True)
    external_status = models.TextField(null=True)
    external_recipient = models.TextField(null=True)
    recipient_company_address = models.TextField(null=True)
    recipient_company_address2 = models.TextField(null=True)
    recipient_company_city = models.TextField(null=True)
    recipient_company_state = models.TextField(null=True)
    recipient_company_zip = models.TextField(null=True)
    shipping_address = models.TextField(null=True)
    shipping_address2 = models.TextField(null=True)
    shipping_city = models.TextField(null=True)
    shipping_state = models.TextField(null=True)
    shipping_zip = models.TextField(null=True)
    shipping_country = models.TextField(null=True)

    class Meta:
        db_table = "invoice"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "subscription_id", "cycle", "reason"],
                name="invoice_once_per_cycle",
                condition=Q(subscription_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account_id", "number"], name="invoice_number_once", condition=Q(number__isnull=False)
            ),
            models.CheckConstraint(
                name="invoice_adds_up",
                condition=Q(
                    total_minor=F("subtotal_minor")
                    - F("order_discount_minor")
                    + F("fees_minor")
                    + F("tax_minor")
                ),
            ),
            models.CheckConstraint(
                name="invoice_not_overpaid",
                condition=Q(total_minor__gte=F("paid_minor") + F("credited_minor")),
            ),
            models.CheckConstraint(
                name="invoice_numbered_when_final", condition=Q(status="draft") | Q(number__isnull=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "contact_id"], name="invoice_of_contact"),
            filled_index("invoice", "company"),
            models.Index(
                fields=["account_id", "due_date"],
                name="invoice_falling_overdue",
                condition=Q(status="open", collection="manual", past_due_at__isnull=True),
            ),
            archived_index("invoice"),
        ]


class InvoiceSeries(AccountRow):
    """The counter that numbers invoices without gaps: its row is locked for the last moment of a block only."""

    prefix = models.TextField()
    next_number = models.BigIntegerField(default=1001)

    class Meta:
        db_table = "invoice_series"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "prefix"], name="invoice_series_once")
        ]


class BillingRun(AccountRow):
    """One walk over what is due in an account, and what came of it; kept for people to look at."""

    as_of = models.DateTimeField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    due = models.BigIntegerField(default=0)
    invoiced = models.BigIntegerField(default=0)
    collected = models.BigIntegerField(default=0)
    processing = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    parked = models.BigIntegerField(default=0)

    class Meta:
        db_table = "billing_run"


class ParkedSubscription(AccountRow):
    """A subscription that was stopped rather than billed wrongly: ``id`` is the subscription's.

    The reason and the remedy are sentences for people; the row goes away when the remedy is confirmed.
    """

    id = models.BigIntegerField()
    cycle = models.IntegerField()
    since = models.DateTimeField()
    code = models.TextField()
    reason = models.TextField()
    remedy = models.TextField()

    class Meta:
        db_table = "parked_subscription"
