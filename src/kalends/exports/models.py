"""Exports that somebody asked for, from the asking to the day on which their file is thrown away."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow

STATUSES = ("queued", "running", "done", "failed", "canceled", "expired")
"""Waiting, being made, there to be fetched, without a file because something was wrong, taken back, thrown away."""


class DataExport(AccountRow):
    """A file made of an account's records, or one that is to be made.

    ``user_id`` is who asked, and whose sight decides what is in it; none for a program, ``actor`` then says which.
    ``asked`` is the JSON form of :class:`~kalends.exports.request.Request`. ``key`` names the file on disk and cannot
    be guessed. Moments are the system's, a sandbox's as well: files grow old by the calendar on the wall.
    """

    object = models.TextField()
    name = models.TextField()
    user_id = models.BigIntegerField(null=True)
    actor = models.TextField()
    asked = models.JSONField()
    status = models.TextField(default="queued", db_default="queued")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0, db_default=0)
    rows_total = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0, db_default=0)
    key = models.TextField()
    file_name = models.TextField(default="", db_default="")
    file_size = models.BigIntegerField(default=0, db_default=0)
    files = models.IntegerField(default=0, db_default=0)
    problem = models.TextField(default="", db_default="")

    class Meta:
        db_table = "data_export"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "key"], name="data_export_file_once"),
            models.CheckConstraint(name="data_export_status", condition=Q(status__in=STATUSES)),
            models.CheckConstraint(
                name="data_export_has_a_file_while_done",
                condition=~Q(status="done") | (~Q(file_name="") & Q(expires_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "id"],
                name="data_export_to_be_made",
                condition=Q(status__in=["queued", "running"]),
            )
        ]
