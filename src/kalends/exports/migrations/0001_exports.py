import kalends.accounts.tables
from kalends.accounts import walls
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DataExport",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("id", models.BigIntegerField(db_default=kalends.accounts.tables.NextRecordId())),
                ("object", models.TextField()),
                ("name", models.TextField()),
                ("user_id", models.BigIntegerField(null=True)),
                ("actor", models.TextField()),
                ("asked", models.JSONField()),
                ("status", models.TextField(db_default="queued", default="queued")),
                ("asked_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(db_default=0, default=0)),
                ("rows_total", models.BigIntegerField(null=True)),
                ("rows_done", models.BigIntegerField(db_default=0, default=0)),
                ("key", models.TextField()),
                ("file_name", models.TextField(db_default="", default="")),
                ("file_size", models.BigIntegerField(db_default=0, default=0)),
                ("files", models.IntegerField(db_default=0, default=0)),
                ("problem", models.TextField(db_default="", default="")),
            ],
            options={
                "db_table": "data_export",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "running"])),
                        fields=["account_id", "id"],
                        name="data_export_to_be_made",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("account_id", "key"), name="data_export_file_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ("queued", "running", "done", "failed", "canceled", "expired"))
                        ),
                        name="data_export_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "done"), _negated=True),
                            models.Q(
                                models.Q(("file_name", ""), _negated=True), ("expires_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="data_export_has_a_file_while_done",
                    ),
                ],
            },
        ),
        migrations.RunSQL(walls.wall_around("data_export"), migrations.RunSQL.noop),
    ]
