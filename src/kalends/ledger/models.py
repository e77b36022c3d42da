"""The one double-entry ledger."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class LedgerTransfer(models.Model):
    """One movement of money, or of a claim on money, from one ledger account to another; append-only.

    A row debits one account and credits another with the same amount, so no entry can be out of balance. The key
    is the effect: a document (an invoice, a payment, a refund) is posted at most once per posting, occasion
    (the attempt, where one document can be tried again) and leg, whoever tries and however often.
    """

    pk = models.CompositePrimaryKey("account_id", "document_id", "posting", "occasion", "leg")
    account_id = models.BigIntegerField()
    document_id = models.BigIntegerField()
    posting = models.TextField()
    occasion = models.SmallIntegerField(default=0, db_default=0)
    leg = models.SmallIntegerField()
    posted_on = models.DateField()
    debit = models.TextField()
    credit = models.TextField()
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    invoice_id = models.BigIntegerField(null=True)
    payment_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ledger_transfer"
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="ledger_accounts_differ", condition=~Q(debit=F("credit"))),
        ]
