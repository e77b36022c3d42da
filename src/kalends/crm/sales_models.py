"""Deals, tickets, products, quotes, orders, and the discounts, fees and taxes of whole documents."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from kalends.accounts.tables import Record, archived_index, living_index


def _exact() -> models.DecimalField[Any, Any]:
    return models.DecimalField(max_digits=24, decimal_places=6, null=True)


class Deal(Record):
    """A sale that may come about. ``amount`` is what was typed; without it the amount follows the line items."""

    name = models.TextField()
    pipeline = models.TextField(default="default", db_default="default")
    stage = models.TextField()
    amount = _exact()
    amount_preference = models.TextField(null=True)
    currency = models.CharField(max_length=3, null=True)
    exchange_rate = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    close_at = models.DateTimeField(null=True)
    deal_type = models.TextField(null=True)
    description = models.TextField(null=True)
    priority = models.TextField(null=True)
    recurring_revenue_amount = _exact()
    recurring_revenue_deal_type = models.TextField(null=True)
    recurring_revenue_inactive_date = models.DateField(null=True)
    recurring_revenue_inactive_reason = models.TextField(null=True)
    primary_company_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "deal"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "stage"], name="deal_in_stage"),
            models.Index(fields=["account_id", "primary_company_id"], name="deal_of_company"),
            archived_index("deal"),
            living_index("deal", "created", "created_at"),
            living_index("deal", "modified", "updated_at"),
        ]


class Ticket(Record):
    """Something that a customer wants help with."""

    subject = models.TextField()
    content = models.TextField(null=True)
    pipeline = models.TextField(default="0", db_default="0")
    stage = models.TextField()
    category = ArrayField(models.TextField(), null=True)
    priority = models.TextField(null=True)
    source_type = models.TextField(null=True)
    resolution = models.TextField(null=True)
    closed_at = models.DateTimeField(null=True)
    primary_company_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ticket"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "stage"], name="ticket_in_stage"),
            models.Index(fields=["account_id", "primary_company_id"], name="ticket_of_company"),
            archived_index("ticket"),
        ]


class Product(Record):
    """What is sold; a line item copies its values. Prices are in the account's currency."""

    name = models.TextField()
    sku = models.TextField(null=True)
    description = models.TextField(null=True)
    folder = models.TextField(null=True)
    status = models.TextField(default="active", db_default="active", null=True)
    product_type = models.TextField(null=True)
    price = _exact()
    unit_cost = _exact()
    tax = _exact()
    tax_rate_group_id = models.TextField(null=True)
    frequency = models.TextField(null=True)
    term = models.TextField(null=True)
    start_date = models.DateField(null=True)
    pricing_model = models.TextField(null=True)
    tier_ranges = models.TextField(null=True)
    tier_prices = models.TextField(null=True)
    url = models.TextField(null=True)
    images = models.TextField(null=True)

    class Meta:
        db_table = "product"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "sku"], name="product_sku"),
            archived_index("product"),
        ]


class Quote(Record):
    """An offer to a buyer. ``public_key`` is the part of its public address that cannot be guessed.

    ``terms`` is what it says below the total; ``rejection`` is why it was not approved.
    """

    title = models.TextField()
    status = models.TextField(default="DRAFT", db_default="DRAFT")
    expiration_date = models.DateField()
    public_key = models.UUIDField(db_default=RandomUUID())
    total_preference = models.TextField(null=True)
    currency = models.CharField(max_length=3, null=True)
    payment_enabled = models.BooleanField(default=False, db_default=False)
    billing_enabled = models.BooleanField(default=False, db_default=False)
    store_method = models.BooleanField(null=True)
    collection = models.TextField(null=True)
    processor_type = models.TextField(null=True)
    allowed_payment_methods = ArrayField(models.TextField(), null=True)
    collect_billing_address = models.BooleanField(null=True)
    collect_shipping_address = models.BooleanField(null=True)
    net_terms_days = models.SmallIntegerField(null=True)
    acceptance_method = models.TextField(null=True)
    accepted_at = models.DateTimeField(null=True)
    pdf_url = models.TextField(null=True)
    domain = models.TextField(null=True)
    slug = models.TextField(null=True)
    language = models.TextField(null=True)
    locale = models.TextField(null=True)
    time_zone = models.TextField(null=True)
    template_type = models.TextField(default="CPQ_QUOTE", db_default="CPQ_QUOTE", null=True)
    sender_email = models.TextField(null=True)
    terms = models.TextField(null=True)
    rejection = models.TextField(null=True)

    class Meta:
        db_table = "quote"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "public_key"], name="quote_public_key_once")
        ]
        indexes: ClassVar = [archived_index("quote")]


class Order(Record):
    """A purchase that was made elsewhere. The word ``order`` itself is taken in SQL."""

    name = models.TextField()
    pipeline = models.TextField(default="default", db_default="default")
    stage = models.TextField(default="open", db_default="open")
    currency = models.CharField(max_length=3, null=True)
    total = _exact()
    subtotal = _exact()
    tax = _exact()
    shipping_cost = _exact()
    discount = _exact()
    note = models.TextField(null=True)
    tags = models.TextField(null=True)
    fulfillment_status = models.TextField(null=True)
    payment_status = models.TextField(null=True)
    external_id = models.TextField(null=True)
    external_status = models.TextField(null=True)
    external_url = models.TextField(null=True)
    external_created_at = models.DateTimeField(null=True)
    source_store = models.TextField(null=True)
    tracking_number = models.TextField(null=True)
    ship_to_name = models.TextField(null=True)
    shipping_address = models.TextField(null=True)
    shipping_city = models.TextField(null=True)
    shipping_state = models.TextField(null=True)
    shipping_zip = models.TextField(null=True)
    shipping_country = models.TextField(null=True)
    bill_to_name = models.TextField(null=True)
    billing_email = models.TextField(null=True)
    billing_address = models.TextField(null=True)
    billing_city = models.TextField(null=True)
    billing_state = models.TextField(null=True)
    billing_zip = models.TextField(null=True)
    billing_country = models.TextField(null=True)

    class Meta:
        db_table = "purchase_order"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "stage"], name="order_in_stage"),
            archived_index("purchase_order"),
        ]


class Adjustment(Record):
    """An amount or a percentage on a whole document."""

    label = models.TextField(null=True)
    value_type = models.TextField()
    value = models.DecimalField(max_digits=24, decimal_places=6)
    position = models.IntegerField(null=True)

    class Meta:
        abstract = True


class Discount(Adjustment):
    """Something off; for the first payment, or for every one."""

    duration = models.TextField(null=True)

    class Meta:
        db_table = "discount"
        indexes: ClassVar = [archived_index("discount")]


class Fee(Adjustment):
    """Something on top."""

    class Meta:
        db_table = "fee"
        indexes: ClassVar = [archived_index("fee")]


class Tax(Adjustment):
    """A tax of the whole document."""

    class Meta:
        db_table = "tax"
        indexes: ClassVar = [archived_index("tax")]
