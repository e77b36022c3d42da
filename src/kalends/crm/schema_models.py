"""What an account has made of its objects: pipelines and stages, properties and their groups, labels of ties."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class Pipeline(AccountRow):
    """Stages that records of an object go through. ``name`` is what properties of records hold and the API calls id."""

    object_type = models.TextField()
    name = models.TextField()
    label = models.TextField()
    display_order = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "pipeline"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "object_type", "name"], name="pipeline_once"),
        ]


class PipelineStage(AccountRow):
    """A stage of one pipeline; its name is taken once for each kind of object.

    ``probability`` is that of a deal in this stage being won, from 0 to 1; a closed stage with 1 is won.
    """

    object_type = models.TextField()
    name = models.TextField()
    pipeline = models.TextField()
    label = models.TextField()
    display_order = models.IntegerField(default=0, db_default=0)
    is_closed = models.BooleanField(default=False, db_default=False)
    probability = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "pipeline_stage"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "object_type", "name"], name="pipeline_stage_once"),
            models.CheckConstraint(
                name="stage_probability_is_a_share",
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1),
            ),
        ]


class PropertyGroup(AccountRow):
    """A group of properties that the account has made."""

    object_type = models.TextField()
    name = models.TextField()
    label = models.TextField()
    display_order = models.IntegerField(default=-1, db_default=-1)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "property_group"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "object_type", "name"], name="property_group_once"),
        ]


class PropertyDefinition(AccountRow):
    """A property that the account has added to an object; values lie in the records' ``custom``.

    ``options`` is a list of objects with ``value``, ``label``, ``description``, ``hidden`` and ``displayOrder``.
    """

    object_type = models.TextField()
    name = models.TextField()
    label = models.TextField()
    description = models.TextField(default="", db_default="")
    group_name = models.TextField()
    type = models.TextField()
    field_type = models.TextField()
    multiple = models.BooleanField(default=False, db_default=False)
    is_unique = models.BooleanField(default=False, db_default=False)
    options = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    options_from = models.TextField(null=True)
    display_order = models.IntegerField(default=-1, db_default=-1)
    hidden = models.BooleanField(default=False, db_default=False)
    form_field = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "property_definition"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "object_type", "name"], name="property_definition_once"
            ),
        ]


class UniqueValue(models.Model):
    """The value that a living record has of a property whose values are unique. Triggers keep it; nobody writes it.

    ``value`` is in lower case, since two that differ by capitals alone are the same; a long one is its digest.
    """

    pk = models.CompositePrimaryKey("account_id", "object_type", "property", "value")
    account_id = models.BigIntegerField()
    object_type = models.TextField()
    property = models.TextField()
    value = models.TextField()
    record_id = models.BigIntegerField()

    class Meta:
        db_table = "unique_value"
        indexes: ClassVar = [models.Index(fields=["account_id", "record_id"], name="unique_value_of_record")]


class AssociationLabel(models.Model):
    """A kind of tie that the account has made, in one direction; ``inverse_id`` is the other direction's."""

    pk = models.CompositePrimaryKey("account_id", "type_id")
    account_id = models.BigIntegerField()
    type_id = models.IntegerField()
    inverse_id = models.IntegerField()
    from_type = models.TextField()
    to_type = models.TextField()
    name = models.TextField()
    label = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "association_label"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "from_type", "to_type", "name"], name="association_label_once"
            ),
        ]
