"""Views that people saved, and the tabs that they keep open."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kalends.accounts.tables import AccountRow


class SavedViewRow(AccountRow):
    """A view of the index page of an object. ``owner_id`` is the user who made it and alone may change it.

    ``content`` is the JSON form of :class:`~kalends.views.content.Content`. Standard views are declared in the code
    of the pages and never stored.
    """

    object = models.TextField()
    name = models.TextField()
    owner_id = models.BigIntegerField()
    sharing = models.TextField()
    content = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "saved_view"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account_id", "object", "owner_id", "name"], name="saved_view_once"
            ),
            models.CheckConstraint(
                name="saved_view_sharing", condition=Q(sharing__in=["private", "team", "everyone"])
            ),
            models.CheckConstraint(name="saved_view_has_a_name", condition=~Q(name="")),
        ]


class OpenTabs(AccountRow):
    """The keys of the views that stand as tabs, in their order; ``user_id`` 0 holds what new users begin with."""

    object = models.TextField()
    user_id = models.BigIntegerField()
    keys = ArrayField(models.TextField())

    class Meta:
        db_table = "open_tabs"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "object", "user_id"], name="open_tabs_once")
        ]
