"""What an installation writes down about its own work: which processes run, and when the books were proved."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value

from kalends.accounts.tables import AccountRow


class RunningProcess(models.Model):
    """A worker or server process, as it last told. It belongs to the installation, not to an account.

    ``only_account`` is the account that it looks after; without one, all. ``seen_at`` is moved on while the process
    lives, ``turned_at`` each time a worker has given every account its turn. ``signing_key``, ``sealing_keys`` and
    ``files`` are fingerprints of what all processes have to share: two that differ do not.
    """

    id = models.TextField(primary_key=True)
    kind = models.TextField()
    host = models.TextField()
    pid = models.IntegerField()
    version = models.TextField()
    only_account = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    turned_at = models.DateTimeField(null=True)
    signing_key = models.TextField()
    sealing_keys = models.TextField()
    files = models.TextField()

    class Meta:
        db_table = "running_process"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="running_process_kind", condition=Q(kind__in=["worker", "once", "web"])
            )
        ]


class ProofMade(AccountRow):
    """When the account's books were proved, over how much, and what differed: the first differences by name.

    ``made_at`` is the system's moment, a sandbox's as well; ``as_of`` is the account's.
    ``night`` is the night for which the worker made it by itself, and NULL if somebody asked; by ``marks`` the night
    after knows its differences again.
    """

    made_at = models.DateTimeField()
    as_of = models.DateTimeField()
    invoices = models.BigIntegerField()
    checks = models.IntegerField()
    differences = models.BigIntegerField()
    found = models.JSONField()
    night = models.DateField(null=True)
    marks = models.JSONField(default=list, db_default=Value([], models.JSONField()))

    class Meta:
        db_table = "proof_made"
        indexes: ClassVar = [models.Index(fields=["account_id", "made_at"], name="proof_made_latest")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "night"], name="proof_made_once_a_night")
        ]
