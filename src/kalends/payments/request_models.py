"""What a customer was sent to a processor's page for."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models

from kalends.accounts.tables import AccountRow


class MethodRequest(AccountRow):
    """A customer was sent to a processor's page to give a way to pay, and this is what it is for.

    ``purpose`` is ``invoice`` (pay ``amount_minor`` of it), ``subscription`` (pay it by this from now on) or
    ``contact`` (keep it among their methods); ``record_id`` names the record. ``keep`` says that a method given for an
    invoice is kept for its contact. ``key`` is the part of the address that they come back to which is not guessed.
    ``payment_method_id`` is set once they have given one.
    """

    INVOICE, SUBSCRIPTION, CONTACT = "invoice", "subscription", "contact"

    key = models.UUIDField(db_default=RandomUUID())
    purpose = models.TextField()
    record_id = models.BigIntegerField()
    contact_id = models.BigIntegerField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    keep = models.BooleanField(default=False, db_default=False)
    processor = models.TextField()
    setup_reference = models.TextField(null=True)
    payment_method_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "method_request"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "key"], name="method_request_key_once")
        ]
