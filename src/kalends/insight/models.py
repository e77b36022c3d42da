"""Reports that people saved, and dashboards on which reports stand."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow

_SHARING = ["private", "team", "everyone"]


class SavedReportRow(AccountRow):
    """A report that somebody saved. ``owner_id`` is the user who made it; they and administrators may change it.

    ``ready`` names the ready-made report of which ``content`` has the words of the question, as an address says them;
    where it is empty, ``content`` is the JSON form of :class:`~kalends.insight.custom.CustomReport`.
    """

    name = models.TextField()
    owner_id = models.BigIntegerField()
    sharing = models.TextField()
    ready = models.TextField(default="", db_default="")
    content = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "saved_report"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "owner_id", "name"], name="saved_report_once"),
            models.CheckConstraint(name="saved_report_sharing", condition=Q(sharing__in=_SHARING)),
            models.CheckConstraint(name="saved_report_has_a_name", condition=~Q(name="")),
        ]


class DashboardRow(AccountRow):
    """Reports beside each other. ``tiles`` is the JSON form of :class:`~kalends.insight.dashboards.Tile`, in order."""

    name = models.TextField()
    owner_id = models.BigIntegerField()
    sharing = models.TextField()
    tiles = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "dashboard"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "owner_id", "name"], name="dashboard_once"),
            models.CheckConstraint(name="dashboard_sharing", condition=Q(sharing__in=_SHARING)),
            models.CheckConstraint(name="dashboard_has_a_name", condition=~Q(name="")),
        ]


class DashboardMailRow(AccountRow):
    """A dashboard that is emailed by the clock. ``owner_id`` is the user who scheduled it; ``recipients`` is
    ``{"users": [7, 8]}``.

    ``on_day`` is the day of the week or of the month. ``next_at`` is when it is next due. ``asked`` counts how often
    somebody had it sent beside that, ``waiting`` says that one such is still to be done. ``left_out`` tells who got
    none the last time, and why.
    """

    dashboard_id = models.BigIntegerField()
    owner_id = models.BigIntegerField()
    recipients = models.JSONField()
    every = models.TextField()
    on_day = models.SmallIntegerField()
    at_time = models.TimeField()
    format = models.TextField()
    is_on = models.BooleanField(default=True, db_default=True)
    next_at = models.DateTimeField()
    asked = models.IntegerField(default=0, db_default=0)
    waiting = models.BooleanField(default=False, db_default=False)
    last_at = models.DateTimeField(null=True)
    left_out = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "dashboard_mail"
        indexes: ClassVar = [models.Index(fields=["account_id", "dashboard_id"], name="dashboard_mail_of")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="dashboard_mail_rhythm",
                condition=Q(every="day")
                | Q(every="week", on_day__range=(1, 7))
                | Q(every="month", on_day__range=(1, 31)),
            ),
            models.CheckConstraint(name="dashboard_mail_format", condition=Q(format__in=["pdf", "png"])),
        ]
