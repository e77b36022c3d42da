"""The one journal of events, the requests that are done once, and what other programs are told of them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow, NextEventId

NOTICED = (
    "payment.failed",
    "payment.refund_failed",
    "payment.dispute_opened",
    "payment.dispute_won",
    "payment.dispute_lost",
    "subscription.unpaid",
    "subscription.paused",
    "subscription.canceled",
    "subscription.parked",
    "webhook.given_up",
    "export.completed",
    "export.failed",
    "workflow.notified",
)
"""The kinds of events that staff are told of on their pages; an index holds them, so a new one needs a migration."""


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
            models.Index(
                fields=["account_id", "at", "id"],
                name="event_of_people",
                condition=Q(actor__startswith="user:"),
            ),
            models.Index(
                fields=["account_id", "id"],
                name="event_of_notices",
                condition=Q(kind__in=NOTICED),
            ),
        ]


class Request(models.Model):
    """A request that was done: its key is the effect, so the same request made again finds the first one's result.

    It is known by its key for 400 days.

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
        indexes: ClassVar = [models.Index(fields=["account_id", "requested_at"], name="request_by_age")]


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


class BackgroundWork(AccountRow):
    """Work that somebody asked for and does not wait for; see :mod:`kalends.events.background`."""

    kind = models.TextField()
    actor = models.TextField()
    began_at = models.DateTimeField()
    done = models.BigIntegerField(default=0, db_default=0)
    total = models.BigIntegerField(default=0, db_default=0)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    problem = models.TextField(default="", db_default="")

    class Meta:
        db_table = "background_work"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "kind", "id"], name="background_work_by_kind")
        ]


class WebhookTarget(models.Model):
    """Where an app wants to be told of changes, and how far it has been told.

    ``after`` is the number of the last event of the journal that was looked at for the app. ``failures`` counts the
    calls in a row that were not taken.
    """

    pk = models.CompositePrimaryKey("account_id", "app_id")
    account_id = models.BigIntegerField()
    app_id = models.BigIntegerField()
    url = models.TextField()
    calls_at_once = models.SmallIntegerField()
    signature_version = models.TextField(default="v1")
    after = models.BigIntegerField()
    failures = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_target"


class WebhookSubscription(AccountRow):
    """What an app wants to be told of: a change of the records of one object, and of which property.

    It is told of events numbered after ``after`` only: those that happened since it became active.
    """

    app_id = models.BigIntegerField()
    event_type = models.TextField()
    object_type = models.TextField()
    change = models.TextField()
    property_name = models.TextField(default="")
    active = models.BooleanField()
    after = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_subscription"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "app_id", "event_type", "object_type", "property_name"],
                name="webhook_subscription_once",
            )
        ]


class WebhookBatch(AccountRow):
    """Up to a hundred deliveries that are sent in one request, and again in one until they are taken or given up.

    ``sending`` in a ``slot`` whose advisory lock is held, ``waiting`` until ``next_try_at``, ``delivered`` or
    ``failed``. ``tries`` counts the calls that were begun; ``answer`` is the HTTP status of the last one, ``error``
    what went wrong at the last one that failed.
    """

    SENDING, WAITING, DELIVERED, FAILED = "sending", "waiting", "delivered", "failed"

    app_id = models.BigIntegerField()
    status = models.TextField()
    slot = models.SmallIntegerField(null=True)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    answer = models.SmallIntegerField(null=True)
    error = models.TextField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_batch"
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "app_id", "next_try_at"],
                name="webhook_batch_waiting",
                condition=Q(status="waiting"),
            ),
            models.Index(
                fields=["account_id", "app_id", "slot"],
                name="webhook_batch_sending",
                condition=Q(status="sending"),
            ),
            models.Index(
                fields=["account_id", "app_id", "id"],
                name="webhook_batch_failed",
                condition=Q(status="failed"),
            ),
            models.Index(
                fields=["account_id", "closed_at"],
                name="webhook_batch_closed",
                condition=Q(closed_at__isnull=False),
            ),
        ]


class WebhookDelivery(models.Model):
    """An event that is told to a subscription: once, since the two are its key. Without a batch it was not sent yet."""

    pk = models.CompositePrimaryKey("account_id", "subscription_id", "event_id")
    account_id = models.BigIntegerField()
    subscription_id = models.BigIntegerField()
    event_id = models.BigIntegerField()
    app_id = models.BigIntegerField()
    batch_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "app_id", "event_id"],
                name="webhook_delivery_unsent",
                condition=Q(batch_id__isnull=True),
            ),
            models.Index(
                fields=["account_id", "batch_id"],
                name="webhook_delivery_of_batch",
                condition=Q(batch_id__isnull=False),
            ),
        ]
