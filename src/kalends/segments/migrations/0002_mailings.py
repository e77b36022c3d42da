from django.db import migrations, models

import kalends.accounts.tables
from kalends.accounts import walls


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailingRow",
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
                ("segment_id", models.BigIntegerField()),
                ("words", models.JSONField()),
                ("status", models.TextField(db_default="draft", default="draft")),
                ("made_by", models.BigIntegerField(null=True)),
                ("sent_by", models.BigIntegerField(null=True)),
                ("after", models.BigIntegerField(db_default=0, default=0)),
                ("queued", models.BigIntegerField(db_default=0, default=0)),
                ("skipped", models.BigIntegerField(db_default=0, default=0)),
                ("problem", models.TextField(db_default="", default="")),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "mailing",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "sending")),
                        fields=["account_id", "id"],
                        name="mailing_sending",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "sending", "sent", "stopped"])),
                        name="mailing_status",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            walls.wall_around("mailing") + walls.same_account("mailing", "segment_id", "segment"),
            migrations.RunSQL.noop,
        ),
    ]
