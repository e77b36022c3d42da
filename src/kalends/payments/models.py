"""Payment methods, payments, and each single attempt to charge."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kalends.accounts.tables import AccountRow, Record, archived_index, filled_index
from kalends.payments.request_models import MethodRequest  # noqa: F401 - Django finds it here
from kalends.payments.stripe_models import (  # noqa: F401 - Django finds them here
    Reconciliation,
    StripeCall,
    StripeConnection,
    StripeErasure,
    StripeEvent,
)


class PaymentMethod(AccountRow):
    """A stored way to pay: the processor's token and what a person needs to recognize it. Never a card number.

    Of one whose owner was erased only the kind and the brand are left, for the payments that were made by it.
    ``ended_at`` is when the processor told that it cannot be charged any more: detached, or its mandate was withdrawn.
    """

    contact_id = models.BigIntegerField(null=True)
    processor = models.TextField()
    kind = models.TextField()
    token = models.TextField()
    brand = models.TextField(null=True)
    last4 = models.CharField(max_length=4)
    expires_on = models.DateField(null=True)
    bank_or_issuer = models.TextField(null=True)
    created_at = models.DateTimeField()
    billing_address = models.JSONField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "payment_method"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "processor", "token"], name="payment_method_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "contact_id"], name="payment_method_of_contact")
        ]


class Payment(Record):
    """Money that a customer pays on an invoice, from the moment it is asked for.

    ``net = amount - fee - platform_fee - refunded`` may fall below zero: processors keep their fees on a refund.
    """

    invoice_id = models.BigIntegerField(null=True)
    subscription_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    company_id = models.BigIntegerField(null=True)
    payment_method_id = models.BigIntegerField(null=True)
    status = models.TextField()
    status_updated_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0, db_default=0)
    platform_fee_minor = models.BigIntegerField(default=0, db_default=0)
    refunded_minor = models.BigIntegerField(default=0, db_default=0)
    initiated_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    first_failed_on = models.DateField(null=True)
    next_retry_on = models.DateField(null=True)
    attempts = models.SmallIntegerField(default=1, db_default=1)
    retries_by_hand = models.SmallIntegerField(default=0, db_default=0)
    method_kind = models.TextField()
    brand = models.TextField(null=True)
    last4 = models.TextField(null=True)
    bank_or_issuer = models.TextField(null=True)
    wallet = models.TextField(null=True)
    customer_email = models.TextField(null=True)
    processor = models.TextField(default="none", db_default="none")
    processor_ref = models.TextField(null=True)
    failure_code = models.TextField(null=True)
    failure_reason = models.TextField(null=True)
    payment_type = models.TextField(null=True)
    creation_method = models.TextField(default="OTHER", db_default="OTHER")
    payment_source_app = models.TextField(null=True)
    payment_source_id = models.TextField(null=True)
    payment_source_name = models.TextField(null=True)
    payment_source_url = models.TextField(null=True)
    line_discount_minor = models.BigIntegerField(default=0, db_default=0)
    order_discount_minor = models.BigIntegerField(default=0, db_default=0)
    order_discount_code = models.TextField(null=True)
    order_discount_percent = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    payout_at = models.DateTimeField(null=True)
    settlement_currency = models.CharField(max_length=3, null=True)
    settlement_rate = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    reference_number = models.TextField(null=True)
    internal_comment = models.TextField(null=True)
    external_reference = models.TextField(null=True)
    bill_to_name = models.TextField(null=True)
    billing_address = models.TextField(null=True)
    billing_address2 = models.TextField(null=True)
    billing_city = models.TextField(null=True)
    billing_state = models.TextField(null=True)
    billing_zip = models.TextField(null=True)
    billing_country = models.TextField(null=True)
    ship_to_name = models.TextField(null=True)
    shipping_address = models.TextField(null=True)
    shipping_address2 = models.TextField(null=True)
    shipping_city = models.TextField(null=True)
    shipping_state = models.TextField(null=True)
    shipping_zip = models.TextField(null=True)
    shipping_country = models.TextField(null=True)

    class Meta:
        db_table = "payment"
        constraints: ClassVar = [
            models.CheckConstraint(name="payment_amount_not_negative", condition=Q(amount_minor__gte=0)),
            models.CheckConstraint(
                name="payment_not_refunded_beyond_amount", condition=Q(refunded_minor__lte=F("amount_minor"))
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "invoice_id"], name="payment_of_invoice"),
            models.Index(fields=["account_id", "subscription_id"], name="payment_of_subscription"),
            models.Index(fields=["account_id", "contact_id"], name="payment_of_contact"),
            filled_index("payment", "company"),
            models.Index(
                fields=["account_id", "next_retry_on"],
                name="payment_to_retry",
                condition=Q(next_retry_on__isnull=False),
            ),
            archived_index("payment"),
        ]


class ChargeAttempt(models.Model):
    """One call to a processor: the intention first, then the outcome.

    The key is the effect: attempts are counted per invoice. An attempt goes ``intended`` (decided,
    nothing sent) to ``sent`` (a call may be under way) to ``processing``, ``succeeded`` or ``failed``. ``sender`` names
    the run that sent it. What was ``sent`` by a run that is gone, or got no answer, is unknown: the processor is asked
    before anything else happens. ``calls`` counts the calls that ended without an answer.

    ``charge_key`` is set where one charge at the processor paid several invoices of a checkout: the key under which it
    was made. Elsewhere the key follows from account, invoice and attempt. ``failure_fee_minor`` is what the processor
    kept for a bank debit that came back.
    """

    pk = models.CompositePrimaryKey("account_id", "invoice_id", "attempt")
    account_id = models.BigIntegerField()
    invoice_id = models.BigIntegerField()
    attempt = models.SmallIntegerField()
    payment_id = models.BigIntegerField()
    payment_method_id = models.BigIntegerField(null=True)
    status = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    intended_at = models.DateTimeField()
    sender = models.BigIntegerField(null=True)
    calls = models.SmallIntegerField(default=0, db_default=0)
    answered_at = models.DateTimeField(null=True)
    processor_ref = models.TextField(null=True)
    failure_code = models.TextField(null=True)
    charge_key = models.TextField(null=True)
    failure_fee_minor = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "charge_attempt"
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "status"],
                name="charge_attempt_open",
                condition=Q(status__in=["intended", "sent"]),
            ),
            models.Index(
                fields=["account_id", "invoice_id"],
                name="charge_attempt_under_way",
                condition=Q(status="processing"),
            ),
            models.Index(
                fields=["account_id", "charge_key"],
                name="charge_attempt_of_charge",
                condition=Q(charge_key__isnull=False),
            ),
        ]


class Refund(AccountRow):
    """Money given back of a payment; ``number`` counts the refunds of one payment.

    A refund goes ``intended``, ``sent``, then ``processing`` (a bank debit's, for some banking days), ``succeeded``
    or ``failed``, as a charge attempt does. Money received outside a processor is given back outside: it
    ``succeeded`` at once. One that failed after it had succeeded has both instants, ``settled_at`` and ``returned_at``.
    """

    payment_id = models.BigIntegerField()
    number = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.TextField()
    reason = models.TextField(null=True)
    requested_at = models.DateTimeField()
    requested_by = models.TextField()
    settles_on = models.DateField(null=True)
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    sender = models.BigIntegerField(null=True)
    # Not written any more, and never read: for a later version to drop, when none is left that writes it.
    calls = models.SmallIntegerField(default=0, db_default=0)
    processor_ref = models.TextField(null=True)
    failure_code = models.TextField(null=True)
    failure_reason = models.TextField(null=True)

    class Meta:
        db_table = "refund"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "payment_id", "number"], name="refund_numbered_once"
            ),
            models.CheckConstraint(name="refund_amount_is_positive", condition=Q(amount_minor__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "status"],
                name="refund_open",
                condition=Q(status__in=["intended", "sent"]),
            )
        ]


class Dispute(AccountRow):
    """A payment that its customer disputes at the bank: the processor has taken the money back until it is decided.

    ``fee_back_minor`` is what the processor gave back of its fee when the dispute was won.
    """

    payment_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    fee_back_minor = models.BigIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3)
    status = models.TextField()
    opened_at = models.DateTimeField()
    evidence_due_on = models.DateField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dispute"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "payment_id"], name="dispute_once_per_payment"),
        ]


class ProcessorEvent(AccountRow):
    """Something a processor reported, stored before it is handled; the same report twice is one row."""

    processor = models.TextField()
    event_id = models.TextField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    payload = models.JSONField()

    class Meta:
        db_table = "processor_event"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "processor", "event_id"], name="processor_event_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "id"], name="processor_event_open", condition=Q(handled_at__isnull=True)
            )
        ]


class SandboxCharge(models.Model):
    """The sandbox processor's own book: what it was asked to charge. Nothing else of ours reads or writes it.

    The end is known from the start: ``status`` is the final one, reached at ``settled_at``; before that instant the
    charge is processing. ``lost`` is a request that never reached the processor. ``try_number`` is counted only for
    tokens whose outcome depends on how often they were tried. ``return_url`` is set while, or once, the customer was
    asked to confirm it: until ``settled_at`` they may, and that changes its end.
    """

    pk = models.CompositePrimaryKey("account_id", "idempotency_key")
    account_id = models.BigIntegerField()
    idempotency_key = models.TextField()
    reference = models.TextField()
    token = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    status = models.TextField()
    failure_code = models.TextField(null=True)
    fee_minor = models.BigIntegerField(default=0)
    settled_at = models.DateTimeField()
    try_number = models.IntegerField(null=True)
    disputed_at = models.DateTimeField(null=True)
    dispute_fee_minor = models.BigIntegerField(default=0)
    dispute_decided_at = models.DateTimeField(null=True)
    dispute_won = models.BooleanField(null=True)
    return_url = models.TextField(null=True)

    class Meta:
        db_table = "sandbox_charge"
        indexes: ClassVar = [
            models.Index(
                "account_id", "token", name="sandbox_charge_tries", condition=Q(try_number__isnull=False)
            ),
        ]


class SandboxRefund(models.Model):
    """What the sandbox processor gave back, or will: ``status`` is the final one, reached at ``settled_at``."""

    pk = models.CompositePrimaryKey("account_id", "idempotency_key")
    account_id = models.BigIntegerField()
    idempotency_key = models.TextField()
    charge_key = models.TextField()
    reference = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    status = models.TextField()
    failure_code = models.TextField(null=True)
    settled_at = models.DateTimeField()

    class Meta:
        db_table = "sandbox_refund"
        indexes: ClassVar = [models.Index("account_id", "charge_key", name="sandbox_refund_of_charge")]


class SandboxReport(models.Model):
    """What the sandbox processor will tell, and from when on: one row a delivery, gone once acknowledged.

    A delivery points at its charge or refund, which hold the facts. The same event may be delivered twice.
    """

    pk = models.CompositePrimaryKey("account_id", "due_at", "event_id")
    account_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    event_id = models.TextField()
    kind = models.TextField()
    charge_key = models.TextField()
    refund_key = models.TextField(null=True)

    class Meta:
        db_table = "sandbox_report"


class SandboxSetup(models.Model):
    """A page of the sandbox processor's on which a customer gives a way to pay; what was given, once it was.

    A number that is typed there is read and forgotten: ``token`` stands for what it does.
    """

    pk = models.CompositePrimaryKey("account_id", "idempotency_key")
    account_id = models.BigIntegerField()
    idempotency_key = models.TextField()
    reference = models.TextField()
    kinds = ArrayField(models.TextField())
    currency = models.CharField(max_length=3)
    return_url = models.TextField()
    cancel_url = models.TextField()
    language = models.TextField()
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    token = models.TextField(null=True)
    method_kind = models.TextField(null=True)
    last4 = models.TextField(null=True)
    brand = models.TextField(null=True)
    bank = models.TextField(null=True)
    expires_on = models.DateField(null=True)

    class Meta:
        db_table = "sandbox_setup"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "reference"], name="sandbox_setup_reference_once")
        ]
