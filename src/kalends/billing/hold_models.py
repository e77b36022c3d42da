"""What stops an account's billing: that somebody asked for it, or that the books were put back to an earlier state."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class BillingHold(AccountRow):
    """Says that nothing of the account is billed until somebody lets it go on; there is none while billing runs."""

    since = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField(default="", db_default="")

    class Meta:
        db_table = "billing_hold"
        constraints: ClassVar = [models.UniqueConstraint(fields=["account_id"], name="billing_hold_once")]


class DatabaseMark(models.Model):
    """Which database this one was when Kalends last looked: one row, of the installation and of no account.

    ``identity`` is what ``database_identity()`` said: a copy that was restored says something else. ``folder`` is the
    same for the files of a server in the home.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, db_default=1)
    identity = models.TextField()
    folder = models.TextField(default="", db_default="")
    noted_at = models.DateTimeField()

    class Meta:
        db_table = "database_mark"
        constraints: ClassVar = [models.CheckConstraint(name="database_mark_once", condition=Q(id=1))]


class Restoration(AccountRow):
    """The account's books were found to be those of an earlier moment, ``books_end`` at the latest.

    Nothing of it is billed or sent before ``released_at``, and no letter before ``caught_up_at``: the end of the first
    billing run after that. Records from ``first_id`` on were made after the books were put back.
    """

    found_at = models.DateTimeField()
    books_end = models.DateTimeField()
    reason = models.TextField()
    first_id = models.BigIntegerField()
    released_at = models.DateTimeField(null=True)
    released_by = models.TextField(null=True)
    caught_up_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "restoration"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id"], name="restoration_open_once", condition=Q(released_at__isnull=True)
            )
        ]


class UnbookedCharge(AccountRow):
    """A charge that a processor made and the restored books do not know, until it is told what it was.

    ``billed_for`` is what it was made for, where the processor kept that: subscription, cycle and reason with slashes
    between. ``customer`` is the processor's own name for who was charged. ``settled`` says what came of it:
    ``taken_in`` by the charge that would have been made again, or ``by_hand``.
    """

    processor = models.TextField()
    reference = models.TextField()
    idempotency_key = models.TextField()
    made_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    customer = models.TextField(default="", db_default="")
    billed_for = models.TextField(default="", db_default="")
    settled = models.TextField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.TextField(null=True)
    note = models.TextField(default="", db_default="")

    class Meta:
        db_table = "unbooked_charge"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "processor", "reference"], name="unbooked_charge_once"
            ),
            models.CheckConstraint(
                name="unbooked_charge_settled",
                condition=Q(settled__isnull=True) | Q(settled_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "billed_for"],
                name="unbooked_charge_open",
                condition=Q(settled__isnull=True),
            )
        ]
