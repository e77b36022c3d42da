"""Segments, who is a member of them, and how far the journal has been read for them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class SegmentRow(AccountRow):
    """A segment. An *active* one has the members that its filter finds, a *static* one those that it was given.

    ``filter`` is the JSON of the filter language; a static segment may have one too, which filled it once.
    ``revision`` counts what was asked of it, ``evaluated_revision`` says for which of these its members were found last
    (0: never), ``evaluated_on`` on which day of the account it was last looked at whether days move them. ``size`` is
    the number of members.
    """

    name = models.TextField()
    object = models.TextField()
    kind = models.TextField()
    filter = models.JSONField(null=True)
    made_by = models.BigIntegerField(null=True)
    size = models.BigIntegerField(default=0, db_default=0)
    revision = models.IntegerField(default=1, db_default=1)
    evaluated_revision = models.IntegerField(default=0, db_default=0)
    evaluated_on = models.DateField(null=True)
    evaluated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "segment"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "name"], name="segment_once", condition=Q(archived_at__isnull=True)
            ),
            models.CheckConstraint(name="segment_kind", condition=Q(kind__in=["active", "static"])),
            models.CheckConstraint(name="segment_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="segment_active_by_filter", condition=Q(kind="static") | Q(filter__isnull=False)
            ),
        ]


class SegmentMember(models.Model):
    """That a record is a member of a segment, and since when."""

    pk = models.CompositePrimaryKey("account_id", "segment_id", "record_id")
    account_id = models.BigIntegerField()
    segment_id = models.BigIntegerField()
    record_id = models.BigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        db_table = "segment_member"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "record_id"], name="segment_member_by_record"),
        ]


class SegmentProgress(models.Model):
    """The number of the last event of the journal that the segments of an account have taken note of."""

    account_id = models.BigIntegerField(primary_key=True)
    after = models.BigIntegerField()

    class Meta:
        db_table = "segment_progress"


class MailingRow(AccountRow):
    """An email to the contacts in a segment.

    ``words`` has subject and body by language. While it is ``sending``, ``after`` is the last contact that was looked
    at; ``queued`` counts the letters that were decided on, ``skipped`` the contacts that get none.
    """

    name = models.TextField()
    segment_id = models.BigIntegerField()
    words = models.JSONField()
    status = models.TextField(default="draft", db_default="draft")
    made_by = models.BigIntegerField(null=True)
    sent_by = models.BigIntegerField(null=True)
    after = models.BigIntegerField(default=0, db_default=0)
    queued = models.BigIntegerField(default=0, db_default=0)
    skipped = models.BigIntegerField(default=0, db_default=0)
    problem = models.TextField(default="", db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailing"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="mailing_status", condition=Q(status__in=["draft", "sending", "sent", "stopped"])
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "id"], name="mailing_sending", condition=Q(status="sending"))
        ]
