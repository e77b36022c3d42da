"""Payment links, discount codes, and checkouts with their charges."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from kalends.accounts.tables import AccountRow, Record, archived_index
from kalends.sales.quote_models import (  # noqa: F401 - Django finds them here
    QuoteAcceptance,
    QuoteConversion,
    QuoteSigning,
    QuoteVersion,
)


class PaymentLink(Record):
    """A shared page where somebody buys its line items. ``public_key`` is the part of its address that is not guessed.

    ``create_deal`` None follows the account's setting. ``custom_fields`` are further questions to the buyer: a list of
    objects with ``name``, ``label``, ``type`` (text, number, date, choice, checkbox), ``required`` and ``options``.
    ``uses`` counts checkouts that were paid; a link for one use takes no second one.
    """

    ACTIVE, INACTIVE = "active", "inactive"

    name = models.TextField()
    status = models.TextField(default=ACTIVE, db_default=ACTIVE)
    public_key = models.UUIDField(db_default=RandomUUID())
    currency = models.CharField(max_length=3)
    one_time_use = models.BooleanField(default=False, db_default=False)
    expires_on = models.DateField(null=True)
    uses = models.IntegerField(default=0, db_default=0)
    allowed_payment_methods = ArrayField(models.TextField(), null=True)
    collect_billing_address = models.BooleanField(default=False, db_default=False)
    collect_shipping_address = models.BooleanField(default=False, db_default=False)
    collect_tax_id = models.BooleanField(default=False, db_default=False)
    take_discount_codes = models.BooleanField(default=True, db_default=True)
    text_below_total = models.TextField(null=True)
    custom_fields = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    create_deal = models.BooleanField(null=True)
    deal_pipeline = models.TextField(null=True)
    deal_stage = models.TextField(null=True)
    redirect_url = models.TextField(null=True)
    language = models.TextField(null=True)

    class Meta:
        db_table = "payment_link"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "public_key"], name="payment_link_public_key_once")
        ]
        indexes: ClassVar = [archived_index("payment_link")]


class DiscountCode(AccountRow):
    """A word that takes something off the first payment of a checkout: a share below 100 %, or a fixed amount.

    A use counts once the checkout is paid. Codes are compared without regard to case.
    """

    PERCENT, FIXED = "percent", "fixed"

    code = models.TextField()
    label = models.TextField(null=True)
    kind = models.TextField()
    percent = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    is_active = models.BooleanField(default=True, db_default=True)
    uses_max = models.IntegerField(null=True)
    uses = models.IntegerField(default=0, db_default=0)
    expires_on = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "discount_code"
        constraints: ClassVar = [
            models.UniqueConstraint("account_id", Upper("code"), name="discount_code_once"),
            models.CheckConstraint(
                name="discount_code_takes_off_a_share_or_an_amount",
                condition=Q(kind="percent", percent__gt=0, percent__lt=100, amount_minor__isnull=True)
                | Q(kind="fixed", amount_minor__gt=0, currency__isnull=False, percent__isnull=True),
            ),
        ]


class Checkout(AccountRow):
    """One buyer before a link or a quote: what was chosen, who buys, what was agreed to, and what became of it.

    ``open`` is being filled in, ``paying`` has an answer of the processor outstanding, ``done`` was settled: its
    records exist. ``choices`` and ``buyer`` hold the answers as they were typed. ``offer`` is the digest of what the
    buyer was shown; what is charged is that or nothing. ``consent`` keeps the text that was agreed to, when, and from
    where. ``agreed`` is the whole offer as it stood when the charge was decided on: it is what the records are made of,
    whatever becomes of the link meanwhile. ``setup_number`` counts the pages of the processor that the buyer was sent
    to; ``declined`` says why the last charge failed. ``made`` names the records that it became.
    """

    OPEN, PAYING, DONE = "open", "paying", "done"
    LINK, QUOTE = "payment_link", "quote"

    public_key = models.UUIDField(db_default=RandomUUID())
    source = models.TextField()
    source_id = models.BigIntegerField()
    status = models.TextField(default=OPEN, db_default=OPEN)
    currency = models.CharField(max_length=3)
    language = models.TextField(null=True)
    choices = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    buyer = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    discount_code_id = models.BigIntegerField(null=True)
    offer = models.TextField(null=True)
    due_minor = models.BigIntegerField(null=True)
    consent = models.JSONField(null=True)
    contact_id = models.BigIntegerField(null=True)
    deal_id = models.BigIntegerField(null=True)
    payment_method_id = models.BigIntegerField(null=True)
    processor = models.TextField(null=True)
    setup_reference = models.TextField(null=True)
    setup_number = models.SmallIntegerField(default=0, db_default=0)
    agreed = models.JSONField(null=True)
    declined = models.JSONField(null=True)
    made = models.JSONField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "checkout"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "public_key"], name="checkout_public_key_once"),
            models.UniqueConstraint(
                fields=["account_id", "processor", "setup_reference"],
                name="checkout_setup_once",
                condition=Q(setup_reference__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "source_id"], name="checkout_of_source"),
            models.Index(
                fields=["account_id", "discount_code_id"],
                name="checkout_of_code",
                condition=Q(discount_code_id__isnull=False),
            ),
            models.Index(
                fields=["account_id", "updated_at"], name="checkout_abandoned", condition=Q(status="open")
            ),
            models.Index(
                fields=["account_id", "updated_at"], name="checkout_unsettled", condition=Q(status="paying")
            ),
        ]


class CheckoutCharge(AccountRow):
    """One call to a processor for a checkout, before there is an invoice: the intention first, then the outcome.

    It goes ``intended``, ``sent``, then ``processing``, ``succeeded`` or ``failed``, as a charge attempt does; only one
    of a checkout may be other than failed, so that nobody pays it twice. ``calls`` counts the calls that ended without
    an answer.
    """

    checkout_id = models.BigIntegerField()
    attempt = models.SmallIntegerField()
    status = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    processor = models.TextField()
    token = models.TextField()
    method_kind = models.TextField()
    method = models.JSONField()
    intended_at = models.DateTimeField()
    sender = models.BigIntegerField(null=True)
    calls = models.SmallIntegerField(default=0, db_default=0)
    answered_at = models.DateTimeField(null=True)
    processor_ref = models.TextField(null=True)
    fee_minor = models.BigIntegerField(default=0, db_default=0)
    action_url = models.TextField(null=True)
    failure_code = models.TextField(null=True)
    failure_reason = models.TextField(null=True)

    class Meta:
        db_table = "checkout_charge"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "checkout_id", "attempt"], name="checkout_charge_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["account_id", "checkout_id"], name="checkout_paid_once", condition=~Q(status="failed")
            ),
            models.CheckConstraint(name="checkout_charge_is_positive", condition=Q(amount_minor__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "status"],
                name="checkout_charge_open",
                condition=Q(status__in=["intended", "sent"]),
            )
        ]
