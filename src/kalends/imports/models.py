"""The tables of imports: files that came in, what became of each row, and names that other systems have for records."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow

STATUSES = (
    "new",
    "checking",
    "checked",
    "running",
    "done",
    "canceled",
    "undoing",
    "undone",
    "failed",
)
OPEN = ["checking", "running", "undoing"]


class DataImport(AccountRow):
    """A file that somebody brought, how it is read, and how far its import has come.

    ``plan`` is how it is read; ``found`` counts rows by verdict, of the rehearsal and then of the import itself.
    """

    name = models.TextField()
    object = models.TextField()
    user_id = models.BigIntegerField()
    actor = models.TextField()
    plan = models.JSONField()
    status = models.TextField(default="new", db_default="new")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    rows_done = models.BigIntegerField(default=0, db_default=0)
    last_row = models.BigIntegerField(default=0, db_default=0)
    found = models.JSONField(default=dict)
    key = models.TextField()
    file_size = models.BigIntegerField()
    problem = models.TextField(default="", db_default="")

    class Meta:
        db_table = "data_import"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "key"], name="data_import_file_once"),
            models.CheckConstraint(name="data_import_status", condition=Q(status__in=STATUSES)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "id"], name="data_import_open", condition=Q(status__in=OPEN))
        ]


class ImportRow(AccountRow):
    """What became of a row of a file: what the rehearsal found, and what was done, once.

    ``identity`` is what the row is known by; no two rows of one file share one. ``verdict`` is the rehearsal's until
    the row is ``done``.
    """

    import_id = models.BigIntegerField()
    row = models.BigIntegerField()
    identity = models.TextField(null=True)
    verdict = models.TextField()
    record_id = models.BigIntegerField(null=True)
    problems = models.JSONField(default=list)
    done = models.BooleanField(default=False, db_default=False)
    undone = models.TextField(default="", db_default="")

    class Meta:
        db_table = "import_row"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "import_id", "row"], name="import_row_once"),
            models.UniqueConstraint(
                fields=["account_id", "import_id", "identity"], name="import_row_identity_once"
            ),
            models.CheckConstraint(
                name="import_row_verdict",
                condition=Q(verdict__in=["created", "updated", "unchanged", "bad"]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "import_id", "verdict", "row"], name="import_row_by_verdict")
        ]


class ImportedKey(AccountRow):
    """What another system calls a record of ours: a file that names it so means this one."""

    object = models.TextField()
    name = models.TextField()
    record_id = models.BigIntegerField()
    import_id = models.BigIntegerField()

    class Meta:
        db_table = "imported_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "object", "name"], name="imported_key_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["account_id", "import_id"], name="imported_key_of_import")]
