"""Workflows and their versions, who is in them, what was done, and the tasks that they make."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class Workflow(AccountRow):
    """A workflow. Its ``version`` is the number of the definition that new enrollments follow.

    While it ``is_on`` it looks at events numbered after ``since``. ``owner_id`` is the user who made it; ``problem``
    says why it cannot run, when what it names is gone. ``draft`` is a definition that people work on, begun at the
    version ``draft_base``, which counts for nobody before it is published.
    """

    name = models.TextField()
    object = models.TextField()
    version = models.IntegerField()
    is_on = models.BooleanField(default=False, db_default=False)
    since = models.BigIntegerField(default=0, db_default=0)
    owner_id = models.BigIntegerField(null=True)
    problem = models.TextField(default="", db_default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    draft = models.JSONField(null=True)
    draft_base = models.IntegerField(default=0, db_default=0)
    draft_actor = models.TextField(default="", db_default="")
    draft_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "name"], name="workflow_once", condition=Q(archived_at__isnull=True)
            ),
            models.CheckConstraint(name="workflow_has_a_name", condition=~Q(name="")),
        ]


class WorkflowVersion(models.Model):
    """A definition that a workflow has or had, in its JSON form; records that came in by it finish by it."""

    pk = models.CompositePrimaryKey("account_id", "workflow_id", "number")
    account_id = models.BigIntegerField()
    workflow_id = models.BigIntegerField()
    number = models.IntegerField()
    definition = models.JSONField()
    actor = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "workflow_version"


class WorkflowCursor(models.Model):
    """How far the workflows of an account have read the journal: the number of the last event."""

    account_id = models.BigIntegerField(primary_key=True)
    after = models.BigIntegerField()

    class Meta:
        db_table = "workflow_cursor"


class WorkflowTimer(models.Model):
    """When a trigger of a workflow that is on is next due by the clock; ``place`` 0 is the look at midnight.

    ``place`` -1 is there while those who passed already when it was turned on are still coming in.
    """

    pk = models.CompositePrimaryKey("account_id", "workflow_id", "place")
    account_id = models.BigIntegerField()
    workflow_id = models.BigIntegerField()
    place = models.SmallIntegerField()
    next_at = models.DateTimeField()

    class Meta:
        db_table = "workflow_timer"


class WorkflowMatch(models.Model):
    """That a record passes the filter trigger of a workflow that is on: who passes newly is enrolled."""

    pk = models.CompositePrimaryKey("account_id", "workflow_id", "record_id")
    account_id = models.BigIntegerField()
    workflow_id = models.BigIntegerField()
    record_id = models.BigIntegerField()

    class Meta:
        db_table = "workflow_match"


class Enrollment(AccountRow):
    """A record in a workflow: once for each occasion, and never twice at a time.

    ``action`` is what is done next, at ``due_at``; one that waits for an event looks at those numbered after
    ``waits_after``. ``done`` counts its actions. ``depth`` counts the workflows that led to it one by another,
    ``cause`` is the enrollment that did last.
    """

    workflow_id = models.BigIntegerField()
    version = models.IntegerField()
    record_id = models.BigIntegerField()
    occasion = models.TextField(default="")
    status = models.TextField()
    action = models.TextField(default="")
    due_at = models.DateTimeField(null=True)
    waits_after = models.BigIntegerField(null=True)
    done = models.IntegerField(default=0)
    depth = models.SmallIntegerField(default=0)
    cause = models.BigIntegerField(null=True)
    reason = models.TextField(default="", db_default="")
    enrolled_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "enrollment"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "workflow_id", "record_id", "occasion"], name="enrollment_once"
            ),
            models.UniqueConstraint(
                fields=["account_id", "workflow_id", "record_id"],
                name="enrollment_one_at_a_time",
                condition=Q(ended_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "due_at", "id"],
                name="enrollment_due",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(fields=["account_id", "record_id", "id"], name="enrollment_of_record"),
            models.Index(fields=["account_id", "workflow_id", "id"], name="enrollment_of_workflow"),
        ]


class WorkflowLog(models.Model):
    """One action that was done to an enrolled record, or was not, and why: once, since its number is its key."""

    pk = models.CompositePrimaryKey("account_id", "enrollment_id", "nth")
    account_id = models.BigIntegerField()
    enrollment_id = models.BigIntegerField()
    nth = models.IntegerField()
    workflow_id = models.BigIntegerField()
    version = models.IntegerField()
    record_id = models.BigIntegerField()
    action = models.TextField()
    kind = models.TextField()
    outcome = models.TextField()
    note = models.TextField(default="", db_default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "workflow_log"
        indexes: ClassVar = [
            models.Index(fields=["account_id", "workflow_id", "at"], name="workflow_log_of_workflow"),
        ]


class WorkflowCall(AccountRow):
    """A webhook of a workflow: decided on once for each action, sent until it is taken or given up."""

    WAITING, SENDING, DELIVERED, FAILED = "waiting", "sending", "delivered", "failed"

    enrollment_id = models.BigIntegerField()
    nth = models.IntegerField()
    workflow_id = models.BigIntegerField()
    url = models.TextField()
    body = models.TextField()
    status = models.TextField(default=WAITING)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    answer = models.SmallIntegerField(null=True)
    error = models.TextField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "workflow_call"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "enrollment_id", "nth"], name="workflow_call_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account_id", "id"],
                name="workflow_call_open",
                condition=Q(status__in=["waiting", "sending"]),
            ),
        ]


class WorkflowSecret(models.Model):
    """What signs an account's webhooks of workflows, sealed."""

    account_id = models.BigIntegerField(primary_key=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "workflow_secret"


class WorkflowRotation(models.Model):
    """Whose turn it is where a workflow assigns records to several people: how many it has assigned so far."""

    pk = models.CompositePrimaryKey("account_id", "workflow_id", "action")
    account_id = models.BigIntegerField()
    workflow_id = models.BigIntegerField()
    action = models.TextField()
    turn = models.BigIntegerField()

    class Meta:
        db_table = "workflow_rotation"


class Task(AccountRow):
    """Something that somebody is to do about a record by a moment; ``occasion`` is the action that made it, once."""

    object = models.TextField()
    record_id = models.BigIntegerField()
    subject = models.TextField()
    body = models.TextField(default="")
    priority = models.TextField(default="none")
    owner_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.TextField(default="", db_default="")
    created_at = models.DateTimeField()
    actor = models.TextField()
    occasion = models.TextField(null=True)

    class Meta:
        db_table = "task"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "occasion"], name="task_once"),
            models.CheckConstraint(
                name="task_priority", condition=Q(priority__in=["none", "low", "medium", "high"])
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "record_id", "due_at"], name="task_of_record"),
            models.Index(
                fields=["account_id", "owner_id", "due_at"],
                name="task_open",
                condition=Q(done_at__isnull=True),
            ),
        ]
