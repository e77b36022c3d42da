from django.db import migrations, models

import kalends.accounts.tables
from kalends.accounts import walls


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_initial"), ("events", "0004_settled")]

    operations = [
        migrations.CreateModel(
            name="SegmentProgress",
            fields=[
                ("account_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("after", models.BigIntegerField()),
            ],
            options={
                "db_table": "segment_progress",
            },
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "segment_id",
                        "record_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("segment_id", models.BigIntegerField()),
                ("record_id", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "db_table": "segment_member",
                "indexes": [
                    models.Index(fields=["account_id", "record_id"], name="segment_member_by_record")
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("id", models.BigIntegerField(db_default=kalends.accounts.tables.NextRecordId())),
                ("name", models.TextField()),
                ("object", models.TextField()),
                ("kind", models.TextField()),
                ("filter", models.JSONField(null=True)),
                ("made_by", models.BigIntegerField(null=True)),
                ("size", models.BigIntegerField(db_default=0, default=0)),
                ("revision", models.IntegerField(db_default=1, default=1)),
                ("evaluated_revision", models.IntegerField(db_default=0, default=0)),
                ("evaluated_on", models.DateField(null=True)),
                ("evaluated_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "segment",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at__isnull", True)),
                        fields=("account_id", "name"),
                        name="segment_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["active", "static"])), name="segment_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="segment_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "static"), ("filter__isnull", False), _connector="OR"),
                        name="segment_active_by_filter",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "\n".join(
                [
                    *(
                        walls.wall_around(table)
                        for table in ("segment", "segment_member", "segment_progress")
                    ),
                    walls.same_account("segment_member", "segment_id", "segment"),
                ]
            ),
            migrations.RunSQL.noop,
        ),
    ]
