"""What billing keeps beside its records: the account's tax rates, and buyers of invoices who were erased since."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class TaxRate(AccountRow):
    """A rate of the account's own list. A line item copies it: a rate that is changed changes no line.

    ``name`` is what staff know it by, ``label`` what buyers read; ``percentage`` is in per cent.
    """

    name = models.TextField()
    label = models.TextField()
    percentage = models.DecimalField(max_digits=9, decimal_places=6)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tax_rate"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "name"], name="tax_rate_once", condition=Q(archived_at=None)
            ),
            models.CheckConstraint(
                name="tax_rate_is_a_percentage", condition=Q(percentage__gte=0, percentage__lte=100)
            ),
        ]


class KeptBuyer(AccountRow):
    """The buyer as an issued invoice named them, who was erased since: ``id`` is the invoice's.

    Bookkeeping laws want invoices as they were issued, for some years. It is read for the document alone, and goes
    when ``until`` has passed.
    """

    id = models.BigIntegerField()
    name = models.TextField()
    attention = models.TextField()
    address = ArrayField(models.TextField())
    country = models.TextField()
    until = models.DateField()

    class Meta:
        db_table = "kept_buyer"
