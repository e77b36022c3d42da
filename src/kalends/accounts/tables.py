"""What every table of an account has in common.

Every row belongs to one account, and the account leads every key: PostgreSQL's row-level security keys on it, and
a later distribution over several servers (Citus, or cells) needs it there. References between tables are plain
numbers; where a table is not written in blocks, the migrations add composite foreign keys ``(account_id, x_id)``,
so that not even a mistaken query can tie a row to another account's row.
"""

from django.db import models
from django.db.models import Q


class NextRecordId(models.Func):
    """The next number of the one sequence that numbers every record of every object.

    One sequence for all objects means that an id alone names a document; ledger postings and events rely on it.
    """

    template = "nextval('record_id')"
    arity = 0

    def __init__(self) -> None:
        super().__init__(output_field=models.BigIntegerField())


class NextEventId(models.Func):
    """The next number of the event journal."""

    template = "nextval('event_id')"
    arity = 0

    def __init__(self) -> None:
        super().__init__(output_field=models.BigIntegerField())


class AccountRow(models.Model):
    """A row that belongs to one account."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField()
    id = models.BigIntegerField(db_default=NextRecordId())

    class Meta:
        abstract = True


class Record(AccountRow):
    """A record that people see: one that has a catalogue entry, an owner, a source and custom properties."""

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    created_by_user_id = models.BigIntegerField(null=True)
    updated_by_user_id = models.BigIntegerField(null=True)
    source_label = models.TextField(default="CRM_UI", db_default="CRM_UI")
    source_id = models.TextField(null=True)
    owner_id = models.BigIntegerField(null=True)
    owner_assigned_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    custom = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        abstract = True


def archived_index(table: str) -> models.Index:
    """What a list of archived records is read by. It holds nothing of the living, and so costs them nothing."""
    return models.Index(
        fields=["account_id", "id"], name=f"{table}_archived", condition=Q(archived_at__isnull=False)
    )


def filled_index(table: str, word: str, column: str | None = None) -> models.Index:
    """What the records of another one are found by; ``word`` names that one, and the column where it is not given.

    It holds only rows that name one, so that it costs the others nothing.
    """
    named = column or f"{word}_id"
    return models.Index(
        fields=["account_id", named], name=f"{table}_of_{word}", condition=Q(**{f"{named}__isnull": False})
    )


def living_index(table: str, word: str, *columns: str) -> models.Index:
    """What living records are sorted, sought and counted by without a look at the table; ``word`` names the order."""
    return models.Index(
        fields=["account_id", *columns, "id"],
        name=f"{table}_by_{word}",
        condition=Q(archived_at__isnull=True),
    )
