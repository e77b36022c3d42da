"""Credit notes, and what customers have to their credit."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kalends.accounts.tables import AccountRow


class CreditNote(AccountRow):
    """Takes back (a part of) an invoice: by line, so that its tax is taken back with it.

    ``applied_minor`` of it made its own invoice smaller; ``to_balance_minor``, the rest, is the customer's credit,
    which their next invoices use up.
    """

    number = models.TextField()
    invoice_id = models.BigIntegerField()
    subscription_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    issued_on = models.DateField()
    created_at = models.DateTimeField()
    reason = models.TextField(default="", db_default="")
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    applied_minor = models.BigIntegerField()
    to_balance_minor = models.BigIntegerField()

    class Meta:
        db_table = "credit_note"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "number"], name="credit_note_number_once"),
            models.CheckConstraint(
                name="credit_note_adds_up",
                condition=Q(total_minor=F("net_minor") + F("tax_minor"))
                & Q(total_minor=F("applied_minor") + F("to_balance_minor"))
                & Q(total_minor__gt=0, applied_minor__gte=0, to_balance_minor__gte=0),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "invoice_id"], name="credit_note_of_invoice"),
        ]


class CreditNoteLine(AccountRow):
    """What a credit note takes back of one invoice line.

    ``unused_from`` is the first day that is no longer charged, where days were taken back; empty where an amount was.
    """

    credit_note_id = models.BigIntegerField()
    invoice_line_id = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    unused_from = models.DateField(null=True)

    class Meta:
        db_table = "credit_note_line"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="credit_note_line_adds_up",
                condition=Q(total_minor=F("net_minor") + F("tax_minor")) & Q(total_minor__gte=0),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "credit_note_id"], name="line_of_credit_note"),
            models.Index(fields=["account_id", "invoice_line_id"], name="credit_of_invoice_line"),
        ]


class CustomerCredit(AccountRow):
    """What a business owes a customer on credit notes, per currency; never below zero."""

    contact_id = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    balance_minor = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "customer_credit"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "contact_id", "currency"], name="customer_credit_once"
            ),
            models.CheckConstraint(name="customer_credit_not_overdrawn", condition=Q(balance_minor__gte=0)),
        ]


class CreditApplication(AccountRow):
    """Credit that paid (a part of) an invoice: from a note on that very invoice, or from the customer's balance."""

    invoice_id = models.BigIntegerField()
    credit_note_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    applied_on = models.DateField()

    class Meta:
        db_table = "credit_application"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "credit_note_id"],
                name="credit_note_applied_once",
                condition=Q(credit_note_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account_id", "invoice_id"],
                name="balance_applied_once",
                condition=Q(credit_note_id__isnull=True),
            ),
            models.CheckConstraint(name="credit_application_is_positive", condition=Q(amount_minor__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "invoice_id"], name="credit_applied_to_invoice"),
        ]
