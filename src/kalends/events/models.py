"""The one journal of events, and the requests that are done once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow, NextEventId


class Event(AccountRow):
    """Something that happened, written in the transaction that made it happen; never changed, never deleted.

    ``kind`` is ``object.verb`` (``invoice.issued``); ``object_id`` is the record it happened to, ``parent_id`` the
    subscription whose timeline shows it as well. ``data`` holds what a reader cannot derive: under ``changes`` each
    changed column of the object as ``[before, after]``, under ``parent_changes`` those of the subscription. Property
    history is read from there.
    """

    id = models.BigIntegerField(db_default=NextEventId())
    at = models.DateTimeField()
    kind = models.TextField()
    object_type = models.TextField()
    object_id = models.BigIntegerField()
    parent_id = models.BigIntegerField(null=True)
    actor = models.TextField(default="system")
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "event"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "object_id", "id"], name="event_of_object"),
            models.Index(
                fields=["account_id", "parent_id", "id"],
                name="event_of_parent",
                condition=Q(parent_id__isnull=False),
            ),
        ]


class Request(models.Model):
    """A request that was done: its key is the effect, so the same request made again finds the first one's result.

    ``asked`` is what was asked for, and ``result`` what came of it (a record's number, for most kinds).
    """

    pk = models.CompositePrimaryKey("account_id", "kind", "key")
    account_id = models.BigIntegerField()
    kind = models.TextField()
    key = models.TextField()
    asked = models.JSONField()
    requested_at = models.DateTimeField()
    actor = models.TextField(default="system")
    result = models.JSONField(null=True)

    class Meta:
        db_table = "request"


class Answer(models.Model):
    """The answer that a program got for a request under its own key, kept for some weeks so that it can have it again.

    ``asker`` is the token it came in with, ``asked`` a fingerprint of method, path and body.
    """

    pk = models.CompositePrimaryKey("account_id", "asker", "key")
    account_id = models.BigIntegerField()
    asker = models.BigIntegerField()
    key = models.TextField()
    asked = models.TextField()
    answered_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    body = models.TextField(null=True)

    class Meta:
        db_table = "answer"
        indexes: ClassVar = [models.Index(fields=["account_id", "answered_at"], name="answer_by_age")]
