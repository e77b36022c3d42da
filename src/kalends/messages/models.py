"""The outbox: every letter that was decided on, once; and how an account words its letters."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class Message(AccountRow):
    """A letter to a customer or a member of staff.

    It is decided in the transaction of the event that causes it (the row, under its effect key) and written out
    and sent afterwards by the delivery task, which keeps the exact words that went out. ``attached`` are those of the
    document that goes with it (``kalends.documents.sheet``); the PDF is made of them whenever it is needed. ``logo``
    names the picture that stands in it. ``given`` are facts that it was told when it was decided on, where they cannot
    be read from what it is about.
    """

    QUEUED, KEPT, SENDING, SENT, FAILED = "queued", "kept", "sending", "sent", "failed"

    kind = models.TextField()
    object_id = models.BigIntegerField()
    occasion = models.TextField(default="")
    recipient = models.TextField()
    contact_id = models.BigIntegerField(null=True)
    language = models.TextField()
    status = models.TextField(default=QUEUED)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    subject = models.TextField(null=True)
    text = models.TextField(null=True)
    html = models.TextField(null=True)
    attached = models.JSONField(null=True)
    logo = models.TextField(null=True)
    given = models.JSONField(null=True)
    tries = models.SmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(null=True)
    error = models.TextField(null=True)

    class Meta:
        db_table = "message"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "object_id", "kind", "occasion", "recipient"], name="message_sent_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "id"],
                name="message_queue",
                condition=Q(status__in=["queued", "sending"]),
            ),
            models.Index(fields=["account_id", "id"], name="message_failed", condition=Q(status="failed")),
        ]


class MailRefusal(models.Model):
    """An address that wants no emails to segments: a digest of it, which outlives the contact."""

    pk = models.CompositePrimaryKey("account_id", "digest")
    account_id = models.BigIntegerField()
    digest = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "mail_refusal"


class LetterWording(models.Model):
    """How an account words one kind of letter to its customers in one language; what is empty is worded by Kalends.

    Letters that were written before keep the words that they had.
    """

    pk = models.CompositePrimaryKey("account_id", "kind", "language")
    account_id = models.BigIntegerField()
    kind = models.TextField()
    language = models.TextField()
    subject = models.TextField(default="", db_default="")
    opening = models.TextField(default="", db_default="")
    closing = models.TextField(default="", db_default="")
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "letter_wording"
