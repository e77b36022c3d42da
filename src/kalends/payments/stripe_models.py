"""What is kept of an account's connection to Stripe, of what was asked there, and of what Stripe told."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class StripeConnection(models.Model):
    """An account's merchant at Stripe: one at most. The keys are sealed; without ``sealed_key`` it is disconnected.

    What Stripe said of itself when it was last asked (``checked_at``) is shown and never relied on. ``events_to`` is
    how far Stripe's own list of events was read: what was lost on the way is found there.
    """

    account_id = models.BigIntegerField(primary_key=True)
    sealed_key = models.BinaryField(null=True)
    sealed_signing = models.BinaryField(null=True)
    endpoint_ref = models.TextField(null=True)
    is_test = models.BooleanField()
    merchant = models.TextField()
    merchant_name = models.TextField()
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    methods = models.JSONField(default=list)
    can_charge = models.BooleanField()
    can_pay_out = models.BooleanField()
    connected_at = models.DateTimeField()
    connected_by = models.TextField()
    checked_at = models.DateTimeField()
    events_to = models.DateTimeField()

    class Meta:
        db_table = "stripe_connection"


class StripeCall(models.Model):
    """Something that Stripe was asked to do, written down before the call: its key, and where to look for it.

    ``kind`` is ``charge`` (then ``of`` is Stripe's customer) or ``refund`` (``of`` is the payment intent given back).
    ``reference`` is Stripe's name for what was made; while it is unknown, what ``of`` names is searched for the key.
    """

    pk = models.CompositePrimaryKey("account_id", "idempotency_key")
    account_id = models.BigIntegerField()
    idempotency_key = models.TextField()
    kind = models.TextField()
    of = models.TextField()
    reference = models.TextField(null=True)
    sent_at = models.DateTimeField()

    class Meta:
        db_table = "stripe_call"


class StripeEvent(models.Model):
    """An event of Stripe's, stored when it arrived and handled later; only what it is about is kept of it.

    ``object_type`` is ``intent``, ``refund``, ``dispute``, ``method`` or ``mandate``. What cannot be told yet is tried
    again ``not_before``.
    """

    pk = models.CompositePrimaryKey("account_id", "event_id")
    account_id = models.BigIntegerField()
    event_id = models.TextField()
    kind = models.TextField()
    object_type = models.TextField()
    object_id = models.TextField()
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField(null=True)
    is_handled = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "stripe_event"
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "received_at"],
                name="stripe_event_open",
                condition=Q(is_handled=False),
            )
        ]


class StripeErasure(models.Model):
    """A customer at Stripe who is to be erased there, because their contact was erased here.

    ``reference`` is Stripe's name for the customer, or for a page that was opened for them (it names the customer).
    Written with the erasure, asked of Stripe afterwards, and again ``not_before`` until it is ``done_at``.
    """

    pk = models.CompositePrimaryKey("account_id", "reference")
    account_id = models.BigIntegerField()
    reference = models.TextField()
    asked_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "stripe_erasure"


class Reconciliation(AccountRow):
    """A comparison of the ledger with a processor's statement: of which days, and what did not agree (``found``)."""

    processor = models.TextField()
    first_day = models.DateField()
    last_day = models.DateField()
    made_at = models.DateTimeField()
    movements = models.IntegerField()
    differences = models.IntegerField()
    found = models.JSONField()

    class Meta:
        db_table = "reconciliation"
        indexes: ClassVar = [models.Index(fields=["account_id", "made_at"], name="reconciliation_latest")]
