"""The journal of revenue: each movement of what subscriptions bring in per month."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

REASONS = ("new", "upgrade", "downgrade", "churn", "reactivation")


class RevenueMovement(models.Model):
    """One movement of the MRR of one subscription; append-only, and written by triggers of ``subscription``.

    It is kept in both readings of Unpaid, so that an account can change its mind without history being rewritten:
    ``reason`` and ``amount_minor`` take an unpaid subscription for lost until it is paid, ``reason_with_unpaid`` and
    ``amount_with_unpaid_minor`` count it. A reading in which nothing moved has no reason and an amount of 0.
    ``status_before`` is empty for a subscription that was just made. The key counts a subscription's movements from 1.

    ``customer_id`` is whom it billed then: the company, or the contact where there is none. There is no index by day: a
    report adds up what came before its days too, and so reads all movements of the account.
    """

    pk = models.CompositePrimaryKey("account_id", "subscription_id", "number")
    account_id = models.BigIntegerField()
    subscription_id = models.BigIntegerField()
    number = models.IntegerField()
    at = models.DateTimeField()
    on_date = models.DateField()
    customer_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    status_before = models.TextField(null=True)
    status_after = models.TextField()
    mrr_before_minor = models.BigIntegerField()
    mrr_after_minor = models.BigIntegerField()
    reason = models.TextField(null=True)
    amount_minor = models.BigIntegerField()
    reason_with_unpaid = models.TextField(null=True)
    amount_with_unpaid_minor = models.BigIntegerField()

    class Meta:
        db_table = "revenue_movement"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="revenue_moved_for_a_reason",
                condition=(
                    Q(reason__isnull=True, amount_minor=0) | Q(reason__in=REASONS) & ~Q(amount_minor=0)
                )
                & (
                    Q(reason_with_unpaid__isnull=True, amount_with_unpaid_minor=0)
                    | Q(reason_with_unpaid__in=REASONS) & ~Q(amount_with_unpaid_minor=0)
                )
                & (Q(reason__isnull=False) | Q(reason_with_unpaid__isnull=False)),
            ),
        ]
